"""--write: a script's table and plots put into the documents, dated, with the command that made them."""

import datetime
import os
import pathlib
import platform
import sys

from support import options, proxies
from support.errors import BenchError

BENCH = pathlib.Path(__file__).resolve().parents[1]
PAGE = BENCH / "README.md"
FRONT = BENCH.parent / "README.md"
PLOTS = BENCH / "plots"
QUIET = 0.5
LOAD_BEFORE = os.getloadavg()[0]  # as this is loaded before anything is started


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
        beside = ", beside other work" if LOAD_BEFORE >= QUIET else ""
        return f"Measured on {said}{beside} ([how, and more of it](bench/README.md))."
    versions = ", ".join(proxies.versions(given.proxies.split(",")))
    return (
        f"{said}: {options.cpu_model()}, {os.cpu_count()} cores, Linux {platform.release()}; "
        f"load average before it began {LOAD_BEFORE:.1f}{quiet()}. {versions}."
    )


def quiet():
    return "" if LOAD_BEFORE < QUIET else ", so beside other work: trust ratios and counts, not times"


def plot_path(given, name):
    """Where --write puts a plot, or None."""
    if not given.write:
        return None
    PLOTS.mkdir(exist_ok=True)
    return PLOTS / f"{name}.svg"
