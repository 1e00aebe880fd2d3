"""Tokens made by hand: they never expire, and each kind has its prefix, reach and bucket."""

import base64
import json
import re

import pytest


def make(sandbox, **fields):
    return sandbox.control("static", **fields)["token"]


@pytest.mark.parametrize("kind, shape", [
    ("personal", "sntryu_[0-9a-f]{64}"),
    ("internal", "sntryi_[0-9a-f]{64}"),
    ("organization", r"sntrys_[A-Za-z0-9+/]+=*_[A-Za-z0-9+/]{43}"),
])
def test_each_kind_has_its_prefix(sandbox, kind, shape):
    assert re.fullmatch(shape, make(sandbox, kind=kind))


def test_the_token_of_an_organization_carries_its_addresses(sandbox):
    part = make(sandbox, kind="organization", organization="globex").split("_")[1]
    claims = json.loads(base64.b64decode(part))
    assert claims.pop("iat") > 1e9
    assert claims == {"org": "globex", "url": f"https://sentry.test:{sandbox.port}",
                      "region_url": f"https://us.sentry.test:{sandbox.port}"}


@pytest.mark.parametrize("kind", ["personal", "internal", "organization"])
def test_it_never_expires_until_it_is_revoked(sandbox, kind):
    token = make(sandbox, kind=kind, scope="org:read")
    assert sandbox.control("expire", token=token)["changed"] == 0
    sandbox.control("clock", skew_ms=400 * 86400 * 1000)
    assert sandbox.api("GET", "organizations/acme/", token=token).status == 200
    assert sandbox.control("revoke", token=token)["changed"] == 1
    answer = sandbox.api("GET", "organizations/acme/", token=token)
    words = "Invalid org token" if kind == "organization" else "Invalid token"
    assert (answer.status, answer.json) == (401, {"detail": words})


def test_a_personal_token_is_the_users_and_the_others_an_organizations(sandbox):
    for kind, status in [("personal", 200), ("internal", 403), ("organization", 403)]:
        token = make(sandbox, kind=kind, organization="globex", scope="org:read")
        assert sandbox.api("GET", "organizations/globex/", token=token).status == 200, kind
        assert sandbox.api("GET", "organizations/acme/", token=token).status == status, kind


def test_the_token_of_an_organization_is_for_builds_unless_told_otherwise(sandbox):
    token = make(sandbox, kind="organization")
    assert sandbox.api("GET", "organizations/acme/releases/", token=token).status == 200
    assert sandbox.api("GET", "organizations/acme/issues/", token=token).status == 403


def test_each_kind_draws_on_its_own_bucket(sandbox):
    sandbox.control("limits", requests=5, window=3600)

    def left(token):
        return sandbox.api("GET", "organizations/acme/", token=token).rate("Remaining")
    assert left(sandbox.token) == 4
    assert left(make(sandbox, kind="personal")) == 3, "shares the user's"
    assert left(make(sandbox, kind="internal")) == 4
    assert left(make(sandbox, kind="organization", scope="org:read")) == 4, "counted by address"
    assert left("0" * 64) == 3, "as strangers are"


def test_it_cannot_be_refreshed(sandbox):
    token = make(sandbox)
    assert sandbox.refresh(token).json == {"error": "invalid_grant"}
    assert sandbox.api("GET", "organizations/acme/", token=token).status == 200
