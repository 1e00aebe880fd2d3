"""--write: a script's table and plots put into the documents, dated, with the command that made them."""

import datetime
import os
import pathlib
import platform
import sys
import time

from support import options, proxies
from support.errors import BenchError

BENCH = pathlib.Path(__file__).resolve().parents[1]
PAGE = BENCH / "README.md"
FRONT = BENCH.parent / "README.md"
PLOTS = BENCH / "plots"
QUIET = 0.1  # of the machine


def times_of_all():
    """Jiffies that all cores have worked, and that there were."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    times = [int(field) for field in fields]
    return sum(times) - times[3] - times[4], sum(times)


def busy():
    """How much of the machine is used within a second."""
    worked, passed = times_of_all()
    time.sleep(1)
    worked_since, passed_since = times_of_all()
    return (worked_since - worked) / (passed_since - passed)


# This is loaded before anything is started.
BUSY_BEFORE = busy() if "--write" in sys.argv else 0.0


def write(given, name, table, page=PAGE):
    """Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in `page`, if --write."""
    if not given.write:
        return
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = page.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, found_too, after = rest.partition(end)
    if not found or not found_too:
        raise BenchError(f"{page} has no {begin} … {end} to write the figures to")
    text = f"{before}{begin}\n{origin(given, page)}\n\n{table}\n{end}{after}"
    page.write_text(text, encoding="utf-8")


def origin(given, page):
    """When, where and how: a line above each table."""
    command = [word for word in sys.argv[1:] if word != "--write"]
    hidden = command.index("--bin") if "--bin" in command else None
    if hidden is not None:
        del command[hidden : hidden + 2]
    script = pathlib.Path(sys.argv[0]).name
    today = datetime.datetime.now(datetime.timezone.utc).date()
    said = f"{today}, `{' '.join(['bench/' + script, *command])}`"
    if page == FRONT:
        beside = ", on a busy machine" if BUSY_BEFORE >= QUIET else ""
        return f"Measured on {said}{beside} ([how, and more of it](bench/README.md))."
    versions = ", ".join(proxies.versions(given.proxies.split(",")))
    return (
        f"{said}: {options.cpu_model()}, {os.cpu_count()} cores, Linux {platform.release()}; "
        f"{round(100 * BUSY_BEFORE)} % of it busy before it began{doubt()}. {versions}."
    )


def doubt():
    return "" if BUSY_BEFORE < QUIET else ": trust ratios and counts, not times"



def plot_path(given, name):
    """Where --write puts a plot, or None."""
    if not given.write:
        return None
    PLOTS.mkdir(exist_ok=True)
    return PLOTS / f"{name}.svg"
