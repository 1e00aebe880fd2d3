"""The units for systemd: sound, as confined as promised, and no more than Postern can live with.

There is no systemd to start them here. What is shown: systemd's own verdict on the files, and that the
program does all it does with the system calls that they leave it.
"""

import json
import platform
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from support import processes
from support.confined import FAMILIES, UNISTD, allowed_calls, settings, values
from support.fixtures import *  # noqa: F401,F403
from support.http_wire import fetch
from support.metrics import scrape
from support.sandboxed import CLIENT, ECHO, import_new_grant, sandbox, serve  # noqa: F401
from support.waiting import bound, eventually

ROOT = processes.ROOT
SYSTEMD = ROOT / "deploy/systemd"
SERVICE = SYSTEMD / "system/postern.service"
USER_SERVICE = SYSTEMD / "user/postern.service"
SERVICES = [SERVICE, USER_SERVICE]
MOST_EXPOSED = 1.5


def analyze(*words, **options):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True,
                          timeout=60, check=False, **options)


def ids(path):
    return f"{path.parent.name}/{path.name}"


@pytest.fixture
def installed(folder):
    """A folder of units as it would be, with the program where it is built."""
    def install(*units):
        for unit in units:
            text = unit.read_text(encoding="utf-8")
            text = text.replace("/usr/bin/postern", str(processes.binary()))
            # The manual is not installed here.
            text = re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE)
            (folder / unit.name).write_text(text, encoding="utf-8")
        return [folder / unit.name for unit in units]
    return install


@pytest.mark.parametrize("unit", SERVICES, ids=ids)
def test_systemd_finds_no_fault_in_a_service(unit, installed, folder):
    done = analyze("verify", *installed(unit), "--user" if unit is USER_SERVICE else "--system",
                   env=processes.clean_environment(XDG_RUNTIME_DIR=folder))
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_finds_no_fault_in_the_sockets(installed, folder):
    units = installed(SERVICE, *sorted((SYSTEMD / "examples").glob("*.socket")))
    (folder / "postern.service.d").mkdir()
    shutil.copy(SYSTEMD / "examples/sockets.conf", folder / "postern.service.d")
    done = analyze("verify", *units)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_service_is_as_confined_as_promised():
    told = analyze("security", "--offline=true", "--no-pager", SERVICE).stdout
    score = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)[1])
    assert score <= MOST_EXPOSED


@pytest.mark.parametrize("unit", SERVICES, ids=ids)
def test_each_command_of_a_service_is_one_of_the_program(unit):
    lines = [value for name, value in settings(unit) if name.startswith("Exec")]
    commands = [line.split() for line in lines if line.startswith("/usr/bin/postern ")]
    assert [words[1] for words in commands] == ["serve"]
    for words in commands:
        told = processes.run(words[1], "--help").stdout
        assert [flag for flag in words[2:] if flag.startswith("--") and flag not in told] == []


def test_each_path_of_the_service_is_documented():
    readme = (SYSTEMD / "README.md").read_text(encoding="utf-8")
    text = SERVICE.read_text(encoding="utf-8")
    paths = set(re.findall(r"(?:/etc|/var/lib|/run)/postern(?:/[\w.-]+\w)?", text))
    assert len(paths) >= 5
    assert [path for path in paths if path not in readme] == []


def test_the_first_steps_without_the_package_put_what_there_is_where_the_unit_looks():
    text = (SYSTEMD / "README.md").read_text(encoding="utf-8")
    steps = text[text.index("## First steps"):text.index("## The service")]
    copied = dict(re.findall(r"^    install (?:-D )?-m \d+ (\S+) (\S+)", steps, re.MULTILINE))
    for source, target in copied.items():
        assert source.startswith(("build/release/bin/", "/dev/stdin")) or (ROOT / source).is_file(), source
        assert target in SERVICE.read_text(encoding="utf-8") or target.endswith("/postern.service"), target
    for command, flag in re.findall(r"^    postern (\w+)((?: --[a-z-]+)?)", steps, re.MULTILINE):
        assert flag.strip() in processes.run(command, "--help").stdout


def test_the_service_ends_later_than_postern_drains():
    reference = (ROOT / "conf/reference.yaml").read_text(encoding="utf-8")
    drains = re.search(r"^drain:\n  delay: (\d+)s.*\n  timeout: (\d+)s", reference, re.MULTILINE)
    assert int(values(SERVICE, "TimeoutStopSec")[0].rstrip("s")) > int(drains[1]) + int(drains[2])


def test_the_secret_of_the_service_is_found_by_commands_too(folder):
    written = "${CREDENTIALS_DIRECTORY:-" + str(folder) + "}/client-secret"
    config = folder / "postern.yaml"
    config.write_text(json.dumps({"grants": [{"organization": "acme"}],
                                  "client": {"id": "a", "secret_file": written}}))
    (folder / "client-secret").write_text("a-secret\n")
    empty = folder / "credentials"
    empty.mkdir()
    (empty / "client-secret").write_text("\n")  # as SetCredential= has it
    assert processes.run("check", "--config", config).returncode == 0
    done = processes.run("check", "--config", config,
                         env=processes.clean_environment(CREDENTIALS_DIRECTORY=empty))
    assert (done.returncode, "client-secret is empty" in done.stderr) == (2, True)


# --- what the program needs -----------------------------------------------------------------------


@pytest.fixture
def traced(folder):
    """(words before a program, the file in which its system calls will be)."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if platform.machine() != "x86_64" or not UNISTD.exists():
        pytest.skip("the names of system calls are known on x86-64 with the kernel's headers only")
    if processes.is_sanitized():
        pytest.skip("sanitizers make system calls of their own")
    path = folder / "calls"
    wrapper = ["strace", "-D", "-f", "-qq", "-e", "signal=none", "-o", str(path)]
    probe = subprocess.run([*wrapper, "true"], capture_output=True, timeout=20, check=False)
    if probe.returncode != 0:
        pytest.skip("strace may not trace here")
    path.unlink()
    return wrapper, path


@pytest.fixture
def manager(folder):
    """Takes what is told to the service manager; a socket that it reaches."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(folder / "notify"))
        listening.settimeout(bound(10))
        yield listening


def live(serve, sandbox, manager, wrapper):
    """A Postern that does all that a service does in its life."""
    env = processes.clean_environment(NOTIFY_SOCKET=manager.getsockname(), WATCHDOG_USEC=200_000)
    postern = serve({"client": CLIENT, "grants": [{"organization": "acme"}],
                     "cache": {"enabled": True}}, grants=(), wrapper=wrapper, env=env)
    import_new_grant(sandbox, postern.config_path)
    eventually(lambda: postern.get(ECHO).status == 200, "the login is adopted")
    sandbox.control("expire", {})
    assert postern.get(ECHO).status == 200  # after a refresh
    assert fetch(postern.unix_path, target=ECHO).status == 200
    postern.config["log"]["level"] = "info"
    postern.config_path.write_text(json.dumps(postern.config))
    postern.signal(1)
    postern.eventually_logs("configuration_loaded")
    assert scrape(postern)
    told = [manager.recv(4096).decode() for _ in range(3)]
    assert any("READY=1" in one for one in told)
    assert processes.run("status", "--config", postern.config_path).returncode == 0
    assert processes.run("shutdown", "--config", postern.config_path).returncode == 0
    assert postern.wait() == 0


def test_the_service_leaves_postern_what_it_needs(serve, sandbox, manager, traced):
    wrapper, path = traced
    live(serve, sandbox, manager, wrapper)
    calls = path.read_text(errors="replace")
    used = set(re.findall(r"^\d+ +(\w+)\(", calls, re.MULTILINE))
    assert {"execve", "connect", "accept4", "fsync"} <= used
    assert used - allowed_calls(SERVICE) == set()
    families = set(re.findall(r"socket\((AF_\w+)", calls))
    assert families - set(values(SERVICE, "RestrictAddressFamilies")) == set()
    assert families <= FAMILIES.keys()
    assert not re.search(r"(mmap|mprotect)\([^\n]*PROT_WRITE\|PROT_EXEC", calls)
