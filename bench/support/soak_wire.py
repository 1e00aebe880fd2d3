"""A caller's side of HTTP/1.1 over asyncio, strict about where an answer ends."""

import asyncio
from dataclasses import dataclass, field

HIGH = 64 << 10  # bytes read ahead of a slow reader


class Cut(Exception):
    """The connection ended before the answer was whole."""


class Malformed(Exception):
    """Something that no answer may look like."""


@dataclass
class Answer:
    status: int
    fields: dict
    body: bytes = b""

    @property
    def is_generated(self):
        """Postern's own, not Sentry's."""
        return "x-postern-generated" in self.fields

    def timing(self, name):
        """Milliseconds of a part of Server-Timing; 0 when it is not there."""
        for part in self.fields.get("server-timing", "").split(","):
            key, _, value = part.strip().partition(";dur=")
            if key == name and value:
                return float(value)
        return 0.0


@dataclass
class Request:
    method: str
    target: str
    body: bytes = b""
    fields: dict = field(default_factory=dict)
    chunked: bool = False
    bytes_per_second: int = 0  # how fast the answer is read; 0: as it comes

    def parts(self):
        """The head, then the body in pieces."""
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in self.fields.items()]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.body or self.method != "GET":
            lines.append(f"Content-Length: {len(self.body)}")
        yield "\r\n".join([*lines, "", ""]).encode()
        for start in range(0, len(self.body), HIGH):
            piece = self.body[start : start + HIGH]
            yield b"%x\r\n%s\r\n" % (len(piece), piece) if self.chunked else piece
        if self.chunked:
            yield b"0\r\n\r\n"


class Connection:
    """One connection to Postern; used again until an answer or the caller ends it."""

    def __init__(self, port):
        self._port = port
        self._reader = self._writer = None
        self._stage = ""

    @property
    def is_open(self):
        return self._writer is not None

    async def open(self):
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=HIGH)

    def close(self):
        """At once, also in the middle of something."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def send(self, request):
        for part in request.parts():
            self._writer.write(part)
            await self._writer.drain()

    async def exchange(self, request):
        """Sends it and reads the whole answer. Raises Cut or Malformed."""
        self._stage = "before the head"
        try:
            # An answer may come before the request is out: a refusal of an upload, say.
            sending = asyncio.ensure_future(self.send(request))
            try:
                return await self._answer(request)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        except (EOFError, OSError) as error:
            self.close()
            raise Cut(f"{type(error).__name__}, {self._stage}") from None

    async def _answer(self, request):
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self._stage = "in the body"
        first, *lines = head[:-4].split("\r\n")
        words = first.split(" ")
        if len(words) < 2 or words[0] != "HTTP/1.1" or not words[1].isdigit():
            raise Malformed(first)
        pairs = (line.partition(":") for line in lines)
        answer = Answer(int(words[1]), {name.lower(): value.strip() for name, _, value in pairs})
        answer.body = await self._body(answer, request.bytes_per_second)
        if answer.fields.get("connection", "").lower() == "close":
            self.close()
        return answer

    async def _body(self, answer, pace):
        if answer.status == 204:
            return b""
        if answer.fields.get("transfer-encoding") == "chunked":
            return await self._chunks(pace)
        if "content-length" not in answer.fields:
            raise Malformed("an answer without a length on a kept connection")
        return await self._exactly(int(answer.fields["content-length"]), pace)

    async def _exactly(self, size, pace):
        pieces = []
        while size > 0:
            piece = await self._reader.readexactly(min(size, pace // 4 or HIGH))
            pieces.append(piece)
            size -= len(piece)
            if pace:
                await asyncio.sleep(0.25)
        return b"".join(pieces)

    async def _chunks(self, pace):
        pieces = []
        while True:
            line = await self._reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                await self._reader.readuntil(b"\r\n")
                return b"".join(pieces)
            pieces.append(await self._exactly(size, pace))
            if await self._reader.readexactly(2) != b"\r\n":
                raise Malformed("a chunk that does not end where it says")
