"""The callers of the soak: what each of them asks, and what became of it."""

import asyncio
import collections
import hashlib
import json
import random
import time
from dataclasses import dataclass

from support.soak_wire import Connection, Cut, Malformed, Request

API = "/api/0/organizations/acme"
BOUND = 60.0  # seconds: a call that takes longer hangs. Waits for limit and token are 20 each at most
REPLAYED = 64 << 10  # a body that large can always be sent again (the least replay.max_body)
KINDS = {  # what a caller does next, by weight
    "read": 44, "download": 14, "slow": 4, "post": 16, "put": 6, "upload": 8, "cancel": 8,
}  # fmt: skip
PATTERN = bytes((i * 31 + i // 256) & 255 for i in range(1 << 16))


def content(size):
    """What sandbox-download sends; the pattern repeats after 64 KiB."""
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


@dataclass
class Write:
    """One request with an effect, and all that its caller knows of it."""

    method: str
    sha256: str
    status: int = 0  # 0: no answer
    cancelled: bool = False


class Callers:
    """`count` callers with thinking time between their calls, `rate` calls a second together."""

    def __init__(self, port, count, rate, seed):
        self.port, self.count, self.rate = port, count, rate
        self._draw = random.Random(seed)
        self._stopping = False
        self._crowd = asyncio.Event()
        self._number = 0
        self.writes = {}  # by id
        self.asked = 0
        self.kinds = collections.Counter()
        self.sentry = collections.Counter()  # Sentry's answers by status
        self.own = collections.Counter()  # Postern's own by (status, code)
        self.too_large = 0  # 401s to bodies that could not be sent again
        self.too_large_limited = 0  # 429s of the limit to such
        self.cut = self.cancelled = self.retried = self.hidden_wait = 0
        self.unread = 0  # uploads whose connection was closed while they were sent, and nothing read
        self.cuts = []  # in words
        self.wrong = []  # what is never right, in words
        self.whole = []  # seconds of the calls that met neither a wait nor a fault
        self.added = []  # … without Sentry's time

    def begin(self):
        self._stopping = False

    async def run(self):
        await asyncio.gather(*(self._live(random.Random(self._draw.random())) for _ in range(self.count)))

    def stop(self):
        """Each ends after its call."""
        self._stopping = True
        self.crowd()

    def crowd(self):
        """All call at this moment."""
        self._crowd.set()
        self._crowd = asyncio.Event()

    async def _live(self, draw):
        connection = Connection(self.port)
        while not self._stopping:
            await self._think(draw)
            if self._stopping:
                break
            try:
                await self._call(connection, draw)
            except OSError as error:
                self.wrong.append(f"no connection to Postern: {error}")
                await asyncio.sleep(1)
            if draw.random() < 0.05:
                connection.close()
        connection.close()

    async def _think(self, draw):
        pause = draw.expovariate(self.rate / self.count)
        try:
            await asyncio.wait_for(self._crowd.wait(), pause)
        except asyncio.TimeoutError:
            pass

    async def _call(self, connection, draw):
        if not connection.is_open:
            await connection.open()
        kind = draw.choices(list(KINDS), KINDS.values())[0]
        if kind == "cancel":
            return await self._cancel(connection, draw)
        request, check = self._request(kind, draw)
        self.asked += 1
        self.kinds[kind] += 1
        began = time.monotonic()
        try:
            answer = await asyncio.wait_for(connection.exchange(request), BOUND)
        except Cut as cut:
            if kind == "upload" and "before the head" in str(cut):
                self.unread += 1
                return
            self.cut += 1
            self.cuts.append(f"{request.method} {request.target}: {cut}")
        except (Malformed, ValueError) as error:
            self.wrong.append(f"{request.method} {request.target}: malformed answer: {error}")
            connection.close()
        except asyncio.TimeoutError:
            self.wrong.append(f"{request.method} {request.target}: no whole answer in {BOUND:g} s")
            connection.close()
        else:
            self._note(kind, request, answer, time.monotonic() - began)
            if answer.status // 100 == 2 and (fault := check(answer.body)):
                self.wrong.append(f"{request.method} {request.target}: {fault}")

    def _note(self, kind, request, answer, seconds):
        if write := self.writes.get(request.target.partition("id=")[2]):
            write.status = answer.status
        if answer.is_generated:
            self.own[answer.status, code_of(answer)] += 1
            return
        self.sentry[answer.status] += 1
        if answer.status == 401 and len(request.body) > REPLAYED:
            self.too_large += 1
        elif answer.status == 401:
            self.wrong.append(f"{request.method} {request.target}: a 401 got through")
        limited = answer.status == 429 and b"You are attempting" in answer.body
        if limited and len(request.body) > REPLAYED:
            self.too_large_limited += 1
        elif limited:
            self.wrong.append(f"{request.method} {request.target}: a 429 of the rate limit got through")
        attempts = int(answer.fields.get("x-postern-attempts", 1))
        self.retried += attempts > 1
        waited = answer.timing("queue")
        self.hidden_wait += waited >= 5
        if answer.status // 100 == 2 and attempts == 1 and waited < 5 and kind in ("read", "post", "put"):
            self.whole.append(seconds)
            self.added.append(seconds - answer.timing("upstream") / 1e3)

    def _request(self, kind, draw):
        """A request of that kind, and check(body), which says what is wrong with a 2xx."""
        if kind == "read":
            return Request("GET", f"{API}/sandbox-echo/"), is_json
        if kind in ("download", "slow"):
            size = draw.randrange(1, 200_000) if kind == "download" else 1_000_000
            framing = draw.choice(("length", "chunked"))
            target = f"{API}/sandbox-download/?bytes={size}&framing={framing}"
            pace = draw.randrange(250_000, 500_000) if kind == "slow" else 0
            return Request("GET", target, bytes_per_second=pace), holds(content(size))
        return self._write(kind, draw)

    def _write(self, kind, draw):
        self._number += 1
        name = str(self._number)
        method = "PUT" if kind == "put" else "POST"
        if kind == "upload":
            body = draw.randbytes(draw.randrange(1, 2_000_000))
            target = f"{API}/sandbox-upload/?id={name}"
        else:
            body = json.dumps({"write": name, "noise": draw.random()}).encode()
            target = f"{API}/sandbox-echo/?id={name}"
        digest = hashlib.sha256(body).hexdigest()
        self.writes[name] = Write(method, digest)
        request = Request(method, target, body, chunked=kind == "upload" and draw.random() < 0.5)
        return request, has_digest(digest)

    async def _cancel(self, connection, draw):
        """Leaves without waiting for the answer."""
        request, _ = self._request(draw.choice(("read", "download", "post", "put", "upload")), draw)
        if write := self.writes.get(request.target.partition("id=")[2]):
            write.cancelled = True
        self.asked += 1
        self.kinds["cancel"] += 1
        self.cancelled += 1
        try:
            await asyncio.wait_for(connection.exchange(request), draw.uniform(0, 0.3))
        except (asyncio.TimeoutError, Cut):
            pass
        connection.close()


def code_of(answer):
    try:
        return json.loads(answer.body)["code"]
    except (ValueError, KeyError):
        return "(no code)"


def is_json(body):
    try:
        json.loads(body)
        return None
    except ValueError:
        return f"a body of {len(body)} bytes declared whole is no JSON"


def holds(wanted):
    def check(body):
        return None if body == wanted else f"{len(body)} bytes declared whole, other than the {len(wanted)} sent"

    return check


def has_digest(digest):
    def check(body):
        try:
            told = json.loads(body)["sha256"]
        except (ValueError, KeyError):
            return f"a body of {len(body)} bytes declared whole is not the answer"
        return None if told == digest else "Sentry got another body than was sent"

    return check
