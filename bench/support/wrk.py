"""Load from wrk, pinned to the core that the proxies do not use."""

import json
import pathlib
import resource
import subprocess

from support import proc
from support.errors import BenchError
from support.workspace import LOAD_CORE, on_core

LONGEST = 30  # seconds
REPORT = pathlib.Path(__file__).resolve().parent / "report.lua"


def load(proxy, job, connections, seconds):
    """Runs wrk against the proxy; returns wrk's counts. Any answer but 200 fails."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s",
               "-s", str(REPORT), "-H", f"Authorization: {proxy.authorization}",
               "-H", "Accept: application/json", f"{proxy.url}{job.path}"]  # fmt: skip
    if job.upload:
        command += ["--", str(body_file(proxy.workspace, job.upload))]
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
            f"{proxy.name}, {job.path}, {connections} connections: {counts['bad_status']} answers were "
            f"not 200, {counts['broken']} requests broke\n{said}"
        )
    return counts


def body_file(workspace, size):
    path = workspace.path / f"upload-{size}"
    if not path.exists():
        path.write_bytes(bytes(size))
    return path


def own_seconds():
    """CPU time of the wrk processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def measure(proxy, job, connections, seconds):
    """load() with CPU time and memory: adds cpu_us and caller_us (per request, of the proxy and of
    wrk), rate, rss."""
    pids = proxy.pids()
    before, own = proc.cpu_seconds(pids), own_seconds()
    counts = load(proxy, job, connections, seconds)
    requests = counts["requests"]
    if not requests and seconds < LONGEST:  # a busy machine
        return measure(proxy, job, connections, 3 * seconds)
    if not requests:
        raise BenchError(f"{proxy.name}, {job.path}: not one answer within {seconds} s")
    counts["cpu_us"] = (proc.cpu_seconds(pids) - before) * 1e6 / requests
    counts["caller_us"] = (own_seconds() - own) * 1e6 / requests
    counts["rate"] = counts["requests"] / counts["seconds"]
    counts["rss"] = proc.memory(pids)["rss"]
    return counts
