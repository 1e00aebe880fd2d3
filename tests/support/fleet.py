"""Several Posterns that share their grants in a Redis, in front of one sandbox."""

import json
import threading

import pytest

from . import processes
from .redis import HAS_REDIS, Redis
from .sandboxed import CLIENT, ECHO, entries, import_new_grant
from .swarm import ROOM_FOR_ALL, Swarm

LONG = 2592000
SHORT = 3


class Fleet:
    """`connection`: what is set in store.redis; without, the unix socket of `redis`."""

    def __init__(self, sandbox, redis, folder, serve, connection=None):
        self.sandbox, self.redis, self.folder, self.serve = sandbox, redis, folder, serve
        self.connection = connection or {"url": f"unix://{redis.socket_path}"}
        self.members = []

    @property
    def key(self):
        return self.connection.get("prefix", "postern") + ":{acme}:grant"

    def settings(self, **store):
        connection = {"timeout": "500ms", "connect_timeout": "500ms"} | self.connection
        return processes.merge({
            "client": CLIENT,
            "grants": [{"organization": "acme"}],
            "refresh": {"timeout": "1s", "backoff_min": "100ms", "backoff_max": "500ms"},
            "store": {"kind": "redis", "path": str(self.folder / "state"), "redis": connection},
            **ROOM_FOR_ALL}, {"store": store})

    def configuration(self, name="login.yaml", **store):
        """The path of a file for commands."""
        config = self.folder / name
        self.folder.mkdir(exist_ok=True)
        sentry = {"url": self.sandbox.url, "ca_file": str(self.sandbox.ca)}
        config.write_text(json.dumps({"sentry": sentry} | self.settings(**store)))
        return config

    def login(self, lifetime=LONG, **store):
        """Imports a grant whose tokens last that long; the path of the configuration."""
        self.sandbox.control("tokens", {"expires_in": lifetime})
        config = self.configuration(**store)
        import_new_grant(self.sandbox, config)
        return config

    def start(self, count=1, config=None, env=None, **store):
        for _ in range(count):
            own = {"store": {"path": str(self.folder / f"state{len(self.members)}")}}
            settings = processes.merge(processes.merge(self.settings(**store), own), config)
            self.members.append(self.serve(settings, grants=(), env=env))
        return self.members[-count:]

    def record(self):
        """The grant in Redis: (generation, document), or None."""
        fields = self.redis.ask("HMGET", self.key, "generation", "document")
        if fields[0] is None:
            return None
        return int(fields[0]), json.loads(fields[1]) if fields[1] else None

    def generation(self):
        return (self.record() or (0, None))[0]

    def refreshes(self):
        """(pairs issued by refreshing, refresh requests) at the sandbox."""
        grants = entries(self.sandbox.control("grants"), "grants")
        return (sum(g["generations"] - 1 for g in grants if g["generations"] > 1),
                sum(g["refresh_requests"] for g in grants))

    def under_load(self, seconds, members=None, callers=10):
        """Swarms at the members for so long, as a context: `with fleet.under_load(5): …`"""
        return Load([Swarm(p.port, ECHO, callers) for p in members or self.members], seconds)


class Load:
    def __init__(self, swarms, seconds):
        self.swarms = swarms
        self.threads = [threading.Thread(target=s.run, args=(seconds, 0.02)) for s in swarms]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        for thread in self.threads:
            thread.join()
        if failure[0] is None:
            for swarm in self.swarms:
                swarm.assert_all_welcome()


@pytest.fixture
def start_redis(folder):
    """start_redis(setting…, password=…) starts a redis-server."""
    if not HAS_REDIS:
        pytest.skip("no redis-server: deploy/install-packages test")
    servers = []

    def start_one(*settings, **options):
        servers.append(Redis(folder / f"r{len(servers)}", *settings, **options))
        return servers[-1]

    yield start_one
    for server in servers:
        server.resume()
        server.kill()


@pytest.fixture
def fleet(sandbox, folder, serve, start_redis):
    return Fleet(sandbox, start_redis(), folder, serve)


def is_ready(postern):
    answer = processes.fetch(postern.admin_port, "GET", "/readyz", (), None, "localhost")
    return answer.status == 200


def hasty(postern):
    """The answer to a caller who does not wait for a live token."""
    return postern.get(ECHO, headers=[("Prefer", "wait=0")])
