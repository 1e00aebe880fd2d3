"""What a refresh replaces, what the token endpoint may answer instead, and what is counted."""

import http.client
import socket
import time

import pytest
from harness import CLIENT, Sandbox

TOKEN = "/oauth/token/"


def order(sandbox, **fields):
    sandbox.control("answer", path=TOKEN, **fields)


def again(sandbox):
    return sandbox.refresh(sandbox.grant["refresh_token"])


def until_the_end(answer):
    """The bytes of a body until its connection ends. Over TLS a reset looks like an end."""
    got = b""
    try:
        while piece := answer.read1(1):
            got += piece
    except ConnectionResetError:
        pass
    return got


def is_spent(sandbox):
    """Whether the refresh token of the test's grant has been used."""
    return again(sandbox).json == {"error": "invalid_grant"}


def test_where_only_the_access_token_is_replaced_the_answer_has_no_refresh_token(sandbox):
    sandbox.control("tokens", rotation="access-only")
    old = sandbox.grant
    first, second = again(sandbox).json, again(sandbox).json
    assert "refresh_token" not in first and "refresh_token" not in second
    assert len({old["access_token"], first["access_token"], second["access_token"]}) == 3
    for token, status in [(old, 401), (first, 401), (second, 200)]:
        got = sandbox.api("GET", "organizations/", token=token["access_token"])
        assert got.status == status
    assert "refresh_token" in sandbox.new_grant(), "the first pair is a pair"


def test_the_world_can_change_under_a_grant(sandbox):
    sandbox.control("tokens", rotation="access-only")
    assert again(sandbox).status == 200
    sandbox.control("tokens", rotation="pair")
    assert again(sandbox).json["refresh_token"] != sandbox.grant["refresh_token"]
    assert is_spent(sandbox)


def test_the_world_can_be_chosen_at_the_start_and_comes_back_with_a_reset(tmp_path):
    with Sandbox(tmp_path, "--http", "--rotation", "access-only") as running:
        assert "refresh_token" not in again(running).json
        running.control("tokens", rotation="pair")
        assert "refresh_token" in again(running).json
        running.control("reset")
        running.grant = running.new_grant()
        assert "refresh_token" not in again(running).json


@pytest.mark.parametrize("fields, status, kind, body", [
    ({"kind": "empty"}, 200, "application/json", b""),
    ({"kind": "empty", "status": 204}, 204, "application/json", b""),
    ({"kind": "html", "status": 200}, 200, "text/html; charset=UTF-8", None),
    ({"kind": "html", "status": 502}, 502, "text/html; charset=UTF-8", None),
    ({"status": 401}, 401, "application/json", b'{"detail":"Unauthorized"}'),
    ({"kind": "oauth", "error": "invalid_client", "status": 401}, 401, "application/json",
     b'{"error":"invalid_client"}'),
    ({"kind": "oauth", "error": "invalid_grant"}, 400, "application/json",
     b'{"error":"invalid_grant"}'),
    ({"status": 503}, 503, "application/json", None),
])
def test_an_odd_answer_leaves_the_tokens_alone(sandbox, fields, status, kind, body):
    order(sandbox, **fields)
    answer = again(sandbox)
    assert (answer.status, answer.headers["Content-Type"]) == (status, kind)
    assert body is None or answer.body == body
    assert sandbox.api("GET", "organizations/").status == 200
    assert again(sandbox).status == 200, "one answer was ordered"


@pytest.mark.parametrize("kind", ["empty", "html", "status", "oauth"])
def test_any_odd_answer_can_take_the_place_of_a_refresh_that_worked(sandbox, kind):
    order(sandbox, kind=kind, status=401, error="invalid_client", after=1)
    assert again(sandbox).status == 401
    assert is_spent(sandbox)


def test_a_limited_client_is_told_how_long_to_wait(sandbox):
    order(sandbox, status=429, retry_after=7)
    answer = again(sandbox)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("value, seen", [
    ("0", 0), ("1", 1), ("null", None), ('"soon"', "soon"), ("-5", -5), ("1e99", 1e99)])
def test_a_field_of_the_answer_can_be_another(sandbox, value, seen):
    order(sandbox, kind="field", name="expires_in", value=value)
    answer = again(sandbox)
    assert answer.status == 200 and answer.json["expires_in"] == seen
    assert sandbox.api("GET", "organizations/", token=answer.json["access_token"]).status == 200


def test_a_field_of_the_answer_can_be_missing(sandbox):
    order(sandbox, kind="field", name="expires_in")
    order(sandbox, kind="field", name="access_token")
    first = again(sandbox)
    assert "expires_in" not in first.json and "expires_at" in first.json
    assert "access_token" not in sandbox.refresh(first.json["refresh_token"]).json


def test_orders_are_served_in_their_order(sandbox):
    order(sandbox, status=500)
    order(sandbox, kind="empty", count=2)
    order(sandbox, kind="oauth", error="invalid_grant")
    assert [again(sandbox).status for _ in range(5)] == [500, 200, 200, 400, 200]


def test_an_answer_can_be_cut_in_the_middle(sandbox):
    order(sandbox, kind="cut")
    with pytest.raises((http.client.IncompleteRead, OSError)):
        again(sandbox)
    assert is_spent(sandbox), "the effect came before the loss"


@pytest.mark.parametrize("flags", [(), ("--http",)])
def test_a_cut_answer_has_its_head_and_half_of_its_body(tmp_path, flags):
    with Sandbox(tmp_path, *flags) as running:
        running.control("answer", path="/api/0/organizations/", kind="cut")
        connection = running.connect()
        connection.request("GET", "/api/0/organizations/",
                           headers={"Authorization": "Bearer " + running.token})
        answer = connection.getresponse()
        promised = int(answer.headers["Content-Length"])
        assert len(until_the_end(answer)) == promised // 2
        connection.close()
        assert running.api("GET", "organizations/").status == 200
        assert running.state()["aborted"] == 1


@pytest.mark.parametrize("after", [0, 1])
def test_a_connection_can_end_without_an_answer(sandbox, after):
    order(sandbox, kind="drop", after=after)
    with pytest.raises((http.client.RemoteDisconnected, OSError)):
        again(sandbox)
    assert is_spent(sandbox) == bool(after)


@pytest.mark.parametrize("after", [0, 1])
def test_an_answer_can_fail_to_come(sandbox, after):
    order(sandbox, kind="hang", after=after)
    connection = sandbox.connect()
    body = f"grant_type=refresh_token&refresh_token={sandbox.grant['refresh_token']}&" + \
        "&".join(f"{k}={v}" for k, v in CLIENT.items())
    connection.request("POST", TOKEN, body,
                       {"Content-Type": "application/x-www-form-urlencoded"})
    connection.sock.settimeout(0.5)
    with pytest.raises(socket.timeout):
        connection.getresponse()
    connection.close()
    deadline = time.monotonic() + 30
    while sandbox.state()["aborted"] == 0:
        assert time.monotonic() < deadline, "the sandbox has not seen its client leave"
        time.sleep(0.02)
    assert is_spent(sandbox) == bool(after)


@pytest.mark.parametrize("fields", [
    {"kind": "nonsense"}, {"kind": "field", "value": "1"}, {"kind": "oauth"}, {"kind": "html"},
    {"kind": "field", "name": "expires_in", "value": "{"}])
def test_an_order_that_makes_no_sense_is_refused(sandbox, fields):
    answer = sandbox.form("/_sandbox/answer", {"path": TOKEN, **fields})
    assert answer.status == 400 and answer.json["problem"]


class TestCounts:
    def test_a_client_that_wastes_nothing_has_one_request_for_each_generation(self, sandbox):
        grant = sandbox.grant
        for _ in range(3):
            grant = sandbox.refresh(grant["refresh_token"]).json
        counts = sandbox.grant_counts(grant["access_token"])
        assert (counts["generations"], counts["refresh_requests"]) == (4, 3)
        assert counts["unauthorized"] == 0

    def test_a_replay_is_a_request_and_no_generation(self, sandbox):
        new = again(sandbox).json
        again(sandbox)
        counts = sandbox.grant_counts(new["access_token"])
        assert (counts["generations"], counts["refresh_requests"]) == (2, 2)

    def test_the_apis_refusals_are_counted_by_grant_and_in_all(self, sandbox):
        other = sandbox.new_grant()["access_token"]
        sandbox.control("expire", token=sandbox.token)
        sandbox.api("GET", "organizations/")
        new = again(sandbox).json["access_token"]
        sandbox.api("GET", "organizations/")
        sandbox.api("GET", "organizations/", token="0" * 64)
        sandbox.control("answer", path="/api/0/organizations/", kind="sso-required")
        sandbox.api("GET", "organizations/", token=new)
        assert sandbox.grant_counts(new)["unauthorized"] == 3
        assert sandbox.grant_counts(other)["unauthorized"] == 0
        assert sandbox.state()["unauthorized"] == 4
        sandbox.token_call(grant_type="refresh_token", refresh_token="x")
        assert sandbox.state()["unauthorized"] == 4, "the token endpoint's are not the API's"

    def test_a_reset_makes_the_present_tokens_the_first_generation(self, sandbox):
        new = again(sandbox).json["access_token"]
        sandbox.control("reset")
        counts = sandbox.grant_counts(new)
        assert (counts["generations"], counts["refresh_requests"]) == (1, 0)
        assert sandbox.state()["unauthorized"] == 0


def test_tokens_of_an_earlier_sandbox_can_be_given(sandbox):
    access, refresh = "a" * 64, "b" * 64
    sandbox.new_grant(access_token=access, refresh_token=refresh)
    assert sandbox.api("GET", "organizations/acme/", token=access).status == 200
    assert sandbox.refresh(refresh).status == 200
    assert sandbox.api("GET", "organizations/acme/", token=access).status == 401
