"""Servers that are paused, killed, replicas, or no Redis at all."""

import socket
import time

from support.waiting import bound, eventually


def test_a_paused_server_is_given_up_on_in_time_and_found_again(redis, probe):
    p = probe(url=redis.url, timeout_ms=400, connect_timeout_ms=400)
    assert p.call("PING")["reply"] == "PONG"
    redis.pause()
    failure = p.call("INCR", "n")
    assert failure["fate"] == "maybe" and "may have been executed" in failure["failure"]
    assert 350 <= failure["ms"] <= bound(1500)
    failure = p.call("INCR", "n")  # at rest
    assert failure["fate"] == "not" and failure["ms"] <= 90 and "cannot reach" in failure["failure"]
    eventually(lambda: "says nothing" in p.call("PING")["failure"], "the greeting is given up on")
    redis.resume()
    began = time.monotonic()
    p.eventually_replies("PING", seconds=3)
    assert time.monotonic() - began < bound(2)
    assert int(redis.ask("GET", "n")) == 1, "no command is sent twice"


def test_nothing_queues_behind_a_paused_server(redis, probe):
    p = probe(url=redis.url, timeout_ms=300, connect_timeout_ms=300)
    p.call("PING")
    redis.pause()
    began = time.monotonic()
    for _ in range(200):
        p.call("GET", "k")
    assert time.monotonic() - began < bound(6)


def test_commands_under_way_when_the_server_dies(redis, probe):
    p = probe(url=redis.url)
    p.call("PING")
    p.send("blocked", "BLPOP", "list", "0")
    p.send("behind", "INCR", "n")
    eventually(lambda: "cmd=blpop" in redis.ask("CLIENT", "LIST"), "it waits")
    redis.kill()
    said = [p.until("tag"), p.until("tag")]
    assert [one["tag"] for one in said] == ["blocked", "behind"]
    assert {one["fate"] for one in said} == {"maybe"}


def test_a_killed_server_is_found_again(redis, probe):
    p = probe(url=redis.url)
    assert p.call("PING")["reply"] == "PONG"
    redis.kill()
    failure = p.call("PING")
    assert failure["fate"] == "not" and f"cannot reach {redis.url}" in failure["failure"]
    assert failure["failure"] == f"cannot reach {redis.url}: Connection refused; is Redis up?", "it has worked"
    failure = probe(url=redis.url).call("PING")
    assert failure["failure"].endswith("; is Redis up, and is the port right (store.redis.url)?")
    redis.start()
    began = time.monotonic()
    p.eventually_replies("PING", seconds=3)
    assert time.monotonic() - began < bound(2)


def test_a_connection_closed_while_idle_costs_nothing(redis, probe):
    p = probe(url=redis.url)
    for _ in range(5):
        assert p.call("PING")["reply"] == "PONG"
        redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        p.send("t", "PING")
        assert p.until("tag")["reply"] == "PONG"


def test_a_replica_takes_no_writes(redis, start, probe):
    replica = start(f"replicaof 127.0.0.1 {redis.port}")
    p = probe(url=replica.url)
    failure = p.call("SET", "k", "v")
    assert failure["fate"] == "not" and "it is a replica" in failure["failure"]
    failure = p.call("EVAL", "return redis.call('SET', KEYS[1], 'v')", "1", "k")
    assert failure["fate"] == "not" and "it is a replica" in failure["failure"]
    p.say("burst", "t", 200, "SET", "k", "v")
    assert {p.until("tag")["fate"] for _ in range(200)} == {"not"}
    replica.ask("REPLICAOF", "NO", "ONE")
    assert p.eventually_replies("SET", "k", "v") == "OK"


def test_a_server_whose_memory_is_used_up(start, probe):
    p = probe(url=start("maxmemory 1").url)
    failure = p.call("SET", "k", "v")
    assert failure["fate"] == "not" and "maxmemory" in failure["failure"]


def test_a_name_that_nobody_knows(probe):
    failure = probe(url="redis://no.such.host.invalid").call("PING")
    assert failure["fate"] == "not" and "no.such.host.invalid" in failure["failure"]


# --- scripted -----------------------------------------------------------------------------------------


def test_what_is_no_redis(scripted, probe):
    server = scripted(lambda words, connection: b"HTTP/1.1 400 Bad Request\r\n\r\n")
    failure = probe(url=server.url).call("PING")
    assert "no reply of Redis" in failure["failure"] and "right port" in failure["failure"]


def test_a_reply_in_single_bytes(scripted, probe):
    def answer(words, connection):
        for byte in b"*2\r\n$3\r\nabc\r\n:-1\r\n":
            connection.sendall(bytes([byte]))
    assert probe(url=scripted(answer).url).call("GET", "k")["reply"] == ["abc", -1]


def test_replies_that_nobody_asked_for_end_the_connection(scripted, probe):
    server = scripted(lambda words, connection: b"+one\r\n+two\r\n")
    p = probe(url=server.url)
    assert p.call("GET", "a")["reply"] == "one"
    assert p.call("GET", "b")["reply"] == "one"
    assert len(server.connections) == 2


def test_a_reply_that_stops_half_way(scripted, probe):
    p = probe(url=scripted(lambda words, connection: b"$5\r\nab").url, timeout_ms=300)
    failure = p.call("GET", "a")
    assert failure["fate"] == "maybe" and "did not reply within" in failure["failure"]


def test_a_connection_refused_by_word(scripted, probe):
    server = scripted(lambda words, connection: b"", greeting=b"-ERR max number of clients reached\r\n")
    failure = probe(url=server.url).call("PING")
    assert failure["fate"] == "not" and "max number of clients" in failure["failure"]


def test_one_that_has_worked_is_not_suspected_of_speaking_tls(scripted, probe):
    """As when a server is shut down: it takes the connection and closes it without a word."""
    class Closed(list):
        def append(self, connection):
            connection.shutdown(socket.SHUT_RDWR)

    server = scripted(lambda words, connection: b"+PONG\r\n")
    p = probe(url=server.url)
    assert p.call("PING")["reply"] == "PONG"
    first, = server.connections
    server.connections = Closed()
    first.shutdown(socket.SHUT_RDWR)
    failure = p.call("PING")["failure"]
    assert failure.startswith(f"cannot reach {server.url}: it closed the connection") and "TLS" not in failure
    assert "does it ask for TLS (rediss://)?" in probe(url=server.url).call("PING")["failure"]


# --- subscriptions --------------------------------------------------------------------------------------


def test_messages_are_heard(redis, probe):
    p = probe(url=redis.url)
    p.say("subscribe", "a", "b")
    p.until("subscribed")
    assert redis.ask("PUBLISH", "b", "x y") == 1
    assert p.until("message") == {"message": "x y", "channel": "b"}
    assert p.call("PING")["reply"] == "PONG"


def test_a_loss_is_told_and_mended(redis, probe):
    p = probe(url=redis.url)
    p.say("subscribe", "a")
    p.until("subscribed")
    redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
    assert "closed the connection" in p.until("unheard")["unheard"]
    p.until("subscribed")
    redis.kill()
    p.until("unheard")
    redis.start()
    p.until("subscribed")
    redis.ask("PUBLISH", "a", "again")
    assert p.until("message")["message"] == "again"


def test_a_subscription_to_a_silent_server_is_given_up(redis, probe):
    p = probe(url=redis.url, timeout_ms=300, connect_timeout_ms=300)
    p.say("subscribe", "a")
    p.until("subscribed")
    redis.pause()
    assert "PING" in p.until("unheard", 12)["unheard"]
    redis.resume()
    p.until("subscribed")


def test_a_channel_that_the_acl_forbids(start, probe, folder):
    redis = start("user postern on >pw ~* &allowed +@all")
    (folder / "password").write_text("pw")
    p = probe(url=redis.url, user="postern", password_file=folder / "password")
    p.say("subscribe", "forbidden")
    said = p.until("unheard")["unheard"]
    assert said.startswith(redis.url) and "the user postern the channels postern:*: it needs" in said, said
