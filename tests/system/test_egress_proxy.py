"""Out through an egress proxy: CONNECT, its login, and what it may answer."""

import pytest
from support.connect_proxy import ConnectProxy
from support.processes import TOKEN, clean_environment


@pytest.fixture
def proxy():
    with ConnectProxy() as server:
        yield server
        assert server.bad == []


def test_a_configured_proxy_is_used(start, upstream, proxy):
    postern = start(upstream, config={"sentry": {"egress_proxy": proxy.url()}})
    for _ in range(3):
        assert postern.get().status == 200
    ((target, fields),) = proxy.requests
    assert target == f"localhost:{upstream.port}"
    assert fields.get("host") == target
    assert "authorization" not in fields and "proxy-authorization" not in fields
    assert upstream.requests[0].header("authorization") == f"Bearer {TOKEN}"


def test_the_proxy_resolves_the_name(start, upstream):
    """No name of the target is looked up here; the certificate is still checked against it."""
    port = upstream.port
    with ConnectProxy(reach={f"sentry.invalid:{port}": ("127.0.0.1", port)}) as proxy:
        postern = start(f"https://sentry.invalid:{port}",
                        config={"sentry": {"egress_proxy": proxy.url()}})
        assert postern.get().status == 502  # wrong name in the certificate
        assert proxy.requests[0][0] == f"sentry.invalid:{port}"
        assert upstream.requests == []


def test_login_is_sent_and_decoded(start, upstream):
    with ConnectProxy("us er", "p@ss:word") as proxy:
        postern = start(upstream, config={
            "sentry": {"egress_proxy": proxy.url("us%20er", "p%40ss%3Aword")}})
        assert postern.get().status == 200
        assert proxy.refused == 0


def test_a_wrong_login_is_said_and_not_leaked(start, upstream):
    with ConnectProxy("user", "right") as proxy:
        postern = start(upstream, config={"sentry": {"egress_proxy": proxy.url("user", "wr0ng-pw")}})
        answer = postern.get()
        assert (answer.status, answer.code) == (502, "upstream_unreachable")
        assert "407" in answer.json()["detail"]
        assert proxy.refused >= 1
        assert "wr0ng-pw" not in postern.log + answer.body.decode()
    assert upstream.connections == 0


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n<html", b"nonsense\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n", b"", b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000])
def test_other_answers_are_failures(start, upstream, proxy, answer):
    proxy.answer = answer
    got = start(upstream, config={"sentry": {"egress_proxy": proxy.url()}}).get()
    assert (got.status, got.code) in ((502, "upstream_unreachable"), (502, "upstream_broken"))
    assert upstream.connections == 0


def test_a_silent_proxy_times_out(start, upstream, proxy):
    proxy.silent = True
    postern = start(upstream, config={"sentry": {"egress_proxy": proxy.url()},
                                      "upstream": {"connect_timeout": "1s"}})
    assert postern.get().code in ("upstream_unreachable", "upstream_timeout")


def test_a_proxy_that_is_down_is_named(start, upstream, proxy):
    url = proxy.url()
    proxy.stop()
    answer = start(upstream, config={"sentry": {"egress_proxy": url}}).get()
    assert answer.code == "upstream_unreachable"
    assert "proxy" in answer.json()["detail"]
    assert upstream.connections == 0, "never around the proxy"


def test_https_proxy_of_the_environment(start, upstream, proxy):
    for name in ("HTTPS_PROXY", "https_proxy"):
        assert start(upstream, env=clean_environment(**{name: proxy.url()})).get().status == 200
    assert len(proxy.requests) == 2


@pytest.mark.parametrize("no_proxy", ["localhost", "example.com,localhost", "*", " localhost ",
                                      ".example.com, LOCALHOST"])
def test_no_proxy_of_the_environment(start, upstream, proxy, no_proxy):
    env = clean_environment(HTTPS_PROXY=proxy.url(), NO_PROXY=no_proxy)
    assert start(upstream, env=env).get().status == 200
    assert proxy.requests == []


@pytest.mark.parametrize("no_proxy, around", [("127.0.0.0/8", True), ("192.0.2.0/24", False),
                                              ("10.0.0.0/8,::1", False)])
def test_no_proxy_names_a_numeric_upstream(start, upstream, proxy, no_proxy, around):
    env = clean_environment(HTTPS_PROXY=proxy.url(), NO_PROXY=no_proxy)
    assert start(f"https://127.0.0.1:{upstream.port}", env=env).get().status == 200
    assert (proxy.requests == []) is around


def test_http_proxy_is_not_for_us(start, upstream, proxy):
    env = clean_environment(HTTP_PROXY=proxy.url(), http_proxy=proxy.url())
    assert start(upstream, env=env).get().status == 200
    assert proxy.requests == []


def test_configuration_beats_the_environment(start, upstream, proxy):
    env = clean_environment(HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="*")
    postern = start(upstream, env=env, config={"sentry": {"egress_proxy": proxy.url()}})
    assert postern.get().status == 200
    assert len(proxy.requests) == 1
