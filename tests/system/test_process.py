"""Postern as a process: signals, rights, limits, what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from support.http_wire import Truncated, fetch, format_request
from support.processes import Process, binary, is_sanitized
from support.raw_upstream import response
from support.waiting import bound, eventually

IS_ROOT = os.getuid() == 0


def allowed(*wrapper):
    """Can this machine run `wrapper`?"""
    try:
        done = subprocess.run([*wrapper, "true"], capture_output=True, timeout=20, check=False)
    except OSError:
        return False
    return done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_postern_cleanly(postern, number):
    postern.get()
    with postern.client() as idle:
        idle.request()
        postern.signal(number)
        assert idle.rest() == b""
    assert postern.wait(5) == 0
    assert postern.runtime() is None, "the runtime file is left behind"
    assert not os.path.exists(postern.unix_path), "the unix socket is left behind"


def test_what_is_to_outlive_its_terminal_does(start, upstream):
    postern = start(upstream, wrapper=["nohup"])
    postern.signal(signal.SIGHUP)
    for _ in range(3):
        assert postern.get().status == 200
    assert postern.stop() == 0


def test_a_drain_finishes_what_is_under_way(postern, upstream):
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"finished"))
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        port = postern.port
        postern.signal(signal.SIGTERM)

        def refused():
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except ConnectionRefusedError:
                return True
            except (TimeoutError, ConnectionResetError):
                pass  # a SYN that met the closing listener is dropped, or reset
            return False
        eventually(refused, "no new connections are accepted")
        assert postern.is_running
        go.set()
        answer = client.read()
        assert (answer.body, answer.header("connection")) == (b"finished", "close")
        assert client.rest() == b""
    assert postern.wait(5) == 0


def test_a_drain_finishes_a_download_and_an_upload(postern, upstream):
    go = threading.Event()
    body = b"y" * 2_000_000
    upstream.on("/api/0/down/", lambda x: x.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n").wait(go).send(body))
    with postern.client() as down, postern.client() as up:
        down.send(format_request(target="/api/0/down/"))
        head = down.read_head()
        up.send(b"POST /api/0/up/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabc")
        upstream.wait_for("/api/0/up/")
        postern.signal(signal.SIGTERM)
        postern.eventually_logs("drain")
        go.set()
        up.send(b"def")
        assert up.read().status == 200
        assert down.reader.exactly(int(head.header("content-length"))) == body
    assert postern.wait(5) == 0
    assert bytes(upstream.seen("/api/0/up/")[0].body) == b"abcdef"


def test_a_second_signal_ends_at_once(postern, upstream):
    upstream.on("/api/0/never/", lambda x: x.wait_closed())
    with postern.client() as client:
        client.send(format_request(target="/api/0/never/"))
        upstream.wait_for("/api/0/never/")
        postern.signal(signal.SIGTERM)
        postern.eventually_logs("drain")
        postern.signal(signal.SIGTERM)
        postern.wait(3)


def refreshing(start, upstream, go):
    """A Postern whose refresh is answered when `go` is set."""
    pair = {"access_token": "ab" * 32, "refresh_token": "cd" * 32, "expires_in": 3600}
    upstream.on("/oauth/token/", lambda x: x.read_body().wait(go).send(
        response(json.dumps(pair).encode())))
    postern = start(upstream, config={"client": {"id": "app"}},
                    grant={"expires_at": "2024-01-02T00:00:00Z"})
    upstream.wait_for("/oauth/token/")
    return postern


def test_a_second_signal_still_lets_a_refresh_end(start, upstream):
    go = threading.Event()
    postern = refreshing(start, upstream, go)
    for word in ("draining", "waiting_for_refresh"):
        postern.signal(signal.SIGTERM)
        postern.eventually_logs(word)
    go.set()
    assert postern.wait(5) == 1
    stored = json.loads((postern.store / "acme.json").read_text())
    assert (stored["access_token"], stored["journal"]) == ("ab" * 32, None)


def test_a_third_signal_waits_for_nothing(start, upstream):
    go = threading.Event()
    postern = refreshing(start, upstream, go)
    for word in ("draining", "waiting_for_refresh", "ending"):
        postern.signal(signal.SIGTERM)
        postern.eventually_logs(word)
    assert postern.wait(3) == 1
    go.set()


def test_a_drain_is_bounded(start, upstream):
    postern = start(upstream, config={"drain": {"timeout": "1s"}})
    upstream.on("/api/0/never/", lambda x: x.wait_closed())
    with postern.client() as client:
        client.send(format_request(target="/api/0/never/"))
        upstream.wait_for("/api/0/never/")
        postern.signal(signal.SIGTERM)
        assert postern.wait(10) == 0
    assert "drain_timeout" in postern.log


def test_drain_under_load_loses_nothing(start, upstream):
    """Every request that was sent on a connection that Postern still read is answered or the
    connection was closed before; none is executed without an answer."""
    upstream.default = lambda x: x.ok(x.request.target.encode())
    for _ in range(3):
        postern = start(upstream)
        port, answered, lost, stop = postern.port, [], [], threading.Event()

        def work(worker, port=port, answered=answered, lost=lost, stop=stop):
            turn = 0
            while not stop.is_set():
                turn += 1
                target = f"/api/0/{worker}/{turn}/"
                try:
                    answer = fetch(port, target=target)
                    if answer.body == target.encode():
                        answered.append(target)
                    else:
                        lost.append((target, answer.status, answer.body))
                except ConnectionRefusedError:
                    return
                except (OSError, Truncated) as error:
                    lost.append((target, repr(error)))
                    return

        workers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for worker in workers:
            worker.start()
        eventually(lambda a=answered: len(a) > 100, "load is running")
        postern.signal(signal.SIGTERM)
        assert postern.wait(10) == 0
        stop.set()
        for worker in workers:
            worker.join(bound(10))
        # A connection may sit unaccepted in the kernel's queue when the listener closes: reset
        # before a byte was read. Nothing else may be lost, and nothing executed may be.
        executed = {r.target for r in upstream.requests}
        assert [entry for entry in lost if entry[0] in executed] == []
        upstream.requests.clear()


def test_broken_pipes_are_no_signal(postern):
    ignored = int(postern.status("SigIgn"), 16)
    assert ignored & (1 << (signal.SIGPIPE - 1))
    for _ in range(20):
        client = postern.client()
        client.send(format_request() * 20)
        client.reset()
    assert postern.get().status == 200


def test_it_survives_without_a_reader_of_its_log(start, upstream):
    """Its standard error is a pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    postern = start(upstream, stderr=writing)
    os.close(writing)
    for _ in range(50):
        assert postern.get().status == 200
    assert postern.stop() == 0


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become another user")
def test_any_uid_will_do(start, upstream, authority, folder):
    uid = 54321
    ca = folder / "ca.pem"
    ca.write_bytes(authority.cert.read_bytes())  # the session's folder is closed to others
    postern = start(upstream, ca=ca, wait=False, wrapper=["true"])  # writes the files only
    postern.wait()
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, uid)
    as_user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--"]
    with Process([*as_user, *serve_again(postern)], folder / "again") as again:
        eventually(postern.runtime, f"it starts as uid {uid}")
        assert postern.get().status == 200
        if not is_sanitized():
            # Not dumpable: others of the same uid cannot read its memory or environment.
            assert os.stat(f"/proc/{again.pid}/environ").st_uid == 0
        assert again.stop() == 0


def serve_again(postern):
    """The command line of `postern`, to start it once more."""
    return [binary(), "serve", "--config", postern.config_path]


@pytest.mark.skipif(not (IS_ROOT and allowed("unshare", "-m")), reason="needs a mount namespace")
def test_a_read_only_root_will_do(start, upstream, folder):
    """All is read-only but the folder of store and sockets."""
    script = ('mount --bind "$0" "$0" && mount -o remount,bind,ro / && '
              '! touch /usr/postern-test 2>/dev/null && exec "$@"')
    probe = subprocess.run(["unshare", "-m", "sh", "-c", script, str(folder), "true"],
                           capture_output=True, text=True, timeout=20, check=False)
    if probe.returncode != 0:
        pytest.skip(f"cannot make the root read-only here: {probe.stderr.strip()}")
    postern = start(upstream, wrapper=["unshare", "-m", "sh", "-c", script, str(folder)], cwd="/")
    assert postern.get().status == 200
    assert postern.stop() == 0


PID_NAMESPACE = ["unshare", "-pf", "--mount-proc"] if IS_ROOT else ["unshare", "-Urpf"]


@pytest.mark.skipif(not allowed(*PID_NAMESPACE), reason="needs a PID namespace")
def test_signals_work_as_pid_1(start, upstream):
    postern = start(upstream, wrapper=[*PID_NAMESPACE, "--kill-child"])
    assert postern.get().status == 200
    children = Path(f"/proc/{postern.pid}/task/{postern.pid}/children").read_text().split()
    assert len(children) == 1 and postern.runtime()[0] == 1
    os.kill(int(children[0]), signal.SIGTERM)
    assert postern.wait(10) == 0


def test_a_port_in_use_is_said(start, upstream):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        postern = start(upstream, wait=False, config={"listen": [f"127.0.0.1:{port}"]})
        assert postern.wait(10) == 1
    assert f"127.0.0.1:{port}" in postern.log and "in use" in postern.log.lower()
    assert "end it, or take another address" in postern.log


def test_two_posterns_do_not_share_a_port(start, upstream, postern):
    second = start(upstream, wait=False, config={"listen": [f"127.0.0.1:{postern.port}"]})
    assert second.wait(10) == 1
    assert postern.get().status == 200


def test_it_starts_without_its_upstream(start, upstream):
    upstream.stop_listening()
    postern = start(upstream)
    assert postern.get().status == 502
    assert postern.stop() == 0
