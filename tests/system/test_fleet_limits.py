"""Several Posterns that share the limits of their user in a Redis: together they are as one, and
without it each goes on with its part."""

import json
import re
import threading
import time
from collections import Counter

import pytest

from support import processes
from support.redis import HAS_REDIS, Redis, ScriptedRedis
from support.sandboxed import CLIENT, ECHO, eventually_serves, import_new_grant
from support.swarm import Swarm
from support.waiting import eventually

LIMIT = 20  # calls a second


@pytest.fixture
def redis(folder):
    if not HAS_REDIS:
        pytest.skip("no redis-server: deploy/install-packages test")
    running = Redis(folder / "redis")
    yield running
    running.kill()


@pytest.fixture
def fleet(sandbox, redis, serve):
    """fleet(n) starts n Posterns on one Redis, before a sandbox with a limit."""
    sandbox.control("limits", {"requests": LIMIT, "window": 1})
    return lambda count, **more: [serve(settings(f"unix://{redis.socket_path}", **more)) for _ in range(count)]


def settings(url, **more):
    return {"limits": {"share": "redis"}, "store": {"redis": {"url": url, "timeout": "500ms"} | more}}


def rights_of_the_manual():
    """What README.md has the ACL user be allowed."""
    page = (processes.ROOT / "README.md").read_text()
    return " ".join(re.findall(r"`([~+][^`]*\+[a-z]+[^`]*)`", page)).replace("<prefix>", "postern").split()


class Crowds:
    """Ten callers at each Postern for so long, as a context; all must be answered well."""

    def __init__(self, posterns, seconds):
        self.swarms = [Swarm(postern.port, ECHO, 10) for postern in posterns]
        self.threads = [threading.Thread(target=swarm.run, args=(seconds,)) for swarm in self.swarms]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        for thread in self.threads:
            thread.join()
        if failure[0] is None:
            for swarm in self.swarms:
                swarm.assert_all_welcome()

    @property
    def answered(self):
        return sum(swarm.total for swarm in self.swarms)


def ask_admin(postern, path):
    return processes.fetch(postern.admin_port, "GET", path, (), None, "localhost")


def shared(postern):
    """What its status says of the limits that are shared."""
    return json.loads(ask_admin(postern, "/api/status").body)["limits_share"]


def buckets(postern):
    """The limits that are shared, as GET /api/fleet has them."""
    return json.loads(ask_admin(postern, "/api/fleet").body)["buckets"]


def is_ready(postern):
    return ask_admin(postern, "/readyz").status == 200


def calls_of(redis, *commands):
    """How often Redis was sent each of these."""
    counts = Counter()
    for line in redis.ask("INFO", "commandstats").splitlines():
        name, _, figures = line.removeprefix("cmdstat_").partition(":calls=")
        counts[name] = int(figures.split(",")[0] or 0) if figures else 0
    return [counts[name] for name in commands]


def test_three_together_keep_to_one_limit_and_use_it(fleet, sandbox, redis):
    redis.ask("ACL", "SETUSER", "jane", "on", ">canary", *rights_of_the_manual())
    posterns = fleet(3, user="jane", password="canary")
    with Crowds(posterns, 9) as crowds:
        pass
    windows = [w for w in sandbox.control("windows") if w["limit"] == LIMIT]
    whole = windows[2:-1]  # the first ones taught them the limit, the last one was cut
    used = sum(w["allowed"] for w in whole) / (LIMIT * len(whole))
    refused = sum(w["too_frequent"] for w in whole)
    asked, whole_scripts = calls_of(redis, "evalsha", "eval")
    print(f"\n{100 * used:.1f} % of {len(whole)} windows, {refused} calls refused, "
          f"{[s.total for s in crowds.swarms]} answers, {asked} questions")
    # How well is for bench/goodput to say, on a machine with nothing else to do.
    assert used > 0.6 and refused <= 0.05 * LIMIT * len(whole)
    assert min(s.total for s in crowds.swarms) > 0.15 * crowds.answered
    assert asked + whole_scripts <= 3 * (len(windows) + 2), "once per replica and window"
    assert whole_scripts == 3, "the script was sent to Redis once by each"
    for postern in posterns:
        said = shared(postern)
        assert (said["replicas"], said["fault"]) == (3, None) and said["answered"] > 0
        bucket, = buckets(postern)
        assert (bucket["limit"], bucket["window_s"], bucket["replicas"], bucket["alone"]) == (LIMIT, 1, 3, False)
        assert 0 <= bucket["own"] <= bucket["taken"] <= bucket["budget"] <= LIMIT and bucket["age_ms"] >= 0
        assert bucket["spent"]["calls"] > 0
        shown = processes.run("status", "--fleet", "--admin", postern.admin_address).stdout
        assert f"limit {bucket['user']}, {bucket['group']}, {bucket['host']}\n" in shown and f"{LIMIT} each 1s" in shown, shown
        assert f"{LIMIT} each 1s" in ask_admin(postern, "/page/fleet").body.decode()
        assert "limits_unshared" not in postern.log


def test_doctor_looks_at_the_redis_that_only_the_limits_use(fleet, redis):
    redis.ask("ACL", "SETUSER", "jane", "on", ">canary", *rights_of_the_manual())
    postern, = fleet(1, user="jane", password="canary")

    def doctor():
        done = processes.run("doctor", "--config", postern.config_path)
        assert "canary" not in done.stdout + done.stderr
        return done.returncode, done.stdout

    code, said = doctor()
    assert code == 0 and re.search(r"ok +redis +Redis [\d.]+ at unix:", said), said
    eventually(lambda: not redis.ask("KEYS", "*:parts:"), "what it has tried is gone")
    redis.ask("ACL", "SETUSER", "jane", "-hgetall")
    code, said = doctor()
    assert code == 1 and "HGETALL" in said and "equal part of each limit" in said, said
    redis.ask("ACL", "SETUSER", "jane", "+hgetall", "-evalsha")
    code, said = doctor()
    assert code == 1 and "evalsha" in said.lower(), said
    redis.kill()
    code, said = doctor()
    assert code == 1 and "FAIL  redis" in said and "cannot reach" in said, said


def test_while_redis_stands_still_each_goes_on_with_its_part(fleet, redis):
    posterns = fleet(3)
    with Crowds(posterns, 12) as crowds:
        eventually(lambda: all(shared(p)["replicas"] == 3 for p in posterns), "they know of each other")
        redis.pause()
        try:
            for postern in posterns:
                postern.eventually_logs("limits_unshared")
            before = crowds.answered
            eventually(lambda: crowds.answered > before + 2 * LIMIT, "requests are served")
            assert all(map(is_ready, posterns))
            said = shared(posterns[0])
            assert (said["replicas"], said["fault"] is not None) == (3, True)
            bucket, = buckets(posterns[0])
            assert bucket["alone"] and bucket["replicas"] == 3
            shown = processes.run("status", "--fleet", "--admin", posterns[0].admin_address).stdout
            assert "an equal part for each instead" in shown
        finally:
            redis.resume()
        for postern in posterns:
            postern.eventually_logs("limits_shared")
    assert shared(posterns[0])["failed"] > 0


def test_a_redis_that_comes_late_and_empty_again_is_taken_up(fleet, redis):
    redis.kill()
    postern, = fleet(1)
    eventually_serves(postern, "without Redis")
    with Crowds([postern], 8):
        postern.eventually_logs("limits_unshared")
        redis.start()
        postern.eventually_logs("limits_shared")
        redis.ask("FLUSHALL")
        redis.ask("SCRIPT", "FLUSH")
        time.sleep(1.5)  # questions after it
    said = shared(postern)
    assert (said["replicas"], said["fault"]) == (1, None)


def test_keys_of_somebody_else_are_named_and_left_alone(fleet, redis):
    postern, = fleet(1)
    eventually_serves(postern)
    key = eventually(lambda: redis.ask("KEYS", "postern:*:share:*"), "a key")[0]
    redis.ask("DEL", key)
    redis.ask("RPUSH", key, "a")
    with Crowds([postern], 4):
        postern.eventually_logs("WRONGTYPE")
    assert key in postern.log
    assert redis.ask("LRANGE", key, "0", "-1") == ["a"]


def test_a_redis_that_says_something_else_is_not_believed(sandbox, serve):
    sandbox.control("limits", {"requests": LIMIT, "window": 1})
    liar = ScriptedRedis(lambda words, connection: b":7\r\n" if words[0].startswith("EVAL") else b"+OK\r\n")
    postern = serve(settings(liar.url))
    with Crowds([postern], 4):
        postern.eventually_logs("no answer of Postern's script")
    assert is_ready(postern)
    liar.close()


def test_those_who_were_idle_have_a_part_too_when_redis_goes_away(sandbox, redis, folder, serve):
    sandbox.control("limits", {"requests": LIMIT, "window": 1})
    shared_store = {"client": CLIENT, "grants": [{"organization": "acme"}]}
    common = settings(f"unix://{redis.socket_path}", presence="1s")
    config = folder / "login.yaml"
    sentry = {"url": sandbox.url, "ca_file": str(sandbox.ca)}
    store = {"kind": "redis", "path": str(folder / "login")} | common["store"]
    config.write_text(json.dumps({"sentry": sentry} | shared_store | {"store": store}))
    import_new_grant(sandbox, config)
    posterns = [serve(common | shared_store | {"store": store | {"path": str(folder / f"state{n}")}}, grants=())
                for n in range(3)]
    busy = posterns[0]
    eventually_serves(busy)
    eventually(lambda: shared(busy)["replicas"] == 3, "it knows of those who ask nothing", 10)
    redis.pause()
    try:
        with Crowds([busy], 4):
            busy.eventually_logs('limits_unshared')
        assert shared(busy)["replicas"] == 3
        bucket, = buckets(busy)
        assert bucket["alone"] and bucket["replicas"] == 3
    finally:
        redis.resume()
