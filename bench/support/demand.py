"""Requests at planned moments, each on a connection of its own, and what became of them."""

import asyncio
import collections
import random
import time
from dataclasses import dataclass

from support.sandbox import ECHO


@dataclass
class Ask:
    at: float  # seconds from the start
    client: str
    target: str = ECHO


@dataclass
class Outcome:
    client: str
    target: str
    status: int  # 0: no answer
    seconds: float  # from the planned moment's request to the whole answer
    queued: float = 0.0  # of them in the proxy's queue, as Server-Timing says
    own: bool = False  # the proxy's own answer, not Sentry's
    reset: int = 0  # of the window that counted it


def steady(seconds, rates, targets=(ECHO,), seed=7):
    """Requests at random moments, so many a second of each client: Poisson's, given their number."""
    draw = random.Random(seed)
    asks = []
    for client, rate in rates.items():
        for _ in range(round(rate * seconds)):
            asks.append(Ask(draw.uniform(0, seconds), client, draw.choice(targets)))
    return sorted(asks, key=lambda ask: ask.at)


def waits_in_turns(asks, rate, clients):
    """How long these clients would wait for a server that takes turns, `rate` calls a second."""
    waiting = {client: collections.deque() for client in sorted({ask.client for ask in asks})}
    turns, waits, now, left = collections.deque(waiting), [], 0.0, collections.deque(asks)
    while left or any(waiting.values()):
        while left and left[0].at <= now:
            waiting[left[0].client].append(left.popleft().at)
        for _ in waiting:
            turns.rotate(-1)
            if waiting[turns[-1]]:
                at = waiting[turns[-1]].popleft()
                waits += [now - at] if turns[-1] in clients else []
                break
        now += 1 / rate
    return waits


def at_once(count, clients):
    return [Ask(0.0, f"client-{number % clients}") for number in range(count)]


async def get(port, target, fields, tls=None):
    """(status, head fields); status 0 when the connection broke."""
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
        )
    except OSError:
        return 0, {}
    lines = [f"GET {target} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head, _, _ = (await reader.read(-1)).partition(b"\r\n\r\n")
    except OSError:
        return 0, {}
    finally:
        writer.close()
    return parse(head.decode("latin-1"))


def parse(head):
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) < 2:
        return 0, {}
    pairs = (line.partition(":") for line in lines)
    return int(words[1]), {name.lower(): value.strip() for name, _, value in pairs}


def outcome(ask, status, fields, began):
    timing = fields.get("server-timing", "").partition("queue;dur=")[2]
    return Outcome(
        client=ask.client,
        target=ask.target,
        status=status,
        seconds=time.monotonic() - began,
        queued=float(timing.split(",")[0]) / 1e3 if timing else 0.0,
        own="x-postern-generated" in fields,
        reset=int(fields.get("x-sentry-rate-limit-reset", 0)),
    )


async def each_at_its_time(asks, send):
    """Calls send(ask) at each ask's moment; the outcomes, in the order of the asks."""
    start = time.monotonic()

    async def one(ask):
        await asyncio.sleep(start + ask.at - time.monotonic())
        return await send(ask)

    return list(await asyncio.gather(*map(one, asks)))


class Browser:
    """The person whose token the proxy uses, at their own Sentry: calls that the same limiter
    counts, without a retry."""

    def __init__(self, sandbox, rate, seconds):
        self._sandbox = sandbox
        self._token = sandbox.other_token()
        self._asks = steady(seconds, {"browser": rate}, seed=11)
        self.outcomes = []

    async def run(self):
        self.outcomes = await each_at_its_time(self._asks, self._send)

    async def _send(self, ask):
        began = time.monotonic()
        fields = {"Authorization": f"Bearer {self._token}"}
        answer = await get(self._sandbox.port, ask.target, fields, self._sandbox.trust)
        return outcome(ask, *answer, began)

    @property
    def rejected(self):
        return sum(one.status == 429 for one in self.outcomes)


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
