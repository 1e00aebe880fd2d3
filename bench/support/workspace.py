"""A temporary folder and the processes started in it; both are gone when the `with` block ends."""

import os
import pathlib
import resource
import shutil
import socket
import subprocess
import tempfile
import time

from support.errors import BenchError

PROXY_CORE = 0
LOAD_CORE = 1

# Settings of the caller's shell that would change what is measured.
FOREIGN = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")


def clean_environment():
    return {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in FOREIGN and not name.startswith("POSTERN_")
    }


def raise_file_limit():
    """As many open files as the hard limit allows, for this process and those it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def need(*commands):
    """Fails unless every command can be found."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in commands if not shutil.which(name, path=path)]
    if missing:
        raise BenchError(f"{', '.join(missing)} not found; run deploy/install-packages bench")


def on_core(core, args):
    """The command `args`, pinned to one core if the machine has more than one."""
    if (os.cpu_count() or 1) < 2:
        return list(args)
    return ["taskset", "-c", str(core), *args]


class Workspace:
    """Owns a folder and processes. Processes end in the reverse order of their start."""

    def __init__(self, keep=False):
        self.keep = keep
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="postern-bench-"))
        self._processes = []
        self.file_limit = raise_file_limit()
        self.env = clean_environment()
        self.env["PATH"] = self.env.get("PATH", "") + ":/usr/sbin:/sbin"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            end(process)
        if self.keep:
            print(f"kept {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)

    def write(self, name, text, mode=0o644):
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def start(self, name, args, core=PROXY_CORE, env=None, stdout=None):
        """Starts a process; what it says goes to <name>.out and <name>.err in the folder."""
        out = open(stdout or self.path / f"{name}.out", "ab")
        err = open(self.path / f"{name}.err", "ab")
        with out, err:
            process = subprocess.Popen(
                on_core(core, args),
                cwd=self.path,
                env={**self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        process.bench_name = name
        self._processes.append(process)
        return process

    def said(self, name, lines=8):
        """The last lines that the process wrote to standard error, then to standard output."""
        for ending in ("err", "out"):
            path = self.path / f"{name}.{ending}"
            text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            if text.strip():
                return "\n".join(text.splitlines()[-lines:])
        return "(it said nothing)"

    def wait_for(self, process, condition, what, seconds=10.0):
        """Polls until condition() is true. Fails when the process ends or time runs out."""
        end_at = time.monotonic() + seconds
        while not condition():
            late = time.monotonic() > end_at
            if process.poll() is not None or late:
                why = f"no {what} after {seconds:g} s" if late else f"ended ({process.returncode})"
                raise BenchError(f"{process.bench_name}: {why}\n{self.said(process.bench_name)}")
            time.sleep(0.01)

    def stop(self, process):
        end(process)
        self._processes.remove(process)


def end(process, patience=10.0):
    """Ends one process that we started: asked first, then killed."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def accepts(port, host="127.0.0.1"):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
