"""Every upstream answer of http1-responses.json: whole, byte by byte, and at every two-way cut."""

import base64
import os
import threading
import time

import pytest
import workers
from exchange import Delivery, deliveries
from support.http_wire import Client, Truncated, WireError
from support.processes import has_binary

CASES = workers.load("http1-responses.json")
ALL_CUTS = os.environ.get("POSTERN_TEST_QUICK") != "1"
# Broken answers in a row would make Postern leave the host alone.
CONFIG = {"log": {"level": "warn", "access": False}, "upstream": {"first_byte_timeout": "5s"},
          "limits": {"enabled": False}}
OWN = [502, 504]


def script_for(case, raw, delivery, all_sent):
    """Plays the answer in the delivery's pieces, each in TLS records of its own."""
    def script(exchange):
        exchange.read_body()
        borders = [0, *delivery.cuts, len(raw)]
        try:
            for start, end in zip(borders, borders[1:]):
                exchange.send(raw[start:end])
                if len(delivery.cuts) == 1:
                    time.sleep(0.001)  # the pace of the delivery, so that pieces arrive apart
        finally:
            all_sent.set()
        if case["then"] == "fin":
            exchange.close()
        if case["then"] == "rst":
            exchange.reset()
    return script


class ResponseJudge:
    def __init__(self, case):
        self.case = case
        self.allowed = {case["expect"], *case.get("also", [])}
        self.body = base64.b64decode(case.get("body_b64", ""))

    def judge(self, answer, error):
        if error is not None:
            if "cut" not in self.allowed:
                yield f"the caller saw {error!r}, allowed: {sorted(self.allowed)}"
            return
        own = answer.header("x-postern-generated") == "1"
        if own:
            if "502" not in self.allowed or answer.status not in OWN:
                yield f"{answer.status} of our own, allowed: {sorted(self.allowed)}"
            return
        if "pass" not in self.allowed:
            yield f"passed with {answer.status}, allowed: {sorted(self.allowed)}"
            return
        if answer.status not in self.case.get("status", [200]):
            yield f"status {answer.status}"
        if "body_b64" in self.case and answer.body != self.body:
            yield f"body {answer.body[:80]!r}, want {self.body[:80]!r}"
        for name in self.case.get("absent", []):
            if name in answer.fields:
                yield f"{name} reached the caller"


def ask(postern, method, target):
    """(answer, None) or (None, what broke) on a connection of its own."""
    with Client(postern.port) as client:
        try:
            answer = client.request(method, target)
            if method == "HEAD":  # stray body bytes would be read as the next answer
                client.finish()
                stray = client.rest()
                if stray:
                    return None, WireError(f"bytes behind the answer: {stray[:80]!r}")
            return answer, None
        except Truncated as cut:
            return None, cut
        except OSError as error:
            return None, error


def run_one(case, raw, delivery, number, postern, upstream):
    all_sent = threading.Event()
    upstream.on("/api/0/case/", script_for(case, raw, delivery, all_sent))
    upstream.on("/api/0/probe/", lambda x: x.ok(b"probe %d" % number))
    upstream.requests.clear()
    yield from ResponseJudge(case).judge(*ask(postern, case["request_method"], "/api/0/case/"))
    # Bytes behind an answer can only be told from the next answer if they come before its request.
    all_sent.wait(1)
    probe, error = ask(postern, "GET", "/api/0/probe/")
    if error is not None or probe.body != b"probe %d" % number:
        yield f"the next request got {error!r} {probe and probe.body!r}: answers are mixed up"
    used = [r.connection for r in upstream.seen("/api/0/case/")]
    next_used = [r.connection for r in upstream.seen("/api/0/probe/")]
    if "reuse" in case and used and next_used:
        reused = used[-1] == next_used[-1]
        if reused and not case["reuse"]:
            yield "the upstream connection was used again"
        if case["reuse"] and not reused:
            yield "the upstream connection was not used again"


def run(case, postern, upstream):
    raw = base64.b64decode(case["raw_b64"])
    complaints = []
    plans = [d for d in deliveries(case, raw, ALL_CUTS) if d.name != "whole, unix"]
    if not raw:
        plans = [Delivery("nothing", [])]
    for number, delivery in enumerate(plans):
        complaints += [(delivery.name, c)
                       for c in run_one(case, raw, delivery, number, postern, upstream)]
        if len(complaints) > 5:
            break
    return complaints


@pytest.fixture(scope="module")
def outcome():
    if not has_binary():
        pytest.skip("no postern")
    return workers.run_all(CASES, run, CONFIG)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_response(case, outcome):
    complaints = outcome[case["id"]]
    assert not complaints, (f"{case['id']} {case['name']} ({case['rfc']}): {case['why']}\n" +
                            "\n".join(f"  {how}: {what}" for how, what in complaints[:10]))
