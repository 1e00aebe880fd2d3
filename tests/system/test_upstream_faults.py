"""What goes wrong between Postern and Sentry, what is tried again, and what never is."""

import threading
import time

import pytest
from support.fault_relay import Fault, FaultRelay
from support.http_wire import Truncated, format_request
from support.processes import with_hosts
from support.raw_upstream import RawUpstream, response
from support.waiting import eventually, stays_true

# Where a test lets many calls in a row fail: five would make Postern leave the host alone.
NEVER_RESTING = {"limits": {"enabled": False}}


@pytest.fixture
def relay(upstream):
    with FaultRelay(upstream.port) as server:
        yield server


@pytest.fixture
def behind(start, relay):
    return start(relay)


def warm_up(postern, relay):
    assert postern.get("/api/0/warm/").status == 200
    return len(relay.live())


@pytest.mark.parametrize("how", ["fin", "reset"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
def test_a_stale_connection_is_replaced_unseen(behind, relay, upstream, how, method):
    warm_up(behind, relay)
    relay.close_idle_on_next_request(how)
    assert behind.get("/api/0/x/", method=method).status == 200
    assert relay.caught == 1
    assert len(upstream.seen("/api/0/x/")) == 1


@pytest.mark.parametrize("how", ["fin", "reset"])
def test_a_post_on_a_stale_connection_is_never_sent_twice(behind, relay, upstream, how):
    warm_up(behind, relay)
    relay.close_idle_on_next_request(how)
    answer = behind.get("/api/0/x/", method="POST", body=b"once")
    assert relay.caught == 1
    assert (answer.status, answer.code) == (502, "upstream_broken") or (
        answer.code == "upstream_unreachable")
    assert answer.json()["detail"]
    assert upstream.seen("/api/0/x/") == []
    assert behind.get("/api/0/x/", method="POST", body=b"again").status == 200


def test_connections_closed_while_idle_are_noticed_before_use(behind, relay, upstream):
    for _ in range(5):
        warm_up(behind, relay)
        relay.end_all()
        relay.wait_until_all_closed()
        eventually(lambda: behind.get("/api/0/x/", method="POST", body=b"x").status == 200,
                   "a POST works again", 5)
    assert len(upstream.seen("/api/0/x/")) >= 5


def test_each_post_is_executed_at_most_once(behind, relay, upstream):
    """An upstream that executes and then dies without an answer."""
    upstream.on("/api/0/once/", lambda x: x.read_body().reset())
    for number in range(30):
        warm_up(behind, relay)
        answer = behind.get("/api/0/once/", method="POST", body=b"%d" % number)
        assert answer.status == 502
    bodies = [bytes(r.body) for r in upstream.seen("/api/0/once/")]
    assert len(bodies) == len(set(bodies)) == 30


def test_a_get_is_tried_again_only_once(behind, relay, upstream):
    warm_up(behind, relay)
    upstream.on("/api/0/dies/", lambda x: x.reset())
    assert behind.get("/api/0/dies/").status == 502
    assert len(upstream.seen("/api/0/dies/")) <= 2


def test_a_get_on_a_fresh_connection_is_not_tried_again(behind, upstream):
    upstream.on("/api/0/dies/", lambda x: x.reset())
    assert behind.get("/api/0/dies/").status == 502
    assert len(upstream.seen("/api/0/dies/")) == 1


def test_an_answer_that_has_begun_is_never_repeated(behind, upstream):
    upstream.on("/api/0/half/", lambda x: x.send(response(b"x" * 100)[:-50]).reset())
    with pytest.raises(Truncated):
        behind.get("/api/0/half/")
    assert len(upstream.seen("/api/0/half/")) == 1


@pytest.mark.parametrize("ending", ["close", "cut", "reset"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_cut_answer_looks_cut(postern, upstream, framing, ending):
    head = {"length": b"Content-Length: 100\r\n\r\nhalf",
            "chunked": b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}[framing]
    upstream.default = lambda x: getattr(x.send(b"HTTP/1.1 200 OK\r\n" + head), ending)()
    with pytest.raises(Truncated) as caught:
        postern.get()
    assert caught.value.partial in (b"half", b"")


@pytest.mark.parametrize("ending", ["cut", "reset"])
def test_a_close_framed_answer_is_whole_only_after_a_clean_tls_end(postern, upstream, ending):
    upstream.default = lambda x: getattr(x.send(b"HTTP/1.1 200 OK\r\n\r\nhalf"), ending)()
    with pytest.raises(Truncated):
        postern.get()


def test_cut_at_any_byte_of_the_answer(start, upstream):
    """Whatever byte the connection dies at: a whole answer, a visible cut, or a 502."""
    body = b'{"ok": true}'
    upstream.default = lambda x: x.ok(body)
    with FaultRelay(upstream.port) as probe:
        postern = start(probe)
        postern.get()
        pair = probe.pairs[0]
        total = pair.down_bytes
    results = []
    with FaultRelay(upstream.port) as relay:
        postern = start(relay, config=NEVER_RESTING)
        for at in range(1, total + 1, 7):
            relay.end_all()
            relay.wait_until_all_closed()
            relay.fault = Fault(down_cut_at=at, reset=bool(at % 2))
            try:
                answer = postern.get()
            except Truncated:
                results.append("cut")
                continue
            assert answer.status in (200, 502, 504)
            assert answer.status != 200 or answer.body == body
            results.append(answer.status)
        relay.fault = Fault()
        relay.end_all()
        relay.wait_until_all_closed()
        assert eventually(lambda: postern.get().status == 200, "recovery", 5)
    assert results.count(502) > 3


def test_cut_at_any_byte_of_the_request(start, upstream):
    with FaultRelay(upstream.port) as relay:
        postern = start(relay, config=NEVER_RESTING)
        for at in range(1, 1500, 61):
            relay.fault = Fault(up_cut_at=at)
            answer = postern.get("/api/0/x/", method="POST", body=b"y" * 200)
            assert answer.status in (200, 502, 504), at
            relay.end_all()
        seen = [r for r in upstream.seen("/api/0/x/") if r.complete]
        assert all(bytes(r.body) == b"y" * 200 for r in seen)


@pytest.mark.alone
@pytest.mark.parametrize("fault", [Fault(slice_size=1), Fault(slice_size=3, drip=0.0005),
                                   Fault(bandwidth=200_000)], ids=["1 byte", "drip", "bandwidth"])
def test_a_slow_or_sliced_network_changes_nothing(start, upstream, fault):
    body = bytes(range(256)) * 64
    upstream.default = lambda x: x.ok(body)
    with FaultRelay(upstream.port) as relay:
        relay.fault = fault
        answer = start(relay).get("/api/0/x/", method="POST", body=body[:4000])
        assert answer.body == body
        assert bytes(upstream.requests[0].body) == body[:4000]


def test_a_half_open_connection_times_out_and_the_next_request_works(start, relay, upstream):
    postern = start(relay, config={"upstream": {"first_byte_timeout": "1s", "idle_timeout": "1s"}})
    warm_up(postern, relay)
    relay.freeze()
    assert postern.get("/api/0/lost/").status == 504
    assert postern.get("/api/0/next/").status == 200


def test_a_body_that_stalls_is_cut(start, upstream):
    postern = start(upstream, config={"upstream": {"idle_timeout": "1s"}})
    upstream.default = lambda x: x.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").wait_closed()
    with pytest.raises(Truncated):
        postern.get()


@pytest.mark.parametrize("piece", [b"x", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_head_that_comes_in_crumbs_is_not_waited_for_without_end(start, upstream, piece):
    postern = start(upstream, config={"upstream": {"first_byte_timeout": "1s"}})
    over = threading.Event()

    def drip(exchange):
        exchange.send(b"" if piece.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(30):
            if over.wait(0.2):
                return
            exchange.send(piece)

    upstream.default = drip
    begun = time.monotonic()
    answer = postern.get()
    over.set()
    assert (answer.status, answer.code) == (504, "upstream_timeout")
    assert time.monotonic() - begun < 4


def test_the_whole_call_can_be_limited(start, upstream):
    postern = start(upstream, config={"upstream": {"total_timeout": "1s"}})
    stop = threading.Event()

    def drip(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.05):
            exchange.send(b"x")

    upstream.default = drip
    try:
        with pytest.raises(Truncated):
            postern.get()
    finally:
        stop.set()


def test_a_waiting_connection_is_reused_and_tls_sessions_are_resumed(start, authority):
    with RawUpstream(authority) as upstream:
        postern = start(upstream)
        for _ in range(3):
            upstream.default = lambda x: x.ok(headers=[("Connection", "close")])
            assert postern.get().status == 200
        assert upstream.connections >= 3
        assert upstream.resumed == upstream.handshakes - 1


@pytest.mark.parametrize("ending", ["close", "cut"])
def test_a_cold_burst_resumes_the_session(start, authority, ending):
    """However the last connection ended, all of the next thirty resume its session."""
    with RawUpstream(authority) as upstream:
        postern = start(upstream)
        upstream.on("/api/0/first/", lambda x: getattr(x.ok(), ending)())
        assert postern.get("/api/0/first/").status == 200
        eventually(lambda: upstream.open_connections == 0, "the first connection is gone")
        before = upstream.handshakes - upstream.resumed
        go = threading.Event()
        upstream.default = lambda x: x.wait(go).ok()
        clients = [postern.client() for _ in range(30)]
        for number, client in enumerate(clients):
            client.send(format_request(target=f"/api/0/{number}/"))
        eventually(lambda: len(upstream.requests) == 31, "all requests are there")
        go.set()
        assert [c.read().status for c in clients] == [200] * 30
        for client in clients:
            client.close()
        assert upstream.handshakes - upstream.resumed == before


def test_handshakes_at_once_are_bounded(start, authority):
    hold = threading.Event()
    at_once = []
    with RawUpstream(authority) as upstream:
        upstream.before_handshake = lambda c: (at_once.append(1), hold.wait(20))
        postern = start(upstream)
        clients = [postern.client() for _ in range(30)]
        for client in clients:
            client.send(format_request())
        eventually(lambda: len(at_once) >= 1, "handshakes begin")
        stays_true(lambda: len(at_once) <= 9, "more than 8 handshakes at once", 0.5)
        hold.set()
        assert [c.read().status for c in clients] == [200] * 30
        for client in clients:
            client.close()


def test_connections_to_the_upstream_are_bounded(start, upstream):
    postern = start(upstream, config={"upstream": {"max_connections": 4}})
    go = threading.Event()
    upstream.default = lambda x: x.wait(go).ok()
    clients = [postern.client() for _ in range(12)]
    for client in clients:
        client.send(format_request())
    eventually(lambda: len(upstream.requests) == 4, "four requests under way")
    go.set()
    assert [c.read().status for c in clients] == [200] * 12
    for client in clients:
        client.close()
    assert upstream.connections == 4


def test_a_waiting_request_has_a_deadline(start, upstream):
    postern = start(upstream, config={"upstream": {"max_connections": 1, "queue_timeout": "1s"}})
    upstream.default = lambda x: x.wait_closed()
    with postern.client() as first, postern.client() as second:
        first.send(format_request(target="/api/0/one/"))
        upstream.wait_for("/api/0/one/")
        answer = second.request(target="/api/0/two/")
        assert answer.status in (503, 504) and answer.code
    assert upstream.seen("/api/0/two/") == []


def test_idle_connections_are_closed_after_keep_alive(start, upstream):
    postern = start(upstream, config={"upstream": {"keep_alive": "1s"}})
    assert postern.get().status == 200
    eventually(lambda: upstream.open_connections == 0, "the idle connection is closed")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_other_address_is_tried_when_one_refuses(start, authority, folder, host):
    """A name with an address of each family, of which only one listens."""
    wrapper = with_hosts(folder, "127.0.0.1 localhost\n::1 localhost\n")
    if wrapper is None:
        pytest.skip("needs a mount namespace")
    with RawUpstream(authority, host=host) as upstream:
        postern = start(f"https://localhost:{upstream.port}", wrapper=wrapper)
        for _ in range(3):
            assert postern.get().status == 200
            upstream.close_connections()


def test_an_upstream_that_comes_back_is_found(start, authority):
    with RawUpstream(authority) as first:
        postern = start(first)
        assert postern.get().status == 200
    assert postern.get().status == 502
    with FaultRelay(0, port=first.port) as relay, RawUpstream(authority) as reborn:
        relay.target = ("127.0.0.1", reborn.port)
        assert postern.get().status == 200
