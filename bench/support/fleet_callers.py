"""Callers of a fleet: each keeps to one Postern, and goes to another when that one is killed."""

import asyncio
import collections
import json
import random
import time
from dataclasses import dataclass

from support.demand import quantile
from support.sandbox import ECHO
from support.soak_wire import Connection, Cut, Malformed, Request

BOUND = 60.0  # seconds: a call that takes longer hangs


@dataclass
class Trouble:
    """What a caller should not have met."""

    at: float  # seconds since the epoch
    number: int  # of the Postern
    text: str


class Callers:
    """`count` callers with thinking time between their calls, `rate` calls a second together."""

    def __init__(self, fleet, count, rate, seed):
        self._fleet, self.count, self._rate = fleet, count, rate
        self._draw = random.Random(seed)
        self._stopping = asyncio.Event()
        self.answered = collections.Counter()  # by status
        self.to_killed = 0  # connections to a killed process
        self.troubles = []
        self.seconds = []  # of the calls answered 200
        self.again = 0  # of them sent more than once, unseen

    async def run(self):
        await asyncio.gather(*(self._live(random.Random(self._draw.random())) for _ in range(self.count)))

    def stop(self):
        """Each ends after its call."""
        self._stopping.set()

    async def _live(self, draw):
        member = connection = None
        while not await self._think(draw):
            if member is None or member.was_killed:
                member = draw.choice(self._fleet.serving)
                connection = Connection(member.port)
            await self._call(member, connection)
        if connection is not None:
            connection.close()

    async def _think(self, draw):
        """Whether it is over meanwhile."""
        try:
            await asyncio.wait_for(self._stopping.wait(), draw.expovariate(self._rate / self.count))
            return True
        except asyncio.TimeoutError:
            return False

    async def _call(self, member, connection):
        began = time.monotonic()
        try:
            if not connection.is_open:
                await connection.open()
            answer = await asyncio.wait_for(connection.exchange(Request("GET", ECHO)), BOUND)
        except (OSError, Cut) as error:
            connection.close()
            return self._broken(member, f"connection: {error}")
        except (Malformed, ValueError, asyncio.TimeoutError) as error:
            connection.close()
            return self._wrong(member, f"no whole answer: {error!r}")
        self.answered[answer.status] += 1
        if answer.status != 200:
            return self._wrong(member, f"{answer.status} {said_in(answer.body)}")
        self.seconds.append(time.monotonic() - began)
        self.again += int(answer.fields.get("x-postern-attempts", 1)) > 1

    def _broken(self, member, text):
        if member.was_killed:
            self.to_killed += 1
        else:
            self._wrong(member, text)

    def _wrong(self, member, text):
        self.troubles.append(Trouble(time.time(), member.number, text))

    def latency(self, share):
        return 1000 * quantile(self.seconds, share)


def said_in(body):
    try:
        told = json.loads(body)
        return f"{told['code']}: {told.get('detail', '')}"[:200]
    except (ValueError, KeyError, TypeError):
        return repr(body[:80])
