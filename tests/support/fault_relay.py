"""A TCP relay that hurts what passes through it, between any two ends of a test.

    with FaultRelay(upstream.port) as relay:
        relay.fault = Fault(down_cut_at=100, reset=True)   # for connections made from now on

`up` is from the side that connected towards the target, `down` is the way back.
"""

import os
import select
import socket
import threading
import time
from dataclasses import dataclass

from .waiting import bound, eventually


@dataclass
class Fault:
    """What happens to a connection. Nothing set: bytes pass as they are."""

    up_cut_at: int = None    # end both sides after this many bytes upwards
    down_cut_at: int = None  # same, downwards
    reset: bool = False      # a cut is a reset, not a FIN
    slice_size: int = 65536  # at most this many bytes a write
    drip: float = 0.0        # pause after each write, seconds
    delay: float = 0.0       # pause before each write downwards, seconds; may be set later
    bandwidth: int = 0       # bytes a second each way; 0: no limit
    refuse: bool = False     # accept and reset at once
    silent: bool = False     # accept and never pass a byte


class _Pair:
    def __init__(self, relay, near, far, fault):
        self.relay = relay
        self.near = near
        self.far = far
        self.fault = fault
        self.frozen = threading.Event()  # half-open: bytes vanish, nothing closes
        self.close_on_next = None  # None, "fin" or "reset": instead of passing the next bytes up
        self.up_bytes = 0
        self.down_bytes = 0
        self.ended = False
        self._lock = threading.Lock()
        self._sides_done = 0
        # Wakes both threads at an end: a socket that another thread still waits on is not
        # really closed, so its reset would not go out.
        self._wake = os.eventfd(0)

    def start(self):
        threading.Thread(target=self._pump, args=(self.near, self.far, True), daemon=True).start()
        threading.Thread(target=self._pump, args=(self.far, self.near, False), daemon=True).start()

    def _pump(self, source, sink, up):
        try:
            while data := self._receive(source):
                if self.frozen.is_set() or self.fault.silent:
                    continue
                if up and self.close_on_next:
                    self.relay.caught += 1
                    self.end(self.close_on_next == "reset")
                    break
                if not self._pass(data, sink, up):
                    break
            sink.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):  # ValueError: the other thread has closed it
            self.end(reset=False)
        with self._lock:
            self._sides_done += 1
            both = self._sides_done == 2
        if both:
            self.end(reset=False)
            os.close(self._wake)

    def _receive(self, source):
        poll = select.poll()
        poll.register(source, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        ready = [fd for fd, _ in poll.poll()]
        if self._wake in ready:
            raise OSError("ended")
        return source.recv(65536)

    def _pass(self, data, sink, up):
        limit = self.fault.up_cut_at if up else self.fault.down_cut_at
        for at in range(0, len(data), self.fault.slice_size):
            piece = data[at:at + self.fault.slice_size]
            done = self.up_bytes if up else self.down_bytes
            cut = limit is not None and done + len(piece) >= limit
            if cut:
                piece = piece[:limit - done]
            if not up and self.fault.delay:
                time.sleep(self.fault.delay)  # the fault itself
            if piece:
                sink.sendall(piece)
            if up:
                self.up_bytes += len(piece)
            else:
                self.down_bytes += len(piece)
            if cut:
                self.end(self.fault.reset)
                return False
            pause = self.fault.drip
            if self.fault.bandwidth:
                pause += len(piece) / self.fault.bandwidth
            if pause:
                time.sleep(pause)  # the fault itself, not a wait for a state
        return True

    def end(self, reset):
        with self._lock:
            if self.ended:
                return
            self.ended = True
            os.eventfd_write(self._wake, 1)  # locked: the last thread out closes it
        for sock in (self.near, self.far):
            try:
                if reset:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                else:
                    sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()


class FaultRelay:
    def __init__(self, target_port, target_host="127.0.0.1", port=0):
        self.target = (target_host, target_port)
        self.fault = Fault()
        self.fault_for = None  # optional: connection number -> Fault
        self.pairs = []
        self.caught = 0  # connections closed just as a request arrived
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def connections(self):
        return len(self.pairs)

    def live(self):
        return [pair for pair in self.pairs if not pair.ended]

    def close_idle_on_next_request(self, how="fin"):
        """Every connection that is open now ends when bytes next come up it, before any passes."""
        for pair in self.live():
            pair.close_on_next = how

    def freeze(self):
        """Half-open: from now on bytes vanish both ways on the open connections."""
        for pair in self.live():
            pair.frozen.set()

    def end_all(self, reset=False):
        for pair in self.live():
            pair.end(reset)

    def wait_until_all_closed(self):
        eventually(lambda: not self.live(), "all relayed connections closed")

    def stop(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._thread.join(bound(5))
        self.end_all()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            fault = self.fault_for(len(self.pairs)) if self.fault_for else self.fault
            if fault.refuse:
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                near.close()
                continue
            try:
                far = socket.create_connection(self.target, timeout=bound(10))
            except OSError:
                near.close()
                continue
            for sock in (near, far):
                sock.settimeout(None)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = _Pair(self, near, far, fault)
            self.pairs.append(pair)
            pair.start()
