"""Many callers at once, on kept connections, counting what they are answered."""

import asyncio
import os
import threading
import time
from collections import Counter

# How long and how many, where tests do not say: bench/refresh asks for more.
LIFETIMES = int(os.environ.get("POSTERN_TEST_LIFETIMES", "4"))  # of two seconds
# Beside uploads, in seconds. bench/refresh asks for 2, which leaves half a second for an upload:
# enough for a machine that does nothing else.
UPLOAD_LIFETIME = int(os.environ.get("POSTERN_TEST_UPLOAD_LIFETIME", "4"))
CALLERS = int(os.environ.get("POSTERN_TEST_CALLERS", "100"))
# Before the first answers all of them wait in line.
ROOM_FOR_ALL = {"limits": {"max_queue": 10 * CALLERS, "max_queue_bytes": "1GiB"}}


class Swarm:
    """`size` callers send GETs to 127.0.0.1:port, one after the other each, until stopped."""

    def __init__(self, port, target="/api/0/organizations/acme/sandbox-echo/", size=100):
        self.port, self.target, self.size = port, target, size
        self.statuses = Counter()
        self.failures = Counter()
        self.unwelcome = []  # heads and bodies of answers that are not 2xx, the first few

    def run(self, seconds, pause=0.0):
        """Blocks; returns self."""
        asyncio.run(self._run(seconds, pause))
        return self

    async def _run(self, seconds, pause):
        self._end = time.monotonic() + seconds
        await asyncio.gather(*(self._caller(pause) for _ in range(self.size)))

    async def _caller(self, pause):
        reader, writer = await self._connect()
        request = f"GET {self.target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        while time.monotonic() < self._end:
            try:
                writer.write(request)
                status, answer = await asyncio.wait_for(read_answer(reader), 30)
            except (OSError, EOFError, asyncio.TimeoutError) as error:
                self.failures[type(error).__name__] += 1
                writer.close()
                reader, writer = await self._connect()
                continue
            self.statuses[status] += 1
            if status // 100 != 2 and len(self.unwelcome) < 5:
                self.unwelcome.append(answer)
            if pause:
                await asyncio.sleep(pause)
        writer.close()

    async def _connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port)

    @property
    def total(self):
        return sum(self.statuses.values())

    def assert_all_welcome(self):
        bad = {s: n for s, n in self.statuses.items() if s // 100 != 2}
        assert not bad and not self.failures, (bad, dict(self.failures), self.unwelcome)
        assert self.total > 0


class Uploader(threading.Thread):
    """Sends 32 MB bodies, one after the other, and notes the answers."""

    TARGET = "/api/0/organizations/acme/sandbox-upload/"

    def __init__(self, postern, size=32 * 1000 * 1000):
        super().__init__(daemon=True)
        self.postern, self.body = postern, os.urandom(size)
        self.stopping = threading.Event()
        self.statuses, self.errors = [], []

    def run(self):
        while not self.stopping.is_set():
            try:
                answer = self.postern.get(self.TARGET, method="POST", body=self.body)
                self.statuses.append(answer.status)
                if answer.status // 100 != 2:
                    self.errors.append(answer.body[:300])
            except Exception as error:  # noqa: BLE001  anything is a failed upload
                self.errors.append(repr(error))

    def stop(self):
        self.stopping.set()
        self.join(60)


async def read_answer(reader):
    """(status, whole answer) of a response with Content-Length or chunked content."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = {}
    for line in head.split(b"\r\n")[1:-2]:
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip()
    body = b""
    if b"content-length" in fields:
        body = await reader.readexactly(int(fields[b"content-length"]))
    elif fields.get(b"transfer-encoding") == b"chunked":
        while True:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            chunk = await reader.readexactly(size + 2)
            if size == 0:
                break
            body += chunk[:-2]
    return int(head.split(b" ", 2)[1]), head + body
