"""A real browser: Debian's chromium, driven by playwright-core from the npm registry."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from . import npm
from .processes import clean_environment
from .waiting import bound

SCRIPT = Path(__file__).with_name("browser.js")


def play(scene, folder, **arguments):
    """Runs a scene of browser.js and returns what it has seen. Skips the test without a browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    modules = npm.install(npm.PLAYWRIGHT)
    arguments |= {"chromium": chromium, "playwright": str(modules / "playwright-core")}
    done = subprocess.run([npm.node(), str(SCRIPT), scene, json.dumps(arguments)],
                          capture_output=True, text=True, env=clean_environment(HOME=folder),
                          cwd=folder, stdin=subprocess.DEVNULL, timeout=bound(120), check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
