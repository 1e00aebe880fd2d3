"""Several Posterns that share their grants in a Redis: whatever becomes of it, or of one of them,
callers are served and the grant is kept."""

import json
import random
import signal
import threading
import time

import pytest

from support import processes
from support.fleet import LONG, SHORT, hasty, is_ready
from support.sandboxed import ECHO, eventually_serves, import_new_grant, problem
from support.waiting import eventually, stays_true

KEY = "postern:{acme}:grant"


def test_three_share_a_grant_and_one_refreshes_for_all(fleet):
    fleet.login(lifetime=SHORT)
    fleet.start(3)
    with fleet.under_load(4 * SHORT):
        pass
    issued, asked = fleet.refreshes()
    print(f"\n{issued} generations, {asked} refresh requests")
    # One at a time: refreshed when a third of a lifetime is left, by whoever is first.
    assert issued == asked and 3 <= issued <= 8


def test_a_change_is_pushed_to_all(fleet):
    config = fleet.login()
    fleet.start(3)
    for postern in fleet.members:
        eventually_serves(postern)
    import_new_grant(fleet.sandbox, config)
    start = time.monotonic()
    generation = f"generation {fleet.generation()}"
    for postern in fleet.members:
        postern.eventually_logs(generation)
    assert time.monotonic() - start < 3, "as slow as looking now and then"


@pytest.mark.parametrize("seed", range(2))
def test_one_that_is_killed_is_no_ones_loss(fleet, seed):
    fleet.login(lifetime=SHORT)
    victim, *others = fleet.start(3)
    with fleet.under_load(5 * SHORT, others):
        time.sleep(random.Random(seed).uniform(2, 6))  # the random moment
        victim.signal(signal.SIGKILL)
        victim.wait()
        fleet.start(1)
    issued, asked = fleet.refreshes()
    assert issued == asked and issued >= 3
    eventually_serves(fleet.members[-1])


def test_a_crash_in_the_middle_of_a_refresh_holds_up_the_next_one_only_for_a_while(fleet):
    fleet.login()
    victim, other = fleet.start(2)
    for postern in fleet.members:
        eventually_serves(postern)
    fleet.sandbox.control("answer", {"path": "/oauth/token/", "kind": "hang"})
    before = fleet.generation()
    fleet.sandbox.control("expire", {})
    caller = threading.Thread(target=quietly, args=(victim.get, ECHO))
    caller.start()
    eventually(lambda: (fleet.record()[1] or {}).get("journal"), "the refresh has begun")
    victim.signal(signal.SIGKILL)
    victim.wait()
    caller.join()
    eventually(lambda: other.get(ECHO).status == 200, "the other one refreshes", 20)
    assert fleet.generation() == before + 1


def quietly(call, *arguments):
    try:
        call(*arguments)
    except Exception:  # noqa: BLE001  the other end is being killed
        pass


def test_while_redis_stands_still_requests_go_on(fleet):
    fleet.login()
    fleet.start(2)
    for postern in fleet.members:
        eventually_serves(postern)
    with fleet.under_load(9):
        time.sleep(1)
        fleet.redis.pause()
        for postern in fleet.members:
            postern.eventually_logs("store_unreachable")
            assert is_ready(postern)
        fleet.redis.resume()
        for postern in fleet.members:
            eventually(lambda p=postern: p.log.count("grant_ready") >= 2, "it is reached again")
    fleet.sandbox.control("expire", {})
    assert fleet.members[0].get(ECHO).status == 200


def test_a_redis_that_has_lost_everything_gets_it_back(fleet):
    fleet.login(lifetime=12)
    fleet.start(3)
    for postern in fleet.members:
        eventually_serves(postern)
    generation = fleet.generation()
    with fleet.under_load(20):
        time.sleep(1)
        fleet.redis.kill()
        time.sleep(1)  # the outage itself
        fleet.redis.start()
        eventually(fleet.record, "the grant is there again", 8)
        assert fleet.generation() == generation
    issued, asked = fleet.refreshes()
    assert issued == asked and issued >= 1
    assert any("store_restored" in postern.log for postern in fleet.members)


def test_without_redis_no_token_is_refreshed_unless_that_is_wanted(fleet):
    fleet.login(lifetime=LONG)
    waiting, = fleet.start(1)
    alone, = fleet.start(1, when_unreachable="refresh_alone")
    for postern in fleet.members:
        eventually_serves(postern)
    fleet.redis.pause()
    fleet.sandbox.control("expire", {})
    eventually(lambda: "no refresh without the store" in json.dumps(problem(hasty(waiting), "grant_unavailable")),
               "the caller is told why")
    assert not is_ready(waiting)
    assert fleet.refreshes() == (0, 0)
    assert alone.get(ECHO).status == 200
    alone.eventually_logs("refresh_alone")
    fleet.redis.resume()
    eventually_serves(waiting, "what was obtained alone is shared")
    # It may have come first to ask with the pair that had been used up, and did not take no for final.
    issued, asked = fleet.refreshes()
    assert issued == 1 and asked <= 2


def test_a_wrong_password_is_told_and_may_be_corrected(fleet):
    secret = fleet.folder / "password"
    secret.write_text("canary-wrong\n")
    fleet.login()
    fleet.redis.ask("CONFIG", "SET", "requirepass", "canary-right")
    fleet.redis.password = "canary-right"
    postern, = fleet.start(1, redis={"password_file": str(secret)})
    postern.eventually_logs("store_unreachable")
    assert postern.get(ECHO).status == 503 and not is_ready(postern)
    assert "canary" not in postern.log
    secret.write_text("canary-right\n")
    eventually_serves(postern, "the right password is taken up")
    shown = processes.run("show", "--config", postern.config_path)
    assert "canary" not in shown.stdout + shown.stderr


FOREIGN = {
    "another type": (("RPUSH", KEY, "a", "b"), "is in use for something else (list)"),
    "a foreign hash": (("HSET", KEY, "name", "x"), "is in use for something else (hash)"),
    "a newer record": (("HSET", KEY, "format", "2", "generation", "9", "grant", "{}"),
                       "newer Postern (format 2)"),
    "half a record": (("HSET", KEY, "format", "1", "generation", "9"), "half a record"),
    "a cut document": (("HSET", KEY, "format", "1", "generation", "9999999999", "revision", "3", "document",
                        '{"version": 1, "gen'), "not valid JSON"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_cannot_be_understood_is_named_and_left_as_it_is(fleet, what):
    order, message = FOREIGN[what]
    fleet.login()
    postern, = fleet.start(1)
    eventually_serves(postern)
    fleet.redis.ask("DEL", KEY)
    fleet.redis.ask(*order)
    before = fleet.redis.ask("DUMP", KEY)
    postern.eventually_logs(message, 10)
    assert KEY in postern.log
    assert postern.get(ECHO).status == 200, "the token in memory is good"
    fleet.sandbox.control("expire", {})
    assert hasty(postern).status == 503
    postern.eventually_logs("refresh_failed")
    assert fleet.refreshes() == (0, 0)
    stays_true(lambda: fleet.redis.ask("DUMP", KEY) == before, "it is left as it is", 1)


def test_a_login_takes_the_place_of_a_cut_document_when_told_to(fleet):
    config = fleet.login()
    fleet.redis.ask("HSET", KEY, "document", "{")
    postern, = fleet.start(1)
    postern.eventually_logs("postern login")
    import_new_grant(fleet.sandbox, config)
    eventually_serves(postern)


def test_the_commands_work_with_it(fleet):
    config = fleet.login(lifetime=LONG, key="ab" * 32)
    assert fleet.redis.ask("HGET", KEY, "document").startswith("postern.sealed.v1.")
    members = fleet.start(2, key="ab" * 32)
    for postern in members:
        eventually_serves(postern)
    for command in ("check", "doctor", "status"):
        done = processes.run(command, "--config", config)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert KEY in processes.run("doctor", "--config", config).stdout
    forgotten = processes.run("logout", "--config", config)
    assert forgotten.returncode == 0 and KEY in forgotten.stdout, forgotten.stderr
    for postern in members:
        eventually(lambda p=postern: p.get(ECHO).status == 503, "the grant is forgotten")
    # One who slept through it has the grant in memory, and the database has lost the mark.
    assert fleet.redis.ask("HGET", KEY, "document") == ""
    assert processes.run("doctor", "--config", config).returncode == 1
    import_new_grant(fleet.sandbox, config)
    for postern in members:
        eventually_serves(postern)


def test_commands_say_what_is_wrong_with_redis(fleet):
    config = fleet.login()
    fleet.redis.kill()
    for command in ("doctor", "logout"):
        done = processes.run(command, "--config", config)
        assert done.returncode == 1 and "r.sock" in done.stdout + done.stderr
    login = processes.run("login", "--config", config, "--import", fleet.sandbox.grant, "--replace")
    assert login.returncode == 1 and "--replace" not in login.stderr


def test_a_logout_holds_although_the_database_forgets_it(fleet):
    config = fleet.login()
    first, second = fleet.start(2)
    for postern in fleet.members:
        eventually_serves(postern)
    old = fleet.redis.ask("HMGET", KEY, "format", "generation", "revision", "document")
    assert processes.run("logout", "--config", config).returncode == 0
    for postern in fleet.members:
        eventually(lambda p=postern: p.get(ECHO).status == 503, "the grant is forgotten")
    names = ("format", "generation", "revision", "document")
    fleet.redis.ask("HSET", KEY, *(word for both in zip(names, old) for word in both))
    eventually(lambda: fleet.redis.ask("HGET", KEY, "document") == "", "it is forgotten again")
    assert first.get(ECHO).status == 503


def test_the_lease_is_given_back_at_the_end(fleet):
    fleet.login()
    postern, = fleet.start(1)
    fleet.sandbox.control("expire", {})
    assert postern.get(ECHO).status == 200
    postern.stop()
    assert fleet.redis.ask("EXISTS", "postern:{acme}:lease") == 0
