"""Sentry's own clients, what drives a browser, and what checks manifests, from the npm registry,
installed once below build/npm.

Everything is asked for by an exact version: what the README calls tested is what is tested.
"""

import fcntl
import platform
import shutil
import subprocess
import tarfile

import pytest

from .processes import ROOT, clean_environment
from .waiting import bound

SENTRY_CLI = "@sentry/cli@3.8.0"
SENTRY = "sentry@0.49.0"
MCP_SERVER = "@sentry/mcp-server@0.39.0"
PLAYWRIGHT = "playwright-core@1.65.1"
NODE = "22.23.5"  # where the system's is older than a client wants
LEAST_NODE = 20


def install(package):
    """The folder of the programs that `package` brings. Skips the test without npm or a registry."""
    return once(package, install_into) / "node_modules"


def unpack(package):
    """The folder of `package` itself, without what it depends on. Skips the test likewise."""
    return once(package, unpack_into) / "package"


def once(package, bring):
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = ROOT / "build" / "npm" / package.replace("/", "-").replace("@", "-").strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in other processes want it too
        if not (folder / "installed").exists():
            bring(package, folder)
            (folder / "installed").touch()
    return folder


def install_into(package, folder):
    run_npm(package, "install", "--no-audit", "--no-fund", "--prefix", str(folder), package)


def unpack_into(package, folder):
    run_npm(package, "pack", "--silent", "--pack-destination", str(folder), package)
    [archive] = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, [one for one in packed if not one.name.endswith((".map", ".d.ts"))])
    archive.unlink()


def run_npm(package, *arguments):
    try:
        result = subprocess.run(["npm", *arguments], capture_output=True, text=True,
                                timeout=bound(240), check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm does not get {package} in time")
    if result.returncode != 0:
        pytest.skip(f"npm cannot install {package}: {result.stderr.strip()[-200:]}")


def node(least=LEAST_NODE):
    """A node that is new enough: the system's, or one from npm."""
    system = shutil.which("node")
    if system is not None and major_version(system) >= least:
        return system
    name = "node-linux-" + {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "x64")
    return str(install(f"{name}@{NODE}") / name / "bin" / "node")


def major_version(program):
    told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=bound(30),
                          check=False)
    return int(told.stdout.strip().lstrip("v").partition(".")[0] or 0)


def run_client(program, *args, env, folder, fails=False):
    """Runs a client in `folder` and returns what it printed. It must succeed, unless it `fails`."""
    done = subprocess.run([*map(str, program), *map(str, args)], capture_output=True, text=True,
                          env=clean_environment(HOME=folder, **env), cwd=folder,
                          stdin=subprocess.DEVNULL, timeout=bound(120), check=False)
    said = f"{args}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert (done.returncode != 0) == fails, said
    return done.stdout + (done.stderr if fails else "")
