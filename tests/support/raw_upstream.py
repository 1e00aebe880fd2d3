"""A scripted TLS upstream that sends exactly the bytes a test wants, when it wants.

It is not an HTTP server: a script per request decides what is read, written, paused and cut. A
thread serves each connection; scripts run on it and may block.

    with RawUpstream(authority) as upstream:
        upstream.on("/api/0/slow/", lambda x: x.send(b"HTTP/1.1 200 OK\\r\\n...").wait(event))
"""

import socket
import ssl
import threading
from dataclasses import dataclass, field

from .http_wire import Fields, Reader, Truncated, WireError, is_chunked, one_length
from .waiting import bound, eventually

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def response(body=b"{}", status="200 OK", headers=()):
    """The bytes of an answer framed by Content-Length."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json",
             *(f"{n}: {v}" for n, v in headers), f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Request:
    """What one request brought, filled while it comes in."""

    connection: int  # which connection, counted from 0
    method: str
    target: str
    fields: Fields
    raw_head: bytes
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False  # head and whole body are here
    body_bytes: int = 0  # counts on when the body is not kept
    trailers: Fields = field(default_factory=Fields)

    def header(self, name, default=None):
        return self.fields.get(name, default)

    @property
    def path(self):
        return self.target.partition("?")[0]


class Ended(Exception):
    """A script has ended its connection on purpose."""


class Exchange:
    """What a script does with one request. Calls return self, so that scripts read as one line."""

    def __init__(self, connection, request):
        self.connection = connection
        self.request = request
        self._body_read = False

    def read_body(self, limit=None, keep=True, slice_size=65536):
        """Reads the request body, or `limit` bytes of it."""
        if self._body_read:
            return self
        for piece in self._pieces(slice_size):
            self.request.body_bytes += len(piece)
            if keep:
                self.request.body += piece
            if limit is not None and self.request.body_bytes >= limit:
                return self
        self._body_read = True
        self.request.complete = True
        return self

    def _pieces(self, slice_size):
        reader, fields = self.connection.reader, self.request.fields
        if is_chunked(fields):
            while True:
                data, trailers = reader.chunk()
                if trailers is not None:
                    self.request.trailers = trailers
                    return
                yield data
        left = (one_length(fields) or 0) - self.request.body_bytes
        while left > 0:
            if not reader.buffer and not reader.fill(min(slice_size, left)):
                raise Truncated("request body ended early")
            piece = reader.take(min(left, len(reader.buffer)))
            left -= len(piece)
            yield piece

    def send(self, data):
        self.connection.send(data)
        return self

    def slowly(self, data, size=1):
        """Sends `data` in TLS records of `size` bytes."""
        for at in range(0, len(data), size):
            self.connection.send(data[at:at + size])
        return self

    def ok(self, body=b"{}", status="200 OK", headers=()):
        """Reads the body and answers: what a well-behaved server does."""
        return self.read_body().send(response(body, status, headers))

    def wait(self, event, seconds=30):
        """Holds still until the test sets `event`."""
        if not event.wait(bound(seconds)):
            raise Ended("the test never let go")
        return self

    def wait_closed(self, seconds=30):
        """Holds still until the peer closes the connection, dropping what it sends meanwhile."""
        self.connection.sock.settimeout(bound(seconds))
        while self.connection.reader.fill():
            self.connection.reader.take(len(self.connection.reader.buffer))
        return self

    def close(self):
        """close_notify and FIN: the clean end."""
        self.connection.end_cleanly()
        raise Ended("closed")

    def cut(self):
        """FIN without close_notify: to TLS, a truncation."""
        self.connection.end(reset=False)
        raise Ended("cut")

    def reset(self):
        self.connection.end(reset=True)
        raise Ended("reset")


class _Connection:
    def __init__(self, upstream, sock, index):
        self.upstream = upstream
        self.index = index
        self.sock = sock
        self.raw = sock
        self.reader = None
        self.requests = 0
        self.open = True

    def serve(self):
        try:
            self._handshake()
            while True:
                line, fields, raw = self.reader.head()
                method, target, _ = line.decode("latin-1").split(" ")
                request = Request(self.index, method, target, fields, raw)
                request.complete = not is_chunked(fields) and not one_length(fields)
                self.requests += 1
                self.upstream._record(request)
                exchange = Exchange(self, request)
                self.upstream._script_for(request)(exchange)
                exchange.read_body()  # what a script left unread belongs to this request
                if not self.open:
                    return
        except (Ended, Truncated):
            pass
        except (OSError, ssl.SSLError) as error:
            self.upstream._note(f"connection {self.index}: {error}")
        except (WireError, ValueError) as error:
            self.upstream._bad(f"connection {self.index}: {error}")
        finally:
            self.end(reset=False)

    def _handshake(self):
        self.sock.settimeout(self.upstream.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.upstream.before_handshake is not None:
            self.upstream.before_handshake(self)
        if self.upstream.context is not None:
            self.raw = self.sock
            self.sock = self.upstream.context.wrap_socket(
                self.sock, server_side=True, suppress_ragged_eofs=True)
            self.upstream._handshaken(self.sock)
        self.reader = Reader(self.sock.recv)

    def send(self, data):
        self.sock.sendall(data)
        self.upstream._sent(len(data))

    def end_cleanly(self):
        try:
            if isinstance(self.sock, ssl.SSLSocket):
                self.sock.settimeout(0)  # say goodbye, do not wait for the answer
                self.sock.unwrap()
        except (OSError, ValueError, ssl.SSLError):
            pass
        self.end(reset=False)

    def interrupt(self):
        """Ends both directions from another thread; the one that serves it closes. Closed here, its
        number could be another socket's before that thread's TLS reads from it once more."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def end(self, reset):
        """By the thread that serves it."""
        if not self.open:
            return
        self.open = False
        try:
            if reset:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
        self.upstream._gone()


class RawUpstream:
    """See the module. `context`: an SSLContext, by default the authority's good certificate;
    `plain=True` for no TLS at all."""

    def __init__(self, authority, context=None, plain=False, host="127.0.0.1", receive_buffer=None,
                 timeout=60.0):
        self.context = None if plain else (context or authority.server_context())
        self.timeout = bound(timeout)
        self.default = lambda exchange: exchange.ok()
        self.before_handshake = None  # called with the connection; may block or end it
        self.requests = []
        self.bad = []  # requests that broke HTTP: always a bug of the proxy
        self.notes = []
        self.connections = 0
        self.handshakes = 0
        self.resumed = 0
        self.server_names = []
        self.alpn = []
        self.open_connections = 0
        self.bytes_sent = 0
        self._scripts = {}
        self._lock = threading.Lock()
        self._live = set()
        if self.context is not None:
            self.context.sni_callback = self._on_server_name
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind((host, 0))
        self._listener.listen(512)
        self.port = self._listener.getsockname()[1]
        self.url = f"https://{'localhost' if host == '127.0.0.1' else f'[{host}]'}:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def on(self, path, script):
        """`script(exchange)` answers requests for `path` (without query) from now on."""
        self._scripts[path] = script
        return self

    def seen(self, path):
        return [r for r in self.requests if r.path == path]

    def wait_for(self, path, count=1, complete=False):
        """Waits until `count` requests for `path` have come and returns the last of them."""
        def enough():
            found = [r for r in self.seen(path) if r.complete or not complete]
            return found[count - 1] if len(found) >= count else None
        return eventually(enough, f"{count} requests for {path} at the upstream")

    def stop_listening(self):
        """New connections are refused from now on."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._thread.join(bound(5))

    def close_connections(self):
        """Ends every connection without close_notify; the thread that serves one notices."""
        with self._lock:
            live = list(self._live)
        for connection in live:
            connection.interrupt()

    def stop(self):
        self.stop_listening()
        self.close_connections()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                connection = _Connection(self, sock, self.connections)
                self.connections += 1
                self.open_connections += 1
                self._live = {c for c in self._live if c.open} | {connection}
            threading.Thread(target=connection.serve, daemon=True).start()

    def _script_for(self, request):
        return self._scripts.get(request.path, self.default)

    def _record(self, request):
        with self._lock:
            self.requests.append(request)

    def _bad(self, what):
        with self._lock:
            self.bad.append(what)

    def _note(self, what):
        with self._lock:
            self.notes.append(what)

    def _sent(self, size):
        with self._lock:
            self.bytes_sent += size

    def _gone(self):
        with self._lock:
            self.open_connections -= 1

    def _handshaken(self, sock):
        with self._lock:
            self.handshakes += 1
            self.resumed += bool(sock.session_reused)
            self.alpn.append(sock.selected_alpn_protocol())

    def _on_server_name(self, _sock, name, _context):
        with self._lock:
            self.server_names.append(name)
