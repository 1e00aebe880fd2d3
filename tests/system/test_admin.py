"""The control plane: probes, status, who may change something, and what bad callers do to it."""

import json
import os
import signal
import socket
import stat
import threading
import time
from contextlib import ExitStack

import pytest
from support import processes
from support.http_wire import Client, fetch, format_request
from support.processes import cpu_share
from support.waiting import eventually


def admin(postern, target, headers=(), method="GET", body=None, host="localhost"):
    return fetch(postern.admin_port, method, target, headers, body, host)


def status(postern):
    answer = admin(postern, "/api/status")
    assert answer.status == 200
    return json.loads(answer.body)


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/liveness", "/readyz", "/ready",
                                  "/readiness", "/startupz", "/startup"])
def test_probes_pass_and_list_their_checks_when_asked(postern, path):
    answer = admin(postern, path)
    assert (answer.status, answer.body) == (200, b"ok\n")
    verbose = admin(postern, path + "?verbose")
    assert verbose.status == 200 and b"[+]" in verbose.body
    assert admin(postern, path, method="HEAD").body == b""


def test_a_simple_probe_of_http_1_0_needs_no_host(postern):
    def ask(line):
        with socket.create_connection(("127.0.0.1", postern.admin_port), timeout=10) as probe:
            probe.sendall(line + b"\r\n\r\n")
            return probe.makefile("rb").read()
    answer = ask(b"GET /livez HTTP/1.0")
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"ok\n")
    for line in (b"GET /livez HTTP/1.1", b"GET /api/status HTTP/1.0"):
        assert ask(line).startswith(b"HTTP/1.1 400 "), line


def test_without_a_token_it_is_alive_but_not_ready_and_says_what_to_do(start, upstream):
    postern = start(upstream, grants=(), config={"grants": [{"organization": "acme"}]})
    assert admin(postern, "/livez").status == 200
    ready = admin(postern, "/readyz")
    assert ready.status == 503
    command = f"postern login --config {postern.config_path} --grant acme".encode()
    assert command in ready.body and command in postern.get().body
    assert admin(postern, "/startupz").status == 503
    processes.write_grant(postern.store, "acme", sentry=upstream.url)
    eventually(lambda: admin(postern, "/readyz").status == 200, "the new token is seen")
    (postern.store / "acme.json").unlink()
    eventually(lambda: admin(postern, "/readyz").status == 503, "its loss is seen")
    assert admin(postern, "/startupz").status == 200, "once started, always started"


def test_it_has_started_even_if_nobody_asked_while_it_was_ready(postern):
    (postern.store / "acme.json").unlink()
    eventually(lambda: postern.get().status == 503, "the loss is seen")
    assert admin(postern, "/startupz").status == 200
    assert admin(postern, "/readyz").status == 503


def test_a_wrong_method_is_told_the_right_ones(postern):
    answer = admin(postern, "/api/status", method="PUT", body=b"")
    assert (answer.status, answer.fields.get("Allow")) == (405, "GET, HEAD")


def test_status_tells_of_the_grant_and_never_its_tokens(postern):
    answer = admin(postern, "/api/status")
    document = json.loads(answer.body)
    assert answer.fields.get("Content-Type") == "application/json"
    assert answer.fields.get("Cache-Control") == "no-store"
    assert document["pid"] == postern.pid and document["ready"] is True
    grant = document["grants"][0]
    assert (grant["name"], grant["state"], grant["usable"]) == ("acme", "fresh", True)
    stored = json.loads((postern.store / "acme.json").read_text())
    for secret in ("access_token", "refresh_token"):
        if stored.get(secret):
            assert stored[secret].encode() not in answer.body


def test_the_status_command_asks_the_running_instance(postern):
    done = processes.run("status", "--config", postern.config_path)
    assert done.returncode == 0, done.stderr
    assert f"runs as process {postern.pid}" in done.stdout
    assert "acme: fresh" in done.stdout
    as_json = processes.run("status", "--json", "--config", postern.config_path)
    assert json.loads(as_json.stdout)["running"] is True


def test_healthcheck_wait_and_shutdown(start, upstream):
    postern = start(upstream)
    config = ("--config", postern.config_path)
    assert processes.run("wait", "--timeout", "10s", *config).returncode == 0
    check = processes.run("healthcheck", *config)
    assert (check.returncode, check.stderr) == (0, "") and "grant acme ok" in check.stdout
    assert processes.run("healthcheck", "--live", *config).returncode == 0
    assert processes.run("shutdown", *config).returncode == 0
    assert postern.wait(10) == 0
    gone = processes.run("healthcheck", *config)
    assert gone.returncode == 1 and gone.stderr
    late = processes.run("wait", "--timeout", "300ms", *config)
    assert late.returncode == 1 and "not ready in time" in late.stderr
    assert processes.run("shutdown", *config).returncode == 1


def test_changes_need_the_token_which_is_for_the_owner_alone(postern):
    token_file = postern.store / "admin.token"
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    token = token_file.read_text().strip()
    for headers in ([], [("Authorization", "Bearer ")], [("Authorization", f"Bearer {token}0")],
                    [("Authorization", f"Basic {token}")]):
        answer = admin(postern, "/api/shutdown", headers, "POST", b"")
        assert answer.status == 403 and b"admin token" in answer.body
    bearer = [("Authorization", f"Bearer {token}")]
    assert admin(postern, "/api/shutdown", bearer).status == 405, "GET changes nothing"
    page = [*bearer, ("Origin", "https://evil.example")]
    assert admin(postern, "/api/shutdown", page, "POST", b"").status == 403
    assert postern.is_running
    assert admin(postern, "/api/shutdown", bearer, "POST", b"").status == 202
    assert postern.wait(10) == 0


def test_an_accepted_order_is_carried_out_though_the_caller_has_gone(postern):
    token = (postern.store / "admin.token").read_text().strip()
    with Client(postern.admin_port) as client:
        client.send(format_request("POST", "/api/shutdown",
                                   [("Authorization", f"Bearer {token}")], b""))
        client.reset()
    assert postern.wait(10) == 0 or "shutdown_asked_for" not in postern.log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_token_file_of_another_user_is_not_believed(start, upstream, folder):
    path = folder / "admin.token"
    path.write_text("ab" * 32 + "\n")
    path.chmod(0o600)
    os.chown(path, 65534, 65534)
    postern = start(upstream, config={"admin": {"token_file": str(path)}})
    eventually(lambda: "belongs to another user" in postern.log, "the log says why")
    bearer = [("Authorization", "Bearer " + "ab" * 32)]
    assert admin(postern, "/api/shutdown", bearer, "POST", b"").status == 403


def test_a_unix_socket_needs_no_token_of_its_own_user(start, upstream, folder):
    path = f"{folder}/admin.sock"
    postern = start(upstream, config={"admin": {"listen": f"unix:{path}"}})
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with Client(path) as client:
        client.send(format_request("POST", "/api/shutdown", [], b""))
        assert client.read().status == 202
    assert postern.wait(10) == 0
    assert not os.path.exists(path)


def test_draining_is_not_ready(postern, upstream):
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"finished"))
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        postern.signal(signal.SIGTERM)
        eventually(lambda: admin(postern, "/readyz").status == 503, "draining is told")
        assert admin(postern, "/livez").status == 200
        assert status(postern)["draining"] is True
        go.set()
        assert client.read().body == b"finished"
    assert postern.wait(10) == 0


@pytest.mark.parametrize(("request_bytes", "expected"), [
    (b"GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    (b"GET /livez HTTP/1.1\r\n\r\n", 400),
    (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n", 403),
    (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /livezz HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /api/status/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"DELETE /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20000 + b"\r\n\r\n", 431),
    (b"POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 300000,
     413),
    (b"POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart\r\n\r\n", 200),
])
def test_odd_requests_are_answered_and_closed(postern, request_bytes, expected):
    with socket.create_connection(("127.0.0.1", postern.admin_port), timeout=20) as connection:
        try:
            connection.sendall(request_bytes)
        except (BrokenPipeError, ConnectionResetError):
            pass  # answered before all was taken
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 %d " % expected), answer[:300]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) == len(body)
    assert admin(postern, "/livez").status == 200


def test_a_head_in_crumbs_is_read(postern):
    with socket.create_connection(("127.0.0.1", postern.admin_port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /livez?verbose HTTP/1.1\r\nHost: localhost\r\n\r\n":
            connection.sendall(bytes([byte]))
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"livez passed\n")


def test_the_slow_are_told_and_the_silent_are_closed(start, upstream):
    postern = start(upstream, config={"admin": {"timeout": "300ms"}})
    where = ("127.0.0.1", postern.admin_port)
    with socket.create_connection(where, timeout=20) as slow, \
            socket.create_connection(where, timeout=20) as silent:
        slow.sendall(b"GET /livez HTTP/1.1\r\nHost: loc")
        answer = b"".join(iter(lambda: slow.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")
        with socket.create_connection(where, timeout=20) as stalled:
            stalled.sendall(b"POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n")
            answer = b"".join(iter(lambda: stalled.recv(65536), b""))
            assert answer.startswith(b"HTTP/1.1 408 ")
        assert silent.recv(100) == b""


def test_callers_that_hold_on_cannot_keep_the_probes_out(start, upstream):
    postern = start(upstream, config={"admin": {"timeout": "1m", "max_connections": 8}})
    with ExitStack() as stack:
        for _ in range(40):
            holding = stack.enter_context(
                socket.create_connection(("127.0.0.1", postern.admin_port), timeout=20))
            holding.sendall(b"GET /livez HTTP/1.1\r\n")
        assert admin(postern, "/readyz").status == 200
        assert admin(postern, "/livez").status == 200
    assert postern.get().status == 200


def test_whole_requests_that_came_together_are_all_answered(start, upstream):
    postern = start(upstream, config={"admin": {"timeout": "1m", "max_connections": 4}})
    with ExitStack() as stack:
        def connect(text):
            caller = stack.enter_context(
                socket.create_connection(("127.0.0.1", postern.admin_port), timeout=20))
            caller.sendall(text)
            return caller
        silent = connect(b"GET /livez HTTP/1.1\r\n")
        assert admin(postern, "/livez").status == 200, "it is known by now"
        os.kill(postern.pid, signal.SIGSTOP)  # they come in one turn of its loop
        try:
            callers = [connect(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                       for _ in range(20)]
        finally:
            os.kill(postern.pid, signal.SIGCONT)
        for caller in callers:
            answer = b"".join(iter(lambda: caller.recv(65536), b""))
            assert answer.startswith(b"HTTP/1.1 200 ")
        assert silent.recv(100) == b"", "it was the slowest"


def test_a_taken_admin_address_is_named_with_the_way_out(start, upstream):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        postern = start(upstream, wait=False, config={"admin": {"listen": f"127.0.0.1:{port}"}})
        assert postern.wait(10) == 1
    assert f"127.0.0.1:{port}" in postern.log and "admin.listen" in postern.log


def test_a_second_instance_under_the_same_name_is_warned_of(start, upstream):
    first = start(upstream)
    second = start(upstream, config={"runtime_file": str(first.runtime_path)}, wait=False)
    eventually(lambda: any(e.get("event") == "runtime_file_taken" and e["pid"] == first.pid
                           for e in second.log_entries()), "the log says so")


def test_off_there_is_no_admin_listener(start, upstream):
    postern = start(upstream, config={"admin": {"listen": "off"}})
    assert postern.get().status == 200
    assert postern.admin_address is None
    assert not (postern.store / "admin.token").exists()


def test_without_descriptors_it_rests_and_recovers(start, upstream):
    postern = start(upstream, wrapper=["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"])
    with ExitStack() as stack:
        for _ in range(90):
            stack.enter_context(
                socket.create_connection(("127.0.0.1", postern.admin_port), timeout=20))
        time.sleep(0.3)  # for a busy loop to show
        assert cpu_share(postern) < 0.5
        size = len(postern.log)
    eventually(lambda: admin(postern, "/livez").status == 200, "it accepts again")
    assert size < 200_000, "no flood of log lines"
