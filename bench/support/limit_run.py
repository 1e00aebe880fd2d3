"""One run against a limiter: a sandbox, ways to call it, the demand, and the figures."""

import asyncio
import math
from dataclasses import dataclass, field

from support.demand import quantile
from support.sandbox import Sandbox
from support.ways import Postern

LIMIT, CONCURRENT, SERVICE = 40, 25, (5, 50)


@dataclass
class Check:
    """A figure with its bar."""

    what: str
    value: float
    most: float | None = None
    least: float | None = None

    @property
    def is_met(self):
        over = self.most is not None and self.value > self.most
        return not over and (self.least is None or self.value >= self.least)

    def text(self):
        bar = f"≤ {self.most:g}" if self.least is None else f"≥ {self.least:g}"
        return f"{self.what} {self.value:.4g} ({bar})"


@dataclass
class Row:
    """What a scenario gave. Shares are in percent; what is None does not apply."""

    scenario: str
    way: str = Postern.name
    rate: float | None = None  # answered 200 by Sentry, each second
    most: float | None = None  # what a sender that knows all would get
    rejected: float | None = None  # of the calls that reached Sentry, answered 429 by the limiter
    visible: int | None = None  # requests that the caller got no 200 for
    checks: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    tries: int = 1

    @property
    def goodput(self):
        return 100 * self.rate / self.most if self.rate is not None and self.most else None

    @property
    def missed(self):
        return [check for check in self.checks if not check.is_met]

    def need(self, what, value, most=None, least=None):
        self.checks.append(Check(what, value, most, least))

    def need_goodput(self, least, rejected=None):
        self.need("goodput %", self.goodput, least=least)
        if rejected is not None:
            self.need("upstream 429 %", self.rejected, most=rejected)


class Run:
    """Starts a sandbox with a limiter and `ways` ways to call it (turns are taken among them)."""

    def __init__(self, bench, way=Postern, ways=1, limit=LIMIT, window=1, service=SERVICE, **sections):
        self.bench, self.window, self.browser = bench, window, None
        self.sandbox = Sandbox(bench.workspace, bench.bin, bench.next_name("sandbox"), way.plain)
        self.sandbox.control("latency", path="/api/0/*", ms=service[0], to_ms=service[1])
        self.set_limit(limit)
        numbers = [{"number": n, **sections} for n in range(ways)] if way is Postern else [{}]
        self.ways = [way(bench.workspace, self.sandbox, **more) for more in numbers]

    def set_limit(self, limit):
        self.sandbox.control("limits", requests=limit, window=self.window, concurrent=CONCURRENT,
                             enforce_concurrency=1)  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for way in self.ways:
            way.stop()
        self.sandbox.stop()

    def play(self, asks, seconds, browser=None, meanwhile=()):
        """Sends all, waits for all answers; `seconds` is how long the demand lasts."""
        self.browser = browser
        self.began = self.sandbox.now()
        self.ended = self.began + seconds
        self.outcomes = asyncio.run(self._play(asks, browser, meanwhile))
        self.windows = self.sandbox.control("windows")
        return self

    async def _play(self, asks, browser, meanwhile):
        shares = [asks[n :: len(self.ways)] for n in range(len(self.ways))]
        jobs = [way.run(share) for way, share in zip(self.ways, shares)]
        others = [browser.run()] if browser else []
        done = await asyncio.gather(*jobs, *others, *meanwhile)
        return [one for share in done[: len(jobs)] for one in share]

    # What it gave.

    def whole_windows(self):
        """Resets of the windows that demand filled whole: from the second on."""
        first = (math.floor(self.began / self.window) + 2) * self.window
        return range(first, math.floor(self.ended) + 1, self.window)

    def browser_calls(self, reset, status=None):
        calls = self.browser.outcomes if self.browser else []
        return sum(one.reset == reset and status in (None, one.status) for one in calls)

    def own_in(self, reset):
        allowed = sum(each["allowed"] for each in self.windows if each["reset"] == reset)
        return allowed - self.browser_calls(reset, 200)

    def most_in(self, reset):
        limit = next((each["limit"] for each in self.windows if each["reset"] == reset), LIMIT)
        return max(0, limit - self.browser_calls(reset))

    def calls(self):
        """(own calls that reached the sandbox, of them rejected by its limiter)."""
        rejected = sum(w["too_frequent"] + w["too_many_at_once"] for w in self.windows)
        total = sum(w["allowed"] for w in self.windows) + rejected
        others = self.browser.outcomes if self.browser else []
        return total - len(others), rejected - sum(one.status == 429 for one in others)

    def row(self, scenario):
        """The figures for demand that always fills the limit."""
        resets = self.whole_windows()
        seconds = max(1, len(resets)) * self.window
        row = self.plain_row(scenario)
        row.rate = sum(map(self.own_in, resets)) / seconds
        row.most = sum(map(self.most_in, resets)) / seconds
        return row

    def plain_row(self, scenario):
        """The same without a rate."""
        calls, rejected = self.calls()
        row = Row(scenario, way=self.ways[0].name, rejected=100 * rejected / max(1, calls))
        row.visible = sum(one.status != 200 for one in self.outcomes)
        return row

    def served(self, *clients):
        return [one for one in self.outcomes
                if one.status == 200 and (not clients or one.client in clients)]  # fmt: skip

    def p99(self, *clients):
        """Of whole times, as the callers see them."""
        return quantile([one.seconds for one in self.served(*clients)], 0.99)

    def wait_p99(self, *clients):
        return quantile([one.queued for one in self.served(*clients)], 0.99)

    def own_refusals(self):
        return [one for one in self.outcomes if one.own]
