"""Who may talk to Postern at all: web pages, rebound names and other users may not."""

import os

import pytest
from support.http_wire import Client, fetch, format_request


@pytest.mark.parametrize("host", [
    "localhost", "LocalHost", "localhost:7979", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535"])
def test_our_own_names_pass(postern, host):
    assert postern.get(host=host).status == 200


@pytest.mark.parametrize("host", [
    "evil.example", "localhost.evil.example", "evil-localhost", "xlocalhost", "localhost.",
    "127.0.0.1.evil.example", "127.0.0.2", "0.0.0.0", "[::]", "sentry.io", "127.1", "2130706433",
    "0x7f.0.0.1", "[::ffff:127.0.0.1]", "postern"])
def test_other_names_are_misdirected(postern, upstream, host):
    answer = postern.get(host=host)
    assert (answer.status, answer.code) == (421, "misdirected")
    assert upstream.requests == []


@pytest.mark.parametrize("host", ["", "localhost:", "localhost:x", "localhost:99999", "local host",
                                  "localhost, localhost", "user@localhost", "localhost/x"])
def test_odd_hosts_are_refused(postern, upstream, host):
    answer = postern.get(host=host)
    assert answer.status in (400, 421)
    assert upstream.requests == []


def test_host_must_be_there_once(postern, upstream):
    assert postern.get(host=None).status == 400
    assert postern.get(headers=[("Host", "localhost")]).status == 400
    assert upstream.requests == []


def test_configured_names_pass(start, upstream):
    postern = start(upstream, config={"guard": {"hosts": ["postern.internal"]}})
    assert postern.get(host="Postern.Internal:7979").status == 200
    assert postern.get(host="x.postern.internal").status == 421
    assert postern.get(host="localhost").status == 200


@pytest.mark.parametrize("fields", [
    [("Origin", "https://evil.example")], [("Origin", "null")], [("Origin", "http://localhost")],
    [("Origin", "http://localhost:7979")], [("Origin", "http://127.0.0.1:7979")],
    [("Origin", "")],
    [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
    [("Sec-Fetch-Site", "same-origin")], [("Sec-Fetch-Site", "CROSS-SITE")],
    [("Sec-Fetch-Site", "odd")], [("Sec-Fetch-Site", "")],
    [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
     ("Sec-Fetch-Dest", "document")],
])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_web_pages_are_refused(postern, upstream, fields, method):
    answer = postern.get(method=method, headers=fields)
    assert (answer.status, answer.code) == (403, "forbidden_caller")
    assert not [n for n, _ in answer.fields if n.lower().startswith("access-control-")]
    assert upstream.requests == []


def test_no_preflight_is_answered(postern, upstream):
    answer = postern.get(method="OPTIONS", headers=[
        ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Private-Network", "true")])
    assert answer.status == 403
    assert upstream.requests == []


def test_a_person_at_the_address_bar_passes(postern):
    assert postern.get(headers=[("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")]
                       ).status == 200


def test_a_configured_origin_passes_and_may_read(start, upstream):
    postern = start(upstream, config={"guard": {"origins": ["https://app.example"]}})
    answer = postern.get(headers=[("Origin", "https://app.example"),
                                  ("Sec-Fetch-Site", "cross-site")])
    assert answer.status == 200
    assert answer.fields.all("access-control-allow-origin") == ["https://app.example"]
    assert "x-sentry-rate-limit-remaining" in answer.header(
        "access-control-expose-headers", "").lower()
    assert "origin" not in upstream.requests[-1].fields
    for other in ("https://app.example.evil", "http://app.example", "https://app.example:444",
                  "https://evil.app.example", "null"):
        assert postern.get(headers=[("Origin", other)]).code == "forbidden_caller"


def test_a_required_header(start, upstream):
    postern = start(upstream, config={"guard": {"require_header": "X-Postern-Request"}})
    answer = postern.get()
    assert (answer.status, answer.code) == (412, "precondition_required")
    assert upstream.requests == []
    assert postern.get(headers=[("x-postern-request", "true")]).status == 200
    assert "x-postern-request" not in upstream.requests[0].fields


def test_a_required_header_with_its_value(start, upstream):
    postern = start(upstream, config={"guard": {"require_header": "X-Who: me"}})
    assert postern.get(headers=[("X-Who", "you")]).code == "precondition_required"
    assert postern.get(headers=[("X-Who", "me")]).status == 200


def test_unix_socket_callers_are_known_by_uid(start, upstream, folder):
    mine, others = str(folder / "a.sock"), str(folder / "b.sock")
    start(upstream, config={"listen": [
        {"address": f"unix:{mine}", "uids": [os.getuid()]},
        {"address": f"unix:{others}", "uids": [os.getuid() + 12345]}]})
    with Client(mine) as client:
        assert client.request().status == 200
    with Client(others) as client:
        answer = client.request()
        assert (answer.status, answer.code) == (403, "forbidden_caller")


def test_unix_socket_mode(start, upstream, folder):
    path = folder / "m.sock"
    start(upstream, config={"listen": [{"address": f"unix:{path}", "mode": "0660"}]})
    assert path.stat().st_mode & 0o777 == 0o660


def test_unix_socket_is_private_by_default(postern):
    assert os.stat(postern.unix_path).st_mode & 0o777 == 0o600


def test_a_stale_unix_socket_is_replaced(start, upstream, folder):
    import socket
    path = folder / "stale.sock"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    start(upstream, config={"listen": [f"unix:{path}"]})
    with Client(str(path)) as client:
        assert client.request().status == 200


def test_the_unix_socket_of_a_successor_is_left_alone(start, upstream, folder):
    path = str(folder / "one.sock")
    first = start(upstream, config={"listen": [f"unix:{path}"]})
    os.unlink(path)
    start(upstream, config={"listen": [f"unix:{path}"]})
    assert first.stop() == 0
    assert fetch(path).status == 200


def test_the_guard_looks_at_every_request_of_a_connection(postern, upstream):
    with postern.client() as client:
        assert client.request().status == 200
        client.send(format_request(host="evil.example"))
        assert client.read().status == 421
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("path", [
    "/", "/auth/login/", "/api/", "/api/1/", "/api/00/", "/oauth/token/", "/api/0", "/API/0/x/",
    "/_health/"])
def test_only_api_paths_are_forwarded(postern, upstream, path):
    answer = postern.get(path)
    assert (answer.status, answer.code) == (404, "not_an_api_path")
    assert upstream.requests == []


@pytest.mark.parametrize("path", [
    "/api/0/../../auth/", "/api/0/./x/", "/api/0/x/..", "/api/0/%2e%2e/x/", "/api/0/.%2E/x/",
    "/api/0/a%2fb/", "/api/0/a%5Cb/", "/api/0/a%00b/", "/api/0//x/", "//evil.example/api/0/",
    "/api/0/a\\b/", "/api/%30/x/", "/x/../api/0/", "/%61pi/0/"])
def test_paths_that_could_mean_two_things_are_refused(postern, upstream, path):
    answer = postern.get(path)
    assert answer.status in (400, 403, 404) and answer.code
    assert upstream.requests == []
