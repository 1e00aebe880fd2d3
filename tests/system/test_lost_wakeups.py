"""Things that must go on by themselves although no further event tells Postern to."""

import os
import signal
import socket
import threading
import time

from support.http_wire import format_request
from support.waiting import bound, eventually


def test_a_request_behind_a_body_that_had_to_wait_is_read(start, upstream):
    """The body waits for the only upstream connection, and meanwhile the next request arrives."""
    release = threading.Event()
    upstream.on("/api/0/slow/", lambda x: (release.wait(bound(10)), x.ok()))
    postern = start(upstream, config={"upstream": {"max_connections": 1}})
    with postern.client() as busy, postern.client() as pipelining:
        busy.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        pipelining.send(b"POST /api/0/a/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")
        time.sleep(0.05)  # the pace of the delivery, so that the requests arrive apart
        pipelining.send(format_request(target="/api/0/b/"))
        release.set()
        assert pipelining.read("POST").status == 200
        assert pipelining.read("GET").status == 200


def test_a_reset_while_the_rest_of_an_answer_arrives_ends_only_that_caller(start, upstream):
    rest = threading.Event()

    def in_two_parts(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 200010\r\n\r\n" + b"x" * 10)
        rest.wait(bound(10))
        exchange.send(b"x" * 200000)

    upstream.on("/api/0/parts/", in_two_parts)
    postern = start(upstream)
    client = postern.client()
    client.send(format_request(target="/api/0/parts/"))
    eventually(lambda: client.reader.buffer or client.reader.fill(), "the first part")
    os.kill(postern.process.pid, signal.SIGSTOP)  # so that both arrive in one turn of its loop
    try:
        rest.set()
        time.sleep(0.2)  # for the bytes to get into the kernel; there is nothing to poll
        client.reset()
    finally:
        os.kill(postern.process.pid, signal.SIGCONT)
    assert postern.get().status == 200
    assert postern.is_running


def test_a_reset_together_with_a_request_is_noticed(start, upstream):
    upstream.on("/api/0/slow/", lambda x: x.wait_closed())
    postern = start(upstream)
    os.kill(postern.process.pid, signal.SIGSTOP)  # so that both arrive in one turn of its loop
    try:
        for _ in range(3):
            client = postern.client()
            client.send(format_request(target="/api/0/slow/"))
            client.reset()
    finally:
        os.kill(postern.process.pid, signal.SIGCONT)
    gone = eventually(lambda: len(postern.access_lines()) == 3 and postern.access_lines(),
                      "all three are noticed to be gone", 5)
    assert {entry["reason"] for entry in gone} == {"client_reset"}


def test_callers_that_never_ask_make_room_after_a_moment(start, upstream):
    postern = start(upstream, config={"server": {"max_connections": 5}})
    silent = [socket.create_connection(("127.0.0.1", postern.port)) for _ in range(5)]
    with postern.client() as late:
        assert late.request().status == 200
    for one in silent:
        one.close()


def test_a_refused_connect_beside_a_busy_connection_is_named(start, upstream):
    release = threading.Event()
    upstream.on("/api/0/slow/", lambda x: (release.wait(bound(20)), x.ok()))
    postern = start(upstream, config={"upstream": {"queue_timeout": "1s"}})
    with postern.client() as busy:
        busy.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        upstream.stop_listening()
        answer = postern.get()
        assert (answer.status, answer.code) == (502, "upstream_unreachable")
        release.set()
