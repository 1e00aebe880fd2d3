"""Callers that leave, dawdle or come in crowds."""

import socket
import threading
import time

import pytest
from support.http_wire import format_request
from support.processes import cpu_share
from support.waiting import bound, eventually, stays_true


def leave(client, how):
    client.close() if how == "fin" else client.reset()


@pytest.mark.parametrize("how", ["fin", "reset"])
class TestGoneCallers:
    def test_while_waiting_for_the_answer(self, postern, upstream, how):
        gone = threading.Event()
        upstream.on("/api/0/slow/", lambda x: (x.wait_closed(), gone.set()))
        client = postern.client()
        client.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        leave(client, how)
        assert gone.wait(bound(5)), "the upstream call goes on without its caller"

    def test_in_the_middle_of_a_download(self, postern, upstream, how):
        gone = threading.Event()

        def endless(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            try:
                while True:
                    exchange.send(b"x" * 65536)
            finally:
                gone.set()

        upstream.on("/api/0/big/", endless)
        client = postern.client()
        client.send(format_request(target="/api/0/big/"))
        client.read_head()
        leave(client, how)
        assert gone.wait(bound(5))

    def test_in_the_middle_of_an_upload(self, postern, upstream, how):
        client = postern.client()
        client.send(b"POST /api/0/up/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc")
        upstream.wait_for("/api/0/up/")
        leave(client, how)
        eventually(lambda: upstream.open_connections == 0, "the upstream call is cancelled", 5)
        assert not upstream.requests[0].complete

    def test_while_waiting_for_a_connection(self, start, upstream, how):
        postern = start(upstream, config={"upstream": {"max_connections": 1}})
        go = threading.Event()
        upstream.on("/api/0/first/", lambda x: x.wait(go).ok())
        with postern.client() as first:
            first.send(format_request(target="/api/0/first/"))
            upstream.wait_for("/api/0/first/")
            before = postern.open_files()
            waiting = [postern.client() for _ in range(100)]
            for client in waiting:
                client.send(format_request("POST", "/api/0/waiting/", body=b"x"))
            eventually(lambda: postern.open_files() >= before + 100, "all are accepted")
            for client in waiting:
                leave(client, how)
            eventually(lambda: postern.open_files() <= before, "all are noticed to be gone", 10)
            go.set()
            assert first.read().status == 200
        assert postern.get("/api/0/last/").status == 200
        assert upstream.seen("/api/0/waiting/") == []


def test_pipelined_requests_of_a_gone_caller_are_dropped(postern, upstream):
    gone = threading.Event()
    upstream.on("/api/0/first/", lambda x: (x.wait_closed(), gone.set()))
    client = postern.client()
    client.send(format_request(target="/api/0/first/") + format_request("POST", "/api/0/second/",
                                                                        body=b"x"))
    upstream.wait_for("/api/0/first/")
    client.reset()
    assert gone.wait(bound(5)), "the first call goes on without its caller"
    stays_true(lambda: not upstream.seen("/api/0/second/"), "a request without a caller was sent")


class TestSlowCallers:
    SETTINGS = {"server": {"head_timeout": "1s", "body_timeout": "1s", "idle_timeout": "1s",
                           "write_timeout": "1s"}}

    def test_a_head_has_a_deadline_however_it_drips(self, start, upstream):
        postern = start(upstream, config=self.SETTINGS)
        with postern.client() as client:
            began = time.monotonic()
            head = b"GET /api/0/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 1000
            client.sock.settimeout(0.05)  # the pace of the drip
            for at in range(len(head)):
                try:
                    client.send(head[at:at + 1])
                except OSError:
                    break
                try:
                    if client.reader.fill():
                        break
                except TimeoutError:
                    continue
            client.sock.settimeout(10)
            assert client.read().status == 408
            assert time.monotonic() - began < bound(15)
        assert upstream.requests == []

    def test_idle_connections_are_closed_without_a_word(self, start, upstream):
        postern = start(upstream, config=self.SETTINGS)
        with postern.client() as fresh, postern.client() as used:
            used.request()
            assert (fresh.rest(), used.rest()) in ((b"", b""),)

    def test_a_slow_body_may_take_its_time_while_it_moves(self, start, upstream):
        postern = start(upstream, config=self.SETTINGS)
        with postern.client() as client:
            client.send(b"POST /api/0/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\n")
            for _ in range(8):
                time.sleep(0.3)  # the pace of the upload
                client.send(b"x")
            assert client.read().status == 200

    def test_a_slow_upstream_does_not_make_its_caller_slow(self, start, upstream):
        """Timeouts for callers do not run while Postern itself keeps them waiting."""
        postern = start(upstream, config=self.SETTINGS)
        go = threading.Event()
        upstream.default = lambda x: x.wait(go).ok()
        with postern.client() as client:
            client.send(format_request())
            client.sock.settimeout(2.5)
            with pytest.raises(TimeoutError):
                client.reader.fill()
            go.set()
            client.sock.settimeout(10)
            assert client.read().status == 200

    def test_four_hundred_slow_callers_hold_up_nobody(self, start, upstream):
        postern = start(upstream, config={"server": {"head_timeout": "3s"}})
        slow = [postern.client() for _ in range(400)]
        for client in slow:
            client.send(b"GET /api/0/ HTTP/1.1\r\nHost: loc")
        for _ in range(20):
            assert postern.get().status == 200
        assert all(c.rest().startswith(b"HTTP/1.1 408 ") for c in slow)
        for client in slow:
            client.close()
        eventually(lambda: postern.open_files() < 100, "their descriptors are given back")


def test_too_many_callers_do_not_lock_out_the_next(start, upstream):
    postern = start(upstream, config={"server": {"max_connections": 20}})
    idle = [postern.client() for _ in range(20)]
    for client in idle:
        client.request()
    with postern.client() as late:
        assert late.request().status in (200, 503)
    for client in idle:
        client.close()
    assert eventually(lambda: postern.get().status == 200, "room again")


def test_running_out_of_descriptors_is_survived_quietly(start, upstream):
    postern = start(upstream, wrapper=["prlimit", "--nofile=64:64", "--"])
    clients = []
    for _ in range(120):
        client = postern.client()
        clients.append(client)
    eventually(lambda: postern.open_files() >= 40, "descriptors are in use")
    size = len(postern.log)
    assert cpu_share(postern) < 0.3, "a busy loop while descriptors are out"
    assert len(postern.log) - size < 20_000, "a flood in the log"
    for client in clients:
        client.close()
    eventually(lambda: postern.open_files() < 40, "descriptors are given back")
    assert postern.get().status == 200


def test_an_idle_postern_does_nothing(postern):
    postern.get()
    assert cpu_share(postern) < 0.05


def test_noise_on_the_port_is_survived(postern, upstream):
    noise = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"*1\r\n$4\r\nPING\r\n", b"\x05\x01\x00",
             b"EHLO x\r\n", b"\x00" * 5000, b"\r\n" * 5000, b"\xff" * 70000, b"GET"]
    for data in noise:
        with postern.client() as client:
            try:
                client.send(data)
                client.finish()
            except OSError:
                pass
            answer = client.rest()
            assert answer == b"" or answer.startswith(b"HTTP/1.1 4") or answer.startswith(
                b"HTTP/1.1 5")
    assert upstream.requests == []
    assert postern.get().status == 200


def test_connections_that_come_and_go_leave_nothing_behind(postern):
    postern.get()
    before = postern.open_files()
    for _ in range(300):
        socket.create_connection(("127.0.0.1", postern.port)).close()
    eventually(lambda: postern.open_files() <= before, "all descriptors are given back")
