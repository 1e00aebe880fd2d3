"""Redis for tests: real servers, Sentinels and clusters of Debian's redis-server, the probe that drives
our client, and a scripted server for what no real one does."""

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

from .processes import binary, clean_environment
from .waiting import bound, eventually

# Debian's redis-tools has the server too, under another name, and starts none on the machine.
PROGRAM = shutil.which("redis-server") or shutil.which("redis-check-rdb")
HAS_REDIS = PROGRAM is not None


def free_port():
    """Below the range of ephemeral ports, so that nobody gets it by chance; 10000 more is free as well,
    where the nodes of a cluster talk."""
    for _ in range(200):
        port = 11000 + int.from_bytes(os.urandom(2), "big") % 10000
        try:
            for number in (port, port + 10000):
                with socket.socket() as one:
                    one.bind(("127.0.0.1", number))
            return port
        except OSError:
            continue
    raise AssertionError("no free port")


class Wire:
    """A plain client, to arrange things and to look."""

    def __init__(self, address, password=None):
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        self.socket = socket.socket(family)
        self.socket.settimeout(bound(20))
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")
        if password:
            self.ask("AUTH", password)

    def ask(self, *words):
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(parts)
                            + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self.read()

    def read(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:].strip()
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if int(rest) < 0 else self.file.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        raise EOFError("the connection ended")

    def close(self):
        self.file.close()
        self.socket.close()


class Redis:
    """One redis-server (or Sentinel) in `folder`, killed when the test ends. `settings`: lines of
    redis.conf. It can also be reached by its unix socket."""

    def __init__(self, folder, *settings, port=None, password=None, sentinel=False):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port() if port is None else port
        self.password = password
        self.sentinel = sentinel
        self.socket_path = str(self.folder / "r.sock")
        self.config = self.folder / "redis.conf"
        lines = ["bind 127.0.0.1", f"port {self.port}", f"dir {self.folder}", 'save ""',
                 f"unixsocket {self.socket_path}", "daemonize no", *settings]
        if password:
            lines.append(f"requirepass {password}")
        self.config.write_text("\n".join(lines) + "\n")
        self.process = None
        self.start()

    def start(self):
        Path(self.socket_path).unlink(missing_ok=True)
        words = ["redis-server", str(self.config), *(["--sentinel"] if self.sentinel else [])]
        with open(self.folder / "redis.log", "ab") as log:
            self.process = subprocess.Popen(words, executable=PROGRAM, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=clean_environment(), start_new_session=True)
        eventually(self.answers, f"redis-server answers: {(self.folder / 'redis.log').read_text()[-500:]}")

    def answers(self):
        assert self.process.poll() is None, (self.folder / "redis.log").read_text()[-2000:]
        try:
            return self.ask("PING") == "PONG"
        except (OSError, EOFError):
            return False

    def ask(self, *words):
        wire = Wire(self.socket_path, self.password)
        try:
            return wire.ask(*words)
        finally:
            wire.close()

    def role(self):
        """"master" or "slave"; None just when it changes and closes all connections."""
        try:
            return self.ask("ROLE")[0]
        except (OSError, EOFError):
            return None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def addresses(servers):
    """Of Sentinels or nodes, for the probe."""
    return ",".join(one.url for one in servers)


def watched(start, password=None):
    """(master, replica, sentinels): two servers under three Sentinels."""
    master = start("repl-diskless-sync-delay 0")
    replica = start(f"replicaof 127.0.0.1 {master.port}")
    eventually(lambda: "state=online" in master.ask("INFO", "replication"), "the replica is online")
    settings = [f"sentinel monitor mymaster 127.0.0.1 {master.port} 2",
                "sentinel down-after-milliseconds mymaster 300",
                "sentinel failover-timeout mymaster 3000"]
    if password:
        settings.append(f"sentinel sentinel-pass {password}")
    watch = [start(*settings, sentinel=True, password=password) for _ in range(3)]

    def settled():
        for one in watch:
            info = dict(zip(*[iter(one.ask("SENTINEL", "MASTER", "mymaster"))] * 2))
            if info["num-slaves"] != "1" or info["num-other-sentinels"] != "2":
                return False
        return True
    eventually(settled, "the Sentinels know each other", 30)
    return master, replica, watch


CLUSTER = ("cluster-enabled yes", "cluster-node-timeout 1000", "cluster-config-file nodes.conf")


def cluster_of(start, *settings):
    """Three nodes that share the slots."""
    nodes = [start(*CLUSTER, *settings) for _ in range(3)]
    bounds = [0, 5461, 10923, 16384]
    for index, node in enumerate(nodes):
        node.ask("CLUSTER", "ADDSLOTSRANGE", bounds[index], bounds[index + 1] - 1)
        node.ask("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
    for node in nodes[1:]:
        nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port)
    settled(nodes)
    return nodes


def settled(nodes):
    for node in nodes:
        eventually(lambda node=node: "cluster_state:ok" in node.ask("CLUSTER", "INFO")
                   and node.ask("CLUSTER", "NODES").count("connected") == len(nodes), "the nodes know each other", 30)


def owner(nodes, key):
    """(node that has the key, its slot)"""
    slot = nodes[0].ask("CLUSTER", "KEYSLOT", key)
    for first, last, master, *_ in nodes[0].ask("CLUSTER", "SLOTS"):
        if first <= slot <= last:
            return next(node for node in nodes if node.port == master[1]), slot
    raise AssertionError("nobody has the slot")


def begin_move(slot, source, target):
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.ask("CLUSTER", "MYID"))
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.ask("CLUSTER", "MYID"))


def end_move(slot, source, target, nodes):
    for node in (target, source, *nodes):
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", target.ask("CLUSTER", "MYID"))


class Probe:
    """`redis_probe` with settings; what it says comes line by line."""

    def __init__(self, **settings):
        words = [f"{key}={value}" for key, value in settings.items()]
        self.process = subprocess.Popen([binary("redis_probe"), *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=clean_environment())
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.first = self.next()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def next(self, seconds=20):
        """What it says next; None when it has ended."""
        try:
            return self.lines.get(timeout=bound(seconds))
        except queue.Empty:
            raise AssertionError("the probe says nothing") from None

    def say(self, *words):
        self.process.stdin.write("\t".join(map(str, words)).encode() + b"\n")
        self.process.stdin.flush()

    def call(self, *words):
        self.say("call", *words)
        return self.next()

    def wait(self, key, replicas, milliseconds):
        self.say("wait", key, replicas, milliseconds)
        return self.next()

    def eventually_replies(self, *words, seconds=5.0):
        """Calls until there is a reply; that reply."""
        return eventually(lambda: (lambda said: said if "reply" in said else None)(self.call(*words)),
                          f"{words} gets a reply", seconds)["reply"]

    def send(self, tag, *words):
        self.say("send", tag, *words)

    def until(self, key, seconds=20):
        """The next thing said that has `key`."""
        while True:
            said = self.next(seconds)
            assert said is not None, "the probe has ended"
            if key in said:
                return said

    def end(self):
        self.process.stdin.close()
        try:
            code = self.process.wait(bound(10))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the probe does not end") from None
        errors = self.process.stderr.read().decode(errors="replace")
        self.process.stderr.close()
        assert code in (0, 2) and "Sanitizer" not in errors and "runtime error" not in errors, errors[-4000:]


class ScriptedRedis:
    """Answers as `handler(words, connection)` says, which returns bytes; for what no real one does. `seen`:
    the commands of all connections; `ended`: how many the client has ended. With a `greeting` it says that and
    closes."""

    def __init__(self, handler, greeting=b""):
        self.handler = handler
        self.greeting = greeting
        self.seen = []
        self.ended = 0
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            if self.greeting:
                connection.sendall(self.greeting)
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        file = connection.makefile("rb")
        try:
            while line := file.readline():
                words = []
                for _ in range(int(line[1:])):
                    size = int(file.readline()[1:])
                    words.append(file.read(size + 2)[:-2].decode(errors="replace"))
                self.seen.append(words)
                answer = b"+OK\r\n" if words[0] == "CLIENT" else self.handler(words, connection)
                if answer:
                    connection.sendall(answer)
            self.ended += 1
        except (OSError, ValueError):
            pass

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()
