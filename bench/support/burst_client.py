"""Many requests at the same instant, each on a new connection, plain or TLS, from one thread."""

import re
import selectors
import socket
import ssl
import time

from support.errors import BenchError

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PATIENCE = 20.0


class Call:
    """One connection with one request: connect, handshake if TLS, send, read to the end."""

    def __init__(self, port, request, context=None, session=None):
        self._request = request
        self._received = bytearray()
        self._connected = context is None
        self._sent = False
        self.seconds = None
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", port))
        if context is not None:
            self.socket = context.wrap_socket(
                self.socket,
                server_hostname="localhost",
                do_handshake_on_connect=False,
                session=session,
            )

    def advance(self):
        """Goes as far as it can; returns the event to wait for, or 0 when the answer is whole."""
        try:
            if not self._connected:
                self.socket.do_handshake()
                self._connected = True
            if not self._sent:
                self.socket.send(self._request)
                self._sent = True
            while not self._whole():
                data = self.socket.recv(65536)
                if not data:
                    raise BenchError("a connection ended in the middle of an answer")
                self._received += data
        except (ssl.SSLWantReadError, BlockingIOError):
            return selectors.EVENT_READ if self._sent or not self._connected else (
                selectors.EVENT_WRITE
            )
        except ssl.SSLWantWriteError:
            return selectors.EVENT_WRITE
        return 0

    def _whole(self):
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return False
        if head[9:12] != b"200":
            raise BenchError(f"answered {bytes(head[:60])!r}")
        length = LENGTH.search(head)
        if not length:
            raise BenchError("an answer without Content-Length")
        return len(body) >= int(length[1])


def burst(count, make_call):
    """Starts `count` calls at once. Returns (seconds from the start to each one's end, calls)."""
    selector = selectors.DefaultSelector()
    began = time.monotonic()
    calls = [make_call(number) for number in range(count)]
    for call in calls:
        selector.register(call.socket, selectors.EVENT_WRITE, call)
    left = count
    while left:
        if time.monotonic() - began > PATIENCE:
            raise BenchError(f"{left} of {count} requests had no answer after {PATIENCE:g} s")
        for key, _ in selector.select(1):
            wanted = key.data.advance()
            if wanted:
                selector.modify(key.fileobj, wanted, key.data)
                continue
            key.data.seconds = time.monotonic() - began
            selector.unregister(key.fileobj)
            left -= 1
    selector.close()
    return [call.seconds for call in calls], calls
