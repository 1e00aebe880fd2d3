"""What waiting for limits costs where there is nothing to wait for, and after those who left."""

import asyncio
import time

from support import proc, proxies
from support.backend import SMALL
from support.demand import Ask, quantile
from support.limit_run import Row, Run
from support.sandbox import ECHO
from support.table import mebibytes, median
from support.wrk import load

CONNECTIONS = 32
WAVE = 500


class Unlimited(proxies.Postern):
    name = "postern-limits-off"

    def prepare(self):
        command = super().prepare()
        path = self.workspace.path / "postern.yaml"
        text = path.read_text(encoding="utf-8") + "limits:\n  enabled: false\n"
        return [*command[:-1], str(self.workspace.write("postern-limits-off.yaml", text))]


def no_limiter(bench):
    """The wait at a sandbox without a limiter; requests/s with limits and without in turns, before
    the backend of bench/compare, which answers without any fields of a limiter."""
    with Run(bench) as run:
        run.sandbox.control("limits", off=1)
        run.play([Ask(0.02 * n, "alone") for n in range(25 if bench.quick else 500)], 0)
    row = run.plain_row("no limiter")
    # A wait for a limit would be tens of milliseconds; the rest is a busy machine's.
    row.need("median wait, ms", 1000 * quantile([one.queued for one in run.served()], 0.5), most=1)
    row.need("p99 wait, ms", 1000 * run.wait_p99(), most=5)
    backend = bench.backend()
    rounds, seconds = (1, 1) if bench.quick else (7, 3)
    rates = []
    kinds = (proxies.Postern, Unlimited)
    for number in range(rounds):
        pair = {}
        for kind in kinds if number % 2 == 0 else kinds[::-1]:
            proxy = proxies.start(kind, bench.workspace, backend)
            load(proxy, SMALL, CONNECTIONS, 1)
            counts = load(proxy, SMALL, CONNECTIONS, seconds)
            pair[kind.name] = counts["requests"] / counts["seconds"]
            proxy.stop()
        rates.append({"ratio": pair["postern"] / pair[Unlimited.name], **pair})
    row.rate, row.most = median(rates, "postern"), median(rates, Unlimited.name)
    row.notes.append("requests/s with limits and with limits switched off")
    row.need("of the rate without limits %", 100 * median(rates, "ratio"), least=97)
    return row


async def wave(port, size):
    """Opens `size` connections with a request on each, and leaves them all."""
    request = f"GET {ECHO} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    async def one():
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        return writer

    writers = await asyncio.gather(*(one() for _ in range(size)))
    await asyncio.sleep(0.05)
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0.05)


def left_in_line(way):
    """Requests whose callers left before Sentry was asked, as the access log says."""
    with open(way.log, encoding="utf-8", errors="replace") as log:
        return sum('"status":0' in line.replace(" ", "") for line in log)


def cancelled(bench):
    """Twice: the heap comes to its size in the first hundred thousand; what leaks grows on."""
    total = 5000 if bench.quick else 100_000
    with Run(bench) as run:
        way = run.ways[0]

        async def waves(count):
            for _ in range(count):
                await wave(way.port, WAVE)

        def memory():
            time.sleep(2)
            return proc.memory(way.pids())["rss"]

        asyncio.run(waves(total // WAVE))
        before = memory()
        asyncio.run(waves(total // WAVE))
        after = memory()
        gone = left_in_line(way)
    row = Row(f"{total:,} queued and cancelled")
    row.notes.append(f"RSS {mebibytes(before)} MiB after as many before, {mebibytes(after)} at the end")
    row.need("left before their turn %", 100 * gone / (2 * total), least=90)
    row.need("growth, KiB", (after - before) / 1024, most=512)
    return row
