"""The store in Redis by each way to reach it, driven by the program: TLS, a user with few rights, a replica that
is waited for, Sentinel, Cluster, and two fleets in one Redis."""

import re
import time

import pytest

from support import processes
from support.fleet import Fleet
from support.processes import ROOT
from support.redis import begin_move, cluster_of, end_move, free_port, owner, watched
from support.sandboxed import ECHO, eventually_serves, import_new_grant
from support.waiting import bound, eventually

SECRET, NEXT_SECRET = "canary-first", "canary-second"


def user(in_cluster=False):
    """The ACL user, with the rights that the README says it needs, word for word."""
    text = (ROOT / "README.md").read_text()
    found = re.search(r"The ACL user needs\s+`([^`]+)`,\s+in a cluster `([^`]+)`", text)
    assert found, "README.md names the rights of the ACL user"
    rights = found[1] + (" " + found[2] if in_cluster else "")
    rights = rights.replace("<prefix>", "postern")
    return f"user postern on >{SECRET} {' '.join(rights.split())}"


def credentials(folder):
    path = folder / "password"
    path.write_text(SECRET + "\n")
    return {"user": "postern", "password_file": str(path)}


def denials(*servers):
    """What the ACL has forbidden: [(reason, what)…]."""
    entries = [dict(zip(*[iter(entry)] * 2)) for server in servers for entry in server.ask("ACL", "LOG")]
    return [(entry["reason"], entry["object"]) for entry in entries]


def refresh_and_serve(fleet):
    """Each member serves with what one of them has obtained."""
    before, generation = fleet.refreshes(), fleet.generation()
    fleet.sandbox.control("expire", {})
    for postern in fleet.members:
        assert postern.get(ECHO).status == 200
    assert fleet.refreshes() == (before[0] + 1, before[1] + 1)
    assert fleet.generation() == generation + 1


def complaints(fleet):
    words = ("store_unreachable", "store_unheard", "store_not_writable", "replicas_behind", "refresh_deferred",
             "lock_lost", "journal_kept")
    return [(p.folder.name, word) for p in fleet.members for word in words if word in p.log]


# --- TLS, a user -------------------------------------------------------------------------------------


@pytest.fixture
def guarded(sandbox, folder, serve, start_redis, authority):
    """A fleet over TLS with a client certificate, as a user who has no more rights than the README gives it, at a
    master whose replica is waited for."""
    cert, key = authority.server()
    port = free_port()
    redis = start_redis(f"tls-port {port}", f"tls-cert-file {cert}", f"tls-key-file {key}",
                        f"tls-ca-cert-file {authority.cert}", user(), "repl-diskless-sync-delay 0")
    replica = start_redis(f"replicaof 127.0.0.1 {redis.port}")
    eventually(lambda: "state=online" in redis.ask("INFO", "replication"), "the replica is online")
    client_cert, client_key = authority.server("client", usage="clientAuth", cn="postern")
    fleet = Fleet(sandbox, redis, folder, serve, {
        "url": f"rediss://localhost:{port}", "ca_file": str(authority.cert), "certificate_file": client_cert,
        "key_file": client_key, "wait_replicas": 1, **credentials(folder)})
    fleet.replica = replica
    return fleet


def test_tls_a_replica_and_only_the_rights_of_the_readme(guarded):
    fleet = guarded
    config = fleet.login()
    first, _ = fleet.start(2)
    for postern in fleet.members:
        eventually_serves(postern)
    refresh_and_serve(fleet)
    assert int(fleet.replica.ask("HGET", fleet.key, "generation")) == fleet.generation()
    generation = fleet.generation()
    fleet.redis.ask("DEL", fleet.key)
    eventually(lambda: fleet.generation() == generation, "the lost grant is brought back")
    assert processes.run("doctor", "--config", config).returncode == 0
    first.stop()
    assert processes.run("logout", "--config", config).returncode == 0
    eventually(lambda: fleet.members[1].get(ECHO).status == 503, "the grant is forgotten")
    import_new_grant(fleet.sandbox, config)
    eventually_serves(fleet.members[1])
    assert complaints(fleet) == []
    assert denials(fleet.redis) == []


def test_a_password_that_is_changed_while_it_is_used(guarded):
    fleet = guarded
    fleet.login()
    postern, = fleet.start(1)
    eventually_serves(postern)
    fleet.redis.ask("ACL", "SETUSER", "postern", "resetpass", f">{NEXT_SECRET}")
    fleet.redis.ask("CLIENT", "KILL", "USER", "postern")
    path = fleet.connection["password_file"]
    refused = f"it refuses the password in {path} for the user postern"
    # Others have connections of their own, and may be refused before the keeper is.
    eventually(lambda: any(line.get("event") == "store_unreachable" and refused in line["detail"]
                           for line in postern.log_entries()), "the keeper is refused")
    assert postern.get(ECHO).status == 200, "the token in memory is good"
    before = postern.log.count("grant_ready")
    with open(path, "w") as file:
        file.write(NEXT_SECRET)
    eventually(lambda: postern.log.count("grant_ready") > before, "the new password is taken up")
    refresh_and_serve(fleet)
    assert "canary" not in postern.log


WRONG = {
    "authority": ({"ca_file": None}, "certificate verify failed"),
    "no client certificate": ({"certificate_file": None, "key_file": None}, "certificate_file"),
    "plain": ({"url": None, "ca_file": None, "certificate_file": None, "key_file": None}, "rediss://"),
    "user": ({"user": "nobody"}, "for the user nobody"),
}


def test_what_is_wrong_with_the_connection_is_told(guarded, authority):
    fleet = guarded
    right = dict(fleet.connection)
    fleet.login()
    dump = fleet.redis.ask("DUMP", fleet.key)
    said = {}
    for what, (changes, message) in WRONG.items():
        fleet.connection = right | changes
        if what == "plain":
            fleet.connection["url"] = right["url"].replace("rediss://", "redis://")
        done = processes.run("doctor", "--config", fleet.configuration("wrong.yaml"))
        said[what] = done.stdout + done.stderr
        assert done.returncode == 1 and message in said[what], (what, said[what])
    fleet.connection = right
    other_cert, other_key = authority.server("other-name", names="DNS:redis.example")
    fleet.redis.ask("CONFIG", "SET", "tls-cert-file", other_cert, "tls-key-file", other_key)
    done = processes.run("doctor", "--config", fleet.configuration("wrong.yaml"))
    assert done.returncode == 1 and "hostname mismatch" in done.stdout.lower(), done.stdout
    assert fleet.redis.ask("DUMP", fleet.key) == dump
    assert "canary" not in "".join(said.values())


# --- Sentinel, Cluster -------------------------------------------------------------------------------


def test_a_failover_is_not_seen_and_gets_back_what_it_has_lost(sandbox, folder, serve, start_redis):
    master, replica, watch = watched(start_redis)
    fleet = Fleet(sandbox, master, folder, serve, {"addresses": [one.url for one in watch], "master": "mymaster"})
    fleet.login()
    fleet.start(2)
    for postern in fleet.members:
        eventually_serves(postern)
    eventually(lambda: replica.ask("EXISTS", fleet.key), "the replica has it")
    replica.ask("SAVE")
    replica.kill()
    refresh_and_serve(fleet)  # which the replica does not get
    generation = fleet.generation()
    with fleet.under_load(6):
        master.kill()
        replica.start()
        assert int(replica.ask("HGET", fleet.key, "generation")) == generation - 1
        fleet.redis = replica
        eventually(lambda: replica.role() == "master", "the replica is promoted", 30)
        eventually(lambda: fleet.generation() == generation, "memory brings it back", 5)
    eventually(lambda: any("store_restored" in postern.log for postern in fleet.members), "it is told")
    refresh_and_serve(fleet)


def test_a_cluster_whose_slot_moves(sandbox, folder, serve, start_redis):
    nodes = cluster_of(start_redis, user(in_cluster=True))
    fleet = Fleet(sandbox, nodes[0], folder, serve,
                  {"addresses": [node.url for node in nodes], "cluster": True, **credentials(folder)})
    source, slot = owner(nodes, fleet.key)
    target = next(node for node in nodes if node is not source)
    fleet.redis = source
    fleet.login()
    fleet.start(2)
    for postern in fleet.members:
        eventually_serves(postern)
    refresh_and_serve(fleet)
    begin_move(slot, source, target)
    keys = source.ask("CLUSTER", "GETKEYSINSLOT", slot, 10)
    assert fleet.key in keys
    source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
    for postern in fleet.members:
        assert postern.get(ECHO).status == 200
    end_move(slot, source, target, nodes)
    fleet.redis = target
    refresh_and_serve(fleet)
    assert denials(*nodes) == []


# --- replicas, prefixes ------------------------------------------------------------------------------


def test_without_the_replica_that_is_asked_for_a_refresh_waits_for_the_last_safe_moment(
        sandbox, folder, serve, start_redis):
    redis = start_redis()
    fleet = Fleet(sandbox, redis, folder, serve, {"url": redis.url, "wait_replicas": 1})
    begun = time.monotonic()
    fleet.login(lifetime=8)
    postern, = fleet.start(1)
    postern.eventually_logs("refresh_deferred")
    assert "is on 0 of the 1 replicas that store.redis.wait_replicas asks for" in postern.log
    assert time.monotonic() - begun < bound(6), "that was before the last safe moment"
    with fleet.under_load(4):
        postern.eventually_logs("replicas_behind")
        assert time.monotonic() - begun >= 6
    assert fleet.refreshes() == (1, 1)


def test_two_fleets_in_one_redis_do_not_see_each_other(fleet):
    other = Fleet(fleet.sandbox, fleet.redis, fleet.folder / "other", fleet.serve,
                  fleet.connection | {"prefix": "other"})
    config = fleet.login()
    fleet.start(1)
    eventually_serves(fleet.members[0])
    other.start(1)
    other.members[0].eventually_logs("grant_missing")
    other.login()
    eventually_serves(other.members[0])
    assert {key.split(":")[0] for key in fleet.redis.ask("KEYS", "*")} <= {"postern", "other"}
    assert processes.run("logout", "--config", config).returncode == 0
    eventually(lambda: fleet.members[0].get(ECHO).status == 503, "the grant is forgotten")
    assert other.members[0].get(ECHO).status == 200
    other.members[0].eventually_logs("grant_ready")
    assert other.members[0].log.count("grant_ready") == 1
