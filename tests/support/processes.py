"""Starting the real programs with a configuration of their own, and ending only those."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from .http_wire import Client, fetch
from .waiting import bound, eventually

# Started in the background or under nohup, tests would pass ignored signals on to what they start.
# One that is caught is back at its default there, and still does nothing here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("POSTERN_BIN_DIR", ROOT / "build" / "dev" / "bin")).resolve()

# A token no other text contains: finding it anywhere but upstream is a leak.
TOKEN = "c0ffee" + "5ec7e7" * 9 + "beef"
REFRESH_TOKEN = "decade" + "0dd5" * 14 + "ba"


def binary(name="postern"):
    return BIN / name


def has_binary(name="postern"):
    return os.access(binary(name), os.X_OK)


def is_sanitized(name="postern"):
    """Built with a sanitizer? Then memory figures mean nothing."""
    data = binary(name).read_bytes()
    return b"__asan_init" in data or b"__tsan_init" in data


def clean_environment(**extra):
    """No proxy, certificate or POSTERN_ variable of the machine gets in."""
    kept = {k: v for k, v in os.environ.items()
            if k in ("PATH", "HOME", "LANG", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                     "TSAN_OPTIONS")}
    kept.update({k: str(v) for k, v in extra.items()})
    return kept


def write_grant(store, name="acme", sentry="https://sentry.io", token=TOKEN, **changes):
    """Puts a grant into a file store, in the store's own format."""
    store = Path(store)
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    store.chmod(0o700)
    content = {
        "version": 1, "generation": 1, "sentry": sentry, "kind": "oauth",
        "organization": {"slug": name, "id": "1"},
        "user": {"id": "7", "name": "Test", "email": "test@example.com"},
        "access_token": token, "refresh_token": REFRESH_TOKEN,
        "expires_at": "2099-01-01T00:00:00Z", "obtained_at": "2024-01-01T00:00:00Z",
        "scopes": ["org:read", "project:read", "team:read", "member:read", "event:read"],
        "journal": None,
    }
    content.update(changes)
    path = store / f"{name}.json"
    path.write_text(json.dumps(content))
    path.chmod(0o600)
    return path


def merge(base, changes):
    """A copy of `base` with `changes` laid over it, section by section."""
    result = dict(base)
    for key, value in (changes or {}).items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result


class Process:
    """A program of the build with its standard error in a file."""

    def __init__(self, argv, folder, env=None, wrapper=(), stderr=None, **popen):
        """`wrapper`: words before the program, such as a namespace; `stderr`: instead of a file."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path = self.folder / "stderr.log"
        self.out_path = self.folder / "stdout.log"
        with open(self.log_path, "ab") as log, open(self.out_path, "ab") as out:
            self.process = subprocess.Popen(
                [*map(str, wrapper), *map(str, argv)], stdin=subprocess.DEVNULL, stdout=out,
                stderr=stderr if stderr is not None else log, env=env or clean_environment(), start_new_session=True, **popen)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    @property
    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=20):
        """The exit status; fails if it does not come."""
        try:
            return self.process.wait(bound(seconds))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.process.args[0]} still runs:\n{self.log[-2000:]}") from None

    def stop(self, seconds=20):
        """SIGTERM, and the exit status."""
        if self.is_running:
            self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def end(self):
        """For the end of a test: SIGTERM, then SIGKILL for what does not listen."""
        if self.is_running:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(bound(3))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        log = self.log
        for word in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
                     "WARNING: ThreadSanitizer", "Assertion `"):
            assert word not in log, log[-6000:]

    def eventually_logs(self, text, seconds=10):
        return eventually(lambda: text in self.log, f"{text!r} in the log", seconds)

    # What the kernel says about it.

    def status(self, key):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return line.split(":", 1)[1].strip()
        raise KeyError(key)

    def rss(self):
        return int(self.status("VmRSS").split()[0]) * 1024

    def peak_rss(self):
        return int(self.status("VmHWM").split()[0]) * 1024

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Postern(Process):
    """`postern serve` on port 0 in front of `upstream`, with a grant in its store."""

    def __init__(self, folder, upstream="https://sentry.io", ca=None, config=None, env=None,
                 grants=("acme",), grant=None, wait=True, args=(), wrapper=(), pinned=True,
                 **popen):
        """`grant`: what is different in the stored grants, such as an `expires_at`. Not `pinned`:
        paths that name no organization are sent too."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.store = folder / "store"
        self.unix_path = str(folder / "p.sock")
        self.runtime_path = folder / "runtime"
        self.config_path = folder / "postern.yaml"
        base = self.base_config(upstream, ca, grants)
        if not pinned:
            base["policy"] = {"organization_pinning": False}
        self.config = merge(base, config)
        for name in grants:
            write_grant(self.store, name, sentry=upstream, **(grant or {}))
        self.config_path.write_text(json.dumps(self.config, indent=2))
        super().__init__([binary(), "serve", "--config", self.config_path, *args], folder,
                         env=env, wrapper=wrapper, **popen)
        if wait:
            try:
                self.wait_ready()
            except BaseException:
                self.process.kill()
                self.process.wait()
                raise

    def base_config(self, upstream, ca, grants):
        sentry = {"url": upstream}
        if ca is not None:
            sentry["ca_file"] = str(ca)
        return {
            "listen": ["127.0.0.1:0", f"unix:{self.unix_path}"],
            "sentry": sentry,
            "grants": [{"organization": name} for name in grants],
            "store": {"kind": "file", "path": str(self.store)},
            "log": {"level": "debug", "format": "json"},
            "admin": {"listen": "127.0.0.1:0"},
            "runtime_file": str(self.runtime_path),
        }

    def wait_ready(self, seconds=15):
        def ready():
            assert self.is_running, f"ended with {self.process.returncode}:\n{self.log[-4000:]}"
            return self.runtime() is not None
        eventually(ready, f"postern is ready; its log:\n{self.log[-4000:]}", seconds)

    def runtime(self):
        """(pid, addresses) as the runtime file says, or None while it is not there."""
        try:
            pairs = [line.partition("=") for line in self.runtime_path.read_text().splitlines()]
        except FileNotFoundError:
            return None
        pids = [int(v) for k, _, v in pairs if k == "pid"]
        return (pids[0], [v for k, _, v in pairs if k == "listen"]) if pids else None

    def addresses(self):
        """The addresses it listens on, ports filled in."""
        eventually(lambda: self.runtime() is not None, "the runtime file is there")
        return self.runtime()[1]

    @property
    def admin_address(self):
        """Of the admin listener, port filled in; None without one."""
        self.addresses()  # waits
        pairs = [line.partition("=") for line in self.runtime_path.read_text().splitlines()]
        return next((v for k, _, v in pairs if k == "admin" and v), None)

    @property
    def admin_port(self):
        return int(self.admin_address.rpartition(":")[2])

    @property
    def port(self):
        for address in self.addresses():
            if not address.startswith("unix:"):
                return int(address.rpartition(":")[2])
        raise AssertionError(f"no TCP listener in {self.runtime()}")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, address=None, timeout=20.0):
        return Client(address or self.port, timeout)

    def get(self, target="/api/0/", headers=(), method="GET", body=None, host="localhost"):
        """One request on a connection of its own."""
        return fetch(self.port, method, target, headers, body, host)

    def log_entries(self):
        entries = []
        for line in self.log.splitlines():
            try:
                entries.append(json.loads(line))
            except ValueError:
                continue
        return entries

    def access_lines(self):
        """The log's lines about requests."""
        return [e for e in self.log_entries() if e.get("event") == "request"]


def with_hosts(folder, text):
    """A wrapper that gives a program an /etc/hosts of its own. None where that is not allowed."""
    path = Path(folder) / "hosts"
    path.write_text(text)
    wrapper = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(path)]
    probe = subprocess.run([*wrapper, "true"], capture_output=True, timeout=20, check=False)
    return wrapper if probe.returncode == 0 else None


class Sandbox(Process):
    """`postern-sandbox`, the pretend Sentry. Its links point to another host than the one called,
    as Sentry's do."""

    def __init__(self, folder, *flags):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.ca = folder / "ca.pem"
        self.grant = folder / "grant.json"  # a token endpoint's answer, ready to import
        port_file = folder / "port"
        super().__init__([
            binary("postern-sandbox"), "--listen", "127.0.0.1:0", "--port-file", port_file,
            "--ca-out", self.ca, "--grant-out", self.grant,
            "--public-base", "https://us.localhost:PORT", *flags], folder)

        def written():
            assert self.is_running, self.log
            return port_file.exists() and port_file.read_text().strip()
        try:
            self.port = int(eventually(written, "the sandbox listens"))
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.url = f"https://localhost:{self.port}"

    def control(self, path, body=None):
        """A call to its control port: GET, or POST with a JSON body. The answer's JSON."""
        import ssl
        import urllib.request
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}", data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        context = ssl.create_default_context(cafile=str(self.ca))
        with urllib.request.urlopen(request, context=context, timeout=bound(20)) as answer:
            return json.loads(answer.read() or b"null")


def run(*args, env=None, stdin=b"", seconds=30, wrapper=(), **popen):
    """Runs `postern ARGS` to its end: CompletedProcess with stdout and stderr as text."""
    done = subprocess.run([*map(str, wrapper), str(binary()), *map(str, args)], input=stdin,
                          capture_output=True, env=env or clean_environment(),
                          timeout=bound(seconds), check=False, **popen)
    done.stdout = done.stdout.decode(errors="replace")
    done.stderr = done.stderr.decode(errors="replace")
    return done


def cpu_share(process, seconds=1.0):
    """Share of one core that `process` uses, measured over `seconds`."""
    before, start = process.cpu_seconds(), time.monotonic()
    time.sleep(seconds)  # the measurement itself
    return (process.cpu_seconds() - before) / (time.monotonic() - start)
