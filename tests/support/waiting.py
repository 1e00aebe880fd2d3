"""Waiting with a bound: tests never sleep for a fixed time and hope."""

import os
import time

# Slow builds (sanitizers) and slow machines stretch every bound, never an expectation.
SLOWNESS = float(os.environ.get("POSTERN_TEST_SLOWNESS", "1"))


def bound(seconds):
    """A time limit of `seconds` on a fast machine."""
    return seconds * SLOWNESS


def eventually(condition, what, seconds=10.0):
    """Polls `condition` until it returns something true, and returns that; fails with `what`."""
    deadline = time.monotonic() + bound(seconds)
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {bound(seconds):g} s: {what}")
        time.sleep(0.005)


def stays_true(condition, what, seconds=0.5):
    """Fails as soon as `condition` is false within `seconds`: for things that must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), what
        time.sleep(0.01)
