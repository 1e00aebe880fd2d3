"""The proxies that are compared. Each does the same job; each is started pinned to one core."""

import http.client
import json
import pathlib
import re
import subprocess
import time

from support import proc, templates
from support.backend import DUMMY, TOKEN
from support.errors import BenchError
from support.workspace import PROXY_CORE, accepts, free_port, need

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT_BIN = ROOT / "build" / "release" / "bin"


class Proxy:
    """One proxy in front of a backend. Subclasses say how it is configured and started."""

    name = "?"
    core = PROXY_CORE
    authorization = DUMMY  # what a caller of it sends
    is_process = True
    callers = None  # plain HTTP; else how they speak TLS (gateway.Callers)

    def __init__(self, workspace, upstream_port, ca_file):
        self.workspace = workspace
        self.upstream_port = upstream_port
        self.ca_file = ca_file
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def prepare(self):
        """Writes the configuration; returns the command that starts the proxy."""
        raise NotImplementedError

    def launch(self, wrap=(), env=None):
        """Starts the process and returns at once. `wrap` goes before the command (valgrind)."""
        command = [*wrap, *self.prepare()]
        self.process = self.workspace.start(self.name, command, core=self.core, env=env)
        return self

    def start(self, wrap=(), env=None, seconds=10.0):
        self.launch(wrap, env)
        self.workspace.wait_for(self.process, self.ready, "open port", seconds)
        return self

    def ready(self):
        return accepts(self.port)

    def connection(self, timeout):
        """A caller's connection to it, not yet opened."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def stop(self):
        self.workspace.stop(self.process)

    def pids(self):
        """The processes that count: a wrapper in front of the proxy would count too."""
        return proc.tree(self.process.pid)

    def file(self, ending):
        return self.workspace.path / f"{self.name}.{ending}"


class Nginx(Proxy):
    name = "nginx"
    template = "nginx.conf"
    one_process = False  # valgrind and LD_PRELOAD counters want a single process

    def prepare(self):
        text = templates.render(
            self.template,
            user=templates.nginx_user(),
            master="master_process off;" if self.one_process else "",
            folder=self.workspace.path,
            name=self.name,
            port=self.port,
            upstream=self.upstream_port,
            ca=self.ca_file,
            token=TOKEN,
            speaks="ssl " if self.callers else "",
            tls=self.callers.nginx() if self.callers else "",
        )
        return templates.nginx_command(self.workspace.write(f"{self.name}.conf", text))


class NginxLarge(Nginx):
    name = "nginx-64k"
    template = "nginx-64k.conf"


class Haproxy(Proxy):
    name = "haproxy"
    tuning = ""

    def prepare(self):
        text = templates.render(
            "haproxy.cfg",
            tuning=self.tuning,
            port=self.port,
            upstream=self.upstream_port,
            ca=self.ca_file,
            token=TOKEN,
            tls=self.callers.haproxy() if self.callers else "",
        )
        return ["haproxy", "-db", "-f", str(self.workspace.write(f"{self.name}.cfg", text))]


class HaproxyLarge(Haproxy):
    name = "haproxy-64k"
    tuning = "tune.bufsize 65536"


class Caddy(Proxy):
    name = "caddy"

    def prepare(self):
        text = templates.render(
            "Caddyfile",
            folder=self.workspace.path,
            name=self.name,
            port=self.port,
            upstream=self.upstream_port,
            ca=self.ca_file,
            token=TOKEN,
        )
        config = str(self.workspace.write("Caddyfile", text))
        return ["caddy", "run", "--adapter", "caddyfile", "--config", config]

    def launch(self, wrap=(), env=None):
        folder = str(self.workspace.path)  # it keeps a copy of its configuration at home
        home = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), folder)
        return super().launch(wrap, {**home, **(env or {})})


class Postern(Proxy):
    name = "postern"
    bin = DEFAULT_BIN

    def __init__(self, workspace, upstream_port, ca_file):
        super().__init__(workspace, upstream_port, ca_file)
        self.runtime = self.file("runtime.json")
        self.store = self.file(f"store-{upstream_port}")  # a token is good for one Sentry only

    def prepare(self):
        text = templates.render(
            "postern.yaml",
            listen=self.callers.postern(self.port) if self.callers else f"127.0.0.1:{self.port}",
            upstream=self.upstream_port,
            ca=self.ca_file or "",
            store=self.store,
            runtime=self.runtime,
        )
        config = str(self.workspace.write(f"{self.name}.yaml", text))
        if not self.store.exists():
            self.store.mkdir(mode=0o700)
            self._import(config)
        return [str(program(self.bin)), "serve", "--config", config]

    def _import(self, config):
        answer = {
            "access_token": TOKEN,
            "refresh_token": "0" * 64,
            "expires_in": 2_592_000,
            "token_type": "bearer",
            "scope": "org:read project:read team:read member:read event:read",
            "user": {"id": "1", "name": "Bench", "email": "bench@example.invalid"},
        }
        path = self.workspace.write("grant-to-import.json", json.dumps(answer), mode=0o600)
        done = subprocess.run(
            [str(program(self.bin)), "login", "--config", config, "--import", str(path),
             "--no-verify"],
            env=self.workspace.env,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        if done.returncode != 0:
            raise BenchError(f"postern login --import failed: {done.stderr.strip()}")


def program(folder):
    path = pathlib.Path(folder) / "postern"
    if not path.exists():
        raise BenchError(
            f"{path} is not there; build it with `cmake --workflow --preset release` or give --bin"
        )
    return path


KINDS = {kind.name: kind for kind in (Nginx, NginxLarge, Haproxy, HaproxyLarge, Caddy, Postern)}


def choose(names, floors=None):
    """The classes of a comma-separated list of names; `floors`: what there is beside the proxies."""
    there = {**KINDS, **(floors or {})}
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in there]
    if unknown or not chosen:
        raise BenchError(f"no proxy {', '.join(unknown) or 'named'}; there are {', '.join(there)}")
    need("nginx", *(peer for peer in ("haproxy", "caddy") if any(peer in name for name in chosen)))
    return [there[name] for name in chosen]


def start(kind, workspace, backend):
    return kind(workspace, backend.port, backend.certificates.ca).start()


def versions(names):
    """One line per program: its version, for the head of a report."""
    asked = {
        "nginx": ["nginx", "-v"],
        "haproxy": ["haproxy", "-v"],
        "caddy": ["caddy", "version"],
        "postern": [str(Postern.bin / "postern"), "version"],
    }
    lines = []
    for name in dict.fromkeys(name.partition("-")[0] for name in names):
        if name not in asked:
            continue
        path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"}
        done = subprocess.run(
            asked[name], capture_output=True, text=True, check=False, env=path, timeout=10
        )
        said = (done.stdout + done.stderr).strip().splitlines()
        version = re.search(r"\d+\.\d+\.\d+", said[0]) if said else None
        lines.append(f"{name} {version[0]}" if version else name)
    return lines


def settle(seconds=0.3):
    """Lets a proxy that has just started finish what it does in the background."""
    time.sleep(seconds)
