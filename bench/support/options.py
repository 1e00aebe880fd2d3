"""Arguments that the scripts share."""

import argparse
import json
import pathlib
import platform
import os

from support import proxies


def parser(description, epilog=None, chosen="nginx,nginx-64k,haproxy,caddy,postern", writes=False):
    result = argparse.ArgumentParser(
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument(
        "--bin", metavar="DIR", type=pathlib.Path, default=proxies.DEFAULT_BIN,
        help="folder of the postern program (default: build/release/bin)",
    )  # fmt: skip
    result.add_argument(
        "--proxies", metavar="LIST", default=chosen, help="comma-separated (default: %(default)s)"
    )
    result.add_argument("--json", metavar="FILE", type=pathlib.Path, help="also write the figures")
    if writes:
        result.add_argument("--write", action="store_true", help="put the tables into the documents")
    result.add_argument("--quick", action="store_true", help="a short run that shows it works")
    result.add_argument("--keep", action="store_true", help="keep the temporary folder")
    return result


def chosen(arguments, floors=None):
    """The proxy classes asked for, after checking that what they need is there."""
    proxies.Postern.bin = arguments.bin
    kinds = proxies.choose(arguments.proxies, floors)
    if proxies.Postern in kinds:
        proxies.program(arguments.bin)
    return kinds


def numbers(text):
    return [int(part) for part in (text or "").split(",") if part]


def write_json(arguments, script, figures):
    if arguments.json is None:
        return
    report = {
        "script": script,
        "machine": {"system": platform.release(), "cores": os.cpu_count(), "cpu": cpu_model()},
        "programs": proxies.versions(arguments.proxies.split(",")),
        "figures": figures,
    }
    arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
