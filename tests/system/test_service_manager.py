"""What Postern tells a service manager such as systemd, by the protocol of sd_notify(3)."""

import os
import signal
import socket
import threading
import time

import pytest
from support.http_wire import format_request
from support.processes import clean_environment, write_grant
from support.waiting import bound, eventually


class Manager:
    """The socket that NOTIFY_SOCKET names, and what was said there, message by message."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.socket.settimeout(bound(10))
        self.said = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def environment(self, **extra):
        return clean_environment(NOTIFY_SOCKET=self.name, **extra)

    def hear(self):
        """The next message, as a dictionary."""
        text = self.socket.recv(4096).decode()
        assert not text.endswith("\n")
        message = dict(line.split("=", 1) for line in text.split("\n"))
        self.said.append(message)
        return message

    def wait_for(self, key, value="1"):
        """The first message from now on that says so."""
        while True:
            message = self.hear()
            if message.get(key) == value:
                return message


@pytest.fixture(params=["path", "abstract"])
def manager(request, folder):
    name = str(folder / "notify") if request.param == "path" else f"@postern-test-{folder.name}"
    with Manager(name) as listening:
        yield listening


def test_it_is_ready_once_it_listens_and_says_when_it_ends(start, upstream, manager):
    postern = start(upstream, env=manager.environment(), wait=False)
    message = manager.hear()
    assert message == {"READY": "1", "STATUS": "serving; 1 grant usable"}
    assert postern.get().status == 200
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"finished"))
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        postern.signal(signal.SIGTERM)
        assert manager.wait_for("STOPPING")["STATUS"] == "ending; requests under way: 1"
        go.set()
        assert client.read().body == b"finished"
    assert postern.wait(5) == 0


def test_its_status_names_grants_without_a_token(start, upstream, manager):
    postern = start(upstream, env=manager.environment(), grants=(),
                    config={"grants": [{"organization": "acme"}]})
    assert manager.hear()["STATUS"] == "serving; no usable token: acme (missing)"
    write_grant(postern.store, "acme", sentry=upstream.url)
    manager.wait_for("STATUS", "serving; 1 grant usable")


def test_signs_of_life_come_twice_as_often_as_they_must(start, upstream, manager):
    started = time.monotonic()
    start(upstream, env=manager.environment(WATCHDOG_USEC="400000"))
    for _ in range(5):
        manager.wait_for("WATCHDOG")
    assert 0.8 <= time.monotonic() - started < bound(5)


def test_another_process_s_watchdog_is_left_alone(start, upstream, manager):
    env = manager.environment(WATCHDOG_USEC="100000", WATCHDOG_PID=str(os.getpid()))
    postern = start(upstream, env=env)
    manager.wait_for("READY")
    assert postern.stop() == 0
    manager.wait_for("STOPPING")
    assert not any("WATCHDOG" in message for message in manager.said)


def test_a_hung_loop_gives_no_sign_of_life(start, upstream, manager):
    postern = start(upstream, env=manager.environment(WATCHDOG_USEC="200000"))
    manager.wait_for("WATCHDOG")
    postern.signal(signal.SIGSTOP)
    eventually(lambda: postern.status("State").startswith("T"), "it stands still")
    manager.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        for _ in range(20):  # what was said before
            manager.hear()
    postern.signal(signal.SIGCONT)


def test_a_socket_that_nobody_reads_is_said_once(start, upstream, folder):
    postern = start(upstream, env=clean_environment(NOTIFY_SOCKET=str(folder / "nobody")))
    assert postern.get().status == 200
    assert postern.stop() == 0
    assert postern.log.count("service_manager_unreachable") == 1
