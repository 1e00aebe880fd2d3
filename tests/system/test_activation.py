"""Socket activation: Postern serves at sockets that a service manager has opened and keeps."""

import json
import os
import threading

from support.activation import Sockets
from support.http_wire import Truncated, fetch
from support.waiting import bound, eventually


def test_given_sockets_are_used_instead_of_binding(start, upstream):
    with Sockets(http=0, admin=0) as sockets:
        postern = start(upstream, config={"listen": "127.0.0.1:1", "admin": {"listen": "off"}},
                        **sockets.start_options)
        assert postern.addresses() == [f"127.0.0.1:{sockets.port('http')}"]
        assert postern.get().status == 200
        assert postern.stop() == 0
        # An admin listener that is off stays off.
        assert "admin_listening" not in postern.log


def test_the_control_plane_has_a_socket_of_its_own(start, upstream):
    with Sockets(admin=0) as sockets:
        postern = start(upstream, **sockets.start_options)
        assert postern.admin_port == sockets.port("admin")
        assert fetch(postern.admin_port, target="/readyz").status == 200
        assert len(postern.addresses()) == 2, "the others are bound as ever"


def test_a_unix_socket_is_the_manager_s_to_remove(start, upstream, folder):
    path = folder / "given.sock"
    with Sockets(app=path) as sockets:
        postern = start(upstream, config={"listen": [
            {"address": "unix:/elsewhere", "name": "app", "uids": [os.getuid()]}]},
            **sockets.start_options)
        assert postern.addresses() == [f"unix:{path}"]
        with postern.client(str(path)) as client:
            assert client.request().status == 200
        assert postern.stop() == 0
    assert path.exists()


def test_a_socket_that_fits_no_entry_is_refused(start, upstream):
    config = {"listen": [{"address": "127.0.0.1:0", "name": "a"},
                         {"address": "127.0.0.1:0", "name": "b"}]}
    with Sockets(http=0) as sockets:
        postern = start(upstream, config=config, wait=False, **sockets.start_options)
        assert postern.wait(10) == 1
        assert "fits no entry of listen" in postern.log


def test_a_restart_loses_no_connection(start, upstream):
    """The successor is started before the first one ends; both have the sockets."""
    upstream.default = lambda x: x.ok(x.request.target.encode())
    answered, lost, stop = [], [], threading.Event()

    def work(worker, port):
        turn = 0
        while not stop.is_set():
            turn += 1
            target = f"/api/0/{worker}/{turn}/"
            try:
                answer = fetch(port, target=target)
                good = answer.status == 200 and answer.body == target.encode()
                (answered if good else lost).append((target, answer.status, answer.body))
            except (OSError, Truncated) as error:
                lost.append((target, repr(error)))

    with Sockets(http=0, admin=0) as sockets:
        running = start(upstream, **sockets.start_options)
        workers = [threading.Thread(target=work, args=(n, sockets.port("http"))) for n in range(6)]
        for worker in workers:
            worker.start()
        for _ in range(5):
            successor = start(upstream, **sockets.start_options)
            seen = len(answered)
            eventually(lambda n=seen: len(answered) > n + 50, "both serve")
            assert running.stop() == 0
            seen = len(answered)
            eventually(lambda n=seen: len(answered) > n + 50, "the successor serves alone")
            running = successor
        stop.set()
        for worker in workers:
            worker.join(bound(20))
    assert lost == []


def test_between_two_of_them_callers_wait(start, upstream):
    """One after the other, as `systemctl restart` does: who calls in between waits in the socket's
    queue."""
    with Sockets(http=0, admin=0) as sockets:
        assert start(upstream, **sockets.start_options).stop() == 0
        answers = []
        caller = threading.Thread(
            target=lambda: answers.append(fetch(sockets.port("http"), target="/api/0/")))
        caller.start()
        start(upstream, **sockets.start_options)
        caller.join(bound(20))
        assert [answer.status for answer in answers] == [200]
        report = json.loads(fetch(sockets.port("admin"), target="/api/status").body)
        assert report["listen"] == [f"127.0.0.1:{sockets.port('http')}"]
