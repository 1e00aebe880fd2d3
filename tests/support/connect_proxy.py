"""An egress proxy: CONNECT with optional Basic authentication, and ways to misbehave."""

import base64
import socket
import threading

from .http_wire import Reader, WireError, Truncated
from .waiting import bound


class ConnectProxy:
    """`user` and `password` set: others get 407. `reach` maps "host:port" of a CONNECT to the
    (host, port) really dialled, so that tests can use names that do not resolve."""

    def __init__(self, user=None, password=None, reach=None):
        self.expected = None
        if user is not None:
            self.expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.reach = reach or {}
        self.answer = None  # raw bytes to send instead of connecting; then the connection closes
        self.silent = False  # never answer
        # Of tunnels made while it is not set, what comes from the server is held back until it is.
        self.gate = threading.Event()
        self.gate.set()
        self.held = 0  # pieces so far
        self.requests = []  # (target, fields) of each CONNECT
        self.refused = 0  # 407s
        self.bad = []
        self._live = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def url(self, user=None, password=None):
        login = f"{user}:{password}@" if user is not None else ""
        return f"http://{login}127.0.0.1:{self.port}"

    def stop(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._thread.join(bound(5))
        for sock in self._live:
            _end(sock)

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._live.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            sock.settimeout(bound(30))
            reader = Reader(sock.recv)
            line, fields, _ = reader.head()
            method, target, version = line.decode("latin-1").split(" ")
            if method != "CONNECT" or version not in ("HTTP/1.1", "HTTP/1.0"):
                raise WireError(f"not a CONNECT: {line!r}")
            self.requests.append((target, fields))
            if self.silent:
                sock.recv(1)
            elif self.expected and fields.get("proxy-authorization") != self.expected:
                self.refused += 1
                sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                             b'Proxy-Authenticate: Basic realm="egress"\r\n'
                             b"Content-Length: 0\r\n\r\n")
            elif self.answer is not None:
                sock.sendall(self.answer)
            else:
                self._tunnel(sock, reader, target)
        except (OSError, Truncated):
            pass
        except (WireError, ValueError) as error:
            self.bad.append(str(error))
        finally:
            _end(sock)

    def _hold(self):
        self.held += 1
        self.gate.wait(bound(30))

    def _tunnel(self, sock, reader, target):
        host, _, port = target.rpartition(":")
        try:
            far = socket.create_connection(self.reach.get(target, (host.strip("[]"), int(port))),
                                           timeout=bound(10))
        except OSError:
            sock.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        self._live.append(far)
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        for end in (sock, far):
            end.settimeout(None)
        if reader.buffer:
            far.sendall(bytes(reader.buffer))
        wait = (lambda: None) if self.gate.is_set() else self._hold
        back = threading.Thread(target=_pump, args=(far, sock, wait), daemon=True)
        back.start()
        _pump(sock, far)
        back.join()
        _end(far)


def _pump(source, sink, wait=lambda: None):
    try:
        while data := source.recv(65536):
            wait()
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        _end(source)
        _end(sink)


def _end(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()
