"""Who is in the fleet, as each of its Posterns tells: by `postern status --fleet`, by the page, and
by GET /api/fleet."""

import json
import re
import signal
import socket
import threading
import time

import pytest

from support import processes
from support.redis import HAS_REDIS, Redis
from support.sandboxed import CLIENT, ECHO, eventually_serves, import_new_grant
from support.waiting import eventually

RECORD, LEASE, LIST = "postern:{acme}:grant", "postern:{acme}:lease", "postern:{replicas}"
HOSTILE = "<script>alert(1)</script>\x1b[2J"
EACH = 1  # second between two times that a Postern says that it is there


class Fleet:
    def __init__(self, sandbox, redis, folder, serve):
        self.sandbox, self.redis, self.folder, self.serve = sandbox, redis, folder, serve

    def settings(self, name, **redis):
        connection = {"url": f"unix://{self.redis.socket_path}", "timeout": "500ms", "connect_timeout": "500ms",
                      "presence": f"{EACH}s"}
        return {"client": CLIENT, "grants": [{"organization": "acme"}], "refresh": {"timeout": "5s"},
                "store": {"kind": "redis", "path": str(self.folder / name), "redis": connection | redis}}

    def login(self):
        config = self.folder / "login.yaml"
        sentry = {"url": self.sandbox.url, "ca_file": str(self.sandbox.ca)}
        config.write_text(json.dumps({"sentry": sentry} | self.settings("login")))
        import_new_grant(self.sandbox, config)

    def start(self, count, **redis):
        posterns = [self.serve(self.settings(f"state{n}", **redis), grants=()) for n in range(count)]
        for postern in posterns:
            eventually_serves(postern)
        return posterns

    def claim(self, who, generation=1, **more):
        """Somebody says that they are there."""
        seconds, microseconds = map(int, self.redis.ask("TIME"))
        entry = {"name": who, "pid": 1, "version": "1", "uptime_s": 60, "ready": True,
                 "grants": {"acme": generation}} | more
        now = seconds * 1000 + microseconds // 1000
        self.redis.ask("HSET", LIST, f"id of {who}", f"{now} 60000 {json.dumps(entry)}")


@pytest.fixture
def fleet(sandbox, folder, serve):
    if not HAS_REDIS:
        pytest.skip("no redis-server: deploy/install-packages test")
    redis = Redis(folder / "redis")
    fleet = Fleet(sandbox, redis, folder, serve)
    fleet.login()
    yield fleet
    redis.kill()


def admin(postern, target):
    answer = processes.fetch(postern.admin_port, "GET", target, (), None, "localhost")
    assert answer.status == 200, answer.body
    return answer.body.decode()


def document(postern):
    return json.loads(admin(postern, "/api/fleet"))


def status(postern, *words):
    return processes.run("status", "--fleet", "--admin", f"127.0.0.1:{postern.admin_port}", *words)


def name(postern):
    return f"{socket.gethostname()}/{postern.pid}"


def seen(postern):
    """Those that it sees, and whether they are late with saying that they are there."""
    return {f"{one['name']}/{one['pid']}": one["overdue"] for one in document(postern)["replicas"]}


def eventually_sees(postern, *others):
    eventually(lambda: sorted(seen(postern)) == sorted(map(name, others)), "all are seen")


def test_each_sees_all(fleet):
    posterns = fleet.start(3)
    generation = int(fleet.redis.ask("HGET", RECORD, "generation"))
    for postern in posterns:
        eventually_sees(postern, *posterns)
        told = document(postern)
        assert [one["self"] for one in told["replicas"]].count(True) == 1
        assert told["fault"] is None and told["shares_limits"] is False
        for one in told["replicas"]:
            assert one["ready"] and one["started_at"] and one["version"]
            assert one["grants"] == [{"name": "acme", "generation": generation, "behind": False}]
        grant, = told["grants"]
        assert (grant["name"], grant["state"], grant["generation"]) == ("acme", "stored", generation)
        assert grant["lease"] is None and grant["written_s"] < 60 and "a command" in grant["written_by"]
    page = admin(posterns[0], "/")
    for words in (*map(name, posterns), "this one", "3 instances", "Limits are each instance"):
        assert words in page, words
        assert words in admin(posterns[0], "/page/fleet")
    done = status(posterns[1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(name(postern) in done.stdout for postern in posterns)
    assert json.loads(status(posterns[1], "--json").stdout).keys() == document(posterns[1]).keys()


def test_one_that_was_killed_is_silent_and_then_gone(fleet):
    posterns = fleet.start(3)
    victim, other, leaver = posterns
    eventually_sees(other, *posterns)
    victim.signal(signal.SIGKILL)
    victim.wait()
    eventually(lambda: seen(other).get(name(victim)) is True, "it is silent", 5 * EACH)
    done = status(other)
    assert done.returncode == 1 and f"{name(victim)}: silent" in done.stdout
    assert "silent" in admin(other, "/page/fleet")
    eventually_sees(other, other, leaver)
    assert fleet.redis.ask("HLEN", LIST) == 2
    leaver.stop()
    assert fleet.redis.ask("HLEN", LIST) == 1, "who ends in order does not leave it to the others"
    eventually_sees(other, other)
    fresh, = fleet.start(1)
    eventually_sees(other, other, fresh)
    for postern in (other, fresh):
        postern.signal(signal.SIGKILL)
        postern.wait()
    eventually(lambda: fleet.redis.ask("EXISTS", LIST) == 0, "the last one leaves nothing behind", 10 * EACH)


def test_who_refreshes_is_named(fleet):
    posterns = fleet.start(2)
    eventually_sees(posterns[0], *posterns)
    fleet.sandbox.control("answer", {"path": "/oauth/token/", "kind": "hang"})
    fleet.sandbox.control("expire", {})
    caller = threading.Thread(target=posterns[0].get, args=(ECHO,))
    caller.start()
    lease = eventually(lambda: document(posterns[1])["grants"][0]["lease"], "the lease is seen")
    assert lease["holder"] == name(posterns[0])
    assert lease["since"] < lease["until"] and 0 < lease["left_s"] <= 10
    assert f"refreshing    {name(posterns[0])}, for " in status(posterns[1]).stdout
    assert name(posterns[0]) + ", for " in admin(posterns[1], "/page/fleet")
    caller.join()
    eventually(lambda: document(posterns[1])["grants"][0]["written_by"] in map(name, posterns),
               "the one who obtained it is named", 20)


def test_one_that_is_behind_and_one_that_is_not_ready_are_seen(fleet):
    postern, = fleet.start(1)
    generation = int(fleet.redis.ask("HGET", RECORD, "generation"))
    seconds = int(fleet.redis.ask("TIME")[0])
    fleet.redis.ask("HSET", RECORD, "written", str(seconds * 1000 - 60000))
    fleet.claim("behind", generation - 1)
    fleet.claim("lame", generation, ready=False, why="grant acme: no usable token (missing)")
    told = {one["name"]: one for one in document(postern)["replicas"]}
    assert told["behind"]["grants"][0]["behind"] and not told["lame"]["grants"][0]["behind"]
    done = status(postern)
    assert done.returncode == 1
    assert f"acme {generation - 1} (behind)" in done.stdout and "no usable token (missing)" in done.stdout
    page = admin(postern, "/page/fleet")
    assert f"generation {generation - 1}, behind" in page and "no usable token (missing)" in page


def test_what_others_say_is_shown_as_text(fleet):
    postern, = fleet.start(1)
    fleet.claim(HOSTILE, version=HOSTILE, ready=False, why=HOSTILE, grants={HOSTILE: 3})
    fleet.redis.ask("HSET", RECORD, "writer", HOSTILE)
    fleet.redis.ask("HSET", LIST, "odd", "not an entry", "older", "1 5 {}")
    page = admin(postern, "/")
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "\x1b" not in page
    assert "\x1b" not in status(postern).stdout and "<script>" in status(postern).stdout
    assert fleet.redis.ask("HGET", LIST, "odd") == "not an entry", "what is not understood is left alone"
    assert fleet.redis.ask("HGET", LIST, "older") is None


def test_a_login_is_told_before_it_is_time_to_say_so(fleet):
    fleet.redis.ask("FLUSHALL")
    postern, other = (fleet.serve(fleet.settings(f"state{n}", presence="60s"), grants=()) for n in range(2))
    eventually(lambda: len(seen(other)) == 2, "they see each other")
    assert "generations   acme none" in status(other).stdout
    fleet.login()
    eventually_serves(postern)
    eventually(lambda: status(other).returncode == 0, "it is seen to be ready", 5)


def test_without_redis_it_says_so_and_tells_what_it_knows(fleet):
    posterns = fleet.start(2)
    eventually_sees(posterns[0], *posterns)
    fleet.redis.pause()
    eventually(lambda: document(posterns[0])["fault"], "what was read last is no longer fresh", 2)
    start = time.monotonic()
    told = document(posterns[0])
    assert time.monotonic() - start < 4, "it waits for Redis no longer"
    assert "r.sock" in told["fault"] and len(told["replicas"]) == 2 and told["grants"][0]["generation"]
    told = eventually(lambda: (now := document(posterns[0]))["age_s"] >= 3 * EACH and now, "what is known is old", 15)
    own, other = sorted(told["replicas"], key=lambda one: not one["self"])
    assert own["self"] and own["ready"] and not own["overdue"] and own["as_of_s"] is None and own["last_seen_s"] == 0
    assert other["ready"] and not other["overdue"] and other["as_of_s"] >= 3 * EACH, "nobody can be heard of"
    assert told["grants"][0]["as_of_s"] >= 3 * EACH
    done = status(posterns[0])
    assert done.returncode == 1 and "could not be read" in done.stdout and f"{name(posterns[1])}: ready, as of" in done.stdout
    assert "could not be read" in admin(posterns[0], "/")
    posterns[0].eventually_logs("fleet_unseen")
    assert posterns[0].get(ECHO).status == 200
    fleet.redis.resume()
    posterns[0].eventually_logs("fleet_seen")
    eventually(lambda: status(posterns[0]).returncode == 0, "all is well again")
    assert posterns[0].log.count("fleet_unseen") == 1


@pytest.mark.parametrize("filling", ["", "x" * 2000])
def test_a_list_that_somebody_has_filled_is_read_in_part_and_that_is_said(fleet, filling):
    (postern,) = fleet.start(1)
    eventually_sees(postern, postern)
    now = int(fleet.redis.ask("TIME")[0]) * 1000
    entry = f"{now} 86400000 " + json.dumps({"name": "n", "pid": 1, "version": "1", "uptime_s": 1, "why": filling})
    for start in range(0, 5000, 500):
        fleet.redis.ask("HSET", LIST, *[word for n in range(start, start + 500) for word in (f"x{n}", entry)])
    eventually(lambda: "entries too many" in (document(postern)["fault"] or ""), "it is said")
    shown = len(document(postern)["replicas"])
    assert shown <= 1001 and (shown >= 1000 or filling)
    done = status(postern)
    assert done.returncode == 1 and "entries too many" in done.stdout and "Message too long" not in done.stderr
    assert postern.get(ECHO).status == 200


def rights_of_the_manual():
    page = (processes.ROOT / "README.md").read_text()
    return " ".join(re.findall(r"`([~+][^`]*\+[a-z]+[^`]*)`", page)).replace("<prefix>", "postern").split()


def test_the_rights_that_the_manual_names_are_enough(fleet):
    fleet.redis.ask("ACL", "SETUSER", "postern", "on", ">secret", *rights_of_the_manual())
    posterns = fleet.start(2, user="postern", password="secret")
    eventually_sees(posterns[0], *posterns)
    assert status(posterns[0]).returncode == 0
    fleet.redis.ask("ACL", "SETUSER", "postern", "-hgetall")
    posterns[0].eventually_logs("fleet_unseen")
    assert "ACL" in document(posterns[0])["fault"]
    assert posterns[0].get(ECHO).status == 200


def test_one_on_its_own_says_what_makes_a_fleet(serve):
    postern = serve()
    assert "store.kind: redis" in document(postern)["advice"] and "store.kind: redis" in admin(postern, "/")
    done = status(postern)
    assert done.returncode == 1 and "store.kind: redis" in done.stdout
    address = postern.admin_address
    postern.stop()
    gone = processes.run("status", "--fleet", "--admin", address)
    assert gone.returncode == 1 and "a running instance" in gone.stderr
