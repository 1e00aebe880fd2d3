"""A grant serves its organization and no other, though the token opens every one of its user's: acme
and globex here."""

import json

import pytest

from support.processes import run, write_grant
from support.waiting import eventually

ACME, GLOBEX = "4500001", "4500002"  # ids
ISSUE, FOREIGN = 1000000, 2000000    # an issue of acme's, one of globex's
UNPINNED = {"policy": {"organization_pinning": False}}


@pytest.fixture
def stored(sandbox):
    """stored(slug, id) is what is stored of a grant for that organization, by one and the same
    user."""
    answer = json.loads(sandbox.grant.read_text())
    return lambda slug, number: {"access_token": answer["access_token"],
                                 "scopes": answer["scope"].split(),
                                 "organization": {"slug": slug, "id": number}}


@pytest.fixture
def pinned(serve, stored):
    """pinned(config) starts a Postern whose grant knows acme's id."""
    return lambda config=None: serve(config, grant=stored("acme", ACME))


@pytest.fixture
def postern(pinned):
    return pinned()


def targets(sandbox):
    """What the sandbox was asked for, in order."""
    return [one["target"] for one in sandbox.control("requests")]


def refused(answer, code, status=403):
    found = json.loads(answer.body)
    assert (answer.status, found["code"]) == (status, code), found
    return found


class TestRewriting:
    @pytest.mark.parametrize("word", ["issues", "groups"])
    def test_an_issue_is_asked_for_in_its_organization(self, sandbox, postern, word):
        answer = postern.get(f"/api/0/{word}/{ISSUE}/?a=%20b&a=c&&d")
        assert answer.status == 200 and answer.json()["id"] == str(ISSUE)
        assert targets(sandbox) == [f"/api/0/organizations/acme/issues/{ISSUE}/?a=%20b&a=c&&d"]
        line, = eventually(postern.access_lines, "the request is logged")
        assert line["path"] == f"/api/0/{word}/{ISSUE}/"
        assert line["sent_as"] == f"/api/0/organizations/acme/issues/{ISSUE}/"

    @pytest.mark.parametrize("name", ["projects", "organizations"])
    def test_a_list_without_its_slash_gets_sentrys_hint(self, postern, name):
        answer = postern.get(f"/api/0/{name}")
        assert answer.status == 404 and b"did you forget a trailing slash" in answer.body
        told = run("explain", "GET", f"/api/0/{name}", "--config", postern.config_path)
        assert told.returncode == 0 and "needs a slash at its end" in told.stdout

    def test_it_can_be_changed_too(self, postern):
        body = b'{"status": "resolved"}'
        changed = postern.get(f"/api/0/issues/{ISSUE}/", [("Content-Type", "application/json")],
                              "PUT", body)
        assert (changed.status, changed.json()["status"]) == (200, "resolved")
        assert postern.get(f"/api/0/organizations/acme/issues/{ISSUE}/").json() == changed.json()

    def test_another_organizations_issue_is_not_there(self, postern, pinned):
        assert postern.get(f"/api/0/issues/{FOREIGN}/").status == 404
        assert pinned(UNPINNED).get(f"/api/0/issues/{FOREIGN}/").status == 200, "the token opens it"

    def test_only_the_own_organization_is_listed_as_sentry_describes_it(self, postern, pinned):
        everything = pinned(UNPINNED).get("/api/0/organizations/").json()
        assert [one["slug"] for one in everything] == ["acme", "globex"]
        for target in ("", "?query=globex", "?query=slug:globex", "?owner=1&per_page=100"):
            answer = postern.get("/api/0/organizations/" + target)
            assert (answer.status, answer.json()) == (200, everything[:1]), target

    def test_the_list_of_projects_is_the_organizations(self, sandbox, postern):
        answer = postern.get("/api/0/projects/?per_page=2")
        assert {one["organization"]["slug"] for one in answer.json()} == {"acme"}
        assert targets(sandbox) == ["/api/0/organizations/acme/projects/?per_page=2"]

    def test_links_lead_to_the_organizations_form_and_work(self, postern):
        links = postern.get("/api/0/projects/?per_page=2").fields.get("link")
        following = links.split(", <")[1].split(">")[0]
        assert following.startswith(
            "http://localhost/api/0/organizations/acme/projects/?per_page=2&cursor=")
        answer = postern.get(following.removeprefix("http://localhost"))
        assert answer.status == 200 and len(answer.json()) == 1, "the third of three"


class TestRefusals:
    def test_another_organization_by_slug_and_by_id(self, sandbox, postern):
        for target in ("organizations/globex/", f"organizations/{GLOBEX}/issues/",
                       "projects/globex/backend/", f"projects/{GLOBEX}/backend/",
                       "teams/globex/core/", "organizations/globex/nobody-knows-this/"):
            refused(postern.get("/api/0/" + target), "wrong_organization")
        assert targets(sandbox) == []
        assert postern.get(f"/api/0/organizations/{ACME}/").json()["slug"] == "acme"

    @pytest.mark.parametrize("target, status", [
        ("organizations/%67lobex/", 400), ("organizations/globe%78/", 400),
        ("%6frganizations/globex/", 400), ("organizations/acme/../globex/", 400),
        ("organizations/acme/%2e%2e/globex/", 400), ("organizations/acme%2f..%2fglobex/", 400),
        ("organizations//globex/", 400), ("organizations/./globex/", 400),
        ("organizations/acme%00/", 400), ("organizations/acme\\..\\globex/", 400),
        ("organizations/GLOBEX/", 403), ("organizations/globex;acme/", 403),
        ("organizations/acme;globex/", 403), ("organizations/acme%20/", 403),
        ("Organizations/globex/", 403), ("organizations;/globex/", 403),
        ("organizations/" + "0" + GLOBEX + "/", 403), ("organizations/+" + GLOBEX + "/", 403),
        ("issues/%2e%2e/organizations/globex/", 400), ("issues/../organizations/globex/", 400)])
    def test_no_spelling_gets_past(self, sandbox, postern, target, status):
        assert postern.get("/api/0/" + target).status == status
        assert targets(sandbox) == []

    def test_what_names_no_organization_is_refused_with_what_to_do(self, sandbox, postern):
        told = refused(postern.get("/api/0/prompts-activity/"), "unpinnable")
        assert "/api/0/organizations/acme/prompts-activity/" in told["action"]
        told = refused(postern.get("/api/0/nobody-knows-this/"), "unpinnable")
        assert "policy.unpinned" in told["action"]
        for target in ("projects/", "organizations/", "users/me/"):
            refused(postern.get("/api/0/" + target, method="POST"), "unpinnable")
        assert targets(sandbox) == []

    def test_what_tells_about_the_token_passes(self, sandbox, postern):
        for target in ("/api/0/", "/api/0/users/me/", "/api/0/users/me/regions/", "/api/0/auth/"):
            postern.get(target)
            assert targets(sandbox)[-1] == target


class TestSettings:
    def test_what_is_listed_goes_as_it_is(self, sandbox, pinned):
        postern = pinned({"policy": {"unpinned": ["/api/0/broadcasts/", "/api/0/sentry-apps/*"]}})
        for target in ("/api/0/broadcasts/", "/api/0/sentry-apps/", "/api/0/sentry-apps/x/"):
            postern.get(target)
            assert targets(sandbox)[-1] == target
        refused(postern.get("/api/0/seer/models/"), "unpinnable")
        refused(postern.get("/api/0/organizations/globex/"), "wrong_organization")

    def test_a_wrong_entry_is_found_by_check(self, folder):
        path = folder / "wrong.yaml"
        path.write_text("grants: [{organization: acme}]\npolicy:\n  unpinned:\n"
                        "  - /api/0/organizations/globex/\n  - broadcasts/\n")
        done = run("check", "--config", path)
        assert done.returncode == 2
        first, second = done.stderr.splitlines()
        assert ":4:3: policy.unpinned[0]: " in first and "add a grant" in first
        assert "policy.unpinned[1]: 'broadcasts/'" in second and "/api/0/" in second

    def test_switched_off_the_token_opens_what_it_opens(self, sandbox, pinned):
        postern = pinned(UNPINNED)
        assert postern.get("/api/0/organizations/globex/").status == 200
        assert postern.get(f"/api/0/issues/{FOREIGN}/").status == 200
        assert targets(sandbox)[-1] == f"/api/0/issues/{FOREIGN}/"

    def test_explain_says_what_would_be_sent(self, postern):
        def explain(path, *more):
            return run("explain", "GET", path, "--config", postern.config_path, *more)
        told = explain(f"/api/0/issues/{ISSUE}/")
        assert told.returncode == 0
        assert f"/api/0/organizations/acme/issues/{ISSUE}/" in told.stdout
        document = json.loads(explain("/api/0/organizations/", "--json").stdout)
        assert document["sent_as"] == "/api/0/organizations/?query=slug:acme"
        assert document["endpoint"]["path"] == "/api/0/organizations/"
        done = explain("/api/0/broadcasts/")
        assert done.returncode == 0 and "unpinned" in done.stdout


class TestSeveralGrants:
    @pytest.fixture
    def postern(self, serve, sandbox, stored):
        running = serve(grants=("acme", "globex"))
        for name, number in (("acme", ACME), ("globex", GLOBEX)):
            write_grant(running.store, name, sentry=sandbox.url, generation=2,
                        **stored(name, number))
        for number in (ACME, GLOBEX):
            eventually(lambda: running.get(f"/api/0/organizations/{number}/").status == 200,
                       "the grant knows its organization's id")
        return running

    def test_the_id_chooses_the_grant(self, postern):
        path = f"/api/0/organizations/{GLOBEX}/projects/"
        assert postern.get(path).status == 200
        def grants_used():
            return [line["grant"] for line in postern.access_lines() if line["path"] == path]
        assert eventually(grants_used, "the request is logged") == ["globex"]

    def test_where_the_path_names_none_the_caller_has_to(self, postern):
        for target in ("issues/1/", "organizations/", "projects/", "broadcasts/"):
            refused(postern.get("/api/0/" + target), "ambiguous_grant", 409)
        def get(target, name):
            return postern.get("/api/0/" + target, [("X-Postern-Grant", name)])
        assert get(f"issues/{FOREIGN}/", "globex").status == 200
        assert get(f"issues/{FOREIGN}/", "acme").status == 404
        assert [one["slug"] for one in get("organizations/", "globex").json()] == ["globex"]
        refused(get("organizations/globex/", "acme"), "wrong_organization")


def test_an_integration_reaches_its_own_installation(sandbox, serve):
    one = sandbox.control("installations", {"organization": "acme", "exchanged": 1})
    grant = {"organization": "acme", "kind": "integration", "installation": one["uuid"],
             "client": {"id": one["client_id"], "secret": one["client_secret"]}}
    postern = serve({"grants": [grant]}, grants=())
    path = "/api/0/sentry-app-installations/{}/external-issues/"
    eventually(lambda: postern.get("/api/0/organizations/acme/").status == 200, "it has a token")
    assert postern.get(path.format(one["uuid"]), method="POST").code != "unpinnable"
    refused(postern.get(path.format("0" * 8), method="POST"), "unpinnable")
