"""Delivering raw bytes to Postern in chosen pieces, and judging what came of them.

Used by worker processes, each with a Postern and a recording upstream of its own, one case at a
time: whatever the upstream sees belongs to the case in hand.
"""

import base64
import fcntl
import random
import struct
import termios
import time
import zlib
from dataclasses import dataclass, field

from support.http_wire import Client, Truncated, WireError, read_response
from support.tls_client import TlsClient
from support.waiting import bound

SMALL = 4096  # cases up to this size are cut everywhere, larger ones at RANDOM_CUTS places
RANDOM_CUTS = 64


@dataclass
class Delivery:
    """One way to hand the bytes over: cut at `cuts`, each piece read before the next is sent."""

    name: str
    cuts: list
    unix: bool = False  # over the unix socket, where one can see that a piece has been read
    fin: bool = False


def deliveries(case, raw, cuts=True):
    """All the ways to deliver a request case."""
    wanted = case.get("deliver", {})
    fin = wanted.get("fin", False)
    result = [Delivery("whole", [], fin=fin), Delivery("whole, unix", [], True, fin)]
    if wanted.get("mode") == "splits":
        result.append(Delivery(f"split at {wanted['splits']}", wanted["splits"], True, fin))
    every = list(range(1, len(raw)))
    if every:
        result.append(Delivery("one byte per write", every, len(raw) <= SMALL, fin))
    if not cuts:
        return result
    chosen = every
    if len(raw) > SMALL:
        chosen = sorted(random.Random(zlib.crc32(case["id"].encode())).sample(every, RANDOM_CUTS))
    return result + [Delivery(f"cut at {at}", [at], True, fin) for at in chosen]


def tls_deliveries(case, raw):
    """Over TLS one cannot see what has been read, so only these two."""
    fin = case.get("deliver", {}).get("fin", False)
    result = [Delivery("whole", [], fin=fin)]
    if 1 < len(raw) <= SMALL:
        result.append(Delivery("one byte per record", list(range(1, len(raw))), fin=fin))
    return result


def unread(sock):
    """Bytes in a unix socket that its reader has not taken yet."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0\0\0\0"))[0]


def wait_read(sock):
    deadline = time.monotonic() + bound(10)
    while unread(sock) and time.monotonic() < deadline:
        time.sleep(0.00002)


def deliver(client, raw, delivery):
    """Sends `raw` in pieces. A peer that has answered early and closed is no error here."""
    borders = [0, *delivery.cuts, len(raw)]
    try:
        for start, end in zip(borders, borders[1:]):
            client.send(raw[start:end])
            if delivery.unix and end < len(raw):
                wait_read(client.sock)
        if delivery.fin:
            client.finish()
    except (BrokenPipeError, ConnectionResetError):
        pass


@dataclass
class Outcome:
    """What the caller got."""

    responses: list = field(default_factory=list)
    closed: bool = False
    junk: bytes = b""  # bytes behind the answers that are no answer
    error: str = ""


def methods_of(raw):
    """HEAD answers have no body: the reader must know, also for rejected nonsense."""
    return "HEAD" if raw.startswith(b"HEAD ") else "GET"


def read_outcome(client, method, good_answers, must_close=True):
    """Reads `good_answers` answers below 400, says goodbye, and reads to the end. An error answer
    must be the last and, if `must_close`, be followed by a close without our goodbye."""
    outcome = Outcome()
    reader = client.reader
    try:
        while len(outcome.responses) < good_answers:
            if not reader.buffer and not reader.fill():
                break
            outcome.responses.append(read_response(reader, method))
            if outcome.responses[-1].status >= 400:
                if not must_close:
                    client.finish()
                break
        else:
            client.finish()
        while reader.buffer or reader.fill():
            outcome.responses.append(read_response(reader, method))
        outcome.closed = True
    except Truncated as cut:
        outcome.junk, outcome.closed = cut.partial, True
        outcome.error = f"cut answer: {cut}"
    except WireError as error:
        outcome.error = f"malformed answer: {error}"
    except TimeoutError:
        outcome.error = "no answer and no close in time"
    except OSError:
        outcome.closed = True
    return outcome


def hears(request, name):
    """Does `request` carry the field `name`, or, for name:token, the token in it?"""
    name, _, token = name.partition(":")
    values = request.fields.all(name)
    if not token:
        return bool(values)
    return any(token.lower() == part.strip().lower() for v in values for part in v.split(","))


class RequestJudge:
    """Compares an outcome and the upstream's record with what a request case demands."""

    def __init__(self, case, token):
        self.case = case
        self.token = token
        self.allowed = {case["expect"], *case.get("also", [])}

    def judge(self, outcome, seen):
        """The complaints about one delivery; none is good."""
        statuses = [r.status for r in outcome.responses]
        complaints = list(self._everywhere(outcome, seen))
        if statuses and statuses[0] < 400:
            return complaints + list(self._accepted(outcome, seen, statuses))
        return complaints + list(self._refused(outcome, seen, statuses))

    def _everywhere(self, outcome, seen):
        if outcome.error:
            yield outcome.error
        if not outcome.closed:
            yield "the connection stays open"
        for response in outcome.responses:
            for name in self.case.get("response_absent", []):
                if name in response.fields:
                    yield f"{name} reached the caller"
        for text in self.case.get("forbid_upstream", []):
            line_only = text.startswith("REQLINE:")
            needle = text.removeprefix("REQLINE:").encode("latin-1")
            for r in seen:
                where = r.raw_head.split(b"\r\n")[0] if line_only else r.raw_head + bytes(r.body)
                if needle in where:
                    yield f"{text!r} reached the upstream"
        for r in seen:
            if r.fields.all("authorization") != [f"Bearer {self.token}"]:
                yield f"authorization at the upstream: {r.fields.all('authorization')!r}"

    def _accepted(self, outcome, seen, statuses):
        if "accept" not in self.allowed:
            yield f"accepted with {statuses}, allowed: {sorted(self.allowed)}"
            return
        good = [s for s in statuses if s < 400]
        complete = [r for r in seen if r.complete]
        wanted = self.case["upstream"]
        tolerated = self.case["expect"] != "accept"  # then the case counts nothing
        if not tolerated and (len(good) != wanted or len(complete) != wanted):
            yield f"{len(good)} good answers and {len(complete)} requests upstream, want {wanted}"
        extra = statuses[len(good):]
        if extra and (len(extra) > 1 or extra[0] not in self.case.get("then_status", [])):
            yield f"answers {statuses}"
        if complete:
            yield from self._first(complete[0])

    def _first(self, request):
        target = self.case.get("upstream_target")
        if target is not None and request.target != target:
            yield f"target at the upstream {request.target!r}, want {target!r}"
        body = self.case.get("upstream_body_b64")
        if body is not None and bytes(request.body) != base64.b64decode(body):
            yield f"body at the upstream {bytes(request.body)[:80]!r}"
        for name in self.case.get("upstream_absent", []):
            if hears(request, name):
                yield f"{name} reached the upstream"

    def _refused(self, outcome, seen, statuses):
        refusals = self.allowed & {"reject-400", "reject-any", "close"}
        if not refusals:
            yield f"refused with {statuses or 'a close'}"
        if any(r.complete for r in seen):
            yield "a complete request reached the upstream"
        if not statuses:
            if "close" not in self.allowed:
                yield "closed without an answer"
            return
        if len(statuses) > 1:
            yield f"answers after a refusal: {statuses}"
        if refusals == {"reject-400"} and statuses[0] not in self.case.get("status", [400]):
            yield f"status {statuses[0]}, allowed {self.case.get('status', [400])}"
        refusal = outcome.responses[0]
        if refusal.header("x-postern-generated") != "1":
            yield "a refusal that is not marked as ours"
        elif refusal.body and refusal.header("content-type") != "application/problem+json":
            yield "a refusal without a problem body"


def run_request_case(case, postern, upstream, token, cuts=True, tls=None):
    """Every delivery of one case; returns [(delivery, complaint)]. `tls`: the caller's SSLContext."""
    def connect(address=None):
        return TlsClient(postern.port, tls) if tls else Client(address or postern.port)

    raw = base64.b64decode(case["raw_b64"])
    judge = RequestJudge(case, token)
    method = methods_of(raw)
    complaints = []
    for delivery in tls_deliveries(case, raw) if tls else deliveries(case, raw, cuts):
        upstream.requests.clear()
        with connect(postern.unix_path if delivery.unix else None) as client:
            deliver(client, raw, delivery)
            outcome = read_outcome(client, method, case["upstream"] or 1,
                                   must_close=case["expect"] != "reject-any")
        complaints += [(delivery.name, c) for c in judge.judge(outcome, list(upstream.requests))]
        if len(complaints) > 5:
            break
    # Whatever a refused delivery left under way has arrived before this.
    connect().request(target="/api/0/barrier/")
    late = [r.target for r in upstream.requests if r.complete and "barrier" not in r.target]
    if case["expect"] != "accept" and "accept" not in judge.allowed and late:
        complaints.append(("late", f"complete requests reached the upstream: {late}"))
    if upstream.bad:
        complaints.append(("upstream", f"malformed requests: {upstream.bad}"))
        upstream.bad.clear()
    return complaints
