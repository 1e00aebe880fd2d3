"""The Debian package: made, judged by lintian, installed in a root of its own, run there, removed."""

import contextlib
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from support import confined, processes
from support.fixtures import *  # noqa: F401,F403
from support.http_wire import fetch
from support.sandboxed import ECHO, sandbox  # noqa: F401
from support.waiting import bound, eventually

ROOT = processes.ROOT
BUILT = processes.BIN.parent
PACKAGES = ROOT / "build/package"
MIRROR = "http://deb.debian.org/debian"
BOOTSTRAP_SECONDS = 300
UID = 61234  # one of those that DynamicUser= gives

DOCUMENTATION = "/usr/share/doc/postern"
FILES = [
    "/lib/systemd/system/postern.service",
    "/usr/bin/postern",
    "/usr/lib/systemd/user/postern.service",
    "/usr/share/bash-completion/completions/postern",
    f"{DOCUMENTATION}/README.Debian",
    f"{DOCUMENTATION}/changelog.Debian.gz",
    f"{DOCUMENTATION}/changelog.gz",
    f"{DOCUMENTATION}/copyright",
    f"{DOCUMENTATION}/examples/postern-admin.socket",
    f"{DOCUMENTATION}/examples/postern.socket",
    f"{DOCUMENTATION}/examples/postern.yaml",
    f"{DOCUMENTATION}/examples/reference.yaml",
    f"{DOCUMENTATION}/examples/sockets.conf",
    "/usr/share/fish/vendor_completions.d/postern.fish",
    "/usr/share/lintian/overrides/postern",
    "/usr/share/man/man1/postern.1.gz",
    "/usr/share/zsh/vendor-completions/_postern",
]


def must(*words, seconds=180, **options):
    """What a command printed; fails with all it said."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          timeout=bound(seconds), check=False, **options)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def build(out, *flags):
    """The path of a package of the build that is tested."""
    for command in ("cpack", "dpkg-shlibdeps"):
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed")
    if not (BUILT / "CPackConfig.cmake").exists():
        pytest.skip(f"{BUILT} is not a build of the preset release")
    told = must(ROOT / "deploy/package/build", "--built", BUILT, "--out", out, *flags)
    path, size, _ = told.rsplit(maxsplit=2)
    assert Path(path).stat().st_size == int(size)
    return Path(path)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build(tmp_path_factory.mktemp("package"))


def test_it_holds_what_it_should_and_all_is_roots(package):
    lines = [line.split() for line in must("dpkg-deb", "-c", package).splitlines()]
    found = {words[5].removeprefix("."): (words[0], words[1]) for words in lines}
    assert [path for path in found if not path.endswith("/")] == FILES
    assert {owner for _, owner in found.values()} == {"root/root"}
    for path, (mode, _) in found.items():
        executable = path.endswith("/") or path == "/usr/bin/postern"
        assert mode[1:] == ("rwxr-xr-x" if executable else "rw-r--r--"), path


def test_lintian_has_nothing_against_it(package):
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    told = must("lintian", "--allow-root", "--fail-on", "error,warning", package)
    assert told == ""


def test_the_first_steps_name_what_there_is():
    text = (ROOT / "deploy/package/README.Debian").read_text()
    commands = set(re.findall(r"^(?: \d\.)? +postern (\w+)((?: --[a-z-]+)?)", text, re.MULTILINE))
    assert {command for command, _ in commands} == {"check", "login", "status"}
    for command, flag in commands:
        assert flag.strip() in processes.run(command, "--help").stdout
    assert set(re.findall(r"examples/([a-z.]+\.yaml)", text)) == {"postern.yaml", "reference.yaml"}
    assert "http://127.0.0.1/oauth/callback" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_same_commit_gives_the_same_bytes(package, tmp_path):
    again = build(tmp_path / "another folder")
    assert again.read_bytes() == package.read_bytes()


# --- installed ------------------------------------------------------------------------------------

# Programs outside the root that find no fault in what the package brings for them.
READERS = [
    ("man", ["--warnings", "-l"], "/usr/share/man/man1/postern.1.gz"),
    ("bash", ["-n"], "/usr/share/bash-completion/completions/postern"),
    ("zsh", ["-n"], "/usr/share/zsh/vendor-completions/_postern"),
    ("fish", ["-n"], "/usr/share/fish/vendor_completions.d/postern.fish"),
]
SYSTEMCTL = """#!/bin/sh
echo "$*" >>/root/systemctl.log
case "$*" in
  *is-enabled*) echo enabled ;;
  *is-active*) exit {status} ;;
esac
"""


class Root:
    """A bare Debian in a folder."""

    def __init__(self, path):
        self.path = path

    def __truediv__(self, name):
        return self.path / str(name).lstrip("/")

    def run(self, *words, **options):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive"}
        env |= {name: os.environ[name] for name in ("http_proxy",) if name in os.environ}
        return must("chroot", self.path, *words, env=env, **options)

    def install(self, package):
        """As a user would, with what it depends on."""
        shutil.copy(package, self / "root")
        return self.run("apt-get", "install", "-q", "-y", "--no-install-recommends",
                        f"/root/{package.name}")

    def pretend_systemd(self, is_active):
        """From now on there is a systemctl, which writes down what it is told."""
        (self / "run/systemd/system").mkdir(parents=True, exist_ok=True)
        program = self / "usr/bin/systemctl"
        program.write_text(SYSTEMCTL.format(status=0 if is_active else 3))
        program.chmod(0o755)

    def told(self):
        """What systemctl was told since the last time to do with the service."""
        log = self / "root/systemctl.log"
        lines = log.read_text().splitlines()
        log.unlink()
        words = [line.split() for line in lines if line.endswith("postern.service")]
        return [one for line in words for one in line if one in ("start", "restart", "stop")]


def bootstrap(path):
    """A minimal root; the archive's packages are kept for the next."""
    cache = PACKAGES / "archives"
    cache.mkdir(parents=True, exist_ok=True)
    # Nothing here has to survive a loss of power.
    (path / "etc/dpkg/dpkg.cfg.d").mkdir(parents=True)
    (path / "etc/dpkg/dpkg.cfg.d/fast").write_text("force-unsafe-io\n")
    # In a mount namespace: whatever happens, nothing stays mounted.
    command = ["unshare", "--mount", "debootstrap", "--variant=minbase", f"--cache-dir={cache}",
               "bookworm", str(path), MIRROR]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=bound(BOOTSTRAP_SECONDS))
    except subprocess.TimeoutExpired:
        pytest.skip(f"debootstrap took longer than {BOOTSTRAP_SECONDS} s")
    if done.returncode != 0:
        pytest.skip(f"debootstrap made no root: {(done.stdout + done.stderr).strip()[-300:]}")


@pytest.fixture
def root():
    if os.geteuid() != 0:
        pytest.skip("only root can make a root file system")
    if shutil.which("debootstrap") is None:
        pytest.skip("debootstrap is not installed")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces here")
    path = PACKAGES / f"root-{os.getpid()}"
    try:
        bootstrap(path)
        # As every machine has it.
        (path / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        yield Root(path)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", str(path)], check=False)


def test_a_new_user_installs_runs_upgrades_and_removes_it(root, package, sandbox, folder):
    newer = build(folder / "newer", "--version", "99.0.0")
    assert "Postern is not running" in root.install(package)
    look_at_the_commands(root)
    log_in(root, sandbox)
    with running(root, folder) as service:
        use(root, service)
        upgrade(root, newer)
        reload(root, service)
        assert service.stop() == 0
    remove(root, newer)


def look_at_the_commands(root):
    assert root.run("postern", "version").startswith("postern ")
    examples = root / DOCUMENTATION / "examples"
    root.run("postern", "check", "--config", f"{DOCUMENTATION}/examples/postern.yaml")
    root.run("postern", "check", "--config", f"{DOCUMENTATION}/examples/reference.yaml")
    assert (examples / "postern.yaml").read_bytes() == (ROOT / "conf/postern.yaml").read_bytes()
    for reader, flags, path in READERS:
        if shutil.which(reader) is not None:
            must(reader, *flags, root / path)
    assert is_enabled(root)


def is_enabled(root):
    return (root / "etc/systemd/system/multi-user.target.wants/postern.service").is_symlink()


def log_in(root, sandbox):
    """Writes the smallest configuration, pointed at the sandbox; root logs in before the start."""
    shutil.copy(sandbox.ca, root / "etc/postern/ca.pem")
    shutil.copy(sandbox.grant, root / "root/grant.json")
    (root / "etc/postern/postern.yaml").write_text(json.dumps({
        "grants": [{"organization": "acme"}], "listen": "127.0.0.1:0",
        "admin": {"listen": "127.0.0.1:0"},
        "sentry": {"url": sandbox.url, "ca_file": "/etc/postern/ca.pem"}}))
    root.run("postern", "check")
    root.run("postern", "login", "--import", "/root/grant.json")


def hand_over(root):
    """What systemd does to the folders of a service with DynamicUser=."""
    private = root / "var/lib/private"
    private.mkdir(mode=0o711)  # it has a view of its own for the service, in which this is passable
    private.chmod(0o711)
    (root / "var/lib/postern").rename(private / "postern")
    (root / "var/lib/postern").symlink_to("private/postern")
    (root / "run/postern").mkdir()
    for path in (root / "run/postern", private / "postern", *(private / "postern").iterdir()):
        os.chown(path, UID, UID)


@contextlib.contextmanager
def running(root, folder):
    """The service as its unit starts it, as confined as can be had without systemd."""
    if platform.machine() != "x86_64" or not confined.UNISTD.exists():
        pytest.skip("the filter of system calls can be made on x86-64 with the kernel's headers only")
    hand_over(root)
    unit = root / "lib/systemd/system/postern.service"
    command = next(value for name, value in confined.settings(unit) if name == "ExecStart")
    wrapper = ["/usr/bin/python3", confined.__file__, unit, root.path, UID]
    env = {"PATH": "/usr/bin:/bin", "STATE_DIRECTORY": "/var/lib/postern",
           "RUNTIME_DIRECTORY": "/run/postern", "NOTIFY_SOCKET": "/run/notify"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        with contextlib.chdir(root / "run"):  # a path of at most 107 bytes
            manager.bind("notify")
        os.chmod(root / "run/notify", 0o666)
        manager.settimeout(bound(20))
        with processes.Process(command.split(), folder / "service", env=env,
                               wrapper=wrapper) as service:
            assert "READY=1" in manager.recv(4096).decode(), service.log
            yield service


def use(root, service):
    assert service.status("Uid").split() == [str(UID)] * 4
    assert int(service.status("CapBnd"), 16) == 0
    assert service.status("Seccomp") == "2"
    lines = (root / "var/lib/private/postern/postern.runtime").read_text().splitlines()
    address = next(line.removeprefix("listen=") for line in lines if line.startswith("listen="))
    answer = fetch(int(address.rpartition(":")[2]), target=ECHO)
    assert answer.status == 200, answer.body
    assert "acme" in root.run("postern", "status")


def reload(root, service):
    """ExecReload=: the signal."""
    path = root / "etc/postern/postern.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"log": {"slow": "1s"}}))
    service.signal(signal.SIGHUP)
    service.eventually_logs("configuration_loaded")


def upgrade(root, newer):
    """A service that runs is started anew; one that was stopped stays so."""
    root.pretend_systemd(is_active=True)
    assert "Postern is not running" not in root.install(newer)
    assert "99.0.0-1" in root.run("dpkg-query", "-W", "postern")
    assert root.told() == ["restart"]
    root.pretend_systemd(is_active=False)
    root.run("dpkg", "-i", f"/root/{newer.name}")
    assert root.told() == []


def purge_with_a_mounted_store(root):
    """Mounted where nobody else sees it. What is in a mount goes; its folder cannot."""
    store = root / "var/lib/private/postern"
    mounted = 'mount --bind "$2" "$2" && exec chroot "$1" dpkg --purge postern'
    must("unshare", "--mount", "sh", "-c", mounted, "-", root.path, store)
    assert list(store.iterdir()) == []
    assert not os.path.lexists(root / "var/lib/postern") and not (root / "etc/postern").exists()


def remove(root, package):
    root.run("dpkg", "--remove", "postern")
    assert root.told() == ["stop"]
    assert not (root / "usr/bin/postern").exists()
    assert (root / "etc/postern/postern.yaml").exists()
    assert (root / "var/lib/private/postern/acme.json").exists()
    root.run("dpkg", "-i", f"/root/{package.name}")
    assert root.told() == ["start"]
    purge_with_a_mounted_store(root)
    root.run("dpkg", "-i", f"/root/{package.name}")
    root.run("dpkg", "--purge", "postern")
    assert not is_enabled(root)
    for path in ("etc/postern", "var/lib/postern", "var/lib/private/postern"):
        assert not os.path.lexists(root / path), path
    left = [path for path in (root / "etc/systemd").rglob("postern*")]
    left += (root / "var/lib/systemd").rglob("*postern*")
    assert left == []
