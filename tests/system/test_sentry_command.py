"""`sentry` (getsentry/cli), the newer of Sentry's two command line clients, before the web API.

It asks the organization for its region and would send all further calls there, past Postern.
"""

import concurrent.futures
import hashlib
import json

import pytest
from support import npm
from support.processes import has_binary
from support.waiting import eventually

pytestmark = pytest.mark.skipif(not has_binary("postern-sandbox"), reason="no postern-sandbox")


@pytest.fixture(scope="module")
def program():
    return [npm.node(), npm.install(npm.SENTRY) / "sentry" / "dist" / "bin.cjs"]


@pytest.fixture
def sentry(program, serving, folder):
    """sentry(word, …) runs it in a folder of its own and returns what it printed."""
    env = {"SENTRY_URL": serving.url, "SENTRY_AUTH_TOKEN": "dummy", "SENTRY_CLI_NO_TELEMETRY": "1",
           "SENTRY_CLI_NO_UPDATE_CHECK": "1", "SENTRY_PLAIN_OUTPUT": "1", "SENTRY_ORG": "acme",
           "SENTRY_PROJECT": "backend"}
    (folder / "work").mkdir()
    return lambda *args, **options: npm.run_client(program, *args, env=env, folder=folder / "work",
                                                   **options)


def in_json(text):
    """The rows of a list: the CLI wraps what has more pages."""
    told = json.loads(text)
    return told["data"] if isinstance(told, dict) else told


def issue(serving, number):
    return json.loads(serving.get(f"/api/0/organizations/acme/issues/{number}/").body)


def test_lists(sentry):
    assert "acme" in {o["slug"] for o in in_json(sentry("org", "list", "--json"))}
    assert "backend" in {p["slug"] for p in in_json(sentry("project", "list", "acme/", "--json"))}
    found = in_json(sentry("issue", "list", "acme/backend", "--limit", "150", "--json"))
    assert len({i["shortId"] for i in found}) == 150
    assert "Jane" in sentry("auth", "whoami")


def test_an_issue_is_looked_up_resolved_and_opened_again(sentry, serving):
    assert "KeyError" in sentry("issue", "view", "acme/BACKEND-4")
    sentry("issue", "resolve", "acme/BACKEND-4")
    assert issue(serving, 1000003)["status"] == "resolved"
    sentry("issue", "unresolve", "acme/BACKEND-4")
    assert issue(serving, 1000003)["status"] == "unresolved"


def test_a_release_is_made_finalized_and_deployed(sentry, serving):
    sentry("release", "create", "acme/app@3.0.0", "--project", "backend")
    sentry("release", "finalize", "acme/app@3.0.0")
    sentry("release", "deploy", "acme/app@3.0.0", "production")
    assert "app@3.0.0" in sentry("release", "list", "acme/")
    made = json.loads(serving.get("/api/0/organizations/acme/releases/app@3.0.0/").body)
    assert made["dateReleased"] and made["deployCount"] == 1


def test_any_call_of_the_api(sentry):
    made = json.loads(sentry("api", "organizations/acme/monitors/", "--method", "POST", "--data",
                             json.dumps({"name": "Nightly Job", "project": "backend"})))
    assert made["slug"] == "nightly-job"
    assert "nightly-job" in sentry("monitor", "list", "acme/", "--json")


def test_a_mapping_arrives_as_it_is(sentry, sandbox, folder):
    path = folder / "work" / "mapping.txt"
    path.write_text("com.example.Foo -> a.a:\n    void bar() -> a\n")
    sentry("proguard", "upload", "mapping.txt", "--json")
    (file,) = sandbox.control("uploads")["files"]
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_crowd_of_them_at_five_requests_a_second(sentry, serving, sandbox):
    sandbox.control("limits", {"requests": 5, "window": 1})
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        lists = [pool.submit(sentry, "issue", "list", "acme/backend", "--limit", "300", "--json")
                 for _ in range(4)]
        for found in lists:
            assert len(in_json(found.result())) == 300
    answered = {line["status"] for line in serving.access_lines() if "/issues/" in line["path"]}
    assert answered == {200}
    assert max(w["allowed"] for w in sandbox.control("windows")) <= 5


def test_all_calls_came_through_postern(sentry, serving, sandbox):
    """Its `regionUrl` kept from it, the client stays where it was sent."""
    sentry("project", "list", "acme/")
    sentry("issue", "list", "acme/backend", "--limit", "5")
    called = {r["target"].partition("?")[0] for r in sandbox.control("requests?last=1000")}
    assert "/api/0/organizations/acme/issues/" in called
    eventually(lambda: called <= {line["path"] for line in serving.access_lines()},
               "each call is in the log of Postern")


def test_what_postern_refuses_is_told_in_its_words(sentry):
    told = sentry("project", "list", "globex/", fails=True)
    assert "globex" in told, told
