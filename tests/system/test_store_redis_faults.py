"""The store in Redis when Redis is slow, away, empty, full or forbids something, and when what lies there is not
what it should be: requests go on, each has its message, nothing is overwritten, all recovers by itself."""

import json
import time

import pytest

from support import processes
from support.fault_relay import FaultRelay
from support.fleet import Fleet, hasty, is_ready
from support.sandboxed import ECHO, eventually_serves, problem
from support.shifted_clock import shifted
from support.waiting import bound, eventually, stays_true

KEY, OTHER_KEY = "ab" * 32, "cd" * 32


# --- slow and away -----------------------------------------------------------------------------------


def test_a_redis_that_is_slow_and_then_too_slow(fleet):
    """300 ms for each reply, of which a refresh needs four; then longer than is waited for."""
    with FaultRelay(fleet.redis.port) as relay:
        relay.fault.delay = 0.3
        fleet.connection = {"url": f"redis://127.0.0.1:{relay.port}", "timeout": "1s", "connect_timeout": "2s"}
        fleet.login(lifetime=8)
        fleet.start(2)
        for postern in fleet.members:
            eventually_serves(postern)
        with fleet.under_load(12):
            time.sleep(8)  # of the token
            for postern in fleet.members:
                assert is_ready(postern) and "store_unreachable" not in postern.log
            relay.fault.delay = 1.5
            time.sleep(2)  # the fault itself
            relay.fault.delay = 0.0
        for postern in fleet.members:
            eventually(lambda p=postern: hasty(p).status == 200 and is_ready(p), "it is as before")
            postern.stop()
    issued, asked = fleet.refreshes()
    assert issued == asked and 1 <= issued <= 4


def test_a_redis_that_stands_still_for_longer_than_the_token_lives(fleet):
    """Beside it a fleet whose policy is another: it goes on alone."""
    alone = Fleet(fleet.sandbox, fleet.redis, fleet.folder / "alone", fleet.serve,
                  fleet.connection | {"prefix": "alone"})
    usual = {"refresh": {"timeout": "1s", "backoff_min": "1s", "backoff_max": "5m"}}
    for one, policy in ((fleet, "wait"), (alone, "refresh_alone")):
        one.login(lifetime=8)
        one.start(1, config=usual, when_unreachable=policy)
    waiting, going_on = fleet.members[0], alone.members[0]
    for postern in (waiting, going_on):
        eventually_serves(postern)
    fleet.redis.pause()
    paused = time.monotonic()
    with fleet.under_load(12), alone.under_load(12):
        waiting.eventually_logs("store_unreachable")
        assert is_ready(waiting), "the token is good"
        eventually(lambda: not is_ready(waiting), "the token is gone", 9)
        told = problem(hasty(waiting), "grant_unavailable")
        assert "no refresh without the store" in json.dumps(told)
        going_on.eventually_logs("refresh_alone")
        assert is_ready(going_on)
        time.sleep(max(0.0, paused + 10 - time.monotonic()))  # the outage itself
        fleet.redis.resume()
        resumed = time.monotonic()
        eventually(lambda: hasty(waiting).status == 200, "it is as before")
        print(f"\nback after {time.monotonic() - resumed:.2f} s")
        assert time.monotonic() - resumed < bound(2)
        assert is_ready(waiting)
    issued, asked = fleet.refreshes()
    assert issued == asked and 2 <= issued <= 3, "one each, and one of the next lifetime"
    going_on.eventually_logs("store_written")
    assert alone.record()[1]["generation"] == alone.generation()


def test_a_redis_that_comes_back_empty_after_the_token_has_died(fleet):
    fleet.login()
    fleet.start(2)
    for postern in fleet.members:
        eventually_serves(postern)
    generation = fleet.generation()
    with fleet.under_load(6):
        fleet.redis.kill()
        fleet.sandbox.control("expire", {})
        time.sleep(1)  # the outage itself
        fleet.redis.start()
        eventually(lambda: fleet.generation() == generation + 1, "it is brought back, and refreshed")
    assert fleet.refreshes() == (1, 1)


def test_one_that_starts_while_redis_stands_still_serves_once_it_goes_on(fleet):
    fleet.login()
    fleet.redis.pause()
    postern, = fleet.start(1)
    postern.eventually_logs("store_unreachable")
    told = json.dumps(problem(hasty(postern), "grant_unavailable"))
    assert "r.sock" in told and "login" not in told and not is_ready(postern), told
    fleet.redis.resume()
    resumed = time.monotonic()
    eventually_serves(postern)
    print(f"\nserves after {time.monotonic() - resumed:.2f} s")
    assert time.monotonic() - resumed < bound(2) and is_ready(postern)


# --- full, read only, forbidden ----------------------------------------------------------------------

TROUBLES = {
    "full": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"),
             "its memory is used up: raise maxmemory"),
    "a replica": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"),
                  "it is a replica: name the master"),
    "not allowed to count": (("ACL", "SETUSER", "postern", "-incr"), ("ACL", "SETUSER", "postern", "+incr"),
                             "the ACL does not allow the user postern the command INCR"),
    "keys of another prefix": (("ACL", "SETUSER", "postern", "resetkeys", "~other:*"),
                               ("ACL", "SETUSER", "postern", "~*"),
                               "the user postern the keys postern:*: it needs ~postern:* &postern:*"),
    "no scripts allowed": (("ACL", "SETUSER", "postern", "-eval"), ("ACL", "SETUSER", "postern", "+eval"),
                           "the user postern the command EVAL"),
}


@pytest.mark.parametrize("what", TROUBLES)
def test_a_redis_that_takes_nothing(fleet, what):
    trouble, cure, message = TROUBLES[what]
    fleet.redis.ask("ACL", "SETUSER", "postern", "on", ">secret", "~*", "&*", "+@all")
    fleet.connection |= {"user": "postern", "password": "secret"}
    fleet.login()
    postern, = fleet.start(1)
    eventually_serves(postern)
    before = fleet.redis.ask("DUMP", fleet.key)
    fleet.redis.ask(*trouble)
    assert postern.get(ECHO).status == 200 and is_ready(postern)
    fleet.sandbox.control("expire", {})
    eventually(lambda: message in json.dumps(problem(hasty(postern), "grant_unavailable")), "the caller is told why")
    assert not is_ready(postern)
    assert fleet.refreshes() == (0, 0)
    assert fleet.redis.ask("DUMP", fleet.key) == before
    again, = fleet.start(1)
    again.eventually_logs("store_not_writable")
    assert message in again.log
    fleet.redis.ask(*cure)
    for one in (postern, again):
        eventually_serves(one, "it recovers by itself")
    assert fleet.refreshes() == (1, 1)


def test_a_pair_that_may_not_be_written_is_used_and_written_later(fleet):
    """The lease is still to be had, so the refresh that a request needs is made."""
    fleet.redis.ask("ACL", "SETUSER", "postern", "on", ">secret", "~*", "&*", "+@all")
    fleet.connection |= {"user": "postern", "password": "secret"}
    config = fleet.login()
    postern, = fleet.start(1)
    eventually_serves(postern)
    generation = fleet.generation()
    fleet.redis.ask("ACL", "SETUSER", "postern", "-hset")
    login = processes.run("login", "--config", config, "--import", fleet.sandbox.grant, "--replace")
    assert login.returncode == 1 and "the command HSET" in login.stderr, login.stderr
    fleet.sandbox.control("expire", {})
    assert postern.get(ECHO).status == 200
    postern.eventually_logs("store_unwritable")
    assert "the ACL does not allow the user postern the command HSET" in postern.log
    assert fleet.generation() == generation
    fleet.redis.ask("ACL", "SETUSER", "postern", "+hset")
    postern.eventually_logs("store_written")
    assert fleet.generation() == generation + 1
    assert fleet.refreshes() == (1, 1)


def test_a_channel_that_may_not_be_heard_is_told_behind_another_reason(fleet):
    fleet.redis.ask("ACL", "SETUSER", "postern", "on", ">secret", "~*", "&*", "+@all")
    fleet.connection |= {"user": "postern", "password": "secret"}
    fleet.login()
    postern, = fleet.start(1)
    eventually_serves(postern)
    fleet.redis.ask("ACL", "SETUSER", "postern", "-subscribe", "-hgetall")
    fleet.redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
    postern.eventually_logs("it closed the connection")
    postern.eventually_logs("does not allow the user postern the command HGETALL", 10)
    assert "fleet_unseen" in postern.log
    postern.eventually_logs("does not allow the user postern the command SUBSCRIBE", 15)
    assert postern.log.count("store_unheard") == 2
    fleet.redis.ask("ACL", "SETUSER", "postern", "+subscribe", "+hgetall")
    postern.eventually_logs("store_heard")


def test_a_password_of_the_configuration_is_put_right_there(fleet):
    fleet.redis.ask("ACL", "SETUSER", "postern", "on", ">secret", "~*", "&*", "+@all")
    for who, password in (("postern", "canary-wrong"), ("nobody", "secret")):
        fleet.connection |= {"user": who, "password": password}
        done = processes.run("doctor", "--config", fleet.configuration("wrong.yaml"))
        assert f"it refuses store.redis.password for the user {who}, or has no such user: correct it" in done.stdout
        assert "canary" not in done.stdout + done.stderr


# --- what is not ours, and clocks --------------------------------------------------------------------


def test_what_another_key_has_sealed_is_left_as_it_is(fleet):
    fleet.login(key=KEY)
    postern, = fleet.start(1, key=KEY)
    eventually_serves(postern)
    generation = fleet.redis.ask("HGET", fleet.key, "generation")
    fleet.login(key=OTHER_KEY)  # which goes through: a person has said so
    postern.eventually_logs("cannot be opened")
    fleet.redis.ask("HSET", fleet.key, "generation", "7")  # older than what is in memory
    before = fleet.redis.ask("DUMP", fleet.key)
    keyless, = fleet.start(1)
    keyless.eventually_logs("is sealed, and store.key is not set")
    assert fleet.key in keyless.log and "store_unreadable" in keyless.log
    assert postern.get(ECHO).status == 200, "the token in memory is good"
    fleet.sandbox.control("expire", {})
    told = json.dumps(problem(hasty(postern), "grant_unavailable"))
    assert "cannot be opened" in told, told
    assert fleet.refreshes() == (0, 0)
    stays_true(lambda: fleet.redis.ask("DUMP", fleet.key) == before, "it is left as it is", 1)
    assert int(generation) > 7


def test_an_old_record_that_is_put_back_as_the_newest_is_not_taken(fleet):
    fleet.login(key=KEY)
    posterns = fleet.start(2, key=KEY)
    for postern in posterns:
        eventually_serves(postern)
    old, generation = fleet.redis.ask("HMGET", fleet.key, "document", "generation")
    fleet.sandbox.control("expire", {})
    assert [postern.get(ECHO).status for postern in posterns] == [200, 200]
    fleet.redis.ask("HSET", fleet.key, "generation", int(generation) + 2, "revision", "99", "document", old)
    fleet.redis.ask("PUBLISH", "postern:{acme}:changed", "x")
    for postern in posterns:
        postern.eventually_logs(f"was sealed as generation {generation} and stands there as")
        assert postern.get(ECHO).status == 200, "the token in memory is good"
    fleet.redis.ask("DEL", fleet.key)
    fleet.redis.ask("PUBLISH", "postern:{acme}:changed", "x")
    eventually(lambda: any("store_restored" in postern.log for postern in posterns), "it is written again")
    fleet.sandbox.control("expire", {})
    assert [postern.get(ECHO).status for postern in posterns] == [200, 200]
    assert fleet.refreshes() == (2, 2)


@pytest.mark.parametrize("field", ["generation", "revision"])
def test_a_record_beyond_all_counts_is_not_refreshed_from(fleet, field):
    fleet.login()
    postern, = fleet.start(1)
    eventually_serves(postern)
    fleet.redis.ask("HSET", fleet.key, field, "9" * 15)
    fleet.redis.ask("PUBLISH", "postern:{acme}:changed", "x")
    postern.eventually_logs("which no number of refreshes comes to")
    assert postern.get(ECHO).status == 200, "the token in memory is good"
    fleet.sandbox.control("expire", {})
    assert hasty(postern).status == 503
    assert fleet.refreshes() == (0, 0)
    fleet.redis.ask("DEL", fleet.key)
    fleet.redis.ask("PUBLISH", "postern:{acme}:changed", "x")
    eventually_serves(postern)


def test_what_is_not_sealed_is_told_and_sealed_with_the_next_pair(fleet):
    fleet.login()
    postern, = fleet.start(1, key=KEY)
    eventually_serves(postern)
    postern.eventually_logs("store_unsealed")
    assert fleet.redis.ask("HGET", fleet.key, "document").startswith("{")
    fleet.sandbox.control("expire", {})
    eventually_serves(postern)
    assert fleet.redis.ask("HGET", fleet.key, "document").startswith("postern.sealed.v1.")


def test_clocks_that_differ_by_minutes(fleet):
    environment = shifted(fleet.folder, 300)
    if environment is None:
        pytest.skip("no C compiler")
    fleet.login(lifetime=1800)
    right, = fleet.start(1)
    ahead, = fleet.start(1, env=processes.clean_environment(**environment))
    for refreshing, following in ((ahead, right), (right, ahead)):
        fleet.sandbox.control("expire", {})
        assert refreshing.get(ECHO).status == 200
        refreshing.eventually_logs("grant_refreshed")
        following.eventually_logs(f"generation {fleet.generation()}")
        assert following.get(ECHO).status == 200
    assert fleet.refreshes() == (2, 2)
    right.eventually_logs("clock_differs")
    assert "was stored some 5 minutes in the future" in right.log
    assert "clock_differs" not in ahead.log
