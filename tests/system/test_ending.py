"""Ending: the delay before draining, being asked to end, exit codes; and the log level."""

import json
import signal
import socket
import threading

import pytest
from support.http_wire import fetch, format_request
from support.processes import run
from support.waiting import eventually, stays_true


def admin(postern, target, method="GET", token=None):
    headers = [("Authorization", f"Bearer {token}")] if token else []
    return fetch(postern.admin_port, method, target, headers, b"" if method == "POST" else None)


def token_of(postern):
    return (postern.store / "admin.token").read_text().strip()


def refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except (ConnectionRefusedError, ConnectionResetError, TimeoutError):
        return True
    return False


def test_with_a_delay_it_serves_on_but_is_not_ready(start, upstream):
    postern = start(upstream, args=["--min-sigterm-delay", "2s"])
    port = postern.port
    postern.signal(signal.SIGTERM)
    eventually(lambda: admin(postern, "/readyz").status == 503, "it is not ready any more")
    assert admin(postern, "/livez").status == 200
    stays_true(lambda: fetch(port).status == 200, "it serves on", seconds=1.0)
    eventually(lambda: refuses(port), "then it drains")
    assert postern.wait(5) == 0


def test_the_delay_can_be_cut_short(start, upstream):
    postern = start(upstream, config={"drain": {"delay": "1h"}})
    postern.signal(signal.SIGTERM)
    postern.eventually_logs("drain_delayed")
    assert admin(postern, "/api/shutdown", "POST", token_of(postern)).status == 202
    assert postern.wait(5) == 0


def test_a_second_signal_ends_the_delay_and_all(start, upstream):
    postern = start(upstream, config={"drain": {"delay": "1h"}})
    for word in ("drain_delayed", "ending"):
        postern.signal(signal.SIGTERM)
        postern.eventually_logs(word)
    assert postern.wait(5) == 1


def test_being_asked_to_end_knows_no_delay(start, upstream):
    postern = start(upstream, config={"drain": {"delay": "1h"}})
    done = run("shutdown", "--config", postern.config_path)
    assert done.returncode == 0, done.stderr
    assert postern.wait(5) == 0


def test_a_signal_after_being_asked_changes_nothing(start, upstream):
    """Kubernetes does both: a preStop hook, then SIGTERM."""
    postern = start(upstream)
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"finished"))
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        done = run("shutdown", "--config", postern.config_path)
        assert done.returncode == 0, done.stderr
        postern.eventually_logs("draining")
        postern.signal(signal.SIGTERM)
        postern.eventually_logs('"signal"')
        go.set()
        assert client.read().body == b"finished"
    assert postern.wait(5) == 0


def test_two_signals_end_what_was_asked_to_end(start, upstream):
    postern = start(upstream)
    upstream.on("/api/0/never/", lambda x: x.wait_closed())
    with postern.client() as client:
        client.send(format_request(target="/api/0/never/"))
        upstream.wait_for("/api/0/never/")
        assert run("shutdown", "--config", postern.config_path).returncode == 0
        for word in ('"event":"signal"', '"ending"'):
            postern.signal(signal.SIGTERM)
            postern.eventually_logs(word)
        assert postern.wait(5) == 1


def test_who_asks_in_a_row_is_answered_once_more(postern):
    """The next request crosses the end of the connection otherwise, and is lost."""
    with postern.client() as client:
        assert client.request().header("connection") is None
        postern.signal(signal.SIGTERM)
        postern.eventually_logs('"draining"')
        answer = client.request()
        assert (answer.status, answer.header("connection")) == (200, "close")
    assert postern.wait(5) == 0


def test_who_says_no_more_holds_nothing_up(postern):
    with postern.client() as client:
        client.request()
        postern.signal(signal.SIGTERM)
        assert postern.wait(5) == 0
        assert client.rest() == b""


def test_quitquitquit_is_there_when_it_is_asked_for(start, upstream, postern):
    assert admin(postern, "/quitquitquit", "POST").status == 404
    willing = start(upstream, config={"admin": {"quitquitquit": True}})
    assert admin(willing, "/quitquitquit").status == 405
    page = [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")]
    assert fetch(willing.admin_port, "POST", "/quitquitquit", page, b"").status == 403
    assert willing.is_running
    assert admin(willing, "/quitquitquit", "POST").status == 202
    assert willing.wait(5) == 0
    assert postern.is_running


@pytest.mark.parametrize("config", [{"limts": {}}, {"drain": {"timeout": "soon"}}])
def test_a_configuration_that_is_wrong_is_exit_code_2(start, upstream, config):
    assert start(upstream, config=config, wait=False).wait(10) == 2


def test_the_log_level_holds_until_the_configuration_is_loaded_again(start, upstream):
    postern = start(upstream, config={"log": {"level": "error"}})
    token = token_of(postern)
    assert admin(postern, "/api/log-level?level=debug", "POST").status == 403
    assert json.loads(admin(postern, "/api/log-level").body) == {"level": "error"}
    for odd in ("", "?level=", "?level=loud", "?lvl=debug"):
        assert admin(postern, "/api/log-level" + odd, "POST", token).status == 400
    answer = admin(postern, "/api/log-level?level=debug", "POST", token)
    assert (answer.status, json.loads(answer.body)) == (200, {"level": "debug"})
    postern.get()
    eventually(postern.access_lines, "requests are logged")
    postern.signal(signal.SIGHUP)
    eventually(lambda: json.loads(admin(postern, "/api/log-level").body) == {"level": "error"},
               "the file's level holds again")
