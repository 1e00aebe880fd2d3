"""Every answer that Postern makes itself: reachable, and all of one shape."""

import signal

import pytest
from support.fault_relay import Fault, FaultRelay
from support.http_wire import Client, fetch, format_request
from support.processes import TOKEN

SECOND = {"head_timeout": "1s", "body_timeout": "1s"}


def check(answer, status, code):
    """One shape for all: RFC 9457, marked, and readable by Sentry's clients."""
    assert (answer.status, answer.code) == (status, code)
    assert answer.header("content-type") == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["code"] == code
    for key in ("type", "title", "detail"):
        assert isinstance(problem[key], str) and problem[key], key
    assert isinstance(problem.get("action", ""), str)
    assert answer.header("x-request-id")
    assert TOKEN not in answer.body.decode() + answer.raw_head.decode("latin-1")
    return problem


def raw(postern, data):
    with postern.client() as client:
        answer = client.send(data).read()
        return answer, client.rest()


@pytest.mark.parametrize("status,code,data", [
    (400, "bad_request", b"GET /api/0/ HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n"),
    (400, "bad_request", b"GET /api/0/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n"),
    (400, "bad_request", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    (405, "method_not_allowed", b"TRACE /api/0/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    (405, "method_not_allowed", b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    (414, "target_too_long", b"GET /api/0/%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"a" * 20000)),
    (431, "head_too_large", b"GET /api/0/ HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n"
                            % (b"a" * 70000)),
    (431, "head_too_large", b"GET /api/0/ HTTP/1.1\r\nHost: localhost\r\n" + b"X: 1\r\n" * 500 + b"\r\n"),
    (417, "expectation_failed", b"POST /api/0/ HTTP/1.1\r\nHost: localhost\r\nExpect: magic\r\n"
                                b"Content-Length: 1\r\n\r\n"),
    (501, "not_implemented", b"POST /api/0/ HTTP/1.1\r\nHost: localhost\r\n"
                             b"Transfer-Encoding: gzip\r\n\r\n"),
    (501, "not_implemented", b"BREW /api/0/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    (505, "version_not_supported", b"GET /api/0/ HTTP/2.0\r\nHost: localhost\r\n\r\n"),
], ids=lambda v: v if isinstance(v, str) else None)
def test_bad_requests_are_answered_and_the_connection_closed(postern, upstream, status, code, data):
    answer, rest = raw(postern, data)
    if status == 400 and data.startswith(b"PRI") and answer.status == 505:
        status, code = 505, "version_not_supported"
    check(answer, status, code)
    assert answer.header("connection") == "close"
    assert rest == b""
    assert upstream.requests == []


def test_slow_head(start, upstream):
    postern = start(upstream, config={"server": SECOND})
    answer, rest = raw(postern, b"GET /api/0/ HTTP/1.1\r\nHost: loc")
    check(answer, 408, "request_timeout")
    assert rest == b""


def test_slow_body(start, upstream):
    postern = start(upstream, config={"server": SECOND})
    answer, rest = raw(postern, b"POST /api/0/ HTTP/1.1\r\nHost: localhost\r\n"
                                b"Content-Length: 10\r\n\r\nabc")
    check(answer, 408, "request_timeout")
    assert rest == b""
    assert not any(r.complete for r in upstream.requests)


def test_missing_header(start, upstream):
    postern = start(upstream, config={"guard": {"require_header": "X-Postern-Request"}})
    check(postern.get(), 412, "precondition_required")


@pytest.mark.parametrize("body", [
    b"Content-Length: 1025\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + b"x" * 1024 + b"\r\n1\r\nx\r\n0\r\n\r\n"])
def test_body_too_large(start, upstream, body):
    postern = start(upstream, config={"body": {"max": "1KiB"}})
    answer, _ = raw(postern, b"POST /api/0/ HTTP/1.1\r\nHost: localhost\r\n" + body)
    check(answer, 413, "body_too_large")
    assert not any(r.complete for r in upstream.requests)


def test_a_body_of_exactly_the_limit_passes(start, upstream):
    postern = start(upstream, config={"body": {"max": "1KiB"}})
    assert postern.get(method="POST", body=b"x" * 1024).status == 200


def test_guard_and_path(postern):
    check(postern.get("/elsewhere/"), 404, "not_an_api_path")
    check(postern.get(headers=[("Origin", "https://evil.example")]), 403, "forbidden_caller")
    check(postern.get(host="evil.example"), 421, "misdirected")


class TestGrants:
    def test_ambiguous(self, start, upstream):
        postern = start(upstream, grants=("acme", "beta"))
        problem = check(postern.get("/api/0/users/me/"), 409, "ambiguous_grant")
        assert "acme" in str(problem) and "beta" in str(problem)
        assert upstream.requests == []

    def test_the_path_or_a_header_decides(self, start, upstream):
        postern = start(upstream, grants=("acme", "beta"))
        assert postern.get("/api/0/organizations/beta/issues/").status == 200
        assert postern.get("/api/0/users/me/", [("X-Postern-Grant", "acme")]).status == 200
        assert all("x-postern-grant" not in r.fields for r in upstream.requests)

    def test_unknown(self, postern, upstream):
        problem = check(postern.get(headers=[("X-Postern-Grant", "nope")]), 404, "unknown_grant")
        assert "acme" in str(problem)
        assert upstream.requests == []

    def test_a_listeners_grant_is_a_ceiling(self, start, upstream, folder):
        path = f"unix:{folder}/only.sock"
        start(upstream, grants=("acme", "beta"), pinned=True,
              config={"listen": [{"address": path, "grant": "acme"}]})
        def get(target, headers=()):
            return fetch(path.removeprefix("unix:"), target=target, headers=headers)
        assert get("/api/0/users/me/").status == 200
        assert get("/api/0/users/me/", [("X-Postern-Grant", "acme")]).status == 200
        check(get("/api/0/users/me/", [("X-Postern-Grant", "beta")]), 403, "grant_not_allowed_here")
        answer = get("/api/0/organizations/beta/issues/")
        assert answer.status == 403
        assert answer.code in ("grant_not_allowed_here", "wrong_organization")
        assert len(upstream.requests) == 2

    def test_another_organization(self, start, upstream):
        postern = start(upstream, pinned=True)
        for target in ("/api/0/organizations/other/issues/", "/api/0/projects/other/web/issues/",
                       "/api/0/teams/other/x/", "/api/0/organizations/ACME2/"):
            check(postern.get(target), 403, "wrong_organization")
        assert upstream.requests == []

    def test_a_header_does_not_open_another_organization(self, start, upstream):
        postern = start(upstream, grants=("acme", "beta"), pinned=True)
        answer = postern.get("/api/0/organizations/beta/issues/", [("X-Postern-Grant", "acme")])
        check(answer, 403, "wrong_organization")

    def test_missing(self, start, upstream):
        postern = start(upstream, grants=("acme",), config={
            "grants": [{"organization": "acme"}, {"organization": "absent"}]})
        problem = check(postern.get("/api/0/organizations/absent/"), 503, "grant_missing")
        assert "login" in problem["action"] and "absent" in str(problem)
        assert postern.get("/api/0/organizations/acme/").status == 200

    def test_a_token_known_to_be_dead_is_never_sent(self, start, upstream):
        postern = start(upstream, grant={"expires_at": "2020-01-01T00:00:00Z",
                                         "refresh_token": None})
        answer = postern.get()
        check(answer, 503, "reauthorization_required")
        assert "login" in answer.json()["action"]
        assert upstream.requests == []


class TestUpstream:
    def test_nobody_listens(self, start, upstream):
        upstream.stop_listening()
        postern = start(upstream)
        problem = check(postern.get(), 502, "upstream_unreachable")
        assert "localhost" in problem["detail"]

    def test_a_name_that_does_not_resolve(self, start):
        postern = start("https://postern-test.invalid")
        problem = check(postern.get(), 502, "upstream_unreachable")
        assert "postern-test.invalid" in problem["detail"]

    def test_a_broken_answer(self, postern, upstream):
        upstream.default = lambda x: x.send(b"SSH-2.0-OpenSSH_9\r\n\r\n").close()
        check(postern.get(), 502, "upstream_broken")

    def test_no_answer_in_time(self, start, upstream):
        postern = start(upstream, config={"upstream": {"first_byte_timeout": "1s"}})
        upstream.default = lambda x: x.wait_closed()
        check(postern.get(), 504, "upstream_timeout")

    def test_no_handshake_in_time(self, start, upstream):
        postern = start(upstream, config={"upstream": {"connect_timeout": "1s"}})
        with FaultRelay(upstream.port) as relay:
            relay.fault = Fault(silent=True)
            answer = start(relay, config={"upstream": {"connect_timeout": "1s"}}).get()
        assert answer.status in (502, 504)
        assert answer.code in ("upstream_unreachable", "upstream_timeout")
        assert postern.get().status == 200

    def test_head_problems_have_no_body(self, start, upstream):
        upstream.stop_listening()
        with start(upstream).client() as client:
            answer = client.request("HEAD")
            assert (answer.status, answer.header("x-postern-generated")) == (502, "1")
            client.finish()
            assert client.rest() == b""

    def test_too_many_waiting(self, start, upstream):
        postern = start(upstream, config={"upstream": {"max_connections": 1, "max_waiting": 1}})
        upstream.default = lambda x: x.wait_closed()
        with Client(postern.port) as first, Client(postern.port) as second:
            first.send(format_request(target="/api/0/one/"))
            upstream.wait_for("/api/0/one/")
            second.send(format_request(target="/api/0/two/"))
            answers = []
            for number in range(3):  # the second one may not have been read yet
                with Client(postern.port, timeout=1) as other:
                    try:
                        answers.append(other.request(target=f"/api/0/{number}/"))
                        break
                    except TimeoutError:
                        continue
            check(answers[0], 503, "queue_full")
            assert int(answers[0].header("retry-after")) >= 1


def test_while_it_drains(start, upstream):
    import threading
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"done"))
    postern = start(upstream)
    with postern.client() as busy, postern.client() as idle:
        idle.request()
        busy.send(format_request(target="/api/0/slow/") + format_request(target="/api/0/after/"))
        upstream.wait_for("/api/0/slow/")
        postern.signal(signal.SIGTERM)
        postern.eventually_logs("drain")
        go.set()
        assert busy.read().body == b"done"
        # What came behind it is not begun: the connection closes, so the client knows.
        assert busy.rest() == b""
    assert postern.wait() == 0


def test_a_client_can_go_on_after_a_problem_that_is_not_about_framing(postern):
    with postern.client() as client:
        assert client.request(target="/elsewhere/").status == 404
        assert client.request("HEAD", "/elsewhere/").status == 404
        assert client.request().status == 200


def test_a_stranger_gets_no_second_request_on_the_connection(postern):
    with postern.client() as client:
        answer = client.request(headers=[("Origin", "https://evil.example")])
        assert answer.status == 403
        assert answer.header("connection") == "close"


def test_a_body_that_nobody_wanted_does_not_become_the_next_request(postern, upstream):
    body = format_request("GET", "/api/0/smuggled/")
    with postern.client() as client:
        answer = client.request("POST", "/elsewhere/", body=body)
        assert answer.code == "not_an_api_path"
        if answer.header("connection") == "close":
            assert client.rest() == b""
        else:
            assert client.request(target="/api/0/next/").status == 200
    assert upstream.seen("/api/0/smuggled/") == []
