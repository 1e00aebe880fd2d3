"""/metrics: what it counts, that Prometheus understands it, and that it is bounded."""

import re
import shutil
import subprocess

import pytest
from support.http_wire import Client, fetch, format_request
from support.metrics import scrape, series, total
from support.processes import REFRESH_TOKEN, ROOT, TOKEN
from support.waiting import eventually

ISSUES = "/api/0/organizations/acme/issues/"
ISSUES_ROUTE = "/api/0/organizations/{organization_id_or_slug}/issues/"


def eventually_counts(postern, count, name, **labels):
    eventually(lambda: total(postern, name, **labels) == count, f"{name}{labels} is {count}")


def test_requests_are_counted_by_route_and_who_answered(start, upstream):
    postern = start(upstream, pinned=True)
    upstream.on(ISSUES + "17/", lambda x: x.ok(status="404 Not Found"))
    for _ in range(2):
        assert postern.get(ISSUES).status == 200
    assert postern.get(ISSUES + "17/").status == 404
    assert postern.get("/api/0/organizations/other/issues/").status == 403
    assert postern.get(ISSUES, host="evil.example").status == 421
    name = "postern_requests_total"
    eventually_counts(postern, 2, name, grant="acme", route=ISSUES_ROUTE, method="GET", code="200",
                      origin="sentry")
    eventually_counts(postern, 1, name, code="404", origin="sentry",
                      route=ISSUES_ROUTE + "{issue_id}/")
    eventually_counts(postern, 1, name, code="403", origin="postern")
    eventually_counts(postern, 1, name, grant="none", route="none", code="421", origin="postern")
    eventually_counts(postern, 1, "postern_problems_total", code="misdirected")
    eventually_counts(postern, 1, "postern_problems_total", code="wrong_organization")
    eventually_counts(postern, 2, "postern_request_duration_seconds_count", route=ISSUES_ROUTE)
    eventually_counts(postern, 3, "postern_request_upstream_seconds_count", grant="acme")


def test_bytes_connections_and_resends(start, upstream):
    postern = start(upstream, config={"policy": {"preflight": "off"}})
    calls = []

    def breaks_a_kept_connection(exchange):
        calls.append(1)
        if len(calls) == 2:
            exchange.reset()
        exchange.ok(b"[" + b" " * 998 + b"]")
    upstream.on(ISSUES, breaks_a_kept_connection)
    assert postern.get(ISSUES, method="PUT", body=b"x" * 500).status == 200
    assert postern.get(ISSUES).status == 200
    eventually_counts(postern, 2000, "postern_response_body_bytes_total", grant="acme")
    eventually_counts(postern, 500, "postern_request_body_bytes_total", grant="acme")
    eventually_counts(postern, 1, "postern_resends_total", reason="connection")
    eventually_counts(postern, 0, "postern_requests_in_flight")
    eventually_counts(postern, 1, "postern_upstream_connections", state="idle", purpose="requests")
    assert total(postern, "postern_upstream_protocol", http="1.1", tls="TLSv1.3") >= 1
    assert total(postern, "postern_upstream_handshakes_total", purpose="requests") >= 2


def test_a_dead_upstream_is_counted_by_stage(start, authority):
    postern = start("https://localhost:1")
    assert postern.get(ISSUES).status == 502
    eventually(lambda: total(postern, "postern_upstream_connect_failures_total", stage="connect") >= 1,
               "the failure is counted")


def test_limits_are_told_by_bucket(start, upstream):
    upstream.on(ISSUES, lambda x: x.ok(headers=[
        ("X-Sentry-Rate-Limit-Limit", "40"), ("X-Sentry-Rate-Limit-Remaining", "39"),
        ("X-Sentry-Rate-Limit-Reset", "1893456000")]))
    postern = start(upstream)
    assert postern.get(ISSUES).status == 200
    labels = {"user": "user 7", "group": "GET", "bucket": "0"}
    eventually_counts(postern, 40, "postern_bucket_limit", **labels)
    eventually_counts(postern, 39, "postern_bucket_remaining", **labels)
    eventually_counts(postern, 0, "postern_bucket_queued", **labels)
    eventually_counts(postern, 1, "postern_limit_answers_total", kind="served")


def test_grants_tell_their_state_and_when_their_token_ends(postern):
    eventually_counts(postern, 1, "postern_grant_state", grant="acme", state="fresh")
    eventually_counts(postern, 1, "postern_grant_usable", grant="acme")
    assert total(postern, "postern_grant_token_expiry_seconds", grant="acme") > 1e9
    eventually_counts(postern, 1, "postern_ready")
    eventually_counts(postern, 1, "postern_store_writable")


def test_the_cache_is_counted_when_it_is_on(start, upstream):
    postern = start(upstream, config={"cache": {"enabled": True}})
    for _ in range(3):
        assert postern.get(ISSUES).status == 200
    eventually_counts(postern, 1, "postern_cache_requests_total", outcome="miss")
    eventually_counts(postern, 2, "postern_cache_requests_total", outcome="hit")
    eventually_counts(postern, 1, "postern_cache_answers")


def test_the_process_is_told_as_the_kernel_sees_it(postern):
    assert total(postern, "process_resident_memory_bytes") > 1e6
    assert total(postern, "process_open_fds") >= 5
    assert total(postern, "process_cpu_seconds_total") > 0
    assert abs(total(postern, "process_open_fds") - postern.open_files()) < 10


def words(count):
    """Different words that do not look like ids."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["thing-" + letters[i // 26] + letters[i % 26] for i in range(count)]


def busy(start, upstream, authority=None):
    """A Postern in which every metric has a series; those of TLS with an authority."""
    listen = ["127.0.0.1:0"]
    if authority is not None:
        certificate, key = authority.server()
        listen.append({"address": "127.0.0.1:0", "tls": {"certificate_file": certificate, "key_file": key,
                                                                   "client_ca_file": str(authority.cert)}})
    nowhere = {"redis": {"url": "unix:///nonexistent/redis.sock"}}
    postern = start(upstream, pinned=True, config={"cache": {"enabled": True}, "listen": listen, "store": nowhere,
                                                   "limits": {"share": "redis"}})
    upstream.on(ISSUES, lambda x: x.ok(headers=[
        ("X-Sentry-Rate-Limit-Limit", "40"), ("X-Sentry-Rate-Limit-Remaining", "39"),
        ("X-Sentry-Rate-Limit-Reset", "1893456000"),
        ("X-Sentry-Rate-Limit-ConcurrentLimit", "25"),
        ("X-Sentry-Rate-Limit-ConcurrentRemaining", "25")]))
    assert postern.get(ISSUES).status == 200
    assert postern.get("/api/0/organizations/other/").status == 403
    eventually_counts(postern, 1, "postern_requests_total", code="403")
    return postern


def test_prometheus_finds_nothing_to_complain_about(start, upstream):
    if shutil.which("promtool") is None:
        pytest.skip("no promtool (Debian package prometheus)")
    text = scrape(busy(start, upstream))
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
                          capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_table_has_each_name_and_no_other(start, upstream, authority):
    shown = set(re.findall(r"^# TYPE (\S+)", scrape(busy(start, upstream, authority)), re.MULTILINE))
    page = (ROOT / "deploy/observability/metrics.md").read_text()
    told = set(re.findall(r"`((?:postern|process)_[a-z_]+)", page))
    assert shown - told == set(), "in no table of metrics.md"
    assert told - shown == set(), "told by metrics.md, but not there"


def test_no_secret_and_no_path_of_a_caller_is_told(start, upstream):
    postern = busy(start, upstream)
    for path in ("/api/0/organizations/acme/issues/20260817/", "/nowhere/20260817",
                 "/api/0/organizations/acme/unknown-thing/20260817/?q=s3cret"):
        postern.get(path)
    eventually_counts(postern, 0, "postern_requests_in_flight")
    text = scrape(postern)
    assert "unknown-thing/*/" in text
    for secret in (TOKEN, REFRESH_TOKEN, "20260817", "s3cret"):
        assert secret not in text


def test_series_are_bounded_and_no_request_is_lost(start, upstream):
    postern = start(upstream, config={"metrics": {"max_series": 200}})
    with postern.client() as client:
        for word in words(50):
            assert client.request(target=f"/api/0/organizations/acme/{word}/").status == 200
    eventually_counts(postern, 50, "postern_requests_total")
    by_route = [1 for _, labels, _ in series(postern) if "route" in labels]
    assert len(by_route) <= 200
    assert total(postern, "postern_requests_total", route="other") > 0
    assert total(postern, "postern_requests_unrouted_total") == \
        total(postern, "postern_requests_total", route="other")


def test_many_scrapes_at_once_and_callers_that_leave(postern):
    clients = [Client(postern.admin_port) for _ in range(20)]
    for client in clients:
        client.send(format_request(target="/metrics"))
    for client in clients[::2]:
        client.reset()
    for client in clients[1::2]:
        assert b"postern_build_info" in client.read().body
        client.close()
    assert fetch(postern.admin_port, target="/livez").status == 200
    head = fetch(postern.admin_port, "HEAD", "/metrics")
    assert head.status == 200 and head.body == b""
    assert head.fields.get("Content-Type").startswith("text/plain; version=0.0.4")


def test_a_large_answer_reaches_a_slow_reader_whole(start, upstream):
    postern = start(upstream, config={"metrics": {"max_series": 20000}})
    with postern.client() as client:
        for word in words(150):
            client.request(target=f"/api/0/organizations/acme/{word}/")
    with Client(postern.admin_port) as reader:
        reader.send(format_request(target="/metrics"))
        body = reader.read().body
    assert body.endswith(b"\n") and len(body) > 100_000


def test_shutting_down_in_the_middle_of_a_scrape_is_clean(postern):
    clients = [Client(postern.admin_port) for _ in range(10)]
    for client in clients:
        client.send(format_request(target="/metrics"))
    assert postern.stop() == 0
    for client in clients:
        client.close()
