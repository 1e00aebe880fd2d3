"""The scenarios of bench/ratelimit. Bars are Postern's; the other ways are only measured."""

import asyncio
import math
import time

from support.demand import Browser, at_once, quantile, steady, waits_in_turns
from support.limit_run import CONCURRENT, LIMIT, Run
from support.sandbox import ECHO
from support.ways import DEADLINE, Postern

LIGHT = ("light-1", "light-2")


def three_clients(rate):
    """One greedy client, two that ask for less than a third of the limit when `rate` is 3 times it."""
    return {"greedy": 0.8 * rate, LIGHT[0]: 0.1 * rate, LIGHT[1]: 0.1 * rate}


def burst(bench, way=Postern):
    count, clients = (60, 6) if bench.quick else (500, 50)
    with Run(bench, way) as run:
        began = time.monotonic()
        run.play(at_once(count, clients), 0)
        took = time.monotonic() - began
    row = run.plain_row(f"{count} at once from {clients} clients")
    # A full window at once, the next one when it begins, and so on.
    least = math.ceil(run.began) - run.began + math.ceil(count / LIMIT) - 2
    row.rate, row.most = len(run.served()) / took, count / least
    row.notes.append(f"all answered after {took:.1f} s, possible after {least:.1f} s")
    row.need("all answered, s", took, most=13.5)
    row.need("upstream 429 %", row.rejected, most=1)
    row.need("callers' 429s", row.visible, most=0)
    return row


def overload(bench, way=Postern):
    """Three draws of the demand: how long light clients wait depends on their luck with it."""
    seconds = bench.seconds(60 if way is Postern else 30)
    runs, fair = [], []
    for seed in (7, 8, 9) if way is Postern and not bench.quick else (7,):
        asks = steady(seconds, three_clients(3 * LIMIT), seed=seed)
        fair += waits_in_turns(asks, LIMIT, LIGHT)
        with Run(bench, way) as run:
            runs.append(run.play(asks, seconds))
    row = min((run.row(f"3 × the limit for {seconds} s") for run in runs), key=lambda row: row.goodput)
    row.rejected = max(run.plain_row("").rejected for run in runs)
    outcomes = [one for run in runs for one in run.outcomes]
    served = [one for one in outcomes if one.status == 200]
    light = [one for one in served if one.client in LIGHT]
    share = 100 * len(light) / max(1, sum(one.client in LIGHT for one in outcomes))
    row.need("light clients served %", share, least=95)
    row.need_goodput(97, 0.5)
    row.need("light clients' p99 wait, s", quantile([one.queued for one in light], 0.99), most=1.5)
    row.notes.append(f"served in turns without windows they would wait {quantile(fair, 0.99):.2f} s")
    refusals = [one.seconds for run in runs for one in run.own_refusals()]
    late = sum(taken >= 1 for taken in refusals)
    row.need("refusals' p99, ms",
             quantile([taken for taken in refusals if taken < 1], 0.99) * 1000, most=10)  # fmt: skip
    row.need("longest wait, s", max([one.queued for one in served] + refusals, default=0),
             most=DEADLINE + 0.1)  # fmt: skip
    row.notes.append(f"{len(refusals)} refused, {late} of them after a wait of a second or more")
    return row


def below(bench, way=Postern):
    seconds = bench.seconds(30)
    with Run(bench, way) as run:
        run.play(steady(seconds, three_clients(0.9 * LIMIT)), seconds)
    row = run.plain_row("0.9 × the limit")
    row.rate = len(run.served()) / seconds
    row.most = len(run.outcomes) / seconds
    row.notes.append(f"p99 {run.p99():.2f} s")
    row.need("p99 wait, s", run.wait_p99(), most=0.6)
    row.need("upstream 429s", run.calls()[1], most=0)
    return row


def beside_browser(bench, way=Postern, share=0.25):
    seconds = bench.seconds(60)
    with Run(bench, way) as run:
        browser = Browser(run.sandbox, share * LIMIT, seconds)
        run.play(steady(seconds, three_clients(3 * LIMIT)), seconds, browser)
    row = run.row(f"a browser takes {100 * share:.0f} %")
    hurt = 100 * browser.rejected / max(1, len(browser.outcomes))
    row.notes.append(f"browser's 429s {hurt:.1f} % of {len(browser.outcomes)}")
    row.need_goodput(*((90, 1) if share < 0.4 else (78, 2)))
    row.need("browser's 429s %", hurt, most=10 if share < 0.4 else 12)
    return row


def beside_greedy_browser(bench):
    return beside_browser(bench, share=0.5)


def small_limits(bench):
    rows = []
    for limit in (10, 5):
        seconds = bench.seconds(30)
        with Run(bench, limit=limit) as run:
            run.play(steady(seconds, three_clients(3 * limit)), seconds)
        rows.append(run.row(f"limit {limit} per second"))
        rows[-1].need_goodput(95)
    return rows


def long_window(bench):
    """The window in which demand begins has ten seconds left; then come two more."""
    limit, window = (10, 5) if bench.quick else (150, 60)
    first = 2 if bench.quick else 10
    seconds = first + (1 if bench.quick else 2) * window
    with Run(bench, limit=limit, window=window) as run:
        skew = window - first - time.time() % window
        run.sandbox.set_clock(skew_ms=round(skew * 1000))
        run.play(steady(seconds + 0.5, three_clients(3 * limit / window)), seconds + 0.5)
    row = run.row(f"{limit} per {window} s")
    row.need_goodput(95)
    return row


CLOCKS = {
    "its clock 3 s ahead": {"skew_ms": 3000},
    "its clock 3 s behind": {"skew_ms": -3000},
    "its clock drifts by 200 ppm": {"drift_ppm": 200},
    "its Date 2 s ahead of its limiter": {"date_ms": 2000},
    "its Date 2 s behind its limiter": {"date_ms": -2000},
}


def clocks(bench):
    rows = []
    for name, fields in CLOCKS.items():
        seconds = bench.seconds(60 if "drift_ppm" in fields else 30)
        with Run(bench) as run:
            run.sandbox.set_clock(**fields)
            run.play(steady(seconds, three_clients(3 * LIMIT)), seconds)
        rows.append(run.row(name))
        rows[-1].need_goodput(97, 0.5)
    return rows


def two_routes(bench):
    seconds = bench.seconds(30)
    targets = ("/api/0/organizations/acme/", "/api/0/organizations/acme/projects/")
    with Run(bench) as run:
        run.play(steady(seconds, three_clients(3 * LIMIT), targets), seconds)
    row = run.row("two routes, one counter")
    row.need_goodput(95, 1)
    return row


def changing_limit(bench):
    """Demand goes on for 30 s; the limit is 10 from the beginning of one window to that of another."""
    third = bench.seconds(10)
    changes = []

    async def change(run):
        for limit in (10, LIMIT):
            end = run.began + third * (len(changes) + 1)
            boundary = int(end) + 1
            await asyncio.sleep(boundary + 0.01 - run.sandbox.now())
            await asyncio.to_thread(run.set_limit, limit)
            changes.append(boundary)

    with Run(bench) as run:
        asks = steady(3 * third + 2, three_clients(3 * LIMIT))
        run.play(asks, 3 * third + 2, meanwhile=(change(run),))
    row = run.row(f"limit {LIMIT}, 10, {LIMIT}")
    down, up = changes
    rejected = {w["reset"]: w["too_frequent"] + w["too_many_at_once"] for w in run.windows}
    near = {down + 1, down + 2}
    row.need("429s elsewhere", sum(n for reset, n in rejected.items() if reset not in near), most=0)
    row.need("429s in the two windows", sum(rejected.get(reset, 0) for reset in near), most=40)
    full = [run.own_in(reset) for reset in run.whole_windows() if reset > up + 2]
    row.need("least used window after two", min(full, default=0), least=0.95 * LIMIT)
    return row


def slots(bench):
    seconds = bench.seconds(30)
    service = 0.8
    with Run(bench, service=(800, 800)) as run:
        run.play(steady(seconds, three_clients(3 * LIMIT)), seconds)
    row = run.row("service 800 ms, 25 slots")
    row.most = CONCURRENT / service
    row.need_goodput(93)
    row.need("in flight", max(w["most_in_flight"] for w in run.windows), most=CONCURRENT)
    by_slots = sum(w["too_many_at_once"] for w in run.windows)
    row.need("concurrency 429 %", 100 * by_slots / max(1, run.calls()[0]), most=1)
    return row


def three_posterns(bench):
    seconds = bench.seconds(60)
    with Run(bench, ways=3) as run:
        run.play(steady(seconds, three_clients(3 * LIMIT)), seconds)
    row = run.row("3 Posterns that do not know of each other")
    row.need_goodput(80, 4)
    return row


def heavy_search(bench):
    """One query is too heavy for the event store; Sentry's limiter has nothing against it."""
    seconds = bench.seconds(30)
    heavy = f"{ECHO}?query=heavy"
    with Run(bench) as run:
        run.sandbox.control("answer", path=heavy, kind="snuba", count=100000)
        asks = steady(seconds, three_clients(0.7 * LIMIT))
        asks += steady(seconds, {"search": 0.05 * LIMIT}, (heavy,), seed=3)
        run.play(sorted(asks, key=lambda ask: ask.at), seconds)
    row = run.plain_row("search 429s on one query")
    others = [one for one in run.outcomes if one.target != heavy]
    row.rate = len(run.served()) / seconds
    row.most = len(others) / seconds
    searches = [one for one in run.outcomes if one.target == heavy]
    passed = sum(one.status == 429 and not one.own for one in searches)
    row.notes.append(f"{passed} of {len(searches)} heavy searches got Sentry's 429")
    row.visible = sum(one.status != 200 for one in others)
    row.need("others not served", row.visible, most=0)
    row.need("others' p99 wait, s", run.wait_p99(), most=0.6)
    row.need("limiter's 429s", run.calls()[1], most=0)
    return row
