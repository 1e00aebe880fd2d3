"""What a release leaves on disk, and today's program started with a copy of it."""

import contextlib
import json
import shutil
from pathlib import Path

from support.connect_proxy import ConnectProxy
from support.processes import Process, Sandbox, binary, clean_environment
from support.http_wire import fetch
from support.waiting import eventually

HERE = Path(__file__).resolve().parent
RELEASES = sorted(path.name for path in HERE.iterdir() if (path / "tokens.json").exists())
# The stored grants name their Sentry, so it has the same address in each run: a name that only the
# egress proxy knows, and that the sandbox's certificate is valid for.
ORIGIN = "https://sentry.test"
ECHO = "/api/0/organizations/acme/sandbox-echo/"
NINE_YEARS = 9 * 365 * 86400  # seconds: a stored token stays good until long after the next releases


@contextlib.contextmanager
def sentry(folder):
    """(the sandbox, the environment in which a frozen configuration reaches it)"""
    with Sandbox(folder / "sandbox", "--public-base", "https://us.sentry.test") as sandbox:
        reach = {f"{label}sentry.test:443": ("127.0.0.1", sandbox.port) for label in ("", "us.", "de.")}
        with ConnectProxy(reach=reach) as proxy:
            yield sandbox, {"FROZEN_CA": sandbox.ca, "FROZEN_PROXY": proxy.url(),
                            "FROZEN_FOLDER": folder}


def copy(release, part, folder):
    """A copy of what lies in tests/upgrade/<release>/<part>, with the modes that git does not keep."""
    target = folder / "store"
    shutil.copytree(HERE / release / part, target)
    target.chmod(0o700)
    for path in target.iterdir():
        path.chmod(0o600)
    return target


def teach(sandbox, release):
    """The tokens of a release are the sandbox's too from now on."""
    tokens = json.loads((HERE / release / "tokens.json").read_text())
    for grant in tokens["grants"]:
        sandbox.control("grants", grant)
    for installation in tokens["installations"]:
        sandbox.control("installations", {"exchanged": 1, "organization": "acme", **installation})


class Postern(Process):
    """`postern serve` with the frozen configuration `config`."""

    def __init__(self, folder, config, env):
        self.runtime_path = folder / "runtime"
        super().__init__([binary(), "serve", "--config", config], folder, env=clean_environment(**env))
        eventually(lambda: self.runtime_path.exists() or not self.is_running, "postern listens")
        assert self.is_running, self.log

    def said(self, key):
        for line in self.runtime_path.read_text().splitlines():
            name, _, value = line.partition("=")
            if name == key:
                return value
        raise KeyError(key)

    def get(self, target=ECHO):
        return fetch(int(self.said("listen").rpartition(":")[2]), target=target)
