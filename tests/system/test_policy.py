"""What an operator allows and denies: policy.access, policy.rules, policy.default, and those who try
to get around them with raw bytes."""

import json
import os

import pytest

from support import processes
from support.http_wire import Client
from support.waiting import eventually

ISSUE = "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/"
RULES = {"rules": [
    {"name": "issues stay as they are", "effect": "deny", "methods": ["PUT", "DELETE"],
     "path": ISSUE},
    {"effect": "deny", "methods": ["GET"],
     "path": "/api/0/organizations/{organization_id_or_slug}/audit-logs/"},
    {"effect": "deny", "path": "/api/0/projects/acme/secret/*"},
]}


def denied(answer):
    assert answer.status == 403, answer
    problem = answer.json()
    assert problem["code"] == "policy_denied", problem
    return problem


def raw(postern, request_line, *fields):
    """The status of the answer to a request written byte by byte."""
    lines = [request_line, b"Host: localhost", *fields, b"Content-Length: 0", b"Connection: close"]
    with postern.client() as client:
        client.send(b"\r\n".join(lines) + b"\r\n\r\n")
        return client.read(request_line.split(b" ")[0].decode())


def test_read_only(start, upstream):
    postern = start(upstream, config={"policy": {"access": "read-only"}})
    for method in ("GET", "HEAD", "OPTIONS"):
        assert postern.get("/api/0/organizations/acme/issues/", method=method).status == 200
    assert len(upstream.requests) == 3
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        problem = denied(postern.get("/api/0/organizations/acme/issues/1/", method=method))
        assert "policy.access is read-only" in problem["detail"] and method in problem["detail"]
    assert len(upstream.requests) == 3


def test_one_write_that_is_allowed(start, upstream):
    postern = start(upstream, config={"policy": {"default": "deny", "rules": [
        {"name": "reads", "effect": "allow", "methods": ["GET"]},
        {"name": "comments", "effect": "allow", "methods": ["POST"], "path": ISSUE + "comments/"}]}})
    comments = "/api/0/organizations/acme/issues/1/comments/"
    assert postern.get(comments, method="POST").status == 200
    assert postern.get(comments).status == 200
    problem = denied(postern.get("/api/0/organizations/acme/issues/1/", method="PUT"))
    assert "no rule allows PUT" in problem["detail"]
    assert "{effect: allow, methods: [PUT], path: '" + ISSUE + "'}" in problem["action"]
    assert [r.method for r in upstream.requests] == ["POST", "GET"]


def test_a_denial_names_the_rule_in_answer_and_log(start, upstream):
    postern = start(upstream, config={"policy": RULES})
    problem = denied(postern.get("/api/0/organizations/acme/issues/1/", method="PUT"))
    assert "the rule issues stay as they are denies PUT" in problem["detail"]
    problem = denied(postern.get("/api/0/organizations/acme/audit-logs/"))
    assert "policy.rules[1]" in problem["detail"]
    first, second = eventually(
        lambda: len(postern.access_lines()) == 2 and postern.access_lines(), "two lines")
    assert (first["code"], first["reason"]) == ("policy_denied", "issues stay as they are")
    assert (first["status"], second["reason"]) == (403, "policy.rules[1]")
    assert upstream.requests == []


@pytest.mark.parametrize("line", [
    b"PUT /api/0/groups/1/ HTTP/1.1",
    b"PUT /api/0/issues/1/ HTTP/1.1",
    b"PUT /api/0/organizations/acme/groups/1/ HTTP/1.1",
    b"PUT /api/0/organizations/acme/issues/1 HTTP/1.1",
    b"PUT /api/0/organizations/acme/Issues/1/ HTTP/1.1",
    b"PUT /api/0/organizations/acme/%69ssues/1/ HTTP/1.1",
    b"PUT /api/0/organizations/acme/issues%2f1/ HTTP/1.1",
    b"PUT http://localhost/api/0/organizations/acme/issues/1/ HTTP/1.1",
    b"HEAD /api/0/organizations/acme/audit-logs/ HTTP/1.1",
    b"get /api/0/organizations/acme/audit-logs/ HTTP/1.1",
    b"GET /api/0/organizations/acme/audit-logs/%3F HTTP/1.1",
    b"GET /api/0/organizations/acme/audit-logs%20/ HTTP/1.1",
    b"GET /api/0/organizations/acme/audit-logs;/ HTTP/1.1",
    b"GET /api/0/organizations/acme/x/../audit-logs/ HTTP/1.1",
    b"GET /api/0/organizations/acme/x/%2e%2e/audit-logs/ HTTP/1.1",
    b"GET /api/0/organizations/acme/x/..;/audit-logs/ HTTP/1.1",
    b"GET /api/0/organizations/acme//audit-logs/ HTTP/1.1",
    b"GET //api/0/organizations/acme/audit-logs/ HTTP/1.1",
    b"GET /api/0/organizations/acme\\audit-logs/ HTTP/1.1",
    b"GET /api/0/organizations/acme/audit-logs%00/ HTTP/1.1",
    b"GET /api/0/organizations/acme/audit%2dlogs/ HTTP/1.1",
    b"GET /api/0/organizations/acme/audit%252dlogs/ HTTP/1.1",
    b"GET /api/0/organizations/acme/x/%c0%ae%c0%ae/audit-logs/ HTTP/1.1",
    b"GET /api/0/organizations/acme/\xc2\xa0audit-logs/ HTTP/1.1",
    b"GET /api/0/organizations/acme/audit-logs/\t HTTP/1.1",
    b"GET /api/0/projects/acme/4500000000000007/keys/ HTTP/1.1",
    b"GET /api/0/projects/acme/SECRET/keys/ HTTP/1.1",
])
def test_nothing_gets_around_a_denial(start_once, line):
    postern, upstream = start_once
    answer = raw(postern, line)
    assert answer.status in (400, 403, 404, 501), line
    assert answer.header("x-postern-generated") == "1"
    assert upstream.requests == []


@pytest.mark.parametrize("field", [
    b"X-HTTP-Method-Override: PUT", b"X-HTTP-Method: PUT", b"X-Method-Override: PUT",
    b"X_HTTP_Method_Override: PUT", b"x-http-method_override: PUT",
    b"X-Original-URL: /api/0/organizations/acme/audit-logs/", b"X_Original_URL: /x/",
    b"X-Rewrite-URL: /api/0/organizations/acme/audit-logs/"])
def test_fields_that_would_replace_method_or_path_do_not_reach_sentry(start, upstream, field):
    postern = start(upstream, config={"policy": {"access": "read-only"}})
    assert raw(postern, b"GET /api/0/organizations/acme/issues/1/ HTTP/1.1", field).status == 200
    (request,) = upstream.requests
    assert request.method == "GET"
    name = field.split(b":")[0].decode().lower()
    assert name not in [n.lower() for n, _ in request.fields]


@pytest.fixture
def start_once(start, upstream):
    return start(upstream, config={"policy": RULES}), upstream


def test_a_dry_run_lets_pass_and_logs_even_without_access_lines(start, upstream):
    postern = start(upstream, config={"policy": RULES | {"dry_run": True, "preflight": "off"}, "log": {"access": False}})
    assert postern.get("/api/0/organizations/acme/issues/1/", method="PUT").status == 200
    assert postern.get("/api/0/organizations/acme/issues/1/").status == 200
    eventually(lambda: "policy_would_deny" in postern.log, "the line")
    (line,) = [one for one in postern.log.splitlines() if "policy_would_deny" in one]
    assert "issues stay as they are" in line and "PUT" in line


def test_what_weakens_or_restricts_is_said_at_start(start, upstream):
    postern = start(upstream, pinned=True, config={"policy": {
        "access": "read-only", "dry_run": True, "preflight": "off",
        "unpinned": ["/api/0/brodcasts/"]}})
    eventually(lambda: "unpinned_unknown" in postern.log, "the last of the lines")
    for event, setting, detail in [
            ("policy_changed", "policy.access: read-only", "GET, HEAD and OPTIONS"),
            ("policy_weakened", "policy.dry_run: true", "is logged, and passes"),
            ("policy_changed", "policy.preflight: off", "are sent"),
            ("unpinned_unknown", "/api/0/brodcasts/", "did you mean /api/0/broadcasts/?")]:
        (line,) = [one for one in postern.log.splitlines() if setting in one]
        assert event in line and detail in line
    checked = processes.run("check", "--config", postern.config_path)
    assert checked.returncode == 0 and "\nnote: policy.access: read-only: GET" in checked.stdout
    assert "\nwarning: policy.unpinned[0]: /api/0/brodcasts/: names no" in checked.stdout


def test_a_caller_is_told_by_its_listener_and_user(start, upstream, folder):
    agent, me = str(folder / "a.sock"), os.getuid()
    ci = str(folder / "c.sock")
    postern = start(upstream, config={
        "listen": [{"address": f"unix:{agent}", "name": "agent"}, {"address": f"unix:{ci}"}],
        "policy": {"default": "deny", "preflight": "off", "rules": [
            {"effect": "deny", "methods": ["DELETE"],
             "caller": {"listener": f"unix:{ci}", "uids": [me]}},
            {"effect": "allow", "caller": {"listener": f"unix:{ci}"}},
            {"effect": "allow", "methods": ["GET"], "caller": {"listener": "agent"}}]}})
    issue = "/api/0/organizations/acme/issues/1/"
    for path, method, status in ((agent, "GET", 200), (agent, "PUT", 403), (ci, "PUT", 200),
                                 (ci, "DELETE", 403)):
        with Client(path) as client:
            # Whatever a caller says of itself changes nothing.
            fields = [("X-Postern-Client", "ci"), ("X-Postern-Listener", ci)]
            assert client.request(method, issue, headers=fields).status == status, (path, method)
    told = processes.run("explain", "PUT", issue, "--listener", "agent", "--json",
                         "--config", postern.config_path)
    now = json.loads(told.stdout)["now"]
    assert (now["outcome"], now["reason"]) == ("refused", "policy_denied")
    assert now["policy"] == {"allowed": False, "by": "policy.default", "dry_run": False}
    told = processes.run("explain", "PUT", issue, "--listener", f"unix:{ci}",
                         "--config", postern.config_path)
    assert "allowed by policy.rules[1]" in told.stdout
    told = processes.run("explain", "PUT", issue, "--listener", "nobody",
                         "--config", postern.config_path)
    assert told.returncode == 2 and "there are: agent" in told.stderr


def test_the_log_says_what_the_table_knows_of_a_path(postern, upstream):
    for path in ("/api/0/organizations/acme/issues/1/", "/api/0/organizations/acme/issues/1",
                 "/api/0/organizations/acme/brand-new/1/"):
        postern.get(path)
    known, slash, unknown = eventually(
        lambda: len(postern.access_lines()) == 3 and postern.access_lines(), "three lines")
    assert known["route"] == ISSUE and "match" not in known
    assert slash["match"] == "missing_slash"
    assert unknown["match"] == "unknown"
    assert unknown["route"] == "/api/0/organizations/{organization_id_or_slug}/brand-new/*/"


def check(folder, policy):
    path = folder / "check.yaml"
    path.write_text("grants: [{organization: acme}]\npolicy:\n" + policy)
    return processes.run("check", "--config", path)


def test_mistakes_are_told_by_line_with_the_nearest_name(folder):
    done = check(folder, """\
  rules:
    - effect: deny
      path: /api/0/organizations/{organization_id_or_slug}/audit-log/
    - effect: deny
      operation: listOrganizationIssue
    - effect: deny
      methods: [delete]
    - effect: deny
      grant: acne
""")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 4, done.stderr
    for line, place, name in zip(lines, ("5:13", "7:18", "9:16", "11:14"), (
            "audit-logs/?", "listOrganizationIssues?", "DELETE?", "acme?")):
        assert f"check.yaml:{place}: policy.rules[" in line and f"did you mean {name}" in \
            line.replace("/api/0/organizations/{organization_id_or_slug}/", ""), line


def test_what_is_right_is_shown(folder):
    done = check(folder, f"  rules: [{{name: keep, effect: deny, methods: [PUT], path: '{ISSUE}'}}]\n")
    assert done.returncode == 0, done.stderr
    assert "1 rule" in done.stdout
    shown = processes.run("show", "--config", folder / "check.yaml").stdout
    assert "name: keep" in shown and ISSUE in shown and "effect: deny" in shown
