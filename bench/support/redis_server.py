"""A Redis of its own for a measurement, also as a replica or a Sentinel, and what it is asked."""

import contextlib
import shutil
import signal
import socket

from support.errors import BenchError
from support.workspace import free_port

# Debian's redis-tools has the server too, under another name, and starts none on the machine.
PROGRAM = shutil.which("redis-server") or shutil.which("redis-check-rdb")
PATIENCE = 2.0  # seconds for a reply

# What Postern sends by itself; the other commands are those of its scripts.
SENT = ("eval", "evalsha", "subscribe", "ping", "wait", "role", "auth", "select", "hello", "client|setname")


class Wire:
    """One connection to a server. Raises OSError or EOFError when it does not answer."""

    def __init__(self, port, patience=PATIENCE):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Also while another thread reads."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._file.close()
        self._socket.close()

    def ask(self, *words):
        parts = [str(word).encode() for word in words]
        sizes = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        self._socket.sendall(b"*%d\r\n%s" % (len(parts), sizes))
        return self.read()

    def read(self):
        line = self._file.readline()
        kind, rest = line[:1], line[1:].strip()
        if kind in (b"+", b"-"):
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if int(rest) < 0 else self._file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        raise EOFError("the connection ended")


class Redis:
    """A redis-server that keeps nothing on disk. `settings`: lines of its configuration."""

    def __init__(self, workspace, name, *settings, is_sentinel=False):
        if PROGRAM is None:
            raise BenchError("redis-server not found; run deploy/install-packages bench")
        self._workspace, self.name, self.port = workspace, name, free_port()
        folder = workspace.path / name
        folder.mkdir()
        lines = ["bind 127.0.0.1", f"port {self.port}", f"dir {folder}", 'save ""', *settings]
        path = workspace.write(f"{name}.conf", "\n".join(lines) + "\n")
        # Its program is called by the name that it goes by.
        self._command = ["bash", "-c", 'exec -a redis-server "$@"', "-", PROGRAM, str(path)]
        self._command += ["--sentinel"] if is_sentinel else []
        self.process = None
        self.start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def start(self):
        self.process = self._workspace.start(self.name, self._command)
        self._workspace.wait_for(self.process, self.answers, "answer to PING")

    def kill(self):
        self.process.kill()
        self._workspace.stop(self.process)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def ask(self, *words):
        """The reply; None also when there is none."""
        try:
            with Wire(self.port) as wire:
                return wire.ask(*words)
        except (OSError, EOFError):
            return None

    def answers(self):
        return self.ask("PING") == "PONG"

    def is_master(self):
        return (self.ask("ROLE") or [""])[0] == "master"

    def listeners(self, channel):
        """How many have subscribed to it."""
        told = self.ask("PUBSUB", "NUMSUB", channel)
        return told[1] if isinstance(told, list) else 0

    def commands(self):
        """How many Postern has sent since it started."""
        text = self.ask("INFO", "commandstats") or ""
        calls = dict(line.removeprefix("cmdstat_").split(":calls=") for line in text.split() if ":calls=" in line)
        return sum(int(calls.get(name, "0").split(",")[0]) for name in SENT)


class Sentinels:
    """A server, a replica of it, and three Sentinels that watch both."""

    MASTER = "postern"

    def __init__(self, workspace):
        self.first = Redis(workspace, "redis")
        self.second = Redis(workspace, "redis-replica", f"replicaof 127.0.0.1 {self.first.port}")
        watched = [
            f"sentinel monitor {self.MASTER} 127.0.0.1 {self.first.port} 2",
            f"sentinel down-after-milliseconds {self.MASTER} 1000",
            f"sentinel failover-timeout {self.MASTER} 5000",
        ]
        self.sentinels = [
            Redis(workspace, f"sentinel-{number}", *watched, is_sentinel=True) for number in range(3)
        ]
        process = self.sentinels[-1].process
        workspace.wait_for(process, self._is_settled, "replica and other Sentinels known", 30)

    def _is_settled(self):
        """Each Sentinel knows the others and the replica, which has all that the master has."""
        known = [one.ask("SENTINEL", "SENTINELS", self.MASTER) for one in self.sentinels]
        replicas = self.sentinels[0].ask("SENTINEL", "REPLICAS", self.MASTER)
        linked = (self.second.ask("ROLE") or ["", 0, 0, ""])[3:4] == ["connected"]
        return linked and all(len(each or []) == 2 for each in known) and len(replicas or []) == 1

    @property
    def addresses(self):
        return [f"127.0.0.1:{one.port}" for one in self.sentinels]
