"""What the soak looks at while it runs: memory and files of the process, the sandbox's journal."""

import asyncio
import collections
import json
import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from support import proc
from support.errors import BenchError

SERIES = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
JOURNAL = 1000  # requests that the sandbox keeps
KNOWN = 12  # of the last ones seen, to find where the new ones begin


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def fewest_open_files(pid, seconds):
    """Of a moment in which nothing is under way: a refresh opens a connection now and then."""
    end, fewest = time.monotonic() + seconds, open_files(pid)
    while time.monotonic() < end:
        time.sleep(0.2)
        fewest = min(fewest, open_files(pid))
    return fewest


def ask(port, path):
    """(status, text) of a GET at the admin listener."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Metrics:
    def __init__(self, port):
        self.series = []
        for line in ask(port, "/metrics")[1].splitlines():
            if not line.startswith("#") and (found := SERIES.fullmatch(line)):
                name, labels, value = found.groups()
                self.series.append((name, dict(LABEL.findall(labels or "")), float(value)))

    def total(self, name, **labels):
        return round(sum(value for found, having, value in self.series
                         if found == name and labels.items() <= having.items()))  # fmt: skip

    def by(self, name, label):
        found = collections.Counter()
        for series, labels, value in self.series:
            if series == name:
                found[labels.get(label, "")] += round(value)
        return found


@dataclass
class Memory:
    """RSS over time."""

    points: list = field(default_factory=list)  # (seconds, KiB)

    def sample(self, pid):
        self.points.append((time.monotonic(), proc.memory([pid])["rss"] / 1024))

    def slope(self):
        """KiB a minute, by least squares over the second half."""
        half = self.points[len(self.points) // 2 :]
        count = len(half)
        if count < 3:
            return 0.0
        middle = sum(at for at, _ in half) / count
        mean = sum(kib for _, kib in half) / count
        spread = sum((at - middle) ** 2 for at, _ in half)
        return 60 * sum((at - middle) * (kib - mean) for at, kib in half) / spread


class Journal:
    """All requests that reached the sandbox, put together from its last ones."""

    def __init__(self, sandbox):
        self._sandbox = sandbox
        self._last = []
        self.statuses = collections.Counter()  # of the API's answers
        self.token_calls = collections.Counter()
        self.writes = collections.defaultdict(list)  # id -> [(status, sha256)]

    async def follow(self):
        while True:
            await asyncio.to_thread(self.read)
            await asyncio.sleep(2)

    def read(self):
        seen = self._sandbox.control(f"requests?last={JOURNAL}")
        keys = [json.dumps(each) for each in seen]
        for each in seen[self._first_new(keys) :]:
            self._note(each)
        self._last = keys[-KNOWN:]

    def _first_new(self, keys):
        size = len(self._last)
        for end in range(len(keys), size - 1, -1) if size else ():
            if keys[end - size : end] == self._last:
                return end
        if len(keys) == JOURNAL:
            raise BenchError(f"more than {JOURNAL} requests in one look: the sandbox's journal has a gap")
        return 0

    def _note(self, each):
        path, _, query = each["target"].partition("?")
        if not path.startswith("/api/0/"):
            self.token_calls[each["status"]] += 1
            return
        self.statuses[each["status"]] += 1
        if query.startswith("id="):
            self.writes[query[3:]].append((each["status"], each["body_sha256"]))
