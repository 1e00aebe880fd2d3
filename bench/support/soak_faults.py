"""What befalls Postern during the soak: faults of Sentry's, changed limits, reloads."""

import asyncio
import collections
import json
import random
import signal

LIMIT, CONCURRENT = 40, 25
TOKENS = "/oauth/token/"
UNMET = 4  # ordered errors that may be left when more are ordered
# The journal of the sandbox tells a request's status, not whether it had its effect. So faults are
# ordered in such a way that the status tells: 502 is only ever the lost answer to a request that was
# carried out, and so is a reset or silence (told as 200); any other error comes before the effect.
CARRIED_OUT = (200, 201, 502)


class Faults:
    """Orders a fault or reloads every few seconds, by a seeded choice, and counts what it did."""

    def __init__(self, sandbox, postern, callers, journal, seed):
        self._sandbox, self._postern, self._callers = sandbox, postern, callers
        self._journal = journal
        self._draw = random.Random(seed)
        self.done = collections.Counter()
        self.answers = collections.Counter()  # how many answers were ordered, by kind
        self.loads = collections.Counter()

    async def run(self):
        jobs = (self._order(), self._reload(), self._limits())
        await asyncio.gather(*jobs)

    async def _control(self, order, **fields):
        return await asyncio.to_thread(self._sandbox.control, order, **fields)

    async def _order(self):
        kinds = [
            self._errors, self._errors, self._rejections, self._resets, self._cuts, self._slowness,
            self._silence, self._carried_out, self._token_errors, self._token_silence, self._token_lost,
            self._expiry, self._foreign, self._tickets, self._many_at_once,
        ]  # fmt: skip
        while True:
            await asyncio.sleep(self._draw.uniform(1, 5))
            await self._draw.choice(kinds)()

    async def _answer(self, what, most, path="/api/0/*", **fields):
        count = self._draw.randint(1, most)
        if path != TOKENS and self._are_many_left():
            return
        self.done[what] += 1
        self.answers[what] += count
        await self._control("answer", path=path, count=count, **fields)

    def _are_many_left(self):
        """Errors ordered and not met yet. Orders are met in turn; where too many are left, Sentry would
        fail at each try of a Postern that leaves it alone meanwhile, and nothing else be tested."""
        ordered = self.answers["5xx"] + self.answers["5xx after the effect"]
        met = sum(count for status, count in self._journal.statuses.items() if status >= 500)
        return ordered - met > UNMET

    async def _errors(self):
        kind, status = self._draw.choice(
            [("status", 500), ("status", 503), ("gateway-503", 503), ("gateway-504", 504), ("html", 500),
             ("cloudflare", 520)]
        )  # fmt: skip
        await self._answer("5xx", 6, kind=kind, status=status)

    async def _carried_out(self):
        await self._answer("5xx after the effect", 4, kind="gateway-502", after=1)

    async def _rejections(self):
        kind = self._draw.choice(("snuba", "gateway-429", "cloudflare"))
        more = {"retry_after": str(self._draw.randint(1, 3))} if self._draw.random() < 0.5 else {}
        await self._answer("429 without warning", 6, kind=kind, **more)

    async def _resets(self):
        await self._answer("reset", 5, kind="drop", after=1)

    async def _cuts(self):
        await self._answer("cut in the body", 5, kind="cut")

    async def _silence(self):
        await self._answer("no answer", 2, kind="hang", after=1)

    async def _slowness(self):
        self.done["slow answers"] += 1
        longest = self._draw.randint(300, 3000)
        await self._control("latency", path="/api/0/*", ms=200, to_ms=longest, count=30)

    async def _token_errors(self):
        kinds = [
            {"kind": "status", "status": 503}, {"kind": "status", "status": 429, "retry_after": "2"},
            {"kind": "html", "status": 500}, {"kind": "empty"},
            {"kind": "oauth", "error": "invalid_client", "status": 401},
        ]  # fmt: skip
        await self._answer("token endpoint fails", 2, path=TOKENS, **self._draw.choice(kinds))

    async def _token_silence(self):
        await self._answer("token endpoint silent", 1, path=TOKENS, kind="hang")

    async def _token_lost(self):
        """The pair is replaced, its answer lost; the sandbox gives the pair again (`grace`)."""
        kind = self._draw.choice(("cut", "drop"))
        await self._answer("tokens lost on the way", 1, path=TOKENS, kind=kind, after=1)

    async def _expiry(self):
        self.done["tokens expire at once"] += 1
        await self._control("expire", token="")

    async def _foreign(self):
        self.done["others use the limit up"] += 1
        await self._control("foreign", bucket="", now=self._draw.randint(5, 40))

    async def _tickets(self):
        self.done["TLS sessions forgotten"] += 1
        await self._control("forget-tls", now=1)

    async def _many_at_once(self):
        self.done["all callers at once"] += 1
        self._callers.crowd()

    async def _limits(self):
        while True:
            await self.set_limit(LIMIT, CONCURRENT)
            await asyncio.sleep(self._draw.uniform(10, 30))
            self.done["limit changed"] += 1
            await self.set_limit(self._draw.randint(20, 80), self._draw.randint(5, 30))
            await asyncio.sleep(self._draw.uniform(3, 8))

    async def set_limit(self, requests, concurrent):
        await self._control("limits", requests=requests, window=1, concurrent=concurrent,
                            enforce_concurrency=1)  # fmt: skip

    async def _reload(self):
        while True:
            await asyncio.sleep(self._draw.uniform(3, 8))
            if self._draw.random() < 0.2:
                self.loads["faulty"] += 1
                self._postern.configure(self._draw.choice(
                    ("limits: {max_wait: soon}\n", "grants: [\n", "no_such_setting: 1\n")
                ))  # fmt: skip
            else:
                self.loads["good"] += 1
                self._postern.configure(self._changes())

    def _changes(self):
        draw = self._draw
        return {
            "limits": {"max_wait": f"{draw.randint(10, 20)}s", "max_in_flight": draw.randint(50, 256)},
            "log": {"level": draw.choice(("info", "debug")), "slow": draw.choice(("30s", "5s"))},
            "replay": {"max_body": draw.choice(("64KiB", "1MiB"))},
            "upstream": {"max_connections": draw.randint(32, 64), "timeouts": ["uploads=20s"]},
            "policy": {"rules": [{"name": "none", "effect": "deny", "path": "/api/0/issues/*"}]},
            "refresh": {"hold": draw.choice(("500ms", "2s"))},
        }


class Postern:
    """The program under test, with a configuration that changes while it runs."""

    def __init__(self, workspace, sandbox, program, ports):
        self._workspace, self._program = workspace, program
        self.port, self.admin_port = ports
        store = workspace.path / "store"
        store.mkdir(mode=0o700)
        self._path = workspace.path / "postern.yaml"
        self._base = {
            "listen": f"127.0.0.1:{self.port}",
            "admin": {"listen": f"127.0.0.1:{self.admin_port}"},
            "sentry": {"url": sandbox.url, "ca_file": str(sandbox.ca)},
            "client": {"id": "sandbox-client", "secret": "sandbox-secret"},
            "grants": [{"organization": "acme"}],
            "store": {"path": str(store)},
            "runtime_file": str(workspace.path / "runtime"),
            "log": {"format": "json"},
            # Short enough to be met within a call's bound, and for idle connections to be gone at the end.
            "upstream": {"first_byte_timeout": "8s", "idle_timeout": "8s", "keep_alive": "8s"},
            "refresh": {"timeout": "3s", "backoff_min": "200ms", "backoff_max": "2s"},
        }
        self.process = None

    @property
    def path(self):
        return self._path

    def configure(self, changes):
        """Writes the file, `changes` laid over it or a text as it is, and says so."""
        text = changes if isinstance(changes, str) else json.dumps(self._merged(changes), indent=2)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)
        if self.process is not None:
            self.process.send_signal(signal.SIGHUP)

    def _merged(self, changes):
        merged = dict(self._base)
        for name, section in changes.items():
            merged[name] = {**merged.get(name, {}), **section}
        return merged

    def start(self):
        self.process = self._workspace.start("postern", [self._program, "serve", "--config", self._path])
