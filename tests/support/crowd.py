"""Many requests at the same moment, each on a connection of its own."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from .swarm import read_answer


@dataclass
class Answer:
    status: int
    fields: dict
    body: bytes
    seconds: float  # from asking to the whole answer
    at: float  # monotonic

    @property
    def problem(self):
        return json.loads(self.body)

    def queued(self):
        """Seconds in the queue, as Server-Timing says."""
        first = self.fields["server-timing"].split(",")[0]
        return float(first.rpartition("dur=")[2]) / 1000


@dataclass
class Ask:
    target: str = "/api/0/organizations/acme/sandbox-echo/"
    headers: dict = field(default_factory=dict)
    after: float = 0.0  # seconds from the start of the crowd


def crowd(port, asks, seconds=40, meanwhile=None):
    """Sends all of them; their answers, in the order of the asks. `meanwhile`: (after, function)."""
    return asyncio.run(_crowd(port, asks, seconds, meanwhile))


async def _crowd(port, asks, seconds, meanwhile):
    jobs = [_ask(port, ask) for ask in asks]
    if meanwhile is not None:
        jobs.append(_later(*meanwhile))
    done = await asyncio.wait_for(asyncio.gather(*jobs), seconds)
    return done[:len(asks)]


async def _later(after, function):
    await asyncio.sleep(after)
    function()


async def _ask(port, ask):
    await asyncio.sleep(ask.after)
    start = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"GET {ask.target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in ask.headers.items()]
    writer.write("\r\n".join(lines + ["", ""]).encode())
    try:
        status, whole = await read_answer(reader)
    except (asyncio.IncompleteReadError, ConnectionError):
        status, whole = 0, b""  # cut off
    finally:
        writer.close()
    head, _, body = whole.partition(b"\r\n\r\n")
    fields = {}
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    now = time.monotonic()
    return Answer(status, fields, body, now - start, now)
