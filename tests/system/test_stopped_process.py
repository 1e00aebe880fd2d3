"""A Postern that stands still (SIGSTOP; a frozen container, a machine that sleeps) in the middle of a refresh."""

import contextlib
import signal
import socket
import threading
import time

import pytest

from support.connect_proxy import ConnectProxy
from support.fleet import Fleet
from support.processes import merge
from support.sandboxed import CLIENT, ECHO, entries, eventually_serves, import_new_grant
from support.waiting import eventually

TIMEOUT = 2  # s, of a refresh


def asked_for_tokens(sandbox):
    calls = entries(sandbox.control("requests"), "requests")
    return [call for call in calls if call["target"].startswith("/oauth/token")]


class Busy:
    """Keeps a Postern at work with requests that it answers by itself, so that a stop does not find it asleep."""

    def __init__(self, postern):
        self._ends = [socket.create_connection(("127.0.0.1", postern.port)) for _ in range(2)]
        self._threads = [threading.Thread(target=job, args=(end,)) for end in self._ends
                         for job in (self._send, self._read)]
        for thread in self._threads:
            thread.start()

    def _send(self, end):
        with contextlib.suppress(OSError):
            while True:
                end.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300)

    def _read(self, end):
        with contextlib.suppress(OSError):
            while end.recv(1 << 20):
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in self._ends:
            end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()


@pytest.fixture
def ask():
    """Sends a request in a thread; what comes of it is appended to the list that is returned."""
    threads = []

    def begin(postern):
        outcomes = []
        threads.append(threading.Thread(target=lambda: outcomes.append(postern.get(ECHO).status)))
        threads[-1].start()
        return outcomes

    yield begin
    for thread in threads:
        thread.join()


def test_the_answer_that_came_meanwhile_is_taken(sandbox, serve, ask):
    postern = serve({"client": CLIENT, "grants": [{"organization": "acme"}],
                     "refresh": {"timeout": f"{TIMEOUT}s"}}, grants=())
    import_new_grant(sandbox, postern.config_path)
    eventually_serves(postern)
    before = len(asked_for_tokens(sandbox))
    sandbox.control("latency", {"path": "/oauth/token/", "ms": 500, "count": 1})
    sandbox.control("expire", {})
    statuses = ask(postern)
    eventually(lambda: len(asked_for_tokens(sandbox)) > before, "the token endpoint is asked")
    postern.signal(signal.SIGSTOP)
    time.sleep(TIMEOUT + 1)  # for longer than a refresh may take
    postern.signal(signal.SIGCONT)
    eventually(lambda: statuses == [200], "the request is served")
    assert len(asked_for_tokens(sandbox)) == before + 1
    assert "refresh_failed" not in postern.log and "grant_revoked" not in postern.log


def test_a_pair_that_another_has_used_meanwhile_is_not_sent(sandbox, folder, serve, start_redis, ask):
    """It stands still while it connects, and for longer than its lease lasts."""
    fleet = Fleet(sandbox, start_redis(), folder, serve)
    fleet.login()
    sandbox.control("tokens", {"replay": "family"})
    with ConnectProxy() as proxy:
        patience = {"refresh": {"timeout": f"{TIMEOUT}s"}}
        first, = fleet.start(1, merge(patience, {"sentry": {"egress_proxy": proxy.url()}}))
        second, = fleet.start(1, patience)
        for postern in fleet.members:
            eventually_serves(postern)
        with Busy(first):
            sandbox.control("expire", {})
            proxy.gate.clear()
            statuses = ask(first)
            eventually(lambda: proxy.held > 0, "a connection for the refresh is being made")
            first.signal(signal.SIGSTOP)
            others = ask(second)
            eventually(lambda: fleet.refreshes() == (1, 1), "the second one has refreshed", 20)
            proxy.gate.set()
            time.sleep(0.3)  # until it lies before the one who stands still
            first.signal(signal.SIGCONT)
        eventually(lambda: statuses == others == [200], "both requests are served")
        for postern in fleet.members:
            eventually_serves(postern)
    assert fleet.refreshes() == (1, 1)
