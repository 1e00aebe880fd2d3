"""What the log says of each request, and what no output ever says."""

import json
import os
import pty
import select
import signal
import time

import pytest
from support.http_wire import format_request
from support.metrics import total
from support.processes import REFRESH_TOKEN, TOKEN
from support.waiting import bound, eventually

CANARY_QUERY = "canaryqueryvalue"
CANARY_BODY = "canarybodyvalue"
CANARY_LOGIN = "canarylogin"


def lines(postern, count):
    """The access lines, once there are `count`."""
    def enough():
        found = postern.access_lines()
        return found if len(found) >= count else None
    return eventually(enough, f"{count} access lines in:\n{postern.log[-3000:]}")


def test_one_line_for_each_request(postern, upstream):
    upstream.on("/api/0/big/", lambda x: x.ok(b"x" * 1234))
    with postern.client() as client:
        ids = [client.request("POST", "/api/0/big/?q=1", body=b"abc").header("x-request-id"),
               client.request(target="/elsewhere/").header("x-request-id")]
    first, second = lines(postern, 2)
    assert (first["method"], first["status"], second["status"]) == ("POST", 200, 404)
    text = [json.dumps(entry) for entry in (first, second)]
    assert "/api/0/big/" in text[0] and "?q" not in text[0] and "acme" in text[0]
    assert 1234 in first.values() and 3 in first.values()  # bytes out and in
    assert second.get("code") == "not_an_api_path"
    for entry, ident in zip((first, second), ids):
        assert ident in entry.values()
    assert len(postern.access_lines()) == 2


def test_refused_cut_and_abandoned_requests_have_their_line_too(postern, upstream):
    with postern.client() as client:
        client.send(b"GET / HTTP/9.9\r\n\r\n")
        client.rest()
    assert postern.get(headers=[("Origin", "https://evil.example")]).status == 403
    upstream.on("/api/0/slow/", lambda x: x.wait_closed())
    client = postern.client()
    client.send(format_request(target="/api/0/slow/"))
    upstream.wait_for("/api/0/slow/")
    client.close()
    entries = lines(postern, 3)
    assert len(entries) == 3
    assert entries[0]["status"] in (400, 505) and entries[1]["code"] == "forbidden_caller"
    assert "/api/0/slow/" in entries[2].values()
    assert entries[2].get("reason"), "an abandoned request says why it ended"


def test_failures_of_the_upstream_say_why(start, upstream):
    upstream.stop_listening()
    postern = start(upstream)
    postern.get()
    (entry,) = lines(postern, 1)
    assert entry["code"] == "upstream_unreachable" and entry["reason"]
    assert "refused" in json.dumps(entry).lower()


def test_retries_are_counted(start, upstream):
    from support.fault_relay import FaultRelay
    with FaultRelay(upstream.port) as relay:
        postern = start(relay)
        postern.get()
        relay.close_idle_on_next_request()
        assert postern.get("/api/0/again/").status == 200
        assert [e["attempts"] for e in lines(postern, 2)] == [1, 2]


@pytest.mark.parametrize("form", ["json", "text"])
def test_secrets_bodies_and_query_values_are_never_said(start, upstream, form):
    """A canary in everything that is not to be seen, through every path that logs."""
    postern = start(upstream, config={"log": {"level": "debug", "format": form}})
    upstream.on("/api/0/echo/", lambda x: x.ok(
        (CANARY_BODY + x.request.header("authorization")).encode(),
        headers=[("Set-Cookie", CANARY_BODY)]))
    upstream.on("/api/0/broken/", lambda x: x.send(CANARY_BODY.encode() + b"\r\n\r\n").close())
    upstream.on("/api/0/401/", lambda x: x.ok(
        b'{"detail": "%s"}' % CANARY_BODY.encode(), "401 Unauthorized"))
    fields = [("Authorization", f"Bearer {CANARY_LOGIN}"), ("Cookie", CANARY_LOGIN)]
    query = f"?query={CANARY_QUERY}&{CANARY_QUERY}=1"
    for target in ("echo", "broken", "401"):
        postern.get(f"/api/0/{target}/{query}", fields, "POST", CANARY_BODY.encode())
    postern.get(f"/elsewhere/{query}", fields)
    postern.get(f"/api/0/{query}", fields, host="evil.example")
    for bad in (b"GET /api/0/%s HTTP/1.1\r\nHost: localhost\r\nX: \x01%s\r\n\r\n",
                b"GET /api/0/%s HTTP/7.1\r\nHost: %s\r\n\r\n"):
        with postern.client() as client:
            client.send(bad % (query.encode(), CANARY_LOGIN.encode()))
            client.rest()
    postern.stop()
    output = postern.log + postern.out_path.read_text()
    for secret in (TOKEN, REFRESH_TOKEN, CANARY_QUERY, CANARY_BODY, CANARY_LOGIN, TOKEN[:12]):
        assert secret not in output


def test_answers_of_our_own_never_repeat_the_request(postern, upstream):
    for data in (b"GET /canary HTTP/1.1\r\nHost: canary.example\r\n\r\n",
                 b"GET /api/0/?canary HTTP/1.1\r\nHost: localhost\r\nOrigin: https://canary\r\n\r\n",
                 b"canary / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\ncanary\r\n\r\n"):
        with postern.client() as client:
            answer = client.send(data).read()
            assert answer.status >= 400
            assert TOKEN not in answer.body.decode()


def test_control_bytes_cannot_forge_lines(start, upstream):
    postern = start(upstream, config={"log": {"format": "text", "level": "debug"}})
    with postern.client() as client:
        client.send(b"GET /api/0/%0Aforged HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.read()
    with postern.client() as client:
        client.send(b"GET /api/0/\x1b[31m HTTP/1.1\r\nHost: a\x1b\r\n\r\n")
        client.rest()
    postern.stop()
    assert "\x1b" not in postern.log
    assert not [line for line in postern.log.splitlines() if line.startswith("forged")]


def test_json_lines_are_json(postern):
    postern.get()
    postern.stop()
    for line in postern.log.splitlines():
        assert isinstance(json.loads(line), dict), line


def test_access_lines_can_be_switched_off(start, upstream):
    postern = start(upstream, config={"log": {"access": False, "level": "info"}})
    for _ in range(5):
        postern.get()
    postern.stop()
    assert postern.access_lines() == []


def test_the_request_id_is_one_everywhere(postern, upstream):
    made = postern.get()
    given = postern.get(headers=[("X-Request-Id", "job-7:1")])
    odd = postern.get(headers=[("X-Request-Id", "b ad")])
    ids = [answer.header("x-request-id") for answer in (made, given, odd)]
    assert ids[1] == "job-7:1" and ids[2] != "b ad" and len(set(ids)) == 3
    assert [seen.fields.all("x-request-id") for seen in upstream.requests] == [[i] for i in ids]
    assert [entry["request_id"] for entry in lines(postern, 3)] == ids


def test_a_trace_is_passed_and_logged(postern, upstream):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    for given in (f"00-{trace}-00f067aa0ba902b7-01", f"00-{trace}-00f067aa0ba902b7-01-x"):
        postern.get(headers=[("traceparent", given)])
        assert upstream.requests[-1].header("traceparent") == given
    first, second = lines(postern, 2)
    assert first["trace_id"] == trace and "trace_id" not in second


def test_of_usual_requests_a_share_has_its_line(start, upstream):
    postern = start(upstream, config={"log": {"sample": "0%"}})
    upstream.on("/api/0/broken/", lambda x: x.ok(b"{}", "500 Internal Server Error"))
    for target in ("/api/0/", "/api/0/broken/", "/elsewhere/", "/api/0/"):
        postern.get(target)
    postern.stop()
    assert [entry["status"] for entry in postern.access_lines()] == [500, 404]


def test_slow_requests_are_warnings(start, upstream):
    postern = start(upstream, config={"log": {"sample": "0%", "slow": "200ms", "level": "warn"}})
    upstream.on("/api/0/slow/", lambda x: (time.sleep(0.3), x.ok(b"{}")))
    postern.get("/api/0/")
    postern.get("/api/0/slow/")
    (entry,) = lines(postern, 1)
    assert (entry["level"], entry["slow"]) == ("warn", "upstream") and entry["total_ms"] >= 200


def test_a_host_that_fails_is_named_once_with_what_to_do(start, upstream):
    upstream.stop_listening()
    postern = start(upstream)
    for _ in range(12):
        postern.get()
    postern.stop()
    (said,) = [entry for entry in map(json.loads, postern.log.splitlines())
               if entry["event"] == "upstream_resting"]
    assert said["level"] == "warn" and "postern doctor" in said["detail"]


def test_a_connection_that_cannot_be_made_is_said_once_while_that_lasts(start, upstream):
    upstream.stop_listening()
    postern = start(upstream, config={"limits": {"enabled": False}})
    for _ in range(5):
        assert postern.get().status == 502
    postern.stop()
    said = [e for e in postern.log_entries() if e["event"] == "upstream_connect_failed"]
    assert len(said) == 1 and (said[0]["stage"], said[0]["times"]) == ("connect", 1), said


def test_a_pipe_that_nobody_reads_holds_nothing_up(start, upstream):
    reading, writing = os.pipe()
    postern = start(upstream, stderr=writing, config={"log": {"max_queue": 64}})
    os.close(writing)
    begun = time.monotonic()
    with postern.client() as client:
        for _ in range(1000):
            assert client.request(target="/api/0/" + "x" * 400 + "/").status == 200
    assert time.monotonic() - begun < bound(20)
    postern.signal(signal.SIGTERM)
    with open(reading, "rb") as log:
        entries = [json.loads(line) for line in log.read().splitlines()]
    assert postern.wait() == 0
    dropped = sum(e["count"] for e in entries if e["event"] == "log_lines_dropped")
    written = sum(e["event"] == "request" for e in entries)
    assert dropped > 0 and written + dropped >= 1000


def test_a_full_disk_holds_nothing_up(start, upstream):
    with open("/dev/full", "wb") as full:
        postern = start(upstream, stderr=full)
    for _ in range(50):
        assert postern.get().status == 200
    assert postern.stop() == 0


def test_hostile_noise_does_not_flood_the_log(postern):
    before = len(postern.log)
    for _ in range(200):
        with postern.client() as client:
            client.send(b"\x00" * 2000)
            client.rest()
    lines(postern, 200)
    assert (len(postern.log) - before) / 200 < 1000


def test_an_ordinary_start_says_where_it_listens_and_never_the_token(start, upstream):
    postern = start(upstream, config={"log": {"format": "text", "level": "info"}})
    postern.eventually_logs(f"127.0.0.1:{postern.port}")
    assert TOKEN not in postern.log


@pytest.fixture
def unread(start, upstream):
    """Postern on a terminal that nobody reads, for so long that it has given up lines; and the
    terminal's other end."""
    ours, theirs = pty.openpty()
    try:
        postern = start(upstream, stderr=theirs, config={"drain": {"timeout": "1s"}})
        os.close(theirs)
        with postern.client() as client:
            for _ in range(300):
                assert client.request(target="/api/0/" + "x" * 400 + "/").status == 200
        eventually(lambda: total(postern, "postern_log_lines_dropped_total") > 0, "some are lost")
        yield postern, ours
    finally:
        os.close(ours)


def test_a_terminal_that_nobody_reads_does_not_hold_up_the_end(unread):
    postern, _ = unread
    assert postern.get().status == 200
    begun = time.monotonic()
    postern.signal(signal.SIGTERM)
    assert postern.wait(bound(20)) == 0
    assert time.monotonic() - begun < bound(5)


def test_a_terminal_that_is_read_again_is_told_what_it_has_missed(unread):
    postern, ours = unread
    shown = b""

    def is_told():
        nonlocal shown
        while select.select([ours], [], [], 0)[0]:
            shown += os.read(ours, 65536)
        return b"log_lines_dropped" in shown or (postern.get() and None)

    eventually(is_told, "the loss is told")
