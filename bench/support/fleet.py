"""Many Posterns with one grant in one Redis, in front of the sandbox."""

import asyncio
import json
import os
import random
import subprocess
import time

from support import proxies
from support.sandbox import Sandbox
from support.workspace import end

KEYS = "postern:{acme}"
# What the endpoint of tokens takes, in milliseconds: a pair that has been given is on its way for so long.
TOKEN_LATENCY = (20, 150)
# Seconds after a kill: who lives has renewed a lease by then, so that one which only ran on was the killed one's.
SETTLED = 1.3
RENEWED = 0.5  # seconds of it that a lease must have lost


class Member:
    """One Postern of the fleet."""

    def __init__(self, number, process, runtime_file):
        self.number, self.process, self._runtime_file = number, process, runtime_file
        self.port = 0
        self.admin_port = 0
        self.was_killed = False

    def is_there(self):
        """Whether it listens; its ports are known then."""
        if self.port == 0 and self._runtime_file.exists():
            pairs = dict(line.split("=", 1) for line in self._runtime_file.read_text().splitlines() if "=" in line)
            self.port, self.admin_port = (
                int(pairs.get(key, ":0").rpartition(":")[2] or 0) for key in ("listen", "admin")
            )
        return self.port != 0


class Kill:
    """`lease`: what the killed one held at that moment, empty if nothing."""

    def __init__(self, number):
        self.number, self.at, self.lease = number, time.time(), ""


class Fleet:
    """`store`: how the Redis is reached, for store.redis; `sections`: of the configuration."""

    def __init__(self, workspace, bin_folder, redis, store, lifetime=0, name="fleet", **sections):
        self.workspace, self.redis, self.lifetime, self._name = workspace, redis, lifetime, name
        self.program = str(proxies.program(bin_folder))
        self.sandbox = Sandbox(workspace, bin_folder, f"{name}-sandbox")
        self.sandbox.control("latency", path="/oauth/token/", ms=TOKEN_LATENCY[0], to_ms=TOKEN_LATENCY[1])
        self._store, self._sections = store, sections
        self.members, self.kills, self._started = [], [], 0
        if lifetime:
            self.sandbox.control("tokens", expires_in=lifetime)

    @property
    def serving(self):
        return [member for member in self.members if member.is_there() and not member.was_killed]

    def _configure(self, number):
        folder = self.workspace.path / f"{self._name}-{number}"
        folder.mkdir(exist_ok=True)
        config = {
            "listen": "127.0.0.1:0",
            "admin": {"listen": "127.0.0.1:0"},
            "sentry": {"url": self.sandbox.url, "ca_file": str(self.sandbox.ca)},
            "client": {"id": "sandbox-client", "secret": "sandbox-secret"},
            "grants": [{"organization": "acme"}],
            # A lease outlasts this by five seconds: so long a killed one keeps the others waiting.
            "refresh": {"timeout": "1s"},
            "store": {"kind": "redis", "path": str(folder), "redis": self._store},
            "log": {"level": "info", "format": "json"},
            "runtime_file": str(folder / "runtime"),
            **self._sections,
        }
        return self.workspace.write(f"{self._name}-{number}.yaml", json.dumps(config, indent=2))

    def log_in(self):
        """Gives the fleet a grant, or another one in place of what it has."""
        path = self._configure(0)
        grant = json.dumps(self.sandbox.control("grants", scope=SCOPES)).encode()
        command = [self.program, "login", "--config", str(path), "--import", "-", "--replace"]
        subprocess.run(
            command, input=grant, env=self.workspace.env, capture_output=True, timeout=60, check=True
        )

    def start_member(self):
        """Starts one and does not wait for it."""
        self._started += 1
        number = self._started
        path = self._configure(number)
        process = self.workspace.start(
            f"{self._name}-{number}",
            [self.program, "serve", "--config", str(path)],
            core=number % (os.cpu_count() or 1),
        )
        member = Member(number, process, self.workspace.path / f"{self._name}-{number}" / "runtime")
        self.members.append(member)
        return member

    def start(self, count):
        """Starts so many, and waits until all listen and know the grant's channel."""
        for _ in range(count):
            member = self.start_member()
            self.workspace.wait_for(member.process, member.is_there, "open port", 20)
        self.workspace.wait_for(member.process, self.is_heard, "subscription of each", 20)

    def is_heard(self):
        return self.redis.listeners(f"{KEYS}:changed") == len(self.serving)

    async def kill(self, member):
        """With -9, and looks whether it left the lease of a refresh behind."""
        kill = Kill(member.number)
        self.kills.append(kill)
        member.was_killed = True
        member.process.kill()
        kill.at = time.time()
        await asyncio.to_thread(member.process.wait)
        self.workspace.stop(member.process)
        lease, left = await asyncio.to_thread(self._lease)
        await asyncio.sleep(SETTLED)
        later, left_later = await asyncio.to_thread(self._lease)
        if lease and lease == later and left - left_later > RENEWED:
            kill.lease = lease

    def _lease(self):
        """(whose it is, the seconds that are left)."""
        name = f"{KEYS}:lease"
        return self.redis.ask("GET", name), (self.redis.ask("PTTL", name) or 0) / 1000

    async def kill_and_start(self, period, seed):
        """One random member killed and one started, each `period` seconds, without end."""
        draw = random.Random(seed)
        while True:
            await asyncio.sleep(draw.uniform(0.5, 1.5) * period)
            await self.kill(draw.choice(self.serving))
            self.start_member()

    def ended_by_themselves(self):
        return [
            f"process {member.number} ended with {member.process.returncode}"
            for member in self.members
            if not member.was_killed and member.process.poll() is not None
        ]

    def log_events(self, *names):
        """[(process, event, detail)] of those events, of all logs."""
        found = []
        for member in self.members:
            path = self.workspace.path / f"{self._name}-{member.number}.err"
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                if not line.startswith("{") or not any(f'"{name}"' in line for name in names):
                    continue
                entry = json.loads(line)
                if entry.get("event") in names:
                    found.append((member.number, entry["event"], entry.get("detail", "")))
        return found

    def stop(self):
        for member in self.members:
            if not member.was_killed:
                member.process.terminate()
        for member in self.members:
            if not member.was_killed:
                end(member.process)
                self.workspace.stop(member.process)
        self.sandbox.stop()


SCOPES = "org:read project:read team:read member:read event:read"
