"""What the soak calls right: the bars, each a plain rule over what callers, sandbox and Postern counted."""

from support.demand import quantile
from support.soak_faults import CARRIED_OUT

SLOPE = 50  # KiB a minute, of runs that are long enough for a slope to mean something
SLOPE_MINUTES = 20
UPLOADS_A_DEATH = 10  # that may meet a token which died before its time, until there is another
OWN_SHARE = 40  # percent of all calls that may end in an error of Postern's own: it must be an exception

# Errors of Postern's own that are right, and the fault that makes them so. Any other is not.
RIGHT = {
    (502, "upstream_broken"): ("reset", "no answer", "cut in the body"),
    (504, "upstream_timeout"): ("no answer",),
    (503, "upstream_resting"): ("5xx", "5xx after the effect", "reset", "no answer"),
    (503, "grant_unavailable"): ("token endpoint fails", "token endpoint silent", "tokens lost on the way"),
    (429, "rate_limited"): ("limit changed", "others use the limit up", "all callers at once",
                            "429 without warning"),
}  # fmt: skip


class Bars:
    """Bars with what was found; in the order in which they are shown."""

    def __init__(self):
        self.rows = []

    def need(self, what, faults, figure=""):
        """`faults`: what is wrong, in words, and nothing when the bar is met."""
        self.rows.append((what, list(faults), figure))

    @property
    def missed(self):
        return [row for row in self.rows if row[1]]

    def show(self, most):
        """Prints them, of each the first `most` faults."""
        for what, faults, figure in self.rows:
            print(f"{'MISSED' if faults else 'met   '}  {what} ({figure})")
            for fault in faults[:most]:
                print(f"          {fault}")
            if len(faults) > most:
                print(f"          … and {len(faults) - most} more")


def judge(run):
    bars = Bars()
    answers(bars, run)
    writes(bars, run)
    leaks(bars, run)
    counters(bars, run)
    return bars


# --- answers --------------------------------------------------------------------------------------


def answers(bars, run):
    callers, ordered = run.callers, run.faults.answers
    bars.need("whole and true answers, none late", callers.wrong, f"{callers.asked} calls")
    bars.need("no 401, no 429 of the limit", tokens_and_limits(callers, run.faults),
              f"{callers.hidden_wait} waits and {run.metrics.total('postern_resends_total', reason='token')} dead "
              f"tokens unseen; uploads too large to be sent again: {callers.too_large} got a 401, "
              f"{callers.too_large_limited} a 429")  # fmt: skip
    bars.need("Sentry's errors only as Sentry gave them", passed_on(callers, run.journal),
              listed(callers.sentry))  # fmt: skip
    bars.need("own errors only where a fault makes them right", own_errors(callers, run.faults),
              listed(callers.own) or "none")  # fmt: skip
    cuts = ordered["cut in the body"]
    more = [f"{callers.cut} answers were cut, {cuts} were to be", *callers.cuts] if callers.cut > cuts else []
    # Refused early, an upload may end in a reset that overtakes the refusal (RFC 9112, 9.6).
    refused = sum(callers.own.values()) + sum(n for status, n in callers.sentry.items() if status >= 400)
    if callers.unread > refused / 5:
        more.append(f"{callers.unread} uploads closed without an answer, {refused} refusals in all")
    bars.need("cut only what Sentry cut", more, f"{callers.cut} of {cuts}; {callers.unread} uploads refused unread")


def tokens_and_limits(callers, faults):
    """A body larger than replay.max_body gets the 401 of a token that died before its time, and the 429
    of a limit that shrank or that others used up, since only the answer tells of it."""
    wrong = [text for text in callers.wrong if "got through" in text]
    deaths = 1 + faults.done["tokens expire at once"] + faults.done["tokens lost on the way"]
    if callers.too_large > UPLOADS_A_DEATH * deaths:
        wrong.append(f"{callers.too_large} uploads answered 401")
    surprises = faults.done["limit changed"] + faults.done["others use the limit up"]
    if callers.too_large_limited > surprises:
        wrong.append(f"{callers.too_large_limited} uploads answered 429")
    return wrong


def passed_on(callers, journal):
    """No status that Sentry did not give, nor more of one than it gave."""
    return [
        f"{count} answers of {status}, the sandbox gave {journal.statuses[status]}"
        for status, count in callers.sentry.items()
        if count > journal.statuses[status] or (status // 100 != 2 and status not in (401, 429) and status < 500)
    ]


def own_errors(callers, faults):
    happened = {**faults.done, **faults.answers}
    wrong = [
        f"{count} times {status} {code}"
        for (status, code), count in callers.own.items()
        if not any(happened.get(fault) for fault in RIGHT.get((status, code), ()))
    ]
    share = 100 * sum(callers.own.values()) / max(callers.asked, 1)
    return wrong + ([f"{share:.1f} % of all calls"] if share > OWN_SHARE else [])


# --- writes ---------------------------------------------------------------------------------------


def writes(bars, run):
    """Lost: the caller was told 2xx and Sentry did not carry out what was sent. Doubled: carried out
    twice, but for a PUT, which may be sent again once when its connection broke (RFC 9110, 9.2.2)."""
    lost, doubled, again = [], [], 0
    for name, write in run.callers.writes.items():
        met = [digest for status, digest in run.journal.writes[name] if status in CARRIED_OUT]
        if write.status // 100 == 2 and not met:
            lost.append(f"{write.method} {name} was answered {write.status}, and never carried out")
        lost += [f"{write.method} {name} came changed" for digest in met if digest != write.sha256]
        again += len(met) > 1
        if len(met) > (2 if write.method == "PUT" else 1):
            doubled.append(f"{write.method} {name} was carried out {len(met)} times")
    count = len(run.callers.writes)
    bars.need("no write lost", lost, f"of {count}")
    bars.need("no write doubled", doubled, f"{again} PUTs carried out again after a reset")


# --- leaks ----------------------------------------------------------------------------------------


def leaks(bars, run):
    files = run.files_after - run.files_before
    bars.need("as many open files idle as before",
              [f"{files} more"] if files > 0 else [], f"{run.files_before}, then {run.files_after}")  # fmt: skip
    slope = run.memory.slope()
    judged = run.minutes >= SLOPE_MINUTES
    over = [f"{slope:.1f} KiB/min"] if judged and slope > SLOPE else []
    bars.need("memory stays", over,
              f"{slope:+.1f} KiB/min" + (f", at most {SLOPE}" if judged else ", not judged in a short run"))  # fmt: skip
    metrics = run.metrics
    held = {name: metrics.total(name) for name in (
        "postern_requests_in_flight", "postern_client_connections", "postern_bucket_in_flight",
        "postern_bucket_queued", "postern_upstream_waiting", "postern_loop_stalls_total",
    )}  # fmt: skip
    bars.need("nothing held at the end", [f"{name} is {value}" for name, value in held.items() if value],
              "slots, places in line, connections")  # fmt: skip
    bars.need("alive and well", run.unwell, "/livez, /readyz, the process")


# --- counters -------------------------------------------------------------------------------------


def counters(bars, run):
    """The metrics say what the callers counted; who left or was cut may be counted either way."""
    told = run.metrics.by("postern_requests_total", "code")
    seen = dict.fromkeys(told, 0)
    for status, count in run.callers.sentry.items():
        seen[str(status)] = seen.get(str(status), 0) + count
    for (status, _), count in run.callers.own.items():
        seen[str(status)] = seen.get(str(status), 0) + count
    slack = run.callers.cancelled + run.callers.cut + run.callers.unread
    wrong = [
        f"{told[code]} answers of {code}, the callers got {count}"
        for code, count in seen.items()
        if code.isdigit() and not count <= told[code] <= count + slack
    ]
    bars.need("metrics agree with the callers", wrong, f"{sum(told.values())} requests")
    loads = run.metrics.by("postern_configuration_loads_total", "outcome")
    ours = run.faults.loads
    faults = [f"{kind} {count}, never {outcome}" for kind, outcome, count in (
        ("good", "loaded", ours["good"]), ("faulty", "refused", ours["faulty"]),
    ) if count and not loads[outcome]]  # fmt: skip
    bars.need("reloads taken or refused", faults, f"{loads['loaded']} loaded, {loads['refused']} refused")
    refreshed = run.metrics.total("postern_grant_refreshes_total", outcome="obtained")
    least = run.minutes * 60 / run.lifetime / 3
    few = [f"{refreshed} refreshes, {least:.0f} expected"] if refreshed < least else []
    bars.need("tokens refreshed all along", few, f"{refreshed} refreshes")


def listed(counter):
    def name(key):
        return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)

    return ", ".join(f"{name(key)}: {count}" for key, count in sorted(counter.items(), key=lambda each: str(each[0])))


def latencies(callers):
    """[(what, p50, p99)] in milliseconds, of calls that met neither a wait nor a fault."""
    return [
        (what, 1000 * quantile(values, 0.5), 1000 * quantile(values, 0.99))
        for what, values in (("whole call", callers.whole), ("without Sentry's time", callers.added))
    ]
