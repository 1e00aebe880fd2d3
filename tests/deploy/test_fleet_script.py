"""deploy/fleet as somebody tries it: three that share a login, one killed, all ended by Ctrl-C."""

import os
import re
import signal
import subprocess

import pytest
from support.processes import BIN, ROOT, clean_environment, fetch, has_binary
from support.redis import HAS_REDIS
from support.waiting import bound, eventually

SCRIPT = ROOT / "deploy" / "fleet"
PATH = "/api/0/organizations/acme/projects/"

pytestmark = [
    pytest.mark.skipif(not (has_binary() and has_binary("postern-sandbox")), reason="no binaries in POSTERN_BIN_DIR"),
    pytest.mark.skipif(not HAS_REDIS, reason="no redis-server: deploy/install-packages try"),
]


@pytest.fixture
def env():
    return clean_environment(POSTERN_BIN_DIR=BIN)


def run(env, *args):
    return subprocess.run([SCRIPT, *args], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL,
                          timeout=bound(90), check=False)


def is_alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


def test_once(env):
    done = run(env, "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "after one refresh for all three" in done.stdout
    assert "the other two went on, with one refresh" in done.stdout
    members = [int(pid) for pid in re.findall(r"process (\d+)$", done.stdout, re.MULTILINE)]
    assert len(members) == 3 and not any(map(is_alive, members))


def test_wrong_options(env):
    for options in (("--twice",), ("--port", "x"), ("--port",), ("--port", "0"), ("--port", "70000"), ("--port", "08")):
        done = run(env, *options)
        assert done.returncode == 2 and "usage: deploy/fleet" in done.stderr


def test_a_port_after_which_there_are_no_three(env):
    done = run(env, "--once", "--port", "65535")
    assert done.returncode == 1
    assert "no free port among the fifty from 6553" in done.stderr and "--port" in done.stderr, done.stderr
    assert "5/6" not in done.stdout


class Shown:
    """A run that stays up, and what it has printed."""

    def __init__(self, env, folder):
        self.path = folder / "out"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen([SCRIPT], stdout=out, stderr=subprocess.STDOUT, env=env,
                                            stdin=subprocess.DEVNULL, start_new_session=True)

    @property
    def text(self):
        return self.path.read_text()

    def eventually_says(self, text, seconds=60):
        def said():
            assert self.process.poll() is None, self.text
            return text in self.text
        eventually(said, f"{text!r} is printed", seconds)


@pytest.fixture
def shown(env, tmp_path):
    one = Shown(env, tmp_path)
    yield one
    one.process.send_signal(signal.SIGTERM)
    one.process.wait(bound(30))


def test_up_until_ctrl_c(shown):
    shown.eventually_says("Up until Ctrl-C.")
    members = [(int(port), int(pid)) for port, pid in
               re.findall(r"127\.0\.0\.1:(\d+), process (\d+)$", shown.text, re.MULTILINE)]
    assert len(members) == 3
    assert len(re.findall(r"^  \d: http\S+token", shown.text, re.MULTILINE)) == 3, shown.text
    (_, killed), *others = members
    os.kill(killed, signal.SIGKILL)
    shown.eventually_says(f"Process {killed} has ended; what is left goes on.")
    assert "Killed" not in shown.text, "bash's own words"
    command = re.search(r"^  (\S+ status --fleet --config \S+) ", shown.text, re.MULTILINE)[1]
    said = subprocess.run(command.split(), capture_output=True, text=True, timeout=bound(20), check=False).stdout
    assert "3 instances at redis://" in said and "(this one)" in said, said
    for port, _ in others:
        assert fetch(port, "GET", PATH, (), None, "localhost").status == 200
    folder = re.search(r"^Logs: (\S+)/\*\.log$", shown.text, re.MULTILINE)[1]
    shown.process.send_signal(signal.SIGINT)
    assert shown.process.wait(bound(30)) == 130
    assert not any(is_alive(pid) for _, pid in members) and not os.path.exists(folder)
