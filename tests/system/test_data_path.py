"""The main job: plain HTTP in, TLS out, token added, bytes untouched."""

import threading

import pytest
from support.http_wire import Client, Reader, Truncated, format_request, read_response
from support.processes import TOKEN
from support.raw_upstream import OK, response
from support.waiting import stays_true


def test_a_request_reaches_the_upstream_with_the_token(postern, upstream):
    answer = postern.get("/api/0/organizations/acme/issues/")
    assert (answer.status, answer.body) == (200, b"{}")
    (seen,) = upstream.requests
    assert seen.fields.all("authorization") == [f"Bearer {TOKEN}"]
    assert seen.fields.all("host") == [f"localhost:{upstream.port}"]
    assert upstream.server_names == ["localhost"]
    assert upstream.alpn == ["http/1.1"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods_pass_with_and_without_a_body(postern, upstream, method):
    with postern.client() as client:
        assert client.request(method, "/api/0/x/").status == 200
        assert client.request(method, "/api/0/x/", body=b"a=1").status == 200
    first, second = upstream.requests
    assert (first.method, first.body, second.body) == (method, b"", b"a=1")


@pytest.mark.parametrize("target", [
    "/api/0/projects/acme/web/issues/?query=is%3Aunresolved&field=a&field=b&field=",
    "/api/0/organizations/acme/issues/?&cursor=0:100:0",
    "/api/0/x/?a=%2F..%2f&b=//&c=?&d=%00%0d%0a&e=(!)",
    "/api/0/x/?", "/api/0/no-slash", "/api/0/p%20q/~tilde/a;b=c/,d/@e/!f/$g/'h/(i)/*/",
])
def test_the_target_passes_byte_for_byte(postern, upstream, target):
    assert postern.get(target).status == 200
    assert [r.target for r in upstream.requests] == [target]


def test_a_connection_carries_many_requests_both_sides(postern, upstream):
    with postern.client() as client:
        for number in range(50):
            body = b"x" * number
            upstream.on(f"/api/0/{number}/", lambda x, b=body: x.ok(b))
            assert client.request("POST", f"/api/0/{number}/", body=body).body == body
    assert upstream.connections == 1
    assert [len(r.body) for r in upstream.requests] == list(range(50))


def test_pipelined_answers_keep_their_order(postern, upstream):
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"slow"))
    upstream.on("/api/0/fast/", lambda x: x.ok(b"fast"))
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/") +
                    format_request("POST", "/api/0/fast/", body=b"123") +
                    format_request(target="/api/0/fast/"))
        upstream.wait_for("/api/0/slow/")
        go.set()
        assert [client.read().body for _ in range(3)] == [b"slow", b"fast", b"fast"]


def test_head_has_no_body_and_keeps_the_length(postern, upstream):
    upstream.default = lambda x: x.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
    with postern.client() as client:
        for _ in range(2):
            answer = client.request("HEAD")
            assert (answer.status, answer.header("content-length")) == (200, "1234")
        client.finish()
        assert client.rest() == b""


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body(postern, upstream, status):
    upstream.default = lambda x: x.send(f"HTTP/1.1 {status}\r\nETag: \"a\"\r\n\r\n".encode())
    with postern.client() as client:
        for _ in range(2):
            answer = client.request()
            assert (answer.status, answer.header("etag")) == (int(status[:3]), '"a"')
            if status.startswith("204"):
                assert "content-length" not in answer.fields
                assert "transfer-encoding" not in answer.fields
        client.finish()
        assert client.rest() == b""


def test_chunked_request_bodies_arrive_whole(postern, upstream):
    with postern.client() as client:
        client.send(b"POST /api/0/x/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n")
        assert client.read().status == 200
        assert client.request().status == 200
    assert bytes(upstream.requests[0].body) == b"hello world"


def test_chunked_answers_arrive_whole(postern, upstream):
    upstream.default = lambda x: x.send(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n")
    with postern.client() as client:
        for _ in range(2):
            answer = client.request()
            assert (answer.body, answer.framing) == (b"hello world", "chunked")


def test_answers_that_end_with_the_connection_are_framed_for_the_client(postern, upstream):
    upstream.default = lambda x: x.send(b"HTTP/1.1 200 OK\r\n\r\nuntil the end").close()
    with postern.client() as client:
        for _ in range(2):
            answer = client.request()
            assert (answer.body, answer.framing) == (b"until the end", "chunked")
    assert upstream.connections == 2


def test_http_1_0_clients_get_no_chunks(postern, upstream):
    upstream.default = lambda x: x.send(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    with postern.client() as client:
        client.send(b"GET /api/0/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = client.read()
        assert (answer.body, answer.framing) == (b"hello", "close")
        assert "transfer-encoding" not in answer.fields


def test_http_1_0_keep_alive(postern, upstream):
    with postern.client() as client:
        for _ in range(2):
            client.send(b"GET /api/0/ HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
            answer = client.read()
            assert (answer.status, answer.body) == (200, b"{}")
            assert answer.header("connection", "").lower() == "keep-alive"
    assert len(upstream.requests) == 2


def test_connection_close_is_obeyed(postern):
    with postern.client() as client:
        answer = client.request(headers=[("Connection", "close")])
        assert answer.header("connection") == "close"
        assert client.rest() == b""


def test_expect_continue_is_answered_when_the_body_is_wanted(postern, upstream):
    with postern.client() as client:
        client.send(b"POST /api/0/x/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                    b"Expect: 100-continue\r\n\r\n")
        assert client.read_head().status == 100
        client.send(b"hello")
        assert client.read().status == 200
    assert bytes(upstream.requests[0].body) == b"hello"
    assert "expect" not in upstream.requests[0].fields


def test_expect_continue_is_refused_without_a_100(start, upstream):
    postern = start(upstream, config={"body": {"max": "1KiB"}})
    for target, size, code in (("/api/0/x/", 2000, "body_too_large"),
                               ("/elsewhere/", 5, "not_an_api_path")):
        with postern.client() as client:
            client.send(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
                        b"Expect: 100-continue\r\n\r\n" % (target.encode(), size))
            answer = client.read()
            assert (answer.code, answer.informational) == (code, [])
    assert upstream.requests == []


def test_an_early_answer_reaches_the_client_while_it_still_sends(postern, upstream):
    upstream.on("/api/0/early/", lambda x: x.send(response(b"no", "403 Forbidden")).wait_closed())
    with postern.client() as client:
        client.send(b"POST /api/0/early/ HTTP/1.1\r\nHost: localhost\r\n"
                    b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000)
        answer = client.read()
        assert (answer.status, answer.body) == (403, b"no")
    assert postern.get("/api/0/next/").status == 200
    used = {r.connection for r in upstream.seen("/api/0/early/")}
    assert upstream.seen("/api/0/next/")[0].connection not in used


def test_informational_answers(postern, upstream):
    upstream.default = lambda x: x.send(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK)
    answer = postern.get()
    assert answer.status == 200
    assert [i.status for i in answer.informational] in ([], [103])


def test_a_switch_of_protocols_is_never_passed(postern, upstream):
    upstream.default = lambda x: x.send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
    answer = postern.get(headers=[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
                                  ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")])
    assert (answer.status, answer.code) == (502, "upstream_broken")
    for name in ("upgrade", "http2-settings"):
        assert name not in upstream.requests[0].fields


def test_an_upgrade_that_java_sends_is_ignored(postern, upstream):
    answer = postern.get(headers=[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
                                  ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")])
    assert answer.status == 200


def test_unix_socket(postern, upstream):
    with Client(postern.unix_path) as client:
        assert client.request().status == 200
        assert client.request("POST", body=b"x").status == 200
    assert len(upstream.requests) == 2


def test_ipv6_listener(start, upstream):
    postern = start(upstream, config={"listen": ["[::1]:0"]})
    (address,) = postern.addresses()
    with Client(("::1", int(address.rpartition(":")[2]))) as client:
        assert client.request(host="[::1]").status == 200


def test_ipv6_upstream(start, authority):
    from support.raw_upstream import RawUpstream
    with RawUpstream(authority, host="::1") as upstream:
        assert start(upstream).get().status == 200


def test_absolute_form_for_our_own_host(postern, upstream):
    with postern.client() as client:
        client.send(b"GET http://localhost:%d/api/0/x/?q=1 HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"
                    % (postern.port, postern.port))
        assert client.read().status == 200
    assert upstream.requests[0].target == "/api/0/x/?q=1"


def test_absolute_form_for_a_foreign_host_is_refused(postern, upstream):
    with postern.client() as client:
        client.send(b"GET http://evil.example/api/0/x/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.read().status in (400, 403, 421)
    assert upstream.requests == []


def test_a_client_that_ends_its_side_is_gone_by_default(postern, upstream):
    upstream.on("/api/0/slow/", lambda x: x.wait_closed())
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        client.finish()
        assert client.rest() == b""


def test_a_half_closed_client_can_be_served(start, upstream):
    postern = start(upstream, config={"server": {"half_close": "serve"}})
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"here"))
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/"))
        client.finish()
        upstream.wait_for("/api/0/slow/")
        go.set()
        assert client.read().body == b"here"
        assert client.rest() == b""


def test_a_finished_upload_with_a_fin_behind_it_may_see_its_answer(postern, upstream):
    """FIN after the answer began: unsent bytes still go out."""
    body = b"z" * 3_000_000
    upstream.on("/api/0/big/", lambda x: x.ok(body))
    with postern.client() as client:
        client.send(format_request(target="/api/0/big/"))
        head = client.read_head()
        client.finish()
        try:
            got = client.reader.exactly(int(head.header("content-length")))
        except Truncated as cut:
            got = cut.partial
        assert body.startswith(got)


def test_an_upstream_head_in_single_bytes(postern, upstream):
    upstream.default = lambda x: x.read_body().slowly(response(b"slow body"))
    assert postern.get().body == b"slow body"


def test_bytes_behind_an_answer_never_reach_another_request(postern, upstream):
    upstream.on("/api/0/evil/", lambda x: x.send(response(b"mine") + response(b"stolen")))
    with postern.client() as client:
        assert client.request(target="/api/0/evil/").body == b"mine"
        assert client.request(target="/api/0/next/").body == b"{}"


def test_a_connection_that_spoke_while_idle_is_not_used_again(postern, upstream):
    spoken = threading.Event()
    go = threading.Event()

    def talk_later(exchange):
        exchange.ok(b"first")
        exchange.wait(go).send(response(b"unasked"))
        spoken.set()
        exchange.wait_closed()

    upstream.on("/api/0/first/", talk_later)
    assert postern.get("/api/0/first/").body == b"first"
    go.set()
    assert spoken.wait(10)
    assert postern.get("/api/0/second/").body == b"{}"


def test_nothing_answers_before_its_request(postern):
    with postern.client() as client:
        client.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.read()


def test_many_clients_at_once_get_their_own_answers(postern, upstream):
    upstream.default = lambda x: x.ok(x.request.target.encode())
    wrong = []

    def one_client(number):
        with postern.client() as client:
            for turn in range(20):
                target = f"/api/0/c/{number}/{turn}/"
                if client.request(target=target).body != target.encode():
                    wrong.append(target)

    threads = [threading.Thread(target=one_client, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == [] and len(upstream.requests) == 480
    assert upstream.connections <= 64


def test_leading_empty_lines_are_ignored(postern):
    with postern.client() as client:
        client.send(b"\r\n" + format_request())
        assert client.read().status == 200
        client.send(b"\r\n" + format_request())
        assert client.read().status == 200


def test_reader_is_quiet_when_nothing_comes(postern, upstream):
    """No request of our own making reaches the upstream."""
    stays_true(lambda: not upstream.requests, "a request that nobody made", 0.3)


def test_answers_are_read_strictly_by_these_tests():
    with pytest.raises(Truncated):
        read_response(Reader(lambda _size: b""))
