"""A TLS server that takes an upload slowly and answers with the SHA-256 of what it got."""

import hashlib
import socket
import ssl
import threading
import time

from support.backend import TOKEN
from support.errors import BenchError


class SlowUpstream:
    """Serves one upload, on a thread of its own, at `rate` bytes per second after `pause` seconds
    without reading anything. Duck-types support.backend.Backend for support.proxies.start."""

    def __init__(self, certificates, rate, pause):
        self.certificates = certificates
        self._rate, self._pause = rate, pause
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.chain, certificates.key)
        self._listener = socket.socket()
        # Set before listen: accepted sockets inherit it, so the kernel holds little of the body.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(16)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.close()

    def _serve(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(plain,), daemon=True).start()

    def _connection(self, plain):
        """A proxy may open connections that it does not use, or close one at any time."""
        try:
            with self._context.wrap_socket(plain, server_side=True) as connection:
                connection.settimeout(120)
                self._exchange(connection)
        except (OSError, ssl.SSLError, BenchError):
            pass

    def _exchange(self, connection):
        head = bytearray()
        while b"\r\n\r\n" not in head:
            data = connection.recv(16384)
            if not data:
                return
            head += data
        head, _, body = bytes(head).partition(b"\r\n\r\n")
        fields = dict(
            line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line
        )
        right = fields.get(b"authorization", b"").strip() == f"bearer {TOKEN}".encode()
        time.sleep(self._pause)
        if b"content-length" in fields:
            digest = self._read_counted(connection, body, int(fields[b"content-length"]))
        else:
            digest = self._read_chunked(connection, body)
        status = b"200 OK" if right else b"403 Forbidden"
        answer = digest.encode()
        connection.sendall(
            b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n%s" % (status, len(answer), answer)
        )

    def _pieces(self, connection, body):
        """What is there already and then what arrives, no faster than the rate."""
        began, total = time.monotonic(), len(body)
        yield body
        while True:
            data = connection.recv(16384)
            if not data:
                raise BenchError("the upload was cut")
            total += len(data)
            early = total / self._rate - (time.monotonic() - began)
            if early > 0.02:
                time.sleep(early)
            yield data

    def _read_counted(self, connection, body, length):
        digest = hashlib.sha256()
        for data in self._pieces(connection, body):
            digest.update(data[:length])
            length -= len(data)
            if length <= 0:
                return digest.hexdigest()
        raise AssertionError("not reached: _pieces does not end")

    def _read_chunked(self, connection, body):
        digest, waiting = hashlib.sha256(), bytearray()
        for data in self._pieces(connection, body):
            waiting += data
            while (line := waiting.find(b"\r\n")) >= 0:
                size = int(bytes(waiting[:line]).split(b";")[0], 16)
                if len(waiting) < line + 2 + size + 2:
                    break
                digest.update(waiting[line + 2 : line + 2 + size])
                del waiting[: line + 2 + size + 2]
                if size == 0:
                    return digest.hexdigest()
        raise AssertionError("not reached: _pieces does not end")
