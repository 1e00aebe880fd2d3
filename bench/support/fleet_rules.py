"""What is right of a fleet: the bars of each part, over what callers, sandbox and Redis told."""

from dataclasses import dataclass

from support.fleet import TOKEN_LATENCY
from support.soak_rules import Bars, listed

SLACK = 0.25  # seconds of a busy machine's
RECOVERY = 2.0  # seconds after Redis is back
ADOPTION = 2.0  # seconds after a new login until all use it


@dataclass
class Loss:
    """An answer of the endpoint of tokens that a kill has lost, and with it the grant."""

    kill: object
    refresh: object  # the one that worked, and whose answer nobody has
    refused: list  # those that were refused for it
    until: float  # when another login was in use


class Story:
    """The refreshes of a run put beside its kills."""

    def __init__(self, fleet, refreshes, logins, began):
        self.lifetime, self.began = fleet.lifetime, began
        self.kills, self.refreshes, self.logins = fleet.kills, refreshes, logins
        self.worked = [one for one in refreshes if one.worked]
        self.losses = {}
        self.unexplained = []  # refused, and no kill was the reason
        for refused in refreshes:
            if not refused.worked:
                self._explain(refused)

    def _explain(self, refused):
        used = next((one for one in self.worked if one.token == refused.token and one.at <= refused.at), None)
        kill = used and self._kill_in(used.at - SLACK, used.at + TOKEN_LATENCY[1] / 1000 + SLACK)
        if kill is None:
            return self.unexplained.append(refused)
        known = self.losses.setdefault(used.token, Loss(kill, used, [], self._login_after(used.at)))
        known.refused.append(refused)

    def _kill_in(self, begin, end):
        """Of one who held the lease of a refresh."""
        return next((kill for kill in self.kills if kill.lease and begin <= kill.at <= end), None)

    def _login_after(self, at):
        return next((login for login in self.logins if login > at), float("inf"))

    def second(self, at):
        return f"{at - self.began:.2f} s"

    def is_lost_at(self, at):
        return any(loss.refresh.at <= at <= loss.until + ADOPTION for loss in self.losses.values())

    def named(self):
        """Each kill that left a refresh behind, in words."""
        found = []
        for kill in self.kills:
            loss = next((loss for loss in self.losses.values() if loss.kill is kill), None)
            if loss:
                after = round(1000 * (kill.at - loss.refresh.at))
                found.append(
                    f"kill of process {kill.number} at {self.second(kill.at)}, {after} ms after its refresh reached "
                    f"the sandbox: the pair was lost with it, {len(loss.refused)} calls got invalid_grant"
                )
            elif kill.lease:
                found.append(f"kill of process {kill.number} at {self.second(kill.at)}, while it held the lease: nothing was lost")
        return found

    def lonely_gaps(self):
        """Refreshes too close to the one before, or too late, in words."""
        wrong = []
        for before, after in zip(self.worked, self.worked[1:]):
            gap = after.at - before.at
            if any(before.at < login < after.at for login in self.logins):
                continue
            if gap < (self.lifetime - 1) / 2 - SLACK:  # it is told in whole seconds, rounded down
                wrong.append(f"refreshed at {self.second(after.at)}, {gap:.2f} s after the one before")
            if gap > self.lifetime and not self._kill_in(before.at - SLACK, after.at + SLACK):
                wrong.append(f"refreshed at {self.second(after.at)}, {gap - self.lifetime:.2f} s after the token's end")
        return wrong


def of_grant(bars, story, seconds):
    refused = [f"at {story.second(one.at)}" for one in story.unexplained]
    bars.need("no invalid_grant but after a kill in its call", refused, "; ".join(story.named()) or "none at all")
    least = round(seconds / story.lifetime) - len(story.losses)
    few = [f"{len(story.worked)} refreshes, {least} lifetimes"] if len(story.worked) < least else []
    gaps = [b.at - a.at for a, b in zip(story.worked, story.worked[1:])]
    said = f", {min(gaps):.2f} to {max(gaps):.2f} s apart" if gaps else ""
    bars.need("one refresh for each lifetime", few + story.lonely_gaps(), f"{len(story.worked)} refreshes{said}")


def of_callers(bars, callers, story, what="callers see no error", until=float("inf")):
    """`until`: when the token died; what came later is not judged."""
    troubles = [one for one in callers.troubles if one.at <= until and not story.is_lost_at(one.at)]
    told = [f"{story.second(one.at)}, process {one.number}: {one.text}" for one in troubles]
    beside = len(callers.troubles) - len(troubles)
    said = [listed(callers.answered), f"{callers.to_killed} connections to a killed process",
            f"{callers.again} sent again unseen"]  # fmt: skip
    said += [f"{beside} while there was no grant"] if beside else []
    bars.need(what, told, "; ".join(said))


def judge_kills(run):
    bars = Bars()
    of_grant(bars, run.story, run.seconds)
    of_callers(bars, run.callers, run.story)
    of_processes(bars, run.fleet)
    return bars


def of_processes(bars, fleet):
    ended = fleet.ended_by_themselves()
    bars.need("no process ends by itself", ended, f"{len(fleet.kills)} killed, {len(fleet.members)} started in all")


def judge_outage(run):
    bars = Bars()
    of_grant(bars, run.story, run.seconds)
    of_callers(bars, run.callers, run.story)
    of_processes(bars, run.fleet)
    late = [f"{what} {seconds:.2f} s" for what, seconds in run.recovered if seconds > RECOVERY]
    said = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in run.recovered)
    bars.need(f"as before at most {RECOVERY:g} s after Redis is back", late, said)
    # The first one to refresh ends the token of those who cannot reach Redis again yet: red is right then.
    unready = [(at, text) for at, text in run.unready if not run.back <= at <= run.back + RECOVERY]
    bars.need("ready all the while", [f"{run.story.second(at)}, {text}" for at, text in unready],
              f"{run.asked_ready} questions, {len(run.unready) - len(unready)} answered 503 in the 2 s of the return")  # fmt: skip
    return bars
