"""What would become of a request: `postern explain`, /api/explain and the buckets of /api/status."""

import json

import pytest

from support import processes
from support.crowd import Ask, crowd
from support.http_wire import fetch
from support.sandboxed import ECHO

ISSUES = "/api/0/organizations/acme/issues/"


@pytest.fixture
def postern(serve):
    return serve()


def explain(postern, *arguments):
    return processes.run("explain", *arguments, "--config", postern.config_path)


def explained(postern, *arguments):
    done = explain(postern, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def admin(postern, target, method="GET"):
    return fetch(postern.admin_port, method, target, (), None, "localhost")


def buckets(postern):
    return json.loads(admin(postern, "/api/status").body)["limits"]


def test_it_names_the_endpoint_and_what_answers_have_told(sandbox, postern):
    sandbox.control("limits", {"requests": 10, "window": 1, "concurrent": 25})
    before = explained(postern, "GET", ISSUES)
    assert before["now"]["outcome"] == "goes" and before["now"]["bucket"] is None
    assert buckets(postern) == []
    assert postern.get(ISSUES).status == 200
    after = explained(postern, "GET", ISSUES)
    assert after["endpoint"]["path"] == "/api/0/organizations/{organization_id_or_slug}/issues/"
    assert "event:read" in after["endpoint"]["scopes"]
    assert after["now"]["grant"] == "acme"
    bucket = after["now"]["bucket"]
    assert (bucket["limit"], bucket["concurrent_limit"]) == (10, 25)
    assert bucket["answers"]["served"] == 1
    told = explain(postern, "GET", postern.url.replace("http", "https") + ISSUES)
    assert told.returncode == 2, "a URL of Postern's own is none of Sentry's"
    told = explain(postern, "GET", sandbox.url + ISSUES)
    assert told.returncode == 0 and "goes at once" in told.stdout and "10" in told.stdout


def test_while_many_wait_it_says_how_long_and_the_status_shows_the_bucket(sandbox, postern):
    sandbox.control("limits", {"requests": 5, "window": 1})
    seen = []

    def look():
        seen.append((explained(postern, "GET", ECHO)["now"], buckets(postern)))

    answers = crowd(postern.port, [Ask() for _ in range(30)], meanwhile=(2.0, look))
    assert {answer.status for answer in answers} == {200}
    (now, limits), = seen
    assert now["outcome"] == "waits" and now["wait_ms"] > 0
    assert now["bucket"]["queued"] > 0 and now["bucket"]["limit"] == 5
    bucket, = limits
    assert bucket["group"] == "GET unlisted" and bucket["user"].startswith("user ")
    assert bucket["routes"] == ["/api/0/organizations/{organization_id_or_slug}/sandbox-echo/"]
    assert bucket["queued"] > 0 and bucket["oldest_wait_ms"] > 0
    assert explained(postern, "GET", ECHO)["now"]["bucket"]["queued"] == 0


def test_it_foretells_what_the_request_is_refused_with(postern):
    asked, sent = admin(postern, "/api/explain?method=GET&path=/oauth/token/"), postern.get("/oauth/token/")
    assert (asked.status, sent.status) == (404, 404)
    assert json.loads(asked.body)["code"] == json.loads(sent.body)["code"] == "not_an_api_path"
    for target, code in [("/api/0/organizations/globex/", "wrong_organization"),
                         ("/api/0/broadcasts/", "unpinnable"),
                         ("/api/42/envelope/", "not_an_api_path")]:
        now = explained(postern, "GET", target)["now"]
        sent = postern.get(target)
        problem = json.loads(sent.body)
        assert (now["outcome"], now["reason"], problem["code"]) == ("refused", code, code)
        assert now["refusal"] == {name: problem[name]
                                  for name in ("code", "status", "detail", "action")}
        assert sent.status == now["refusal"]["status"]
    told = explain(postern, "GET", "/api/0/organizations/globex/")
    assert told.returncode == 0 and "refused, 403 wrong_organization" in told.stdout


def test_a_head_is_judged_as_its_request_is(serve):
    """As GET by the rules; of no endpoint, for Sentry's scopes have no entry for it."""
    postern = serve({"policy": {"default": "deny", "rules": [
        {"name": "reads", "effect": "allow", "methods": ["GET"],
         "path": "/api/0/organizations/{organization_id_or_slug}/issues/"}]}})
    allowed, denied = explained(postern, "HEAD", ISSUES), explained(postern, "HEAD", ECHO)
    assert (allowed["now"]["outcome"], allowed["now"]["policy"]["by"]) == ("goes", "reads")
    assert "X-Postern-Generated" not in dict(postern.get(ISSUES, method="HEAD").fields), "Sentry's answer"
    refused = postern.get(ECHO, method="HEAD")
    assert (denied["now"]["reason"], refused.status) == ("policy_denied", 403)
    assert "X-Postern-Generated" in dict(refused.fields)


@pytest.mark.parametrize("query", [
    "", "?method=GET", "?path=/api/0/", "?method=GET&path=", "?method=FETCH&path=/api/0/",
    "?method=GET&path=%2", "?method=GET&path=%00", "?method=GET&path=/api/0/&path=/api/0/",
    "?method=GET&path=/api/0/&other=1", "?method=GET&path", "?method=GET&path=/api/0/&uid=x",
    "?method=GET&path=/api/0/&uid=4294967296", "?method=GET&path=/api/0/&listener=nobody"])
def test_a_query_that_is_not_right_is_a_400(postern, query):
    answer = admin(postern, "/api/explain" + query)
    assert answer.status == 400
    assert json.loads(answer.body)["code"] == "bad_request"


def test_an_unknown_grant_is_said(postern):
    answer = admin(postern, "/api/explain?method=GET&path=/api/0/&grant=nobody")
    assert json.loads(answer.body)["code"] == "unknown_grant"
    done = explain(postern, "GET", "/api/0/", "--grant", "nobody")
    assert done.returncode == 2 and "nobody; there are: acme" in done.stderr


def test_only_reading_is_open(postern):
    assert admin(postern, "/api/explain?method=GET&path=/api/0/", "POST").status == 405


def test_a_listener_of_one_grant_and_a_user_are_taken_into_account(serve, folder):
    agent = f"unix:{folder}/a.sock"
    postern = serve(grants=("acme", "globex"), config={
        "listen": [{"address": "127.0.0.1:0", "name": "all"},
                   {"address": agent, "name": "agent", "grant": "globex"}],
        "policy": {"rules": [{"name": "not mine", "effect": "deny",
                              "caller": {"listener": "agent", "uids": [12345]}}]}})
    done = explain(postern, "GET", "projects/")
    assert done.returncode == 1 and "more than one grant" in done.stderr
    there = explained(postern, "GET", "projects/", "--listener", "agent")
    assert there["now"]["grant"] == "globex"
    assert there["sent_as"] == "/api/0/organizations/globex/projects/"
    denied = explained(postern, "GET", "projects/", "--listener", "agent", "--uid", "12345")
    assert denied["now"]["policy"]["by"] == "not mine"
    done = explain(postern, "GET", "projects/", "--listener", "all", "--uid", "7")
    assert done.returncode == 2 and "no uid" in done.stderr


def test_without_a_running_instance_it_says_what_it_cannot_know(postern):
    assert postern.stop() == 0
    done = explain(postern, "POST", "organizations/acme/chunk-upload/")
    assert done.returncode == 0
    assert "the endpoint table and the store say" in done.stderr
    assert "not known: nothing runs" in done.stdout and "as it is stored" in done.stdout
    assert "POST CLI" in done.stdout and "org:ci" in done.stdout
    document = json.loads(explain(postern, "GET", ISSUES, "--json").stdout)
    assert document["live"] is False and document["endpoint"]["published"] is True
    now = document["now"]
    assert (now["outcome"], now["grant_state"], now["bucket"]) == ("not_known", None, None)
    assert now["permission"] == "passes", "by the stored scopes"
    refused = json.loads(explain(postern, "GET", "/api/0/broadcasts/", "--json").stdout)["now"]
    assert refused["outcome"] == "refused" and refused["reason"] == "unpinnable"
    assert explain(postern, "FETCH", "/api/0/").returncode == 2
    assert explain(postern, "GET", "/oauth/token/").returncode == 2
    assert explain(postern, "GET").returncode == 2
