"""Three nodes that share the slots."""

import binascii
import threading

import pytest
from support.redis import CLUSTER, addresses, begin_move, cluster_of, end_move, free_port, owner, settled
from support.waiting import eventually

KEYS = [f"postern:{{{name}}}:grant" for name in ("acme", "foo", "bar", "quux", "a", "b", "c")]


@pytest.fixture
def nodes(start):
    return cluster_of(start)


def slot_map(*ranges):
    """What CLUSTER SLOTS answers; of each range (first, last, port)."""
    lines = [b"*3\r\n:%d\r\n:%d\r\n*2\r\n$9\r\n127.0.0.1\r\n:%d\r\n" % one for one in ranges]
    return b"*%d\r\n" % len(lines) + b"".join(lines)


def slot_of(key):
    return binascii.crc_hqx(key.encode(), 0) % 16384


def test_keys_of_all_nodes(nodes, probe):
    p = probe(url=nodes[0].url, cluster="1")
    for key in KEYS:
        assert p.call("SET", key, key)["reply"] == "OK"
        assert owner(nodes, key)[0].ask("GET", key) == key
    assert len({owner(nodes, key)[0].port for key in KEYS}) == 3
    before = sum(node.ask("INFO", "errorstats").count("errorstat_MOVED") for node in nodes)
    script = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])"
    for key in KEYS:
        p.say("eval", script, key, "v")
        assert p.next()["reply"] == "v"
    after = sum(node.ask("INFO", "errorstats").count("errorstat_MOVED") for node in nodes)
    assert (before, after) == (0, 0), "the map says whom to ask"
    for index in range(300):
        p.send(index, "INCR", KEYS[index % len(KEYS)] + "n")
    assert [p.until("tag")["reply"] for _ in range(300)].count(1) == len(KEYS)


def test_a_slot_that_moves(nodes, probe):
    p = probe(url=nodes[0].url, cluster="1")
    key = KEYS[0]
    assert p.call("SET", key, "v")["reply"] == "OK"
    source, slot = owner(nodes, key)
    target = next(node for node in nodes if node is not source)
    begin_move(slot, source, target)
    source.ask("MIGRATE", "127.0.0.1", target.port, key, 0, 5000)
    assert p.call("GET", key)["reply"] == "v"  # ASK
    assert p.call("INCR", f"{key[:-6]}:other")["reply"] == 1  # ASK, and made there
    end_move(slot, source, target, nodes)
    assert p.call("SET", key, "w")["reply"] == "OK"  # MOVED
    assert p.call("GET", key)["reply"] == "w"
    assert target.ask("GET", key) == "w"


def test_a_node_that_dies_leaves_the_others(nodes, probe):
    for node in nodes:
        node.ask("CONFIG", "SET", "cluster-require-full-coverage", "no")
    p = probe(addresses=addresses(nodes), cluster="1", timeout_ms=500, connect_timeout_ms=500)
    for key in KEYS:
        p.call("SET", key, "v")
    dead = nodes[0]
    theirs = [key for key in KEYS if owner(nodes, key)[0] is dead]
    others = [key for key in KEYS if key not in theirs]
    dead.kill()
    assert p.call("GET", theirs[0])["fate"] in ("not", "maybe")
    for key in others:
        assert p.eventually_replies("GET", key) == "v"
    dead.start()
    settled(nodes)
    p.eventually_replies("SET", theirs[0], "again")


def test_a_replica_that_takes_over(nodes, start, probe):
    replica = start(*CLUSTER)
    nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", replica.port)
    settled([*nodes, replica])
    key = KEYS[0]
    master, _ = owner(nodes, key)
    replica.ask("CLUSTER", "REPLICATE", master.ask("CLUSTER", "MYID"))
    eventually(lambda: "master_link_status:up" in replica.ask("INFO", "replication"), "it follows", 20)
    p = probe(addresses=addresses(nodes), cluster="1", timeout_ms=500, connect_timeout_ms=500)
    assert p.call("SET", key, "v")["reply"] == "OK"
    master.kill()
    eventually(lambda: replica.role() == "master", "it takes over", 30)
    assert p.eventually_replies("SET", key, "w", seconds=3) == "OK"
    assert replica.ask("GET", key) == "w"


def test_a_subscription_hears_what_is_published_at_any_node(nodes, probe):
    p = probe(addresses=addresses(nodes), cluster="1")
    p.say("subscribe", "channel")
    p.until("subscribed")
    for node in nodes:
        node.ask("PUBLISH", "channel", str(node.port))
    assert {p.until("message")["message"] for _ in nodes} == {str(node.port) for node in nodes}


def test_a_cluster_of_one_over_tls(start, probe, authority):
    """A node alone does not know its own address: it is the one that was asked."""
    cert, key = authority.server()
    port = free_port()
    node = start("port 0", f"tls-port {port}", f"tls-cert-file {cert}", f"tls-key-file {key}",
                 f"tls-ca-cert-file {authority.cert}", "tls-auth-clients no", "tls-cluster yes",
                 *CLUSTER, port=port)
    node.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    eventually(lambda: "cluster_state:ok" in node.ask("CLUSTER", "INFO"), "it has all slots", 20)
    p = probe(url=f"rediss://localhost:{port}", ca_file=authority.cert, cluster="1")
    for key_name in KEYS:
        assert p.call("SET", key_name, "v")["reply"] == "OK"


def test_a_cluster_without_slots(start, probe):
    failure = probe(url=start(*CLUSTER).url, cluster="1").call("GET", "k")
    assert failure["fate"] == "not" and "that has slots" in failure["failure"]


def test_a_server_that_is_no_cluster(redis, probe):
    failure = probe(url=redis.url, cluster="1").call("GET", "k")
    assert failure["fate"] == "not" and "is it a node of a cluster" in failure["failure"]


def test_nodes_that_send_each_other_s_commands_around(scripted, probe):
    ports = []

    def handler(words, connection):
        if words[0] == "CLUSTER":
            return slot_map((0, 16383, ports[0]))
        here = connection.getsockname()[1]
        there = ports[1] if here == ports[0] else ports[0]
        return f"-MOVED 1 127.0.0.1:{there}\r\n".encode()
    servers = [scripted(handler), scripted(handler)]
    ports += [server.port for server in servers]
    failure = probe(url=servers[0].url, cluster="1").call("GET", "k")
    assert failure["fate"] == "not" and "around" in failure["failure"]
    asked = [words for server in servers for words in server.seen if words[0] == "GET"]
    assert len(asked) == 6


def test_a_map_with_two_masters_of_a_slot(scripted, probe):
    server = scripted(lambda words, connection: slot_map((0, 8000, 7001), (8000, 16383, 7002)))
    failure = probe(url=server.url, cluster="1").call("GET", "k")
    assert failure["fate"] == "not" and "two masters of slot 8000" in failure["failure"]


def test_a_node_that_leaves_answers_what_is_under_way(scripted, probe):
    has_left, may_answer = threading.Event(), threading.Event()
    staying_key, leaving_key = sorted(("foo", "bar"), key=slot_of)
    border = slot_of(leaving_key)

    def stay(words, connection):
        if words[0] == "CLUSTER":
            rest = (border, 16383, leaving.port)
            return slot_map((0, 16383, staying.port)) if has_left.is_set() else slot_map((0, border - 1, staying.port), rest)
        if has_left.is_set() and not stay.has_moved:
            stay.has_moved = True
            return f"-MOVED {slot_of(staying_key)} 127.0.0.1:{staying.port}\r\n".encode()
        return b"+stays\r\n"
    stay.has_moved = False

    def leave(words, connection):
        may_answer.wait(10)
        return b"+late\r\n"
    staying, leaving = scripted(stay), scripted(leave)
    p = probe(url=staying.url, cluster="1")
    p.send("late", "GET", leaving_key)
    eventually(lambda: ["GET", leaving_key] in leaving.seen, "it is under way")
    has_left.set()

    def is_known():
        p.send("other", "GET", staying_key)
        assert p.until("tag") == {"tag": "other", "reply": "stays"}
        return staying.seen.count(["CLUSTER", "SLOTS"]) == 2
    eventually(is_known, "the map is asked for again")
    p.send("moved", "GET", leaving_key)
    assert p.until("tag") == {"tag": "moved", "reply": "stays"}
    may_answer.set()
    assert p.until("tag") == {"tag": "late", "reply": "late"}
    eventually(lambda: leaving.ended == 1, "then its connection is closed")
    assert p.call("GET", leaving_key)["reply"] == "stays"
