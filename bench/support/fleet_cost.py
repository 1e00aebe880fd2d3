"""The part of bench/fleet about what sharing limits costs: CPU of a request, beside the same fleet without it."""

import asyncio

from support import demand, proc
from support.fleet import Fleet
from support.fleet_limits import need
from support.redis_server import Redis
from support.soak_rules import Bars

LIMIT = 1000  # a second, which is never reached
RATE = 20  # calls a second at each replica
SECONDS = 40
MOST = 5.0  # µs that it may cost


class Cost:
    """Two fleets at work at the same time, for the same demand: one shares its limits."""

    name = "cost"

    def __init__(self, given, workspace):
        self.count, self.seconds, self.seed = given.processes, 5 if given.quick else SECONDS, given.seed
        self.fleets = {
            name: self._fleet(name, share, given, workspace) for name, share in (("shared", "redis"), ("alone", "off"))
        }

    def _fleet(self, name, share, given, workspace):
        redis = Redis(workspace, f"{name}-redis")
        fleet = Fleet(workspace, given.bin, redis, {"url": redis.url}, name=name, limits={"share": share})
        fleet.sandbox.control("limits", requests=LIMIT, window=1)
        fleet.log_in()
        fleet.start(self.count)
        return fleet

    def play(self):
        asyncio.run(self._play(2))  # windows are learned, connections made
        before = self._cpu()
        outcomes = asyncio.run(self._play(self.seconds))
        after = self._cpu()
        bars = self._judge({name: after[name] - before[name] for name in before}, outcomes)
        for fleet in self.fleets.values():
            fleet.stop()
        return bars

    def _cpu(self):
        return {
            name: proc.cpu_seconds([member.process.pid for member in fleet.serving])
            for name, fleet in self.fleets.items()
        }

    async def _play(self, seconds):
        """{fleet: [outcome]}."""
        done = await asyncio.gather(*(self._crowd(fleet, seconds) for fleet in self.fleets.values()))
        return dict(zip(self.fleets, done))

    async def _crowd(self, fleet, seconds):
        jobs = [
            demand.each_at_its_time(demand.steady(seconds, {"app": RATE}, seed=self.seed + number), self._to(member))
            for number, member in enumerate(fleet.serving)
        ]
        return [outcome for each in await asyncio.gather(*jobs) for outcome in each]

    def _to(self, member):
        async def send(ask):
            began = asyncio.get_running_loop().time()
            return demand.outcome(ask, *await demand.get(member.port, ask.target, {}), began)

        return send

    def _judge(self, cpu, outcomes):
        bars = Bars()
        bad = sum(one.status != 200 for each in outcomes.values() for one in each)
        need(bars, "an answer to each", not bad, f"{bad} without")
        self.each = {name: 1e6 * seconds / max(1, len(outcomes[name])) for name, seconds in cpu.items()}
        more = self.each["shared"] - self.each["alone"]
        need(bars, f"≤ {MOST:.0f} µs of CPU more for a request", more <= MOST, f"{more:+.1f} µs")
        return bars

    def figures(self):
        told = ", ".join(f"{name} {cost:.0f} µs" for name, cost in self.each.items())
        return [
            f"{self.count} replicas, {RATE} calls a second each, each on a new connection, below the limit",
            f"CPU for a call: {told}",
        ]
