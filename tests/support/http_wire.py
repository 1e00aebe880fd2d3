"""HTTP/1.1 on the wire, read strictly and kept as bytes. For both ends of a test.

Nothing here repairs what it reads: a message that breaks a rule raises WireError, one that ends
early raises Truncated.
"""

import socket
from dataclasses import dataclass, field

from .waiting import bound


class WireError(Exception):
    """The peer broke a rule of RFC 9112."""


class Truncated(WireError):
    """The peer ended, or reset, the connection inside a message. `partial` is what had come."""

    def __init__(self, what, partial=b""):
        super().__init__(what)
        self.partial = partial


class Fields(list):
    """Header fields as (name, value) pairs of str, in order and with their lines kept."""

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [v for n, v in self if n.lower() == name.lower()]

    def __contains__(self, name):
        return bool(self.all(name))


def parse_fields(lines):
    fields = Fields()
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip() or line[:1] in b" \t":
            raise WireError(f"bad field line {line!r}")
        fields.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    return fields


class Reader:
    """Bytes from `recv(size)` with a buffer; b"" or a reset means the end."""

    def __init__(self, recv):
        self._recv = recv
        self.buffer = bytearray()
        self.log = bytearray()  # every byte ever received
        self.ended = False
        self.reset = False

    def fill(self, size=65536):
        """Receives once. False at the end."""
        if self.ended:
            return False
        try:
            data = self._recv(size)
        except (ConnectionResetError, BrokenPipeError):
            data, self.reset = b"", True
        if not data:
            self.ended = True
            return False
        self.buffer += data
        self.log += data
        return True

    def until(self, mark, limit=1 << 20):
        at = self.buffer.find(mark)
        while at < 0:
            if len(self.buffer) > limit:
                raise WireError(f"no {mark!r} within {limit} bytes")
            start = max(0, len(self.buffer) - len(mark) + 1)
            if not self.fill():
                raise Truncated(f"ended before {mark!r}", bytes(self.buffer))
            at = self.buffer.find(mark, start)
        return self.take(at + len(mark))

    def exactly(self, size):
        while len(self.buffer) < size:
            if not self.fill():
                raise Truncated(f"ended after {len(self.buffer)} of {size} bytes",
                                bytes(self.buffer))
        return self.take(size)

    def to_end(self):
        while self.fill():
            pass
        if self.reset:
            raise Truncated("reset", bytes(self.buffer))
        return self.take(len(self.buffer))

    def take(self, size):
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def line(self):
        line = self.until(b"\r\n")[:-2]
        if b"\n" in line or b"\r" in line:
            raise WireError(f"bare CR or LF in {line!r}")
        return line

    def head(self):
        """Start line and fields, and the raw bytes of both."""
        raw = self.until(b"\r\n\r\n")
        if any(c in raw.replace(b"\r\n", b"") for c in (b"\r", b"\n")):
            raise WireError(f"bare CR or LF in {raw!r}")
        lines = raw[:-4].split(b"\r\n")
        return lines[0], parse_fields(lines[1:]), raw

    def chunk(self):
        """The next chunk's bytes, or (b"", trailers) when it is the last one."""
        size_line = self.line().split(b";")[0].strip()
        if not size_line or any(c not in b"0123456789abcdefABCDEF" for c in size_line):
            raise WireError(f"bad chunk size {size_line!r}")
        size = int(size_line, 16)
        if size == 0:
            lines = []
            while line := self.line():
                lines.append(line)
            return b"", parse_fields(lines)
        data = self.exactly(size)
        if self.exactly(2) != b"\r\n":
            raise WireError("chunk without CRLF behind it")
        return data, None

    def chunked(self):
        """A whole chunked body and its trailers."""
        body = bytearray()
        while True:
            try:
                data, trailers = self.chunk()
            except Truncated as cut:
                raise Truncated(str(cut), bytes(body) + cut.partial) from None
            if trailers is not None:
                return bytes(body), trailers
            body += data


def one_length(fields):
    """The value of Content-Length, or None; doubled or odd ones are errors."""
    lengths = fields.all("content-length")
    if not lengths:
        return None
    if len(lengths) > 1 or not lengths[0].isascii() or not lengths[0].isdigit():
        raise WireError(f"bad Content-Length {lengths}")
    return int(lengths[0])


def is_chunked(fields):
    codings = fields.all("transfer-encoding")
    if not codings:
        return False
    if codings != ["chunked"] or "content-length" in fields:
        raise WireError(f"bad framing {list(fields)}")
    return True


@dataclass
class Response:
    status: int
    reason: str
    fields: Fields
    raw_head: bytes
    version: str = "1.1"
    body: bytes = b""
    trailers: Fields = field(default_factory=Fields)
    informational: list = field(default_factory=list)  # 1xx answers before this one
    framing: str = "none"  # none, length, chunked, close

    def header(self, name, default=None):
        return self.fields.get(name, default)

    def json(self):
        import json
        return json.loads(self.body)

    @property
    def code(self):
        """The problem code of an answer that Postern made itself, else None."""
        if self.header("x-postern-generated") is None:
            return None
        return self.json()["code"]


def read_response_head(reader):
    line, fields, raw = reader.head()
    parts = line.split(b" ", 2)
    if (len(parts) < 2 or parts[0] not in (b"HTTP/1.1", b"HTTP/1.0") or len(parts[1]) != 3
            or not parts[1].isdigit()):
        raise WireError(f"bad status line {line!r}")
    reason = parts[2].decode("latin-1") if len(parts) > 2 else ""
    return Response(int(parts[1]), reason, fields, raw, parts[0][5:].decode())


def read_response(reader, method="GET"):
    """One final answer with its body. Truncated if it does not come whole."""
    informational = []
    response = read_response_head(reader)
    while 100 <= response.status < 200:
        if response.status == 101:
            raise WireError("101 that nobody asked for")
        informational.append(response)
        response = read_response_head(reader)
    response.informational = informational
    length = one_length(response.fields)
    chunked = is_chunked(response.fields)
    if method == "HEAD" or response.status in (204, 304):
        return response
    try:
        if chunked:
            response.framing = "chunked"
            response.body, response.trailers = reader.chunked()
        elif length is not None:
            response.framing = "length"
            response.body = reader.exactly(length)
        else:
            response.framing = "close"
            response.body = reader.to_end()
    except Truncated as cut:
        response.body = cut.partial
        cut.response = response
        raise
    return response


class Client:
    """A raw HTTP client on one connection; sends exactly the bytes it is told to."""

    def __init__(self, address, timeout=20.0):
        """`address`: a port on 127.0.0.1, a (host, port) pair, or the path of a unix socket."""
        if isinstance(address, int):
            address = ("127.0.0.1", address)
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(bound(timeout))
            self.sock.connect(address)
        else:
            self.sock = socket.create_connection(address, timeout=bound(timeout))
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock.recv)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data)
        return self

    def finish(self):
        """Half-close: no more bytes from us."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Close with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        self.sock.close()

    def read(self, method="GET"):
        return read_response(self.reader, method)

    def read_head(self):
        return read_response_head(self.reader)

    def rest(self):
        """All bytes until the peer closes; a reset counts as a close."""
        try:
            return self.reader.to_end()
        except Truncated as cut:
            return cut.partial

    def request(self, method="GET", target="/api/0/", headers=(), body=None, host="localhost"):
        """Sends a request framed by Content-Length and returns the answer."""
        self.send(format_request(method, target, headers, body, host))
        return self.read(method)


def format_request(method="GET", target="/api/0/", headers=(), body=None, host="localhost"):
    lines = [f"{method} {target} HTTP/1.1"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def fetch(address, method="GET", target="/api/0/", headers=(), body=None, host="localhost"):
    """One request on a connection of its own."""
    with Client(address) as client:
        return client.request(method, target, headers, body, host)
