"""Real servers and the probe; all end with their test."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.pki import Authority  # noqa: E402
from support.processes import has_binary  # noqa: E402
from support.redis import HAS_REDIS, Probe, Redis, ScriptedRedis  # noqa: E402


def pytest_collection_modifyitems(items):
    reason = None
    if not has_binary("redis_probe"):
        reason = "no redis_probe (set POSTERN_BIN_DIR)"
    elif not HAS_REDIS:
        reason = "no redis-tools: deploy/install-packages test"
    for item in items if reason else []:
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def folder():
    """A short-named folder: the path of a unix socket has only 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="postern-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start(folder):
    """start(setting…, password=…) starts a redis-server."""
    servers = []

    def start_one(*settings, **options):
        servers.append(Redis(folder / f"r{len(servers)}", *settings, **options))
        return servers[-1]

    yield start_one
    for server in servers:
        server.resume()
        server.kill()


@pytest.fixture
def redis(start):
    return start()


@pytest.fixture
def probe():
    """probe(setting=value…) starts a probe."""
    probes = []

    def start_one(**settings):
        probes.append(Probe(**settings))
        return probes[-1]

    yield start_one
    for one in probes:
        one.end()


@pytest.fixture
def scripted():
    """scripted(handler) starts a server that answers what the handler returns."""
    servers = []

    def start_one(handler, **options):
        servers.append(ScriptedRedis(handler, **options))
        return servers[-1]

    yield start_one
    for server in servers:
        server.close()
