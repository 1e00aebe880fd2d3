"""A Postern that stands still (SIGSTOP; a frozen container, a machine that sleeps) in the middle of a refresh."""

import signal
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


def test_the_answer_that_came_meanwhile_is_taken(sandbox, folder, serve, ask):
    postern = serve({"client": CLIENT, "refresh": {"timeout": f"{TIMEOUT}s"}}, grants=())
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
        sandbox.control("expire", {})
        proxy.gate.clear()
        known = len(proxy.requests)
        statuses = ask(first)
        eventually(lambda: len(proxy.requests) > known, "a connection for the refresh is asked for")
        first.signal(signal.SIGSTOP)
        assert ask(second) is not None
        eventually(lambda: fleet.refreshes() == (1, 1), "the second one has refreshed", 20)
        proxy.gate.set()
        first.signal(signal.SIGCONT)
        eventually(lambda: statuses == [200], "the request is served")
        for postern in fleet.members:
            eventually_serves(postern)
    assert fleet.refreshes() == (1, 1)
