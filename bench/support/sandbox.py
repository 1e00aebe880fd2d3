"""The pretend Sentry of tests/sandbox as a backend with a limiter."""

import json
import ssl
import time
import urllib.request

from support.errors import BenchError
from support.workspace import LOAD_CORE

ECHO = "/api/0/organizations/acme/sandbox-echo/"


class Sandbox:
    """A running postern-sandbox. `plain`: HTTP without TLS, for clients that call it themselves."""

    def __init__(self, workspace, folder, name, plain=False):
        program = folder / "postern-sandbox"
        if not program.exists():
            raise BenchError(f"{program} is not there; it is built with postern")
        self.ca = workspace.path / f"{name}-ca.pem"
        self.grant = workspace.path / f"{name}-grant.json"
        port_file = workspace.path / f"{name}.port"
        command = [str(program), "--listen", "127.0.0.1:0", "--port-file", str(port_file)]
        command += ["--ca-out", str(self.ca), "--grant-out", str(self.grant)]
        command += ["--http"] if plain else []
        self._workspace = workspace
        self.process = workspace.start(name, command, core=LOAD_CORE)
        workspace.wait_for(self.process, port_file.exists, "port")
        self.port = int(port_file.read_text())
        self.url = f"{'http' if plain else 'https'}://localhost:{self.port}"
        self.token = json.loads(self.grant.read_text())["access_token"]
        self.trust = None if plain else ssl.create_default_context(cafile=str(self.ca))
        self._clock = {}

    def stop(self):
        self._workspace.stop(self.process)

    def control(self, order, **fields):
        """POST of an order with fields, GET without any: the answer's JSON."""
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{order}",
            data=json.dumps(fields).encode() if fields else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, context=self.trust, timeout=20) as answer:
            return json.loads(answer.read())

    def set_clock(self, **fields):
        self.control("clock", **fields)
        self._clock = {"since": time.time(), **fields}

    def now(self):
        """Its clock, in seconds since the epoch."""
        now, clock = time.time(), self._clock
        drifted = (now - clock.get("since", now)) * clock.get("drift_ppm", 0) / 1e6
        return now + clock.get("skew_ms", 0) / 1e3 + drifted

    def other_token(self):
        """Another token of the same user, as their browser would have one: counted together."""
        return self.control("grants", scope="org:read project:read")["access_token"]
