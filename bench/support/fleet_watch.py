"""What is looked at while a fleet runs: each refresh that reached the sandbox, what Redis was asked."""

import asyncio
import time
import urllib.parse
from dataclasses import dataclass

from support.soak_watch import Journal

PERIOD = 1.5  # seconds from one look to the next


@dataclass
class Refresh:
    at: float  # when it reached the sandbox, in seconds since the epoch
    status: int
    token: str  # the refresh token that was used up

    @property
    def worked(self):
        return self.status == 200


class Refreshes(Journal):
    """All of them, in their order."""

    def __init__(self, sandbox):
        super().__init__(sandbox)
        self.all = []

    def _note(self, each):
        super()._note(each)
        if each["target"].startswith("/oauth/token/"):
            form = urllib.parse.parse_qs(each["body"])
            if form.get("grant_type") == ["refresh_token"]:
                token = form.get("refresh_token", [""])[0]
                self.all.append(Refresh(each["at_ms"] / 1000, each["status"], token))

    async def follow(self):
        while True:
            await asyncio.to_thread(self.read)
            await asyncio.sleep(PERIOD)

    async def next(self, after):
        """The first that works and is later than `after`."""
        while True:
            await asyncio.to_thread(self.read)
            if found := [one for one in self.all if one.worked and one.at > after]:
                return found[0]
            await asyncio.sleep(0.1)


class Commands:
    """How many commands a fleet sends to its Redis, since this was made."""

    def __init__(self, redis):
        self._redis, self._before, self._began = redis, redis.commands(), time.monotonic()

    def rate(self):
        """Each second, of all together."""
        return (self._redis.commands() - self._before) / (time.monotonic() - self._began)
