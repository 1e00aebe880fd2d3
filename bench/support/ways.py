"""Ways to call Sentry under a rate limit: through Postern, and what one would do without it."""

import asyncio
import json
import random
import subprocess
import time
from itertools import groupby

from support import demand, proc, proxies, templates
from support.workspace import accepts, free_port

DEADLINE = 20.0  # seconds a request may take, for every way
TICK = 0.5  # seconds of a client's requests that one curl takes over


class Way:
    """Sends requests; `plain`: to a sandbox without TLS, which spares a machine that shall be
    measured for something else thousands of handshakes."""

    plain = False

    def __init__(self, workspace, sandbox):
        self.workspace, self.sandbox = workspace, sandbox

    def stop(self):
        pass

    async def run(self, asks):
        return await demand.each_at_its_time(asks, self.send)


class ThroughProxy(Way):
    port = 0
    process = None

    async def send(self, ask):
        began = time.monotonic()
        answer = await demand.get(self.port, ask.target, {"X-Postern-Client": ask.client})
        return demand.outcome(ask, *answer, began)

    def stop(self):
        self.workspace.stop(self.process)

    def pids(self):
        return proc.tree(self.process.pid)


class Postern(ThroughProxy):
    """`limits` and the rest are sections of its configuration; defaults otherwise."""

    name = "postern"

    def __init__(self, workspace, sandbox, number=0, **sections):
        super().__init__(workspace, sandbox)
        self.port = free_port()
        folder = workspace.path / f"{self.name}-{sandbox.port}-{number}"
        folder.mkdir()
        (folder / "store").mkdir(mode=0o700)
        config = {
            "listen": f"127.0.0.1:{self.port}",
            "sentry": {"url": sandbox.url, "ca_file": str(sandbox.ca)},
            "client": {"id": "sandbox-client"},
            "grants": [{"organization": "acme"}],
            "store": {"kind": "file", "path": str(folder / "store")},
            "log": {"level": "info", "format": "json"},
            "runtime_file": str(folder / "runtime"),
            "admin": {"listen": "off"},
            **sections,
        }
        self.log = workspace.path / f"{folder.name}.err"
        path = folder / "postern.yaml"
        path.write_text(json.dumps(config, indent=2))
        program = str(proxies.program(proxies.Postern.bin))
        command = [program, "login", "--config", str(path), "--import", str(sandbox.grant)]
        subprocess.run(command, env=workspace.env, capture_output=True, timeout=20, check=True)
        command = [program, "serve", "--config", str(path)]
        self.process = workspace.start(folder.name, command)
        workspace.wait_for(self.process, lambda: accepts(self.port), "open port")


class NginxLimit(ThroughProxy):
    name = "nginx limit_req"

    def __init__(self, workspace, sandbox, rate=40):
        super().__init__(workspace, sandbox)
        self.port = free_port()
        name = f"nginx-limit-{sandbox.port}"
        text = templates.render(
            "nginx-limit.conf",
            user=templates.nginx_user(),
            folder=workspace.path,
            name=name,
            port=self.port,
            upstream=sandbox.port,
            ca=sandbox.ca,
            token=sandbox.token,
            rate=rate,
            burst=int(rate * DEADLINE),
        )
        config = workspace.write(f"{name}.conf", text)
        self.process = workspace.start(name, templates.nginx_command(config))
        workspace.wait_for(self.process, lambda: accepts(self.port), "open port")


class Backoff(Way):
    """A client that tries again after a random part of 0.5, 1, 2, 4, 8, 8 … s (full jitter)."""

    name = "backoff"
    plain = True

    async def send(self, ask):
        began = time.monotonic()
        fields = {"Authorization": f"Bearer {self.sandbox.token}"}
        longest = 0.5
        while True:
            answer = await demand.get(self.sandbox.port, ask.target, fields)
            pause = random.uniform(0, longest)
            late = time.monotonic() - began + pause > DEADLINE
            if answer[0] == 200 or late:
                return demand.outcome(ask, *answer, began)
            await asyncio.sleep(pause)
            longest = min(8.0, 2 * longest)


class Curl(Way):
    """`curl --retry`: tries again after 1, 2, 4 and 8 s. One process takes over what a client asks
    in half a second; a process for each request would keep the machine busy with starting them."""

    name = "curl --retry"
    plain = True

    async def run(self, asks):
        def batch_of(ask):
            return ask.client, int(ask.at / TICK)

        jobs = [
            self._batch(tick, list(batch))
            for (_, tick), batch in groupby(sorted(asks, key=batch_of), key=batch_of)
        ]
        done = await asyncio.gather(*jobs)
        return [one for batch in done for one in batch]

    async def _batch(self, tick, asks):
        await asyncio.sleep(tick * TICK)
        began = time.monotonic()
        # No --output /dev/null: curl 7.88 does not try again when it cannot truncate its output.
        process = await asyncio.create_subprocess_exec(
            "curl", "-q", "--silent", "--no-progress-meter", "--parallel", "--parallel-immediate",
            "--parallel-max", "300", "--retry", "4",
            "--header", f"Authorization: Bearer {self.sandbox.token}",
            "--write-out", "%{stderr}%{http_code}\n",
            *(self.sandbox.url + ask.target for ask in asks),
            env=self.workspace.env, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        # A line for each request that is over, at once; which of them it was does not matter.
        found = []
        async for line in process.stderr:
            if line.strip().isdigit():
                found.append(demand.outcome(asks[len(found)], int(line), {}, began))
        await process.wait()
        return found + [demand.outcome(ask, 0, {}, began) for ask in asks[len(found) :]]


OTHERS = (Curl, Backoff, NginxLimit)
