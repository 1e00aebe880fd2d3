"""Finds tests/support and takes its fixtures."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))



def pytest_configure(config):
    config.addinivalue_line("markers", "alone: counts on the machine's time; runs beside no other")


from support.fleet import fleet, start_redis  # noqa: E402,F401
from support.fixtures import *  # noqa: E402,F401,F403
from support.sandboxed import sandbox, serve, serving  # noqa: E402,F401
