"""The TLS server behind the proxies: nginx, which answers 200 only to the right Authorization."""

import dataclasses
import json
import pathlib

from support import templates
from support.certificates import Certificates
from support.workspace import LOAD_CORE, accepts, free_port

TOKEN = "5e" * 32
DUMMY = "Bearer dummy-that-the-proxy-must-replace"

SMALL = "/api/0/organizations/acme/issues/"
LARGE = "/api/0/organizations/acme/releases/1m/"
HUGE = "/api/0/organizations/acme/releases/1g/"
VAST = "/api/0/organizations/acme/releases/64m/"
UPLOAD = "/api/0/organizations/acme/chunk-upload/"
BODIES = {"2.6k": SMALL, "1m": LARGE}
MIB = 1 << 20
ANSWER_TO_UPLOAD = b"{}"


@dataclasses.dataclass(frozen=True)
class Job:
    """What a request carries: the body of `path` down, or `upload` bytes up. `connections`: with
    how many at a time it is measured unless told otherwise."""

    path: str
    connections: tuple
    upload: int = 0

    @property
    def is_vast(self):
        return self.path == VAST or self.upload > 8 * MIB


JOBS = {
    "2.6k": Job(SMALL, (1, 32, 256)),
    "1m": Job(LARGE, (1, 32, 256)),
    "64m": Job(VAST, (4,)),
    "1m up": Job(UPLOAD, (1, 32), MIB),
    "64m up": Job(UPLOAD, (4,), 64 * MIB),
}


def small_body():
    """JSON like a short list of issues, 2.6 KB."""
    issues = []
    while len(json.dumps(issues)) < 2600:
        number = 4509877862 + len(issues)
        issues.append({
            "id": str(number),
            "shortId": f"SHOP-{len(issues):X}",
            "title": "TypeError: cannot read properties of undefined (reading 'total')",
            "culprit": "checkout/basket in applyDiscount",
            "permalink": f"https://acme.sentry.io/issues/{number}/",
            "level": "error",
            "status": "unresolved",
            "count": "1482",
            "userCount": 97,
            "firstSeen": "2025-03-04T05:06:07.890000Z",
            "metadata": {"type": "TypeError", "filename": "basket.js", "function": "applyDiscount"},
        })  # fmt: skip
    return json.dumps(issues).ljust(2663)[:2663]


class Backend:
    """A running nginx. `idle_seconds`: when it closes an unused keep-alive connection."""

    def __init__(self, workspace, idle_seconds=600, huge=False, logged=False):
        self.workspace = workspace
        self.certificates = Certificates(workspace.path)
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.log = workspace.path / "backend-connections.log"
        self._bodies(huge)
        config = templates.render(
            "backend.conf",
            user=templates.nginx_user(),
            folder=workspace.path,
            port=self.port,
            chain=self.certificates.chain,
            key=self.certificates.key,
            token=TOKEN,
            idle=idle_seconds,
            access=f"{self.log} connections" if logged else "off",
            small=SMALL,
            large=LARGE,
            vast=VAST,
            upload=UPLOAD,
            huge=HUGE,
        )
        path = workspace.write("backend.conf", config)
        self.process = workspace.start("backend", templates.nginx_command(path), core=LOAD_CORE)
        workspace.wait_for(self.process, lambda: accepts(self.port), "open port")

    def _bodies(self, huge):
        www = self.workspace.path / "www"
        www.mkdir(mode=0o755)
        (www / "small.json").write_text(small_body(), encoding="utf-8")
        line = b'{"name": "checkout@2025.3.4+build.20250304", "files": 1284},\n'
        (www / "large.json").write_bytes((line * (1_048_576 // len(line) + 1))[:1_048_576])
        with open(www / "vast.bin", "wb") as file:
            file.truncate(64 * MIB)
        with open(www / "huge.bin", "wb") as file:
            file.truncate(1 << 30 if huge else 0)

    def body(self, path):
        if path == UPLOAD:
            return ANSWER_TO_UPLOAD
        name = {SMALL: "small.json", LARGE: "large.json", VAST: "vast.bin"}[path]
        return (self.workspace.path / "www" / name).read_bytes()

    def connections(self):
        """Of the log, one entry per request: (connection number, request number on it, TLS
        session resumed). Needs logged=True."""
        rows = []
        for line in pathlib.Path(self.log).read_text(encoding="utf-8").splitlines():
            connection, number, resumed = line.split()
            rows.append((int(connection), int(number), resumed == "r"))
        return rows
