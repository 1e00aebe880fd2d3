"""The response cache and shared calls, with the real program in front of a scripted upstream."""

import json
import threading

import pytest
from support import processes
from support.crowd import Ask, crowd
from support.processes import is_sanitized
from support.raw_upstream import response
from support.waiting import eventually

ISSUES = "/api/0/organizations/acme/issues/"
ISSUE = ISSUES + "7/"
MEMBERS = "/api/0/organizations/acme/members/"
CACHE = {"cache": {"enabled": True}}


@pytest.fixture
def cached(start, upstream):
    """cached(**settings of cache) starts a Postern with its cache on."""
    return lambda **settings: start(upstream, config={"cache": {"enabled": True} | settings,
                                                      "policy": {"preflight": "off"}})


def outcome(answer):
    return answer.fields.get("X-Postern-Cache")


def calls(upstream, path=ISSUES):
    return len(upstream.seen(path))


def test_off_by_default(postern, upstream):
    for _ in range(2):
        answer = postern.get(ISSUES)
        assert answer.status == 200
        assert "X-Postern-Cache" not in answer.fields
        assert "Age" not in answer.fields
    assert calls(upstream) == 2
    assert all("cache" not in line for line in postern.access_lines())


def test_status_and_explanation_show_it(cached):
    postern = cached()
    def explained():
        told = processes.run("explain", "GET", ISSUES, "--config", postern.config_path, "--json")
        return json.loads(told.stdout)["now"]["cache"]
    assert explained() == {"kind": "list", "lifetime_ms": 60000, "age_ms": None}
    for _ in range(3):
        postern.get(ISSUES)
    assert 0 <= explained()["age_ms"] < 60000
    document = eventually(lambda: (found := json.loads(processes.run(
        "status", "--config", postern.config_path, "--json").stdout)["cache"])["hits"] == 2 and found,
        "the third is over")
    assert (document["answers"], document["misses"]) == (1, 1)
    assert 0 < document["bytes"] <= document["max_bytes"]
    told = processes.run("status", "--config", postern.config_path).stdout
    assert "cache: on, 1 answers" in told and "2 hits, 0 shared, 1 misses" in told


def test_a_second_request_makes_no_call(cached, upstream):
    page = f'<{upstream.url}{ISSUES}?&cursor=0:100:0>; rel="next"; results="true"'
    upstream.on(ISSUES, lambda x: x.ok(b"[1]", headers=[
        ("Link", page), ("X-Sentry-Rate-Limit-Remaining", "39"), ("Vary", "Accept-Language, Cookie")]))
    postern = cached()
    first = postern.get(ISSUES, host="localhost")
    second = postern.get(ISSUES, host="127.0.0.1")
    assert (outcome(first), outcome(second)) == ("miss", "hit")
    assert second.body == b"[1]"
    assert calls(upstream) == 1
    assert int(second.fields.get("Age")) <= 20
    assert f"<http://localhost{ISSUES}" in first.fields.get("Link")
    assert f"<http://127.0.0.1{ISSUES}" in second.fields.get("Link")
    assert first.fields.get("X-Sentry-Rate-Limit-Remaining") == "39"
    assert "X-Sentry-Rate-Limit-Remaining" not in second.fields
    lines = eventually(lambda: len(found := postern.access_lines()) == 2 and found, "two log lines")
    assert [line["cache"] for line in lines] == ["miss", "hit"]
    assert [line["attempts"] for line in lines] == [1, 0]


def test_it_grows_old(cached, upstream):
    postern = cached(lists="300ms")
    assert outcome(postern.get(ISSUES)) == "miss"
    assert outcome(postern.get(ISSUES)) == "hit"
    eventually(lambda: outcome(postern.get(ISSUES)) == "miss", "a list goes after 300 ms")
    assert outcome(postern.get(ISSUE)) == "miss"
    assert calls(upstream) >= 2


def test_a_hundred_at_once_are_one_call(cached, upstream):
    let_go = threading.Event()
    upstream.on(ISSUES, lambda x: x.read_body().wait(let_go).send(response(b"[" + b"1," * 5000 + b"1]")))
    postern = cached()
    answers = crowd(postern.port, [Ask(ISSUES) for _ in range(100)], meanwhile=(1.0, let_go.set))
    assert {a.status for a in answers} == {200}
    assert {len(a.body) for a in answers} == {10003}
    assert calls(upstream) == 1
    said = [a.fields["x-postern-cache"] for a in answers]
    assert said.count("miss") == 1
    assert said.count("coalesced") + said.count("hit") == 99
    assert said.count("coalesced") > 50


def test_a_leader_that_leaves_is_replaced(cached, upstream):
    let_go = threading.Event()
    upstream.on(ISSUES, lambda x: x.read_body().wait(let_go).send(response(b"[2]")))
    postern = cached()
    with postern.client() as leader, postern.client() as follower:
        leader.send(f"GET {ISSUES} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        upstream.wait_for(ISSUES)
        follower.send(f"GET {ISSUES} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        leader.reset()
        upstream.wait_for(ISSUES, count=2)
        let_go.set()
        answer = follower.read()
    assert answer.body == b"[2]"
    assert calls(upstream) == 2


def test_a_large_answer_streams_to_each(cached, upstream):
    body = bytes(300_000)
    upstream.on(ISSUES, lambda x: x.ok(body))
    postern = cached(max_body="100KiB")
    answers = crowd(postern.port, [Ask(ISSUES) for _ in range(10)])
    assert all(a.body == body for a in answers)
    assert {a.fields["x-postern-cache"] for a in answers} == {"miss"}
    assert calls(upstream) == 10


def test_a_write_is_seen_at_once(cached, upstream):
    state = {"title": "old"}

    def read(x):
        x.ok(json.dumps([state]).encode())

    def write(x):
        if x.read_body().request.method == "PUT":
            state["title"] = "new"
        x.ok(json.dumps(state).encode())
    upstream.on(ISSUES, read).on(ISSUE, write).on(MEMBERS, read)
    postern = cached()
    for path in (ISSUES, ISSUE, MEMBERS):
        postern.get(path)
    assert postern.get(ISSUE, method="PUT", body=b"{}").body == b'{"title": "new"}'
    for path, expected in ((ISSUES, "miss"), (ISSUE, "miss"), (MEMBERS, "hit")):
        answer = postern.get(path)
        assert outcome(answer) == expected, path
    assert b"new" in postern.get(ISSUES).body
    assert b"new" in postern.get(ISSUE).body


def test_no_cache_refreshes_and_no_store_leaves_no_trace(cached, upstream):
    answers = iter([b"1", b"2", b"3", b"4"])
    upstream.on(ISSUES, lambda x: x.ok(next(answers)))
    postern = cached()
    assert postern.get(ISSUES).body == b"1"
    assert postern.get(ISSUES, [("Cache-Control", "no-store")]).body == b"2"
    assert postern.get(ISSUES).body == b"1"
    assert postern.get(ISSUES, [("Cache-Control", "no-cache")]).body == b"3"
    assert postern.get(ISSUES).body == b"3"
    assert upstream.seen(ISSUES)[-1].header("Cache-Control") == "no-cache"


def test_a_revoked_grant_shows_nothing(sandbox, serve):
    path = "/api/0/organizations/acme/projects/"
    postern = serve(CACHE)
    assert outcome(postern.get(path)) == "miss"
    hit = postern.get(path)
    assert outcome(hit) == "hit"
    assert hit.body
    (postern.store / "acme.json").unlink()

    def is_refused():
        answer = postern.get(path)
        return answer.status == 503 and answer.code == "grant_missing"
    eventually(is_refused, "the grant is missing")


def test_its_memory_is_bounded(cached, upstream):
    body = b"x" * 500_000
    upstream.default = lambda x: x.ok(body)
    postern = cached(max_bytes="4MiB")
    if is_sanitized():
        pytest.skip("memory figures of a sanitized build mean nothing")
    for i in range(10):
        postern.get(f"{ISSUES}{i}/")
    before = postern.rss()
    for i in range(10, 150):  # 70 MB
        assert len(postern.get(f"{ISSUES}{i}/").body) == len(body)
    assert postern.rss() - before < 8 << 20
    assert outcome(postern.get(f"{ISSUES}149/")) == "hit"
    assert outcome(postern.get(f"{ISSUES}100/")) == "miss"
