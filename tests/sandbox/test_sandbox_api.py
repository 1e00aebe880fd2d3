"""The API of the pretend Sentry: refusals, pages, issues, releases, uploads, downloads."""

import hashlib
import json
import re
import time

import pytest
from harness import Sandbox


def links(answer):
    """{rel: (url, results, cursor)} of a Link header."""
    found = re.findall(r'<([^>]*)>; rel="(\w+)"; results="(\w+)"; cursor="([^"]*)"',
                       answer.headers["Link"])
    return {rel: (url, results, cursor) for url, rel, results, cursor in found}


@pytest.mark.parametrize("header, detail", [
    (None, "Authentication credentials were not provided."),
    ("Bearer", "Invalid token header. No credentials provided."),
    ("Bearer a b", "Invalid token header. Token string should not contain spaces."),
    ("Bearer " + "0" * 64, "Invalid token"),
    ("bearer sntrys_abc", "Invalid org token"),
])
def test_each_bad_credential_has_its_own_401(sandbox, header, detail):
    headers = {} if header is None else {"Authorization": header}
    answer = sandbox.fetch("GET", "/api/0/organizations/", headers)
    assert (answer.status, answer.json) == (401, {"detail": detail})
    assert answer.headers["WWW-Authenticate"] == 'xBasic realm="api"'
    assert answer.rate("Limit") is not None, "a 401 has rate-limit headers too"


@pytest.mark.parametrize("query, slugs", [
    ("", ["acme", "globex"]), ("slug:globex", ["globex"]), ("id:4500001", ["acme"]),
    ("glo", ["globex"]), ("slug:umbrella", []), ("slug:acme glo", [])])
def test_the_list_of_organizations_can_be_narrowed(sandbox, query, slugs):
    answer = sandbox.api("GET", "organizations/?query=" + query.replace(" ", "+"))
    assert [one["slug"] for one in answer.json] == slugs


def test_an_origin_is_refused_with_a_bare_string(sandbox):
    answer = sandbox.api("GET", "organizations/", headers={"Origin": "http://localhost:3000"})
    assert (answer.status, answer.json) == (400, "Invalid origin: http://localhost:3000")


def test_a_missing_scope_is_403_without_a_name(sandbox):
    token = sandbox.new_grant(scope="org:read")["access_token"]
    assert sandbox.api("GET", "organizations/acme/", token=token).status == 200
    answer = sandbox.api("GET", "organizations/acme/issues/", token=token)
    assert (answer.status, answer.json) == (
        403, {"detail": "You do not have permission to perform this action."})


def test_write_implies_read_and_admin_both(sandbox):
    token = sandbox.new_grant(scope="event:admin")["access_token"]
    assert sandbox.api("GET", "organizations/acme/issues/", token=token).status == 200


def test_endpoints_for_browser_sessions_refuse_tokens(sandbox):
    assert sandbox.api("GET", "users/me/").status == 403


@pytest.mark.parametrize("target", ["organizations/nobody/", "projects/acme/nothing/",
                                    "organizations/acme/issues/7/"])
def test_what_does_not_exist_is_404(sandbox, target):
    answer = sandbox.api("GET", target)
    assert (answer.status, answer.json) == (
        404, {"detail": "The requested resource does not exist"})


def test_an_organization_of_others_is_403(sandbox):
    assert sandbox.api("GET", "organizations/umbrella/").status == 403


def test_a_missing_slash_gets_a_hint(sandbox):
    answer = sandbox.api("GET", "organizations", headers={"Content-Type": "application/json"})
    assert (answer.status, answer.json) == (404, {"info": (
        "Route not found, did you forget a trailing slash? try: /api/0/organizations/")})
    plain = sandbox.api("GET", "organizations")
    assert plain.headers["Content-Type"] == "text/plain"
    assert b"try: /api/0/organizations/\n" in plain.body
    assert plain.rate("Limit") is None, "an unknown route is not limited"


def test_options_needs_no_token(sandbox):
    answer = sandbox.fetch("OPTIONS", "/api/0/organizations/")
    assert answer.status == 200 and answer.headers["Access-Control-Max-Age"] == "3600"


def test_the_index_tells_who_is_calling(sandbox):
    assert sandbox.fetch("GET", "/api/0/").json["user"] is None
    got = sandbox.api("GET", "").json
    assert got["user"]["email"] and "project:releases" in got["auth"]["scopes"]


def test_links_in_bodies_name_other_hosts(sandbox):
    got = sandbox.api("GET", "organizations/acme/").json["links"]
    assert got == {"organizationUrl": f"https://acme.sentry.test:{sandbox.port}",
                   "regionUrl": f"https://us.sentry.test:{sandbox.port}"}
    regions = sandbox.api("GET", "users/me/regions/").json["regions"]
    assert [r["name"] for r in regions] == ["us", "de"]


def test_all_issues_are_reached_by_their_cursors(sandbox):
    target, seen, pages = "organizations/acme/issues/?limit=100", [], 0
    while True:
        answer = sandbox.api("GET", target)
        seen += [issue["id"] for issue in answer.json]
        pages += 1
        url, results, cursor = links(answer)["next"]
        prefix = f"https://us.sentry.test:{sandbox.port}/api/0/"
        assert url == f"{prefix}organizations/acme/issues/?limit=100&cursor={cursor}"
        assert links(answer)["previous"][1] == ("true" if pages > 1 else "false")
        if results == "false":
            break
        target = url[len(prefix):]
    assert pages == 30 and len(seen) == len(set(seen)) == 3000
    assert answer.headers["X-Hits"] == "3000"


def test_previous_leads_back(sandbox):
    first = sandbox.api("GET", "organizations/acme/issues/?limit=7")
    cursor = links(first)["next"][2]
    second = sandbox.api("GET", f"organizations/acme/issues/?limit=7&cursor={cursor}")
    back = links(second)["previous"][2]
    again = sandbox.api("GET", f"organizations/acme/issues/?limit=7&cursor={back}")
    assert again.json == first.json != second.json


def test_a_link_without_a_query_has_sentrys_odd_form(sandbox):
    answer = sandbox.api("GET", "organizations/")
    base = f"https://sentry.test:{sandbox.port}"  # the control silo's address
    assert links(answer)["next"][0] == f"{base}/api/0/organizations/?&cursor=0:100:0"


def test_links_follow_a_customer_domain(sandbox):
    host = {"Host": f"acme.sentry.test:{sandbox.port}"}
    answer = sandbox.api("GET", "organizations/acme/issues/", headers=host)
    assert links(answer)["next"][0].startswith(f"https://acme.sentry.test:{sandbox.port}/")


@pytest.mark.parametrize("query", ["cursor=x", "cursor=0:-1:0", "limit=0", "limit=101",
                                   "per_page=x"])
def test_wrong_page_parameters_are_400(sandbox, query):
    assert sandbox.api("GET", "organizations/acme/issues/?" + query).status == 400


def test_an_issue_changes_and_leaves_the_unresolved_list(sandbox):
    issue = sandbox.api("GET", "organizations/globex/issues/?limit=1").json[0]
    path = f"organizations/globex/issues/{issue['id']}/"
    answer = sandbox.api("PUT", path, {"status": "resolved", "hasSeen": True})
    assert answer.status == 200 and answer.json["status"] == "resolved"
    assert sandbox.api("GET", path).json["hasSeen"] is True
    after = sandbox.api("GET", "organizations/globex/issues/?limit=1")
    assert after.json[0]["id"] != issue["id"] and after.headers["X-Hits"] == "2999"
    resolved = sandbox.api("GET", "organizations/globex/issues/?query=is:resolved").json
    assert [i["id"] for i in resolved] == [issue["id"]]
    assert sandbox.api("GET", f"issues/{issue['id']}/").json["status"] == "resolved"
    assert sandbox.api("PUT", path, {"status": "odd"}).status == 400
    assert sandbox.api("PUT", path, {"status": "unresolved"}).status == 200


def test_a_project_has_its_own_issues(sandbox):
    got = sandbox.api("GET", "projects/acme/worker/issues/?limit=100").json
    assert len(got) == 100 and {i["project"]["slug"] for i in got} == {"worker"}


def test_a_renamed_project_says_where_it_went(sandbox):
    answer = sandbox.api("GET", "projects/acme/old-backend/issues/?limit=1")
    assert answer.status == 302
    assert answer.headers["Location"] == "/api/0/projects/acme/backend/issues/?limit=1"
    assert answer.json["detail"]["extra"]["slug"] == "backend"


def test_an_attachment_is_downloaded_from_another_host(sandbox):
    answer = sandbox.api("GET", "projects/acme/backend/events/1/attachments/2/?download=1")
    assert answer.status == 302
    assert answer.headers["Location"].startswith(f"https://us.sentry.test:{sandbox.port}/api/0/")


def test_a_release_lives_from_creation_to_deletion(sandbox):
    body = {"version": "app@1.0+7", "projects": ["backend"]}
    assert sandbox.api("POST", "organizations/acme/releases/", body).status == 201
    assert sandbox.api("POST", "organizations/acme/releases/", body).status == 208
    path = "organizations/acme/releases/app%401.0%2B7/"
    assert sandbox.api("GET", path).json["dateReleased"] is None
    done = sandbox.api("PUT", path, {"dateReleased": "2024-05-01T12:00:00Z"})
    assert done.json["dateReleased"] == "2024-05-01T12:00:00Z"
    assert sandbox.api("POST", path + "deploys/", {"environment": "prod"}).status == 201
    assert [d["environment"] for d in sandbox.api("GET", path + "deploys/").json] == ["prod"]
    listed = sandbox.api("GET", "projects/acme/backend/releases/").json
    assert "app@1.0+7" in [r["version"] for r in listed]
    assert sandbox.api("GET", "projects/acme/worker/releases/").json == []
    assert sandbox.api("DELETE", path).status == 204
    assert sandbox.api("GET", path).status == 404
    assert sandbox.api("POST", "organizations/acme/releases/", {"version": "x"}).status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_64_mib_arrive_whole(sandbox, method):
    body = hashlib.sha256(method.encode()).digest() * (2 << 20)
    answer = sandbox.api(method, "organizations/acme/sandbox-upload/", body)
    assert answer.json["size"] == 64 << 20
    assert answer.json["sha256"] == hashlib.sha256(body).hexdigest()
    seen = sandbox.fetch("GET", "/_sandbox/requests?last=1").json[0]
    assert (seen["method"], seen["body_bytes"]) == (method, 64 << 20)


@pytest.mark.parametrize("size", [0, 1, 65536, 3000001])
def test_a_download_has_the_same_bytes_in_either_framing(sandbox, size):
    path = f"organizations/acme/sandbox-download/?bytes={size}"
    wanted = bytes((i * 31 + i // 256) & 255 for i in range(size))
    whole = sandbox.api("GET", path)
    assert whole.headers["Content-Length"] == str(size) and whole.body == wanted
    pieces = sandbox.api("GET", path + "&framing=chunked")
    assert pieces.headers["Transfer-Encoding"] == "chunked" and pieces.body == wanted
    head = sandbox.api("HEAD", path)
    assert head.headers["Content-Length"] == str(size) and head.body == b""


def test_the_echo_shows_what_arrived(sandbox):
    answer = sandbox.api("PATCH", "organizations/acme/sandbox-echo/?a=b&a=%20c", b"xyz",
                         headers={"X-Twice": "1"})
    got = answer.json
    assert got["method"] == "PATCH" and got["target"].endswith("?a=b&a=%20c")
    assert ["X-Twice", "1"] in got["headers"]
    assert got["sha256"] == hashlib.sha256(b"xyz").hexdigest()


def test_a_release_is_archived_by_a_post_that_names_no_project(sandbox):
    path = "organizations/acme/releases/"
    assert sandbox.api("POST", path, {"version": "arch"}).status == 400
    sandbox.api("POST", path, {"version": "arch", "projects": ["backend"]})
    for status in ("archived", "open"):
        got = sandbox.api("POST", path, {"version": "arch", "projects": [], "status": status})
        assert (got.status, got.json["status"]) == (208, status)
        assert [p["slug"] for p in got.json["projects"]] == ["backend"]


def test_a_short_id_leads_to_its_issue(sandbox):
    got = sandbox.api("GET", "organizations/acme/shortids/BACKEND-4/").json
    assert (got["groupId"], got["projectSlug"]) == ("1000003", "backend")
    assert got["group"]["shortId"] == got["shortId"] == "BACKEND-4"
    assert sandbox.api("GET", "organizations/acme/shortids/NONE-1/").status == 404


def test_an_issue_has_an_event(sandbox):
    path = "organizations/acme/issues/1000003/events/"
    latest = sandbox.api("GET", path + "latest/").json
    assert (latest["groupID"], latest["projectID"]) == ("1000003", "100001")
    assert sandbox.api("GET", path + latest["id"] + "/").json == latest


def test_a_monitor_is_made_changed_and_deleted(sandbox):
    path = "organizations/acme/monitors/"
    asked = {"name": "Nightly Job", "project": "backend",
             "config": {"schedule_type": "crontab", "schedule": "0 3 * * *"}}
    made = sandbox.api("POST", path, asked)
    assert (made.status, made.json["slug"]) == (201, "nightly-job")
    assert made.json["config"]["schedule"] == "0 3 * * *"
    assert made.json["project"]["slug"] == "backend"
    assert sandbox.api("POST", path, asked).status == 400, "the slug is taken"
    assert sandbox.api("POST", path, {**asked, "project": "nope"}).status == 400
    one = path + "nightly-job/"
    assert sandbox.api("PUT", one, {"status": "disabled"}).json["status"] == "disabled"
    assert [m["status"] for m in sandbox.api("GET", path).json] == ["disabled"]
    assert sandbox.api("DELETE", one).status == 202
    assert sandbox.api("GET", one).status == 404


def test_who_am_i_and_which_repositories(sandbox):
    assert sandbox.api("GET", "auth/").json["email"] == "jane@example.com"
    assert [r["name"] for r in sandbox.api("GET", "organizations/acme/repos/").json] == [
        "acme/monorepo"]


def test_other_known_paths_answer_something(sandbox):
    assert sandbox.api("GET", "organizations/acme/teams/", token=sandbox.token).json == []
    got = sandbox.api("GET", "organizations/acme/releases/1.0/meta/")
    assert got.status == 200 and json.loads(got.body)["sandbox"] is True


def test_plain_http_and_another_base_are_a_choice(tmp_path):
    with Sandbox(tmp_path, "--http", "--public-base", "http://localhost:PORT", "--issues", "250",
                 "--org", "one") as plain:
        answer = plain.api("GET", "organizations/one/issues/")
        assert answer.headers["X-Hits"] == "250"
        assert links(answer)["next"][0].startswith(f"http://localhost:{plain.port}/api/0/")
        assert plain.api("GET", "organizations/acme/").status == 404


def test_a_body_does_not_wait_for_the_acknowledgement_of_its_head(sandbox):
    connection, times = sandbox.connect(), []
    for _ in range(10):
        began = time.monotonic()
        connection.request("GET", "/api/0/organizations/acme/sandbox-echo/",
                           headers={"Authorization": f"Bearer {sandbox.token}"})
        connection.getresponse().read()
        times.append(time.monotonic() - began)
    connection.close()
    assert sorted(times)[5] < 0.02, times
