"""The refresh protocol of a fleet, searched through."""

import pytest
import spin
from scenarios import OMISSIONS, SCENARIOS, WEAKNESSES


def named(cases, attribute):
    return [pytest.param(case, id=getattr(case, attribute)) for case in cases]


@pytest.mark.parametrize("scenario", named(SCENARIOS, "name"))
def test_every_property_holds(scenario):
    outcome = spin.search(scenario.settings)
    assert not outcome.broken, f"{outcome.broken} is broken:\n{outcome.story}"
    assert outcome.states > 1000  # something has happened


@pytest.mark.parametrize("weakness", named(WEAKNESSES, "name"))
def test_a_known_weakness_is_that_and_no_more(weakness):
    assert spin.search(weakness.settings).broken == weakness.breaks
    outcome = spin.search({**weakness.settings, "ONE_CALL": 0})
    assert not outcome.broken, f"{outcome.broken} is broken:\n{outcome.story}"


@pytest.mark.parametrize("omission", named(OMISSIONS, "rule"))
def test_no_rule_can_be_left_out(omission):
    assert not spin.search(omission.settings).broken
    assert spin.search({**omission.settings, "OMIT": omission.rule}).broken in omission.breaks
