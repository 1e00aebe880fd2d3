"""Postern in the image's root file system, confined as a container runtime would: bubblewrap in the
place of one. Read-only root, user 65532, no capabilities, no new privileges, a seccomp filter, a
memory file system for the store, process id 1. The network is this machine's, unless asked otherwise.
"""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from . import seccomp
from .processes import Process
from .waiting import bound, eventually

USER = 65532
STORE = "/var/lib/postern"
AS_NOBODY = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
# What the image's Dockerfile sets, and Docker beside it.
ENVIRONMENT = {"PATH": "/usr/bin", "STATE_DIRECTORY": STORE, "HOME": STORE}


def words(root, mounts=(), options=()):
    """The command that confines what follows it. `mounts`: (file of this machine, where it is seen)."""
    command = [*AS_NOBODY, "bwrap", "--unshare-all", "--as-pid-1", "--new-session", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    command += ["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev",
                "--perms", "0700", "--tmpfs", STORE]
    for source, place in mounts:
        command += ["--ro-bind", source, place]
    return [str(word) for word in [*command, *options, "--"]]


def reason_not_to():
    """Why nothing can be confined here, in words; None if it can."""
    if os.geteuid() != 0:
        return "takes root: the store of the image has an owner of its own"
    missing = [name for name in ("bwrap", "setpriv", "nsenter") if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    command = [*AS_NOBODY, "bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc",
               "/bin/true"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=bound(20), check=False)
    return None if done.returncode == 0 else f"no namespaces for users here: {done.stderr.strip()}"


class Contained(Process):
    """`postern serve` as the image starts it, with `config` at /etc/postern/postern.yaml.

    `root`: the image's; `mounts`: what a runtime would mount, such as /etc/hosts; `alone`: with a
    network of its own, in which it is the only one."""

    def __init__(self, root, folder, config, mounts=(), alone=False):
        self.configuration = Path(folder) / "etc"
        self.configuration.mkdir(parents=True)
        self.configure(config)
        inside = [(self.configuration, "/etc/postern"), *mounts]
        told, tell = os.pipe()
        descriptors = [tell]
        options = ["--info-fd", tell, *([] if alone else ["--share-net"])]
        if seccomp.is_known_here():
            descriptors.append(seccomp.program_file())
            options += ["--seccomp", descriptors[-1]]
        super().__init__(["/usr/bin/postern", "serve", "--config", "/etc/postern/postern.yaml"],
                         folder, wrapper=words(root, inside, options), pass_fds=descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        with os.fdopen(told) as lines:
            text = lines.read()
        assert text, f"bwrap started nothing:\n{self.log}"
        self.inner_pid = json.loads(text)["child-pid"]

    def configure(self, config):
        """Writes the configuration, in one step as a ConfigMap's is replaced."""
        fresh = self.configuration / "fresh"
        fresh.write_text(json.dumps(config, indent=1))
        fresh.chmod(0o644)
        fresh.rename(self.configuration / "postern.yaml")

    @property
    def pid(self):
        """Of Postern, as this machine counts."""
        return self.inner_pid

    def signal(self, number):
        os.kill(self.inner_pid, number)

    def end(self):
        if self.is_running:
            self.signal(signal.SIGKILL)
        self.process.wait()

    def runtime(self):
        """What its runtime file says, as pairs."""
        path = Path(f"/proc/{self.inner_pid}/root{STORE}/postern.runtime")
        try:
            return [line.partition("=")[::2] for line in path.read_text().splitlines()]
        except OSError:
            return []

    def port(self, name="listen"):
        def known():
            assert self.is_running, f"ended with {self.process.returncode}:\n{self.log[-4000:]}"
            return dict(self.runtime()).get(name)
        return int(eventually(known, f"it listens; its log:\n{self.log[-4000:]}").rpartition(":")[2])

    def run(self, *args, stdin=b""):
        """`postern ARGS` in the same container, as `docker exec` does it."""
        enter = ["nsenter", "-t", str(self.inner_pid), "-U", "-m", "-p", "-n", "-r", "-w",
                 "-S", str(USER), "-G", str(USER), "/usr/bin/postern", *map(str, args)]
        done = subprocess.run(enter, input=stdin, capture_output=True, env=ENVIRONMENT,
                              timeout=bound(30), check=False)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done
