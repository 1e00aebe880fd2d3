"""The parts of bench/fleet: what befalls the fleet, and the figures of it."""

import asyncio
import time

from support.fleet import KEYS, Fleet
from support.fleet_callers import Callers
from support.fleet_rules import Story, judge_kills, judge_outage
from support.fleet_watch import Commands, Refreshes
from support.redis_server import Redis, Sentinels
from support.soak_watch import ask

PERIOD = 5  # seconds from one kill to the next
LOOK = 0.05  # seconds
OUTAGE = 10  # seconds that Redis stands still
# Of tokens while Redis is away: refreshed when 11 to 12.5 s old, which has to wait, and dead after 20.
LIFETIME = 20
AFTER = 1.5  # lifetimes, from the recovery to the end


class Run:
    """Callers at a fleet. Subclasses say what befalls it meanwhile."""

    judge = None

    def __init__(self, given, workspace):
        self.given, self.workspace = given, workspace
        self.redis, store = self.make_redis()
        self.fleet = Fleet(workspace, given.bin, self.redis, store, self.lifetime, self.name)
        self.fleet.log_in()
        self.fleet.start(given.processes)
        self.fleet.log_in()  # a token whose life begins now
        self.callers = Callers(self.fleet, given.clients, given.rate, given.seed)
        self.refreshes = Refreshes(self.fleet.sandbox)
        self.logins = []
        self.began = time.time()
        self.commands = Commands(self.redis)

    name = "?"

    @property
    def lifetime(self):
        return LIFETIME

    def make_redis(self):
        """(server, how it is reached)."""
        redis = Redis(self.workspace, "redis")
        return redis, {"url": redis.url}

    async def happen(self):
        raise NotImplementedError

    def play(self):
        """The bars of the part."""
        asyncio.run(self._play())
        self.seconds = time.time() - self.began
        self.rate = self.commands.rate()
        self.refreshes.read()
        self.story = Story(self.fleet, self.refreshes.all, self.logins, self.began)
        bars = type(self).judge(self)
        self.fleet.stop()
        return bars

    async def _play(self):
        helpers = [asyncio.ensure_future(each) for each in (self.callers.run(), self.refreshes.follow())]
        happening = asyncio.ensure_future(self.happen())
        await asyncio.wait([happening, *helpers], return_when=asyncio.FIRST_COMPLETED)
        self.callers.stop()
        await helpers[0]
        helpers[1].cancel()
        happening.cancel()
        for each in await asyncio.gather(happening, *helpers, return_exceptions=True):
            if isinstance(each, Exception):
                raise each

    def figures(self):
        callers = self.callers
        count = self.given.processes
        return [
            f"{sum(callers.answered.values())} answers in {self.seconds:.0f} s, p50 {callers.latency(0.5):.1f} ms, "
            f"p99 {callers.latency(0.99):.0f} ms",
            f"{self.rate:.1f} Redis commands a second, {self.rate / count:.2f} each process",
        ]


class Kills(Run):
    """One killed and one started every few seconds."""

    name = "kills"
    judge = staticmethod(judge_kills)

    @property
    def lifetime(self):
        return self.given.lifetime

    async def happen(self):
        chaos = asyncio.ensure_future(self.fleet.kill_and_start(PERIOD, self.given.seed))
        mending = asyncio.ensure_future(self._log_in_again())
        await asyncio.wait([chaos, mending], timeout=60 * self.given.minutes, return_when=asyncio.FIRST_COMPLETED)
        for each in (chaos, mending):
            each.cancel()
        for each in await asyncio.gather(chaos, mending, return_exceptions=True):
            if isinstance(each, Exception):
                raise each

    async def _log_in_again(self):
        """When a kill has lost the pair that was on its way: nothing else brings the grant back."""
        known = 0
        while True:
            await asyncio.sleep(0.5)
            refused = sum(not one.worked for one in self.refreshes.all)
            if refused > known:
                await asyncio.to_thread(self.fleet.log_in)
                self.logins.append(time.time())
                await asyncio.sleep(2)
                await asyncio.to_thread(self.refreshes.read)
                known = sum(not one.worked for one in self.refreshes.all)


class Outage(Run):
    """Redis goes away while nothing but it is the matter. `gone`: how old the token is then."""

    judge = staticmethod(judge_outage)
    gone = 0.0

    def __init__(self, given, workspace):
        super().__init__(given, workspace)
        self.recovered, self.unready, self.asked_ready = [], [], 0

    async def outage(self):
        """Until Redis is back."""
        raise NotImplementedError

    async def happen(self):
        last = await self.refreshes.next(self.began)
        await asyncio.sleep(max(0, last.at + self.gone - time.time()))
        asking = asyncio.ensure_future(self._ask_ready())
        await self.outage()
        self.back = back = time.time()
        await asyncio.gather(self._heard(back), self._refreshed(last, back))
        await asyncio.sleep(AFTER * self.lifetime)
        asking.cancel()

    async def _heard(self, back):
        while not await asyncio.to_thread(self.fleet.is_heard):
            await asyncio.sleep(LOOK)
        self.recovered.append(("all subscribed after", time.time() - back))

    async def _refreshed(self, last, back):
        """The refresh that had to wait for Redis, or the first that was due afterwards."""
        following = await self.refreshes.next(last.at)
        self.recovered.append(("first refresh after", following.at - back))

    async def _ask_ready(self):
        while True:
            for member in self.fleet.serving:
                status, text = await asyncio.to_thread(ask, member.admin_port, "/readyz")
                self.asked_ready += 1
                if status != 200:
                    self.unready.append((time.time(), f"process {member.number}: {status} {text.strip()[:100]}"))
            await asyncio.sleep(1)


class Paused(Outage):
    """Redis stands still for ten seconds."""

    name = "pause"
    gone = 4.0

    async def outage(self):
        self.redis.pause()
        await asyncio.sleep(OUTAGE)
        self.redis.resume()


class Emptied(Outage):
    """Redis is killed and comes back with nothing."""

    name = "empty"
    gone = 10.0

    async def outage(self):
        await asyncio.to_thread(self.redis.kill)
        await asyncio.sleep(2)
        await asyncio.to_thread(self.redis.start)
        self.commands = Commands(self.redis)


class FailedOver(Outage):
    """The master is killed, and Sentinel makes the replica the master."""

    name = "sentinel"
    gone = 9.0

    def make_redis(self):
        self.sentinels = Sentinels(self.workspace)
        return self.sentinels.first, {"addresses": self.sentinels.addresses, "master": Sentinels.MASTER}

    async def outage(self):
        began = time.time()
        await asyncio.to_thread(self.redis.kill)
        self.redis = self.fleet.redis = self.sentinels.second
        while not await asyncio.to_thread(self.redis.is_master):
            await asyncio.sleep(LOOK)
        self.took = time.time() - began
        self.commands = Commands(self.redis)

    def figures(self):
        return [*super().figures(), f"Sentinel took {self.took:.1f} s"]
