"""The limiter of the pretend Sentry, its faults, its TLS and its counters."""

import http.client
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest
from harness import BIN, SECONDS, Sandbox

ISSUES = "organizations/acme/issues/?limit=1"
HOUR = 3600


def eventually(condition, what):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_window_counts_down_to_zero_and_then_refuses(sandbox):
    sandbox.control("limits", bucket="OrganizationGroupIndexEndpoint:GET", requests=3, window=HOUR)
    left = []
    for _ in range(3):
        answer = sandbox.api("GET", ISSUES)
        assert answer.status == 200
        left.append(answer.rate("Remaining"))
    assert left == [2, 1, 0]
    refused = sandbox.api("GET", ISSUES)
    assert refused.status == 429
    assert refused.json == {"detail": "You are attempting to use this endpoint too frequently. "
                                      "Limit is 3 requests in 3600 seconds"}
    assert refused.headers["Content-Type"] == "text/html; charset=utf-8"
    assert refused.headers["Retry-After"] is None
    assert (refused.rate("Remaining"), refused.rate("Limit")) == (0, 3)
    assert refused.rate("ConcurrentLimit") is None, "absent when the window has refused"
    assert sandbox.state()["rejected"] == {"window": 1}


def test_windows_are_aligned_to_the_epoch(sandbox):
    sandbox.control("limits", bucket="OrganizationGroupIndexEndpoint:GET", requests=1, window=HOUR)
    answer = sandbox.api("GET", ISSUES)
    reset = answer.rate("Reset")
    assert reset % HOUR == 0 and 0 < reset - time.time() <= HOUR + 1
    assert sandbox.api("GET", ISSUES).status == 429
    sandbox.control("clock", skew_ms=(reset - int(time.time())) * 1000 + 1000)
    assert sandbox.api("GET", ISSUES).status == 200, "the counter dies with its window"


def test_endpoints_have_buckets_per_method_and_others_share_one(sandbox):
    sandbox.control("limits", requests=5, window=HOUR)

    def left(method, target, **more):
        return sandbox.api(method, target, **more).rate("Remaining")
    assert left("GET", ISSUES) == 4
    assert left("GET", "organizations/acme/") == 4
    assert left("GET", "organizations/acme/projects/") == 3, "shares the group's bucket"
    assert left("GET", "organizations/globex/issues/?limit=1") == 3, "the class, not the path"
    assert left("PUT", "organizations/acme/issues/", body={}) == 4
    assert left("GET", "organizations/acme/chunk-upload/") == 4, "another group"


def test_all_tokens_of_a_user_share_a_bucket_and_strangers_do_not(sandbox):
    sandbox.control("limits", requests=5, window=HOUR)
    other = sandbox.new_grant()["access_token"]
    assert sandbox.api("GET", ISSUES).rate("Remaining") == 4
    assert sandbox.api("GET", ISSUES, token=other).rate("Remaining") == 3
    assert sandbox.api("GET", ISSUES, token="0" * 64).rate("Remaining") == 4, "counted by address"


def test_refusals_of_other_kinds_carry_the_headers_too(sandbox):
    sandbox.control("limits", requests=9, window=HOUR)
    missing = sandbox.api("GET", "organizations/nobody/issues/")
    assert missing.status == 404 and missing.rate("Remaining") == 8
    assert missing.rate("ConcurrentLimit") == 999 and missing.rate("ConcurrentRemaining") == 998


def test_concurrency_is_refused_only_when_enforced(sandbox):
    bucket = "OrganizationGroupIndexEndpoint:GET"
    sandbox.control("limits", bucket=bucket, concurrent=2, requests=1000, window=HOUR)
    sandbox.control("foreign", bucket=bucket, slots=2)
    lenient = sandbox.api("GET", ISSUES)
    assert lenient.status == 200 and lenient.rate("ConcurrentRemaining") == -1
    sandbox.control("limits", enforce_concurrency=1)
    refused = sandbox.api("GET", ISSUES)
    assert refused.status == 429
    assert refused.json == {"detail": (
        "You are attempting to go above the allowed concurrency for this endpoint. "
        "Concurrency limit is 2")}
    assert refused.rate("Remaining") > 0 and refused.rate("ConcurrentRemaining") <= 0
    assert refused.headers["Retry-After"] is None


def test_a_slot_is_held_until_the_answer_has_left(sandbox):
    sandbox.control("limits", bucket="OrganizationGroupIndexEndpoint:GET", concurrent=1,
                    requests=100000, window=HOUR, enforce_concurrency=1)
    sandbox.control("latency", path="/api/0/organizations/acme/issues/", ms=700, count=1)
    slow = []
    thread = threading.Thread(target=lambda: slow.append(sandbox.api("GET", ISSUES).status))
    thread.start()
    path = "GET /api/0/organizations/acme/issues/"
    eventually(lambda: path in sandbox.state()["by_path"], "the slow request is in flight")
    assert sandbox.api("GET", ISSUES).status == 429
    thread.join(SECONDS)
    assert slow == [200]
    assert sandbox.api("GET", ISSUES).status == 200


def test_old_shapes_are_bare_strings_and_none(sandbox):
    sandbox.control("limits", requests=0, window=60, old_shapes=1)
    refused = sandbox.api("GET", ISSUES)
    assert refused.json.startswith("You are attempting to use this endpoint too frequently.")
    assert refused.headers["X-Sentry-Rate-Limit-ConcurrentLimit"] == "None"


def test_documented_limits_are_those_of_the_table(sandbox):
    sandbox.control("limits", profile="documented")
    assert sandbox.api("GET", ISSUES).rate("Limit") == 10
    answer = sandbox.api("GET", "organizations/acme/")
    assert (answer.rate("Limit"), answer.rate("ConcurrentLimit")) == (40, 25)
    slow = sandbox.api("GET", "organizations/acme/issues/1000000/tags/browser/values/")
    assert (slow.rate("Limit"), slow.rate("Reset") % 60) == (150, 0)


def test_traffic_of_others_is_counted(sandbox):
    sandbox.control("limits", requests=10, window=HOUR)
    assert sandbox.api("GET", ISSUES).rate("Remaining") == 9
    sandbox.control("foreign", bucket="OrganizationGroupIndexEndpoint:GET", now=5)
    assert sandbox.api("GET", ISSUES).rate("Remaining") == 3
    sandbox.control("foreign", bucket="default:GET", per_window=7)
    assert sandbox.api("GET", "organizations/acme/").rate("Remaining") == 2


@pytest.mark.parametrize("kind, status, body", [
    ("snuba", 429, {"detail": "Rate limit exceeded. Please try your query with a smaller date "
                              "range or fewer projects."}),
    ("gateway-429", 429, {"error": "apigateway", "detail": "Too many requests"}),
    ("gateway-502", 502, {"error": "apigateway", "detail": "Downstream error"}),
    ("gateway-503", 503, {"error": "apigateway", "detail": "Downstream service unavailable"}),
    ("gateway-504", 504, {"error": "apigateway", "detail": "Downstream timeout"}),
    ("gateway-500", 500, {"error": "apigateway", "detail": "Proxied request timed out"}),
    ("gateway-404", 404, {"error": "apigateway", "detail": "Not found"}),
])
def test_each_part_of_sentry_refuses_in_its_own_shape(sandbox, kind, status, body):
    sandbox.control("answer", path="/api/0/organizations/acme/issues/", kind=kind)
    answer = sandbox.api("GET", ISSUES)
    assert (answer.status, answer.json) == (status, body)
    assert answer.headers["Content-Type"] == "application/json"
    if kind == "snuba":
        assert answer.rate("Remaining") > 0, "the API's own limiter has nothing against it"
    else:
        assert answer.rate("Limit") is None
    assert sandbox.api("GET", ISSUES).status == 200, "ordered once"


def test_the_front_door_refuses_in_html(sandbox):
    sandbox.control("answer", path="/api/0/*", kind="cloudflare", retry_after="7")
    answer = sandbox.api("GET", ISSUES)
    assert answer.status == 429 and answer.body.startswith(b"<html>")
    assert answer.headers["Retry-After"] == "7" and answer.rate("Limit") is None


def test_ordered_errors_come_for_the_next_requests_of_a_path(sandbox):
    sandbox.control("answer", path="/api/0/organizations/acme/issues/", status=500, count=2)
    first = sandbox.api("GET", ISSUES)
    assert first.status == 500 and first.json["detail"] == "Internal Error"
    assert re.fullmatch("[0-9a-f]{32}", first.json["errorId"])
    assert sandbox.api("GET", "organizations/acme/").status == 200, "another path"
    assert sandbox.api("GET", ISSUES).status == 500
    assert sandbox.api("GET", ISSUES).status == 200


def test_a_structured_401_has_an_object_in_detail(sandbox):
    sandbox.control("answer", path="/api/0/*", kind="sso-required")
    answer = sandbox.api("GET", ISSUES)
    assert answer.status == 401 and answer.json["detail"]["code"] == "sso-required"


def test_a_client_that_leaves_is_counted(sandbox):
    sandbox.control("latency", path="/api/0/organizations/acme/issues/", ms=30000, count=1)
    connection = sandbox.connect()
    connection.request("GET", "/api/0/" + ISSUES, headers={"Authorization": f"Bearer {sandbox.token}"})
    eventually(lambda: sandbox.state()["requests"] == 1, "the request has arrived")
    connection.close()
    eventually(lambda: sandbox.state()["aborted"] == 1, "a waiting request is given up")
    connection = sandbox.connect()
    connection.request("GET", "/api/0/organizations/acme/sandbox-download/?bytes=1000000000",
                       headers={"Authorization": f"Bearer {sandbox.token}"})
    connection.getresponse().read(100000)
    connection.close()
    eventually(lambda: sandbox.state()["aborted"] == 2, "a download is given up")
    assert sandbox.api("GET", ISSUES).status == 200


def test_latency_holds_an_answer_back(sandbox):
    sandbox.control("latency", path="/api/0/organizations/acme/issues/", ms=300, count=1)
    start = time.monotonic()
    assert sandbox.api("GET", ISSUES).status == 200
    assert time.monotonic() - start >= 0.3


def test_latency_is_drawn_between_two_bounds(sandbox):
    sandbox.control("latency", path="/api/0/organizations/acme/issues/", ms=20, to_ms=220)
    times = []
    for _ in range(12):
        start = time.monotonic()
        assert sandbox.api("GET", ISSUES).status == 200
        times.append(time.monotonic() - start)
    assert min(times) >= 0.02
    assert max(times) - min(times) > 0.05, times


def test_an_order_with_a_query_concerns_that_query_only(sandbox):
    sandbox.control("answer", path="/api/0/organizations/acme/issues/?limit=2", kind="snuba", count=9)
    assert sandbox.api("GET", ISSUES).status == 200
    assert sandbox.api("GET", "organizations/acme/issues/?limit=2").status == 429
    sandbox.control("answer", path="/api/0/organizations/acme/issues/?q*", kind="snuba", count=9)
    assert sandbox.api("GET", "organizations/acme/issues/?query=is:open").status == 429
    assert sandbox.api("GET", ISSUES).status == 200


def test_the_limiter_can_be_away(sandbox):
    sandbox.control("limits", requests=0, window=HOUR, off=1)
    answer = sandbox.api("GET", ISSUES)
    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("x-sentry-rate")]
    sandbox.control("limits", off=0)
    assert sandbox.api("GET", ISSUES).status == 429


def test_windows_tell_what_became_of_their_requests(sandbox):
    bucket = "OrganizationGroupIndexEndpoint:GET"
    sandbox.control("limits", bucket=bucket, requests=2, window=HOUR)
    answers = [sandbox.api("GET", ISSUES) for _ in range(5)]
    sandbox.api("GET", "organizations/acme/")
    windows = sandbox.fetch("GET", "/_sandbox/windows").json
    mine = [w for w in windows if bucket in w["bucket"]]
    assert len(windows) == 2 and len(mine) == 1
    del mine[0]["bucket"]
    assert mine[0] == {"reset": answers[0].rate("Reset"), "limit": 2, "allowed": 2,
                       "too_frequent": 3, "too_many_at_once": 0, "most_in_flight": 1}


def test_the_date_may_come_from_another_clock_than_the_limiters(sandbox):
    sandbox.control("limits", requests=9, window=HOUR)
    sandbox.control("clock", date_ms=-2 * 86400000)
    answer = sandbox.api("GET", ISSUES)
    written = time.mktime(time.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT"))
    now = time.mktime(time.gmtime())
    assert abs(now - written - 2 * 86400) < 60
    assert 0 < answer.rate("Reset") - time.time() <= HOUR + 1


def test_the_clock_may_drift(sandbox):
    sandbox.control("clock", drift_ppm=100000000)  # a hundred seconds more in each
    time.sleep(0.5)
    answer = sandbox.api("GET", "organizations/")
    assert answer.rate("Reset") - time.time() > 45


def test_extra_headers_and_the_clock_show(sandbox):
    sandbox.control("header", name="Set-Cookie", value="sid=1")
    sandbox.control("clock", skew_ms=-86400000)
    answer = sandbox.api("GET", "organizations/", headers={"Authorization": "none"})
    assert answer.headers["Set-Cookie"] == "sid=1"
    yesterday = time.gmtime(time.time() - 86400)
    assert answer.headers["Date"].startswith(time.strftime("%a, %d %b %Y", yesterday))


def test_a_connection_is_kept_and_counted_once(sandbox):
    before = sandbox.state()["connections"]
    connection = sandbox.connect()
    for _ in range(3):
        connection.request("GET", "/api/0/", headers={"X-Case": "Kept"})
        assert connection.getresponse().read()
    seen = sandbox.fetch("GET", "/_sandbox/requests?last=3").json
    connection.close()
    assert len({request["connection"] for request in seen}) == 1
    assert ["X-Case", "Kept"] in seen[0]["headers"]
    assert sandbox.state()["connections"] == before + 3  # and two for the questions


def test_pipelined_requests_are_answered_in_order(sandbox):
    request = ("GET /api/0/organizations/acme/sandbox-echo/?n={} HTTP/1.1\r\nHost: localhost\r\n"
               f"Authorization: Bearer {sandbox.token}\r\n\r\n")
    with socket.create_connection(("127.0.0.1", sandbox.port), SECONDS) as raw:
        with sandbox.trust.wrap_socket(raw, server_hostname="localhost") as stream:
            stream.sendall("".join(request.format(n) for n in range(4)).encode())
            got = b""
            while got.count(b"sandbox-echo/?n=") < 4:
                data = stream.recv(65536)
                assert data, got
                got += data
    assert re.findall(rb"sandbox-echo/\?n=(\d)", got) == [b"0", b"1", b"2", b"3"]


class TestTls:
    def handshake(self, sandbox, context, name="localhost", session=None):
        """One request; the session to resume and whether this one was resumed."""
        raw = socket.create_connection(("127.0.0.1", sandbox.port), SECONDS)
        stream = context.wrap_socket(raw, server_hostname=name, session=session)
        with stream:
            stream.sendall(b"GET /api/0/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            response = http.client.HTTPResponse(stream)
            response.begin()
            response.read()  # the tickets of 1.3 come before the first answer
            return stream.session, stream.session_reused

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_resumptions_are_counted(self, tmp_path, version):
        with Sandbox(tmp_path, "--tls-max", version) as own:
            context = own.trust
            session, reused = self.handshake(own, context)
            assert not reused
            before = own.state()["tls"]
            session, reused = self.handshake(own, context, session=session)
            assert reused
            after = own.state()["tls"]
            assert after["resumed"] == before["resumed"] + 1
            assert after["full"] == before["full"] + 1, "only the question itself"
            assert after[version] == after["full"] + after["resumed"]
            own.control("forget-tls")
            assert not self.handshake(own, context, session=session)[1]

    @pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "sentry.test",
                                      "us.sentry.test", "de.sentry.test", "acme.sentry.test"])
    def test_the_certificate_is_for_each_of_its_names(self, sandbox, name):
        self.handshake(sandbox, sandbox.trust, name)

    def test_the_certificate_is_for_no_other_name(self, sandbox):
        with pytest.raises(ssl.SSLCertVerificationError):
            self.handshake(sandbox, sandbox.trust, "sentry.io")


def test_wrong_flags_end_with_a_message():
    def call(*flags):
        return subprocess.run([BIN / "postern-sandbox", *flags], capture_output=True, text=True,
                              timeout=SECONDS, check=False)
    for flags in (["--nothing"], ["--expires-in", "0"], ["--issues", "x"], ["--listen"],
                  ["--tls-max", "1.1"]):
        done = call(*flags)
        assert done.returncode == 2 and flags[0] in done.stderr
    assert call("--listen", "nowhere").returncode == 1
    helped = call("--help")
    assert helped.returncode == 0 and "--grant-out" in helped.stdout


def test_the_start_up_line_names_the_address_and_the_ca(tmp_path):
    with Sandbox(tmp_path) as own:
        line = (tmp_path / "log").read_text()
        assert f"https://127.0.0.1:{own.port}" in line and str(tmp_path / "ca.pem") in line


def test_wrong_orders_are_refused(sandbox):
    for order, fields in (("answer", {"kind": "odd"}), ("answer", {}), ("latency", {}),
                          ("limits", {"window": 0, "requests": 1}), ("tokens", {"replay": "odd"}),
                          ("nothing", {})):
        assert sandbox.form("/_sandbox/" + order, fields).status in (400, 404)


def test_orders_come_as_json_too(sandbox):
    body = b'{"requests": 4, "window": 3600, "bucket": "default:GET"}'
    done = sandbox.fetch("POST", "/_sandbox/limits", {"Content-Type": "application/json"}, body)
    assert done.status == 200
    assert sandbox.api("GET", "organizations/").rate("Limit") == 4
