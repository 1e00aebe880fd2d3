"""Today's program starts with what each release has left on disk."""

import json
import re
import signal

import pytest

from frozen import HERE, RELEASES, Postern, copy, sentry, teach
from support.processes import clean_environment, run
from support.waiting import eventually

PARTS = ("plain", "sealed", "journal", "integration")
pytestmark = pytest.mark.parametrize("release", RELEASES)


@pytest.fixture
def installed(folder, release):
    """installed(part) copies the store of the release: (the sandbox, start(), the stored grant's path)"""
    with sentry(folder) as (sandbox, env):
        running = []

        def install(part, known=True):
            store = copy(release, part, folder)
            if known:
                teach(sandbox, release)

            def start():
                running.append(Postern(folder, HERE / release / f"{part}.yaml", env))
                return running[-1]
            return sandbox, start, store / "acme.json"
        yield install
        for postern in running:
            postern.end()


def refreshes(sandbox):
    return sum(grant["generations"] - 1 for grant in sandbox.control("grants"))


@pytest.mark.parametrize("part", PARTS)
def test_the_stored_grant_is_used_and_refreshed_once(installed, part):
    sandbox, start, stored = installed(part)
    postern = start()
    eventually(lambda: postern.get().status == 200, "the grant is used")
    if part == "journal":  # which of the two pairs is good is found out at once
        eventually(lambda: "grant_refreshed" in postern.log, "the refresh that was begun is made again")
    before = refreshes(sandbox)
    assert before == (part == "journal"), "nothing else had to be renewed"
    sandbox.control("expire", {"token": ""})
    assert postern.get().status == 200
    assert refreshes(sandbox) == before + 1
    assert postern.stop() == 0
    errors = [line for line in postern.log.splitlines() if '"level":"error"' in line]
    assert all("refresh_interrupted" in line for line in errors), errors
    assert bool(errors) == (part == "journal"), "a refresh that was begun is named"
    if part != "sealed":
        assert json.loads(stored.read_text())["journal"] is None
    again = start()
    eventually(lambda: again.get().status == 200, "what it has written is read again")
    assert refreshes(sandbox) == before + 1


def test_a_sealed_grant_stays_sealed(installed, release):
    sandbox, start, stored = installed("sealed")
    postern = start()
    sandbox.control("expire", {"token": ""})
    eventually(lambda: postern.get().status == 200, "the grant is used")
    frozen = (HERE / release / "sealed" / "acme.json").read_text()
    now = stored.read_text()
    assert now != frozen and now.startswith("postern.sealed.v1.")


def test_a_begun_refresh_that_was_carried_out_is_named(installed):
    """The sandbox knows none of its tokens: they were replaced, and the answer never came."""
    _, start, _ = installed("journal", known=False)
    postern = start()
    answer = eventually(lambda: (a := postern.get()).status == 503 and a, "a refusal")
    told = json.loads(answer.body)
    assert told["code"] == "reauthorization_required" and "postern login" in told["action"], told


def test_the_admin_token_is_kept(installed, release):
    _, start, stored = installed("plain")
    start()
    kept = (stored.parent / "admin.token").read_text()
    assert kept == (HERE / release / "plain" / "admin.token").read_text()


@pytest.mark.parametrize("change, said", [
    ({"version": 2}, "version is 2"), ({"expires_at": 17}, "expires_at")])
def test_a_grant_of_a_later_format_is_refused_and_left_alone(installed, change, said):
    sandbox, start, stored = installed("plain")
    text = json.dumps({**json.loads(stored.read_text()), **change})
    stored.write_text(text)
    postern = start()
    answer = eventually(lambda: (a := postern.get()).status == 503 and a, "a refusal")
    assert said in answer.body.decode() + postern.log
    assert postern.stop() == 0
    assert stored.read_text() == text and refreshes(sandbox) == 0


def test_a_field_of_a_later_release_does_no_harm(installed):
    _, start, stored = installed("plain")
    stored.write_text(json.dumps({**json.loads(stored.read_text()), "of_later": {"a": 1}}))
    postern = start()
    eventually(lambda: postern.get().status == 200, "the grant is used")


def test_a_later_seal_is_refused_and_left_alone(installed):
    _, start, stored = installed("sealed")
    text = stored.read_text().replace("postern.sealed.v1.", "postern.sealed.v2.", 1)
    stored.write_text(text)
    postern = start()
    answer = eventually(lambda: (a := postern.get()).status == 503 and a, "a refusal")
    assert "version" in answer.body.decode() + postern.log
    postern.signal(signal.SIGTERM)
    assert postern.wait() == 0 and stored.read_text() == text


# --- the configuration ----------------------------------------------------------------------------

# Values of settings that are null by default; a pair x and x_file, and what belongs to one kind of
# grant, cannot be given together, so that each set is a configuration of its own.
GIVEN = [
    {"guard.require_header": "X-Mine", "client.id": "an-id", "client.secret": "s3cret"},
    {"store.path": "/var/lib/postern", "store.key": "ab" * 32, "store.old_key": "cd" * 32},
    {"admin.token_file": "/etc/hostname", "probes.listen": "127.0.0.1:7981"},
]


def check(folder, text):
    path = folder / "postern.yaml"
    path.write_text(text)
    done = run("check", "--config", path, env=clean_environment(**{"HOME": folder}))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_setting_of_then_is_accepted(folder, release):
    check(folder, (HERE / release / "reference.yaml").read_text())


@pytest.mark.parametrize("number", range(len(GIVEN)))
def test_settings_that_are_not_set_by_default_are_accepted(folder, release, number):
    check(folder, with_values((HERE / release / "reference.yaml").read_text(), GIVEN[number]))


def test_entries_that_are_comments_there_are_accepted(folder, release):
    """`listen` and `policy.rules` as lists of entries with every key."""
    text = (HERE / release / "reference.yaml").read_text()
    text = re.sub(r"^listen: .*$", "listen:", text, flags=re.M)
    text = re.sub(r"^  rules: \[\] .*$", "  rules:", text, flags=re.M)
    text = re.sub(r"^( *)#( +(- (address|name)|[a-z_]+:))", r"\1 \2", text, flags=re.M)
    check(folder, text.replace("path: null                        # a template", "path: /api/0/x/*  # a template"))


def with_values(text, values):
    for key, value in values.items():
        section, _, name = key.partition(".")
        found = re.compile(rf"(^{section}:.*?\n(?:(?:  .*)?\n)*?  {name}: )null\b", re.M)
        text, count = found.subn(lambda match: match[1] + value, text, count=1)
        assert count == 1, f"{key} is no longer in the frozen reference"
    return text
