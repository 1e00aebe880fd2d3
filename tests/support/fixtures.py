"""The fixtures that all system and conformance tests share."""

import shutil
import tempfile
from pathlib import Path

import pytest

from . import processes
from .pki import Authority
from .raw_upstream import RawUpstream


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
def upstream(authority):
    with RawUpstream(authority) as server:
        yield server
        assert not server.bad, f"malformed requests reached the upstream: {server.bad}"


@pytest.fixture
def start(folder, authority):
    """start(upstream or url, config=…) starts a Postern; all end with the test. It is not pinned
    unless asked for: most paths of the scripted upstream name no organization."""
    running = []

    def start_one(upstream="https://sentry.io", **options):
        url = upstream if isinstance(upstream, str) else upstream.url
        options.setdefault("ca", authority.cert)
        options.setdefault("pinned", False)
        postern = processes.Postern(folder / f"p{len(running)}", url, **options)
        running.append(postern)
        return postern

    yield start_one
    for postern in running:
        postern.end()


@pytest.fixture
def postern(start, upstream):
    """A Postern in front of the scripted upstream, defaults otherwise."""
    return start(upstream)


def pytest_collection_modifyitems(items):
    """Without the binary, tests that need it say so instead of failing one by one."""
    if processes.has_binary():
        return
    reason = f"no postern in {processes.BIN} (set POSTERN_BIN_DIR)"
    for item in items:
        if "support" not in item.path.name:
            item.add_marker(pytest.mark.skip(reason=reason))
