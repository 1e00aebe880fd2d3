"""OAuth of the pretend Sentry: consent, codes, the error table, rotation, the device flow."""

import base64
import re
import urllib.parse

import pytest
from harness import CALLBACK, CLIENT, Sandbox, redirected


def exchange(sandbox, code, verifier, **changes):
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
              "code_verifier": verifier, **CLIENT, **changes}
    return sandbox.token_call(**{k: v for k, v in fields.items() if v is not None})


def basic(name, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


REFRESH = {"grant_type": "refresh_token", "refresh_token": "f" * 64}


@pytest.mark.parametrize("fields, status, error", [
    ({**CLIENT}, 400, "invalid_request"),
    ({"grant_type": "password", **CLIENT}, 400, "unsupported_grant_type"),
    ({**REFRESH}, 401, "invalid_client"),
    ({**REFRESH, "client_id": "nobody"}, 401, "invalid_client"),
    ({**REFRESH, "client_id": "sandbox-client"}, 401, "invalid_client"),
    ({**REFRESH, **CLIENT, "client_secret": "no"}, 401, "invalid_client"),
    ({**REFRESH, **CLIENT}, 400, "invalid_grant"),
    ({**CLIENT, "grant_type": "refresh_token"}, 400, "invalid_request"),
    ({**REFRESH, **CLIENT, "scope": "org:read"}, 400, "invalid_request"),
    ({**CLIENT, "grant_type": "authorization_code", "code": "x"}, 400, "invalid_grant"),
    ({**CLIENT, "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
      "device_code": "x"}, 400, "invalid_grant"),
    ({**CLIENT, "grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400,
     "invalid_request"),
])
def test_the_token_endpoint_names_each_error(sandbox, fields, status, error):
    answer = sandbox.token_call(**fields)
    assert (answer.status, answer.json) == (status, {"error": error})
    wanted = 'Basic realm="oauth"' if status == 401 else None
    assert answer.headers.get("WWW-Authenticate") == wanted
    assert "no-store" in answer.headers["Cache-Control"]


def test_basic_credentials_work_alone_but_not_beside_those_of_the_form(sandbox):
    good = basic("sandbox-client", "sandbox-secret")
    assert sandbox.token_call(good, **REFRESH).json == {"error": "invalid_grant"}
    assert sandbox.token_call(basic("sandbox-client", "no"), **REFRESH).status == 401
    assert sandbox.token_call({"Authorization": "Basic !!!"}, **REFRESH).status == 401
    both = sandbox.token_call(good, **REFRESH, client_id="sandbox-client")
    assert (both.status, both.json) == (400, {"error": "invalid_request"})


def test_a_json_body_is_seen_as_empty(sandbox):
    body = b'{"grant_type":"refresh_token","refresh_token":"x","client_id":"sandbox-client"}'
    answer = sandbox.fetch("POST", "/oauth/token/", {"Content-Type": "application/json"}, body)
    assert (answer.status, answer.json) == (400, {"error": "invalid_request"})


def test_the_token_endpoint_takes_post_only_and_wants_its_slash(sandbox):
    assert sandbox.fetch("GET", "/oauth/token/").status == 405
    assert sandbox.form("/oauth/token", REFRESH).status == 404


def test_oauth_is_not_served_on_a_regions_host(sandbox):
    host = {"Host": f"us.sentry.test:{sandbox.port}"}
    assert sandbox.token_call(host, **REFRESH).status == 404


def test_a_code_buys_a_pair_of_tokens(sandbox):
    answer = exchange(sandbox, *sandbox.code())
    assert answer.status == 200
    got = answer.json
    assert re.fullmatch("[0-9a-f]{64}", got["access_token"])
    assert re.fullmatch("[0-9a-f]{64}", got["refresh_token"])
    assert got["token_type"] == "Bearer"
    assert 2591990 < got["expires_in"] <= 2592000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", got["expires_at"])
    assert got["scope"].split() == ["event:read", "event:write", "org:read"]
    assert set(got["user"]) == {"id", "name", "email"}
    assert "organization_id" not in got
    assert sandbox.api("GET", "organizations/", token=got["access_token"]).status == 200


def test_a_code_has_one_try(sandbox):
    code, verifier = sandbox.code()
    assert exchange(sandbox, code, verifier).status == 200
    assert exchange(sandbox, code, verifier).json == {"error": "invalid_grant"}


@pytest.mark.parametrize("changes", [
    {"code_verifier": "x" * 43}, {"code_verifier": None}, {"redirect_uri": None},
    {"redirect_uri": CALLBACK + "x"}])
def test_a_failed_exchange_uses_the_code_up(sandbox, changes):
    code, verifier = sandbox.code()
    assert exchange(sandbox, code, verifier, **changes).json == {"error": "invalid_grant"}
    assert exchange(sandbox, code, verifier).json == {"error": "invalid_grant"}


def test_a_late_code_is_refused(sandbox):
    code, verifier = sandbox.code()
    sandbox.control("clock", skew_ms=601000)
    assert exchange(sandbox, code, verifier).json == {"error": "invalid_grant"}


def test_consent_is_asked_and_the_state_comes_back(sandbox):
    sandbox.control("oauth", auto_approve=0)
    answer, _ = sandbox.authorize(force_prompt="1")
    page = answer.body.decode()
    assert answer.status == 200 and "event:write" in page and "acme" in page
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    fields = {k: v.replace("&amp;", "&") for k, v in fields.items() if k != "op"}
    denied = redirected(sandbox.form("/oauth/authorize/", {**fields, "op": "deny"}))
    assert denied == {"error": "access_denied", "state": "s t&1"}
    granted = sandbox.form("/oauth/authorize/", {**fields, "op": "approve"})
    assert granted.headers["Location"].startswith(CALLBACK + "?code=")
    assert redirected(granted)["state"] == "s t&1"


@pytest.mark.parametrize("changes", [
    {"client_id": "nobody"}, {"client_id": None}, {"response_type": "nothing"},
    {"redirect_uri": "http://127.0.0.1:5555/oauth/other"},
    {"redirect_uri": "http://127.0.0.1:5555/oauth/callback?x=1"},
    {"redirect_uri": "http://192.0.2.1/oauth/callback"},
    {"redirect_uri": "ftp://127.0.0.1/oauth/callback"}, {"redirect_uri": None}])
def test_errors_about_the_client_are_shown_and_never_redirected(sandbox, changes):
    answer, _ = sandbox.authorize(**changes)
    assert answer.status == 400 and answer.headers["Location"] is None
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("changes, error", [
    ({"scope": "org:everything"}, "invalid_scope"),
    ({"scope": "org:read,event:read"}, "invalid_scope"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request")])
def test_errors_about_the_request_are_redirected(sandbox, changes, error):
    answer, _ = sandbox.authorize(**changes)
    assert redirected(answer) == {"error": error, "state": "s t&1"}


def test_the_scope_without_words_breaks_the_page(sandbox):
    assert sandbox.authorize(scope="org:ci")[0].status == 500


def test_a_refresh_replaces_both_tokens_at_once(sandbox):
    old = sandbox.grant
    new = sandbox.refresh(old["refresh_token"]).json
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    dead = sandbox.api("GET", "organizations/", token=old["access_token"])
    assert (dead.status, dead.json) == (401, {"detail": "Invalid token"})
    assert sandbox.api("GET", "organizations/", token=new["access_token"]).status == 200
    again = sandbox.refresh(old["refresh_token"])
    assert (again.status, again.json) == (400, {"error": "invalid_grant"})
    # The replay has harmed nobody.
    assert sandbox.api("GET", "organizations/", token=new["access_token"]).status == 200
    assert sandbox.state()["refreshes"] == 1


def test_an_expired_token_can_be_refreshed(sandbox):
    assert sandbox.control("expire", token=sandbox.token)["changed"] == 1
    answer = sandbox.api("GET", "organizations/")
    assert (answer.status, answer.json) == (401, {"detail": "Token expired"})
    fresh = sandbox.refresh(sandbox.grant["refresh_token"]).json["access_token"]
    assert sandbox.api("GET", "organizations/", token=fresh).status == 200


def test_lifetimes_can_be_as_short_as_a_second(sandbox):
    sandbox.control("tokens", expires_in=1)
    grant = sandbox.new_grant()
    assert grant["expires_in"] <= 1
    sandbox.control("clock", skew_ms=1000)
    answer = sandbox.api("GET", "organizations/", token=grant["access_token"])
    assert answer.json == {"detail": "Token expired"}


def test_a_refresh_token_belongs_to_its_client(sandbox):
    answer = sandbox.token_call(grant_type="refresh_token", client_id="sandbox-public",
                                refresh_token=sandbox.grant["refresh_token"])
    assert answer.json == {"error": "invalid_grant"}
    assert sandbox.refresh(sandbox.grant["refresh_token"]).status == 200


def test_a_public_client_needs_no_secret(sandbox):
    code, verifier = sandbox.code(client_id="sandbox-public")
    answer = exchange(sandbox, code, verifier, client_id="sandbox-public", client_secret="ignored")
    assert answer.status == 200


def test_a_deactivated_application_gets_invalid_grant(sandbox):
    sandbox.control("oauth", active=0)
    try:
        answer = sandbox.refresh(sandbox.grant["refresh_token"])
        assert answer.json == {"error": "invalid_grant"}
    finally:
        sandbox.control("oauth", active=1)


def test_with_families_a_replay_deletes_the_grant(sandbox):
    sandbox.control("tokens", replay="family")
    new = sandbox.refresh(sandbox.grant["refresh_token"]).json
    assert sandbox.refresh(sandbox.grant["refresh_token"]).json == {"error": "invalid_grant"}
    assert sandbox.api("GET", "organizations/", token=new["access_token"]).status == 401
    assert sandbox.refresh(new["refresh_token"]).json == {"error": "invalid_grant"}


def test_with_grace_a_replay_gets_the_same_pair(sandbox):
    sandbox.control("tokens", replay="grace")
    new = sandbox.refresh(sandbox.grant["refresh_token"]).json
    again = sandbox.refresh(sandbox.grant["refresh_token"]).json
    assert again["access_token"] == new["access_token"]
    sandbox.control("clock", skew_ms=31000)
    assert sandbox.refresh(sandbox.grant["refresh_token"]).json == {"error": "invalid_grant"}


def test_while_replication_lags_the_api_knows_only_the_old_token(sandbox):
    sandbox.control("tokens", replication_ms=60000)
    new = sandbox.refresh(sandbox.grant["refresh_token"]).json["access_token"]
    assert sandbox.api("GET", "organizations/", token=new).json == {"detail": "Invalid token"}
    assert sandbox.api("GET", "organizations/").status == 200
    sandbox.control("clock", skew_ms=60001)
    assert sandbox.api("GET", "organizations/", token=new).status == 200
    assert sandbox.api("GET", "organizations/").status == 401


def test_a_lost_answer_to_a_refresh_has_still_rotated(sandbox):
    sandbox.control("answer", path="/oauth/token/", status=500, after=1)
    assert sandbox.refresh(sandbox.grant["refresh_token"]).status == 500
    assert sandbox.refresh(sandbox.grant["refresh_token"]).json == {"error": "invalid_grant"}


class TestDeviceFlow:
    def begin(self, sandbox):
        sandbox.control("oauth", auto_approve=0, device_interval=5, device_lifetime=600)
        answer = sandbox.form("/oauth/device/code/", {"client_id": "sandbox-client",
                                                      "scope": "org:read"})
        assert answer.status == 200
        return answer.json

    def poll(self, sandbox, device):
        return sandbox.token_call(grant_type="urn:ietf:params:oauth:grant-type:device_code",
                                  device_code=device["device_code"], **CLIENT)

    def test_the_first_answer_says_where_to_go(self, sandbox):
        device = self.begin(sandbox)
        assert re.fullmatch("[0-9a-f]{64}", device["device_code"])
        assert re.fullmatch("[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}", device["user_code"])
        page = f"https://sentry.test:{sandbox.port}/oauth/device/"
        assert device["verification_uri"] == page
        assert device["verification_uri_complete"] == f"{page}?user_code={device['user_code']}"
        assert (device["expires_in"], device["interval"]) == (600, 5)

    def test_polling_is_pending_then_too_fast_then_approved(self, sandbox):
        device = self.begin(sandbox)
        assert self.poll(sandbox, device).json == {"error": "authorization_pending"}
        assert self.poll(sandbox, device).json == {"error": "slow_down"}
        page = sandbox.form("/oauth/device/", {"user_code": device["user_code"], "op": "approve"})
        assert page.status == 200
        sandbox.control("clock", skew_ms=6000)
        assert self.poll(sandbox, device).json["scope"] == "org:read"
        sandbox.control("clock", skew_ms=12000)
        assert self.poll(sandbox, device).json == {"error": "invalid_grant"}

    def test_a_denial_ends_it(self, sandbox):
        device = self.begin(sandbox)
        sandbox.control("device", user_code=device["user_code"], op="deny")
        assert self.poll(sandbox, device).json == {"error": "access_denied"}

    def test_it_expires(self, sandbox):
        device = self.begin(sandbox)
        sandbox.control("clock", skew_ms=601000)
        assert self.poll(sandbox, device).json == {"error": "expired_token"}

    def test_its_errors_explain_themselves(self, sandbox):
        wrong = sandbox.form("/oauth/device/code/", {"client_id": "nobody"})
        assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
        assert wrong.json["error_description"]
        scope = sandbox.form("/oauth/device/code/", {"client_id": "sandbox-client", "scope": "x"})
        assert (scope.status, scope.json["error"]) == (400, "invalid_scope")
        assert sandbox.fetch("GET", "/oauth/device/code/").status == 405


def test_metadata_names_the_endpoints(sandbox):
    got = sandbox.fetch("GET", "/.well-known/oauth-authorization-server").json
    assert urllib.parse.urlsplit(got["token_endpoint"]).path == "/oauth/token/"
    assert got["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert "revocation_endpoint" not in got


def test_a_bound_token_says_so_and_reaches_one_organization(tmp_path):
    with Sandbox(tmp_path, "--org-scoped", "--http") as bound:
        assert bound.grant["organization_id"].isdigit()
        listed = bound.api("GET", "organizations/").json
        assert [o["slug"] for o in listed] == ["acme"]
        assert bound.api("GET", "organizations/acme/").status == 200
        other = bound.api("GET", "organizations/globex/")
        assert other.status == 401 and isinstance(other.json["detail"], str)
        assert bound.api("GET", "projects/").status == 401
