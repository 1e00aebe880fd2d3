"""The part of bench/fleet about one budget: all replicas busy, and how well Sentry's limit is used and shared."""

import asyncio
import math
import threading

from support import demand
from support.fleet import Fleet
from support.redis_server import Redis, Wire
from support.soak_rules import Bars

LIMIT, CONCURRENT, SERVICE = 40, 25, (5, 50)
OVERLOAD = 3  # times the limit is asked for
LEAST = 1.25  # times an equal part, that the replica with the least demand asks for
SECONDS = 60
SPAN = 30  # seconds that evenness is judged over
KEYS = ("}:share:", "}:parts:")  # parts of the names
GOODPUT, REJECTED, JAIN, COMMANDS = 95, 2, 0.9, 1


def uneven(total, count):
    """So many rates that grow in equal steps, the first LEAST times an equal part of the limit; all are `total`."""
    least = LEAST * LIMIT / count
    step = 2 * (total / count - least) / max(1, count - 1)
    return [least + step * number for number in range(count)]


def jain(shares):
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0


class Questions(threading.Thread):
    """When a Redis is asked about limits, by the connection that asks."""

    def __init__(self, redis):
        super().__init__(daemon=True)
        self._wire = Wire(redis.port, patience=None)
        self._wire.ask("MONITOR")
        self.moments = {}  # of each connection
        self.start()

    def run(self):
        try:
            while True:
                self._note(str(self._wire.read()))
        except (OSError, EOFError, ValueError):
            pass  # closed at the end

    def _note(self, line):
        """`1701354000.123456 [0 127.0.0.1:40000] "EVAL" …`; what scripts call has `lua` for an address."""
        about, _, words = line.partition("] ")
        if words[:5].upper() == '"EVAL' and any(part in words for part in KEYS):
            address = about.rpartition(" ")[2]
            self.moments.setdefault(address, []).append(float(about.split(" ")[0]))

    def stop(self):
        self._wire.close()


class Limits:
    """One bucket's budget, and every replica wants more than its part."""

    name = "limits"

    def __init__(self, given, workspace):
        self.count, self.seconds = given.processes, 8 if given.quick else SECONDS
        redis = Redis(workspace, "redis")
        self.fleet = Fleet(workspace, given.bin, redis, {"url": redis.url}, limits={"share": "redis"})
        self.fleet.sandbox.control("latency", path="/api/0/*", ms=SERVICE[0], to_ms=SERVICE[1])
        self.fleet.sandbox.control(
            "limits", requests=LIMIT, window=1, concurrent=CONCURRENT, enforce_concurrency=1
        )
        self.fleet.log_in()
        self.fleet.start(self.count)
        self.questions = Questions(redis)
        self.seed = given.seed

    def play(self):
        sandbox = self.fleet.sandbox
        self.began = sandbox.now()
        self.outcomes = asyncio.run(self._play())
        self.windows = sandbox.control("windows")
        self.questions.stop()
        bars = self._judge()
        self.fleet.stop()
        return bars

    async def _play(self):
        """[outcomes of a replica], of each replica."""
        rates = uneven(OVERLOAD * LIMIT, self.count)
        jobs = [
            demand.each_at_its_time(
                demand.steady(self.seconds, {"app": rate}, seed=self.seed + number), self._to(member)
            )
            for number, (member, rate) in enumerate(zip(self.fleet.serving, rates))
        ]
        return await asyncio.gather(*jobs)

    def _to(self, member):
        async def send(ask):
            began = asyncio.get_running_loop().time()
            return demand.outcome(ask, *await demand.get(member.port, ask.target, {}), began)

        return send

    # What it gave.

    def _resets(self):
        """Of the windows that the demand filled whole, from the second on."""
        first = math.floor(self.began) + 2
        return range(first, math.floor(self.began + self.seconds) + 1)

    def _goodput(self):
        resets = self._resets()
        allowed = sum(each["allowed"] for each in self.windows if each["reset"] in resets)
        return 100 * allowed / (LIMIT * len(resets))

    def _rejected(self):
        rejected = sum(each["too_frequent"] + each["too_many_at_once"] for each in self.windows)
        return 100 * rejected / max(1, rejected + sum(each["allowed"] for each in self.windows))

    def _evenness(self):
        """The least of all spans."""
        resets = self._resets()
        last = max(resets[0] + 1, resets[-1] - SPAN + 2)
        return min(self._evenness_in(range(first, first + SPAN)) for first in range(resets[0], last))

    def _evenness_in(self, resets):
        return jain([sum(one.status == 200 and one.reset in resets for one in each) for each in self.outcomes])

    def _most_questions(self):
        """Of one replica, in those windows, which are of a second."""
        first, last = self._resets()[0] - 1, self._resets()[-1]
        return max((sum(first <= at < last for at in each) for each in self.questions.moments.values()), default=0)

    def _judge(self):
        bars = Bars()
        self.goodput, self.rejected, self.jain = self._goodput(), self._rejected(), self._evenness()
        leaked = sum(one.status == 429 and not one.own for each in self.outcomes for one in each)
        silent = sum(one.status == 0 for each in self.outcomes for one in each)
        need(bars, f"goodput ≥ {GOODPUT} % of the budget", self.goodput >= GOODPUT, f"{self.goodput:.1f} %")
        need(bars, f"upstream 429 ≤ {REJECTED} %", self.rejected <= REJECTED, f"{self.rejected:.2f} %")
        need(bars, "no 429 of Sentry's for a caller", not leaked, str(leaked))
        need(bars, "an answer to each", not silent, f"{silent} without")
        need(bars, f"Jain ≥ {JAIN} over {SPAN} s", self.jain >= JAIN, f"{self.jain:.3f}")
        most = self._most_questions()
        asked = len(self.questions.moments)
        windows = len(self._resets())
        is_met = asked >= self.count and most <= COMMANDS * windows + 1  # asked at the ends of windows
        need(bars, f"Redis asked ≤ {COMMANDS} × for each replica and window", is_met,
             f"{most} times in {windows} windows by the one that asks most, {asked} of {self.count} replicas ask")  # fmt: skip
        return bars

    def figures(self):
        served = [sum(one.status == 200 for one in each) for each in self.outcomes]
        return [
            f"{self.count} replicas ask for {OVERLOAD} × a limit of {LIMIT} a second, each for more than its part",
            f"{sum(served)} served in {self.seconds} s, {min(served)} to {max(served)} by one replica",
        ]


def need(bars, what, is_met, figure):
    bars.need(what, [] if is_met else [figure], figure)
