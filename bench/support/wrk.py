"""Load from wrk, pinned to the core that the proxies do not use."""

import json
import pathlib
import subprocess

from support import proc
from support.backend import DUMMY
from support.errors import BenchError
from support.workspace import LOAD_CORE, on_core

REPORT = pathlib.Path(__file__).resolve().parent / "report.lua"


def load(proxy, path, connections, seconds):
    """Runs wrk against the proxy; returns wrk's counts. Any answer but 200 fails."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s",
               "-s", str(REPORT), "-H", f"Authorization: {DUMMY}", "-H", "Accept: application/json",
               f"http://127.0.0.1:{proxy.port}{path}"]  # fmt: skip
    done = subprocess.run(
        on_core(LOAD_CORE, command),
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines or not lines[-1].startswith("{"):
        raise BenchError(f"wrk failed on {proxy.name}: {done.stderr.strip() or done.stdout}")
    counts = json.loads(lines[-1])
    if counts["bad_status"] or counts["broken"]:
        said = proxy.workspace.said(proxy.name, 4)
        raise BenchError(
            f"{proxy.name}, {path}, {connections} connections: {counts['bad_status']} answers were "
            f"not 200, {counts['broken']} requests broke\n{said}"
        )
    return counts


def measure(proxy, path, connections, seconds):
    """load() with the proxy's CPU time and memory: adds cpu_us (per request), rate, rss."""
    pids = proxy.pids()
    before = proc.cpu_seconds(pids)
    counts = load(proxy, path, connections, seconds)
    spent = proc.cpu_seconds(pids) - before
    counts["cpu_us"] = spent * 1e6 / max(1, counts["requests"])
    counts["rate"] = counts["requests"] / counts["seconds"]
    counts["rss"] = proc.memory(pids)["rss"]
    return counts
