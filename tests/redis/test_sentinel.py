"""A master that Sentinel names, and what happens when it fails over."""

import time

import pytest
from support.redis import addresses, watched
from support.waiting import bound, eventually


@pytest.fixture
def sentinels(start):
    return watched(start)


def test_the_master_is_found(sentinels, probe):
    master, _, watch = sentinels
    p = probe(addresses=addresses(watch), master="mymaster")
    assert p.call("SET", "k", "v")["reply"] == "OK"
    assert master.ask("GET", "k") == "v"
    failure = probe(addresses=addresses(watch), master="other").call("PING")
    assert "knows no master called 'other'" in failure["failure"]


def test_a_sentinel_that_is_gone_is_passed_over(sentinels, probe):
    _, _, watch = sentinels
    watch[0].kill()
    watch[1].pause()
    p = probe(addresses=addresses(watch), master="mymaster")
    assert p.call("PING")["reply"] == "PONG"


def test_sentinels_with_a_password_of_their_own(start, probe, folder):
    _, _, watch = watched(start, "s3cret")
    (folder / "right").write_text("s3cret\n")
    (folder / "wrong").write_text("other\n")
    p = probe(addresses=addresses(watch), master="mymaster", sentinel_password_file=folder / "right")
    assert p.call("PING")["reply"] == "PONG"
    p = probe(addresses=addresses(watch), master="mymaster", sentinel_password_file=folder / "wrong")
    assert f"refuses the password in {folder / 'wrong'}" in p.call("PING")["failure"]
    p = probe(addresses=addresses(watch), master="mymaster")
    assert "by store.redis.sentinel_password_file" in p.call("PING")["failure"]


def test_a_server_in_place_of_a_sentinel(redis, probe):
    failure = probe(url=redis.url, master="mymaster").call("PING")
    assert "is it a Sentinel?" in failure["failure"] and failure["fate"] == "not"


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_a_failover_is_followed(sentinels, probe, how):
    master, replica, watch = sentinels
    p = probe(addresses=addresses(watch), master="mymaster", timeout_ms=500, connect_timeout_ms=500)
    p.say("subscribe", "channel")
    p.until("subscribed")
    assert p.call("SET", "k", "before")["reply"] == "OK"
    eventually(lambda: replica.ask("GET", "k") == "before", "the replica has it")
    getattr(master, how)()
    eventually(lambda: replica.role() == "master", "the replica is promoted", 30)
    began = time.monotonic()
    while True:
        p.say("call", "SET", "k", "after")
        said = p.until("ms")
        if "reply" in said:
            break
        assert time.monotonic() - began < bound(3), said
    assert replica.ask("GET", "k") == "after"
    eventually(lambda: replica.ask("PUBLISH", "channel", "x") == 1, "the subscription has moved", 10)


def test_a_master_that_has_become_a_replica(sentinels, probe):
    """As during a failover without a failure: the connection stays, and writes are refused."""
    master, replica, watch = sentinels
    p = probe(addresses=addresses(watch), master="mymaster")
    assert p.call("SET", "k", "v")["reply"] == "OK"
    watch[0].ask("SENTINEL", "FAILOVER", "mymaster")
    eventually(lambda: master.role() == "slave", "the roles have changed", 30)
    p.eventually_replies("SET", "k", "w", seconds=3)
    assert replica.ask("GET", "k") == "w"
