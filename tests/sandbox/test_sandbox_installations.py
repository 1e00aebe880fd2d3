"""Installations of integrations: their codes, their tokens, and the two ways to the next token."""

import json
import re
import time

import pytest
from harness import assertion

JWT = "urn:sentry:params:oauth:grant-type:jwt-bearer"


class Installed:
    """An installation, and requests for its tokens with whatever a test changes."""

    def __init__(self, sandbox, **fields):
        self.sandbox = sandbox
        self.facts = sandbox.control("installations", **fields)
        self.uuid = self.facts["uuid"]
        self.client = {"client_id": self.facts["client_id"],
                       "client_secret": self.facts["client_secret"]}

    def ask(self, headers=None, **body):
        return self.sandbox.authorize_installation(self.uuid, headers, **body)

    def by_code(self, **changes):
        return self.ask(**{"grant_type": "authorization_code", "code": self.facts["code"],
                           **self.client, **changes})

    def by_refresh(self, refresh_token, **changes):
        return self.ask(**{"grant_type": "refresh_token", "refresh_token": refresh_token,
                           **self.client, **changes})

    def by_assertion(self, header=None, **claims):
        token = assertion(*self.client.values(), header, **claims)
        return self.ask({"Authorization": "Bearer " + token}, grant_type=JWT)

    def exchanges(self):
        return self.sandbox.installations()[self.uuid]["exchanges"]

    def sees(self, token, target="organizations/acme/"):
        return self.sandbox.api("GET", target, token=token)


@pytest.fixture
def installed(sandbox):
    return Installed(sandbox)


def refused(answer):
    """Status and text of a refusal, which must be Sentry's usual object."""
    return answer.status, answer.json["detail"]


def test_a_code_buys_a_token_for_eight_hours(installed):
    answer = installed.by_code(state="s1")
    assert answer.status == 201
    got = answer.json
    assert set(got) == {"id", "name", "scopes", "application", "expiresAt", "dateCreated", "state",
                        "token", "refreshToken", "tokenLastCharacters"}
    assert re.fullmatch("[0-9a-f]{64}", got["token"])
    assert re.fullmatch("[0-9a-f]{64}", got["refreshToken"])
    assert got["token"].endswith(got["tokenLastCharacters"])
    assert (got["state"], got["application"], got["name"]) == ("s1", None, None)
    assert got["id"].isdigit() and "org:read" in got["scopes"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", got["expiresAt"])
    made, ends = (time.strptime(got[k][:19], "%Y-%m-%dT%H:%M:%S")
                  for k in ("dateCreated", "expiresAt"))
    assert time.mktime(ends) - time.mktime(made) == 8 * 3600
    assert installed.sees(got["token"]).status == 200


def test_a_code_is_good_once_and_for_ten_minutes(sandbox, installed):
    assert installed.by_code().status == 201
    assert refused(installed.by_code()) == (401, "Could not find grant for given code")
    late = Installed(sandbox)
    sandbox.control("clock", skew_ms=600000)
    assert refused(late.by_code()) == (401, "Grant has already expired")


def test_a_refresh_makes_another_token_and_the_last_one_is_gone(installed):
    first = installed.by_code().json
    second = installed.by_refresh(first["refreshToken"]).json
    assert second["id"] != first["id"]
    assert second["token"] != first["token"] and second["refreshToken"] != first["refreshToken"]
    assert refused(installed.sees(first["token"])) == (401, "Invalid token")
    assert installed.sees(second["token"]).status == 200
    again = installed.by_refresh(first["refreshToken"])
    assert refused(again) == (401, "Given refresh token does not exist")
    assert installed.sees(second["token"]).status == 200, "the replay has harmed nobody"


def test_an_assertion_makes_another_token_without_the_last_one(installed):
    first = installed.by_code().json
    answer = installed.by_assertion()
    assert answer.status == 201
    assert installed.sees(first["token"]).status == 401
    assert installed.sees(answer.json["token"]).status == 200
    assert refused(installed.by_refresh(first["refreshToken"]))[0] == 401


def test_an_assertion_needs_an_installation_that_has_had_its_code_exchanged(sandbox, installed):
    assert refused(installed.by_assertion()) == (401, "Installation does not have a token")
    installed.by_code()
    assert sandbox.control("revoke", installation=installed.uuid)["changed"] == 1
    assert refused(installed.by_assertion()) == (401, "Installation does not have a token")


def test_expired_tokens_can_be_renewed_either_way(sandbox, installed):
    first = installed.by_code().json
    assert sandbox.control("expire", installation=installed.uuid)["changed"] == 1
    assert refused(installed.sees(first["token"])) == (401, "Token expired")
    second = installed.by_refresh(first["refreshToken"]).json
    assert installed.sees(second["token"]).status == 200
    sandbox.control("expire", installation=installed.uuid)
    assert installed.sees(installed.by_assertion().json["token"]).status == 200


@pytest.mark.parametrize("claims, words", [
    ({"exp": 1}, "Signature has expired"),
    ({"exp": None}, 'Token is missing the "exp" claim'),
    ({"iat": None}, 'Token is missing the "iat" claim'),
    ({"jti": None}, 'Token is missing the "jti" claim'),
    ({"sub": None}, 'Token is missing the "sub" claim'),
    ({"iat": 1 << 40}, "The token is not yet valid (iat)"),
    ({"exp": "soon"}, "Expiration Time claim (exp) must be an integer."),
    ({"header": {"alg": "none"}}, "The specified alg value is not allowed"),
    ({"header": {"alg": "HS512"}}, "The specified alg value is not allowed"),
])
def test_a_bad_assertion_is_refused_and_harms_nobody(installed, claims, words):
    token = installed.by_code().json["token"]
    answer = installed.by_assertion(**claims)
    assert refused(answer) == (401, "Could not validate JWT, got error: " + words)
    assert answer.headers["WWW-Authenticate"] == 'xBasic realm="api"'
    assert installed.sees(token).status == 200


@pytest.mark.parametrize("claim", ["iss", "sub"])
def test_an_assertion_names_its_own_integration(installed, claim):
    installed.by_code()
    answer = installed.by_assertion(**{claim: "someone-else"})
    assert refused(answer) == (401, "JWT is not valid for this application")


def test_an_assertion_is_signed_with_the_secret_and_used_once(installed):
    installed.by_code()
    forged = {"Authorization": "Bearer " + assertion(installed.client["client_id"], "guess")}
    words = "Could not validate JWT, got error: "
    assert refused(installed.ask(forged, grant_type=JWT)) == \
        (401, words + "Signature verification failed")
    once = {"Authorization": "Bearer " + assertion(*installed.client.values())}
    assert installed.ask(once, grant_type=JWT).status == 201
    assert refused(installed.ask(once, grant_type=JWT)) == (401, words + "jti was used before")


@pytest.mark.parametrize("headers, words", [
    ({}, "Header is in invalid form"),
    ({"Authorization": "Basic eDp5"}, "Bearer not present in token"),
    ({"Authorization": "Bearer x"}, "Could not validate JWT, got error: Not enough segments"),
    ({"Authorization": "Bearer x.y.z"}, "Could not validate JWT, got error: Invalid header string"),
])
def test_an_assertion_comes_as_a_bearer(installed, headers, words):
    assert refused(installed.ask(headers, grant_type=JWT)) == (401, words)


@pytest.mark.parametrize("changes, status, detail", [
    ({"client_secret": "guess"}, 401, "Invalid Client ID / Secret pair"),
    ({"client_id": "nobody"}, 401, "Invalid Client ID / Secret pair"),
    ({"client_id": None}, 401, "Invalid Client ID / Secret pair"),
    ({"code": "guess"}, 401, "Could not find grant for given code"),
    ({"grant_type": "password"}, 403, "Invalid grant_type"),
    ({"grant_type": None}, 403, "Invalid grant_type"),
])
def test_refusals_say_why(installed, changes, status, detail):
    assert refused(installed.by_code(**changes)) == (status, detail)
    assert installed.exchanges()["refused"] == 1
    assert installed.by_code().status == 201, "the code is still good"


def test_missing_fields_are_named(installed):
    answer = installed.by_code(code=None)
    assert (answer.status, answer.json) == (400, {"code": ["This field is required."]})
    answer = installed.by_refresh("")
    assert (answer.status, answer.json) == \
        (400, {"refresh_token": ["This field may not be blank."]})


def test_only_json_is_read(sandbox, installed):
    path = f"/api/0/sentry-app-installations/{installed.uuid}/authorizations/"
    form = {"grant_type": "authorization_code", "code": installed.facts["code"],
            **installed.client}
    assert sandbox.form(path, form).status == 415
    typed = {"Content-Type": "application/json; charset=utf-8"}
    assert refused(sandbox.fetch("POST", path, typed, b"{"))[0] == 400
    assert refused(sandbox.fetch("POST", path, typed, b"{}")) == (401, "Invalid request")
    assert sandbox.fetch("POST", path, typed, json.dumps(form).encode()).status == 201


def test_integrations_and_installations_do_not_mix(sandbox, installed):
    other = Installed(sandbox)
    again = Installed(sandbox, client_id=installed.client["client_id"], organization="globex")
    assert again.client == installed.client and again.uuid != installed.uuid
    assert refused(other.by_code(**installed.client)) == \
        (403, "You do not have permission to perform this action.")
    assert refused(installed.by_code(code=again.facts["code"])) == (401, "Forbidden grant")
    theirs = other.by_code().json["refreshToken"]
    assert refused(installed.by_refresh(theirs)) == (400, "Token does not belong to the application")
    installed.uuid = "00000000-0000-4000-a000-000000000000"
    assert installed.by_code().status == 404
    assert refused(installed.by_assertion()) == (401, "Installation not found")


def test_a_token_belongs_to_one_organization(sandbox):
    globex = Installed(sandbox, organization="globex")
    token = globex.by_code().json["token"]
    assert globex.sees(token, "organizations/globex/issues/?limit=1").status == 200
    assert globex.sees(token, "organizations/acme/").status == 403
    listed = globex.sees(token, "organizations/").json
    assert [o["slug"] for o in listed] == ["globex"]
    umbrella = Installed(sandbox, organization="umbrella")
    token = umbrella.by_code().json["token"]
    assert umbrella.sees(token, "organizations/umbrella/").status == 200, "without the user"


def test_its_tokens_draw_on_the_organizations_bucket(sandbox, installed):
    sandbox.control("limits", requests=5, window=3600)
    other = Installed(sandbox).by_code().json["token"]
    issues = "organizations/acme/issues/?limit=1"
    token = installed.by_code().json["token"]
    assert installed.sees(token, issues).rate("Remaining") == 4
    assert installed.sees(other, issues).rate("Remaining") == 3, "of another integration"
    assert sandbox.api("GET", issues).rate("Remaining") == 4, "the user's own"


def test_scopes_and_lifetime_can_be_chosen(sandbox):
    sandbox.control("tokens", installation_expires_in=2)
    got = Installed(sandbox, scope="event:write").by_code().json
    assert got["scopes"] == ["event:read", "event:write"]
    assert sandbox.api("GET", "organizations/acme/issues/?limit=1", token=got["token"]).status == 200
    assert sandbox.api("GET", "organizations/acme/teams/", token=got["token"]).status == 403
    sandbox.control("clock", skew_ms=2000)
    answer = sandbox.api("GET", "organizations/acme/issues/", token=got["token"])
    assert refused(answer) == (401, "Token expired")


def test_the_rules_of_applications_do_not_concern_it(sandbox, installed):
    sandbox.control("tokens", expires_in=1, rotation="access-only", replay="grace")
    first = installed.by_code().json
    second = installed.by_refresh(first["refreshToken"]).json
    assert second["refreshToken"] != first["refreshToken"]
    assert installed.by_refresh(first["refreshToken"]).status == 401
    sandbox.control("clock", skew_ms=1000)
    assert installed.sees(second["token"]).status == 200


def test_an_organization_may_not_have_assertions(sandbox, installed):
    installed.by_code()
    sandbox.control("integrations", assertions=0)
    assert refused(installed.by_assertion()) == \
        (403, "Manual token refresh is not enabled for this organization")


def test_refreshes_can_be_limited_by_the_minute(sandbox, installed):
    got = installed.by_code().json
    sandbox.control("integrations", refreshes_a_minute=2)
    got = installed.by_refresh(got["refreshToken"]).json
    assert installed.by_assertion().status == 201
    limited = installed.by_assertion()
    assert refused(limited) == (429, "Too many token refresh attempts")
    sandbox.control("clock", skew_ms=61000)
    now = int(time.time()) + 61
    assert installed.by_assertion(iat=now - 5, exp=now + 60).status == 201


def test_a_deactivated_integration_gets_nothing(sandbox, installed):
    sandbox.control("integrations", client_id=installed.client["client_id"], active=0)
    assert refused(installed.by_code()) == (401, "Application is not active")


def test_exchanges_are_counted(sandbox, installed):
    first = installed.by_code().json
    second = installed.by_refresh(first["refreshToken"]).json
    installed.by_refresh(first["refreshToken"])
    third = installed.by_assertion().json
    assert installed.exchanges() == {"code": 1, "refresh": 1, "assertion": 1, "refused": 1}
    installed.sees(second["token"])
    grant = sandbox.grant_counts(third["token"])
    assert (grant["kind"], grant["installation"]) == ("integration", installed.uuid)
    assert (grant["generations"], grant["refresh_requests"], grant["unauthorized"]) == (3, 3, 1)
    assert sandbox.state()["unauthorized"] == 1, "refusals of the exchange are not the API's"


def test_an_installation_can_begin_with_a_token_and_can_be_uninstalled(sandbox):
    ready = Installed(sandbox, exchanged=1)
    assert ready.facts["code"] is None
    assert ready.sees(ready.facts["grant"]["access_token"]).status == 200
    assert ready.by_assertion().status == 201
    sandbox.control("uninstall", installation=ready.uuid)
    assert ready.uuid not in sandbox.installations()
    assert refused(ready.by_assertion()) == (401, "Installation not found")


def test_a_lost_answer_is_made_good_by_an_assertion_and_not_by_the_refresh_token(sandbox, installed):
    first = installed.by_code().json
    path = f"/api/0/sentry-app-installations/{installed.uuid}/authorizations/"
    sandbox.control("answer", path=path, status=500, after=1)
    assert installed.by_refresh(first["refreshToken"]).status == 500
    assert installed.by_refresh(first["refreshToken"]).status == 401
    assert installed.by_assertion().status == 201


def test_an_installation_of_an_earlier_sandbox_can_be_given(sandbox):
    given = {"client_id": "c" * 64, "client_secret": "5" * 64, "access_token": "a" * 64,
             "uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9", "refresh_token": "b" * 64}
    sandbox.control("installations", exchanged=1, **given)
    assert sandbox.api("GET", "organizations/acme/", token=given["access_token"]).status == 200
    renewed = sandbox.authorize_installation(
        given["uuid"], grant_type="refresh_token", refresh_token=given["refresh_token"],
        client_id=given["client_id"], client_secret=given["client_secret"])
    assert renewed.status == 201, renewed.body
