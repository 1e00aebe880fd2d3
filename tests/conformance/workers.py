"""Spreads cases over worker processes, each with a Postern and an upstream of its own."""

import json
import multiprocessing
import os
import shutil
import tempfile
import traceback
from pathlib import Path

from support.pki import Authority
from support.processes import Postern
from support.raw_upstream import RawUpstream

HERE = Path(__file__).resolve().parent
WORKERS = int(os.environ.get("POSTERN_TEST_WORKERS", 2 * (os.cpu_count() or 2)))


def load(name):
    return json.loads((HERE / name).read_text())["cases"]


def run_all(cases, run_case, config=None):
    """{case id: complaints} of `run_case(case, postern, upstream)` over all cases. `config` may be
    made from the authority."""
    folder = Path(tempfile.mkdtemp(prefix="postern-"))
    context = multiprocessing.get_context("fork")
    tasks, results = context.Queue(), context.Queue()
    for case in sorted(cases, key=lambda c: -c["bytes"]):  # the long ones first
        tasks.put(case)
    workers = min(WORKERS, len(cases))
    for _ in range(workers):
        tasks.put(None)
    try:
        authority = Authority(folder / "pki")
        authority.server()
        config = config(authority) if callable(config) else config
        started = [context.Process(target=_work, daemon=True, args=(
            folder / str(n), authority, tasks, results, run_case, config)) for n in range(workers)]
        for process in started:
            process.start()
        outcome = {}
        for _ in cases:
            key, complaints = results.get(timeout=600)
            if key is None:
                raise RuntimeError(complaints)
            outcome[key] = complaints
        for process in started:
            process.join(60)
        return outcome
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _work(folder, authority, tasks, results, run_case, config):
    try:
        with RawUpstream(authority) as upstream, \
                Postern(folder, upstream.url, ca=authority.cert, config=config,
                        pinned=False) as postern:
            while (case := tasks.get()) is not None:
                try:
                    complaints = run_case(case, postern, upstream)
                except Exception:  # one broken case must not hide the others
                    complaints = [("runner", traceback.format_exc())]
                if not postern.is_running:
                    complaints.append(("postern", f"it ended:\n{postern.log[-3000:]}"))
                    results.put((case["id"], complaints))
                    raise RuntimeError("postern ended during " + case["id"])
                results.put((case["id"], complaints))
    except BaseException:
        results.put((None, traceback.format_exc()))
