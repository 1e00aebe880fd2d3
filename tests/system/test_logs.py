"""What the log says of each request, and what no output ever says."""

import json

import pytest
from support.http_wire import format_request
from support.processes import REFRESH_TOKEN, TOKEN
from support.waiting import eventually

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
