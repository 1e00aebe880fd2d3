"""Every request case of http1-requests.json: whole, byte by byte, and at every two-way cut."""

import os

import pytest
import workers
from exchange import run_request_case
from support.processes import TOKEN, has_binary

CASES = workers.load("http1-requests.json")
ALL_CUTS = os.environ.get("POSTERN_TEST_QUICK") != "1"
CONFIG = {"log": {"level": "warn", "access": False}}


def run(case, postern, upstream):
    return run_request_case(case, postern, upstream, TOKEN, cuts=ALL_CUTS)


@pytest.fixture(scope="module")
def outcome():
    if not has_binary():
        pytest.skip("no postern")
    return workers.run_all(CASES, run, CONFIG)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_request(case, outcome):
    complaints = outcome[case["id"]]
    assert not complaints, (f"{case['id']} {case['name']} ({case['rfc']}): {case['why']}\n" +
                            "\n".join(f"  {how}: {what}" for how, what in complaints[:10]))
