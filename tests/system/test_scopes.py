"""Scopes: a call that the grant's scopes do not allow is answered at once, and the least ones can be
found from a log."""

import json

import pytest

from support import processes
from support.http_wire import fetch
from support.sandboxed import entries, import_new_grant
from support.waiting import eventually

ISSUES = "/api/0/organizations/acme/issues/"
RELEASES = "/api/0/organizations/acme/releases/"
# In Sentry's open source and not in its reference: what the table says of it is a guess.
ALERTS = "/api/0/organizations/acme/alert-rules/"
READING = "org:read event:read"


@pytest.fixture
def narrow(sandbox, serve):
    """narrow(config, scope=…) starts a Postern whose grant has few scopes."""
    def start(config=None, scope=READING):
        answer = sandbox.control("grants", {"scope": scope})
        return serve(config, grant={"access_token": answer["access_token"],
                                    "scopes": answer["scope"].split()})
    return start


def calls(sandbox, path):
    """How many such calls have reached the sandbox."""
    return sum(one["target"].startswith(path)
               for one in entries(sandbox.control("requests"), "requests"))


def access_line(postern, number=1):
    return eventually(lambda: postern.access_lines()[number - 1:], "an access line")[0]


def scopes(*args, config=None, **options):
    return processes.run("scopes", *args, *(("--config", config) if config else ()), **options)


class TestPreflight:
    def test_a_call_that_lacks_a_scope_is_answered_without_sentry(self, sandbox, narrow):
        postern = narrow()
        assert postern.get(ISSUES).status == 200
        before = calls(sandbox, ISSUES)
        answer = postern.get(ISSUES, method="PUT", body=b"{}")
        problem = json.loads(answer.body)
        assert (answer.status, problem["code"]) == (403, "missing_scope")
        assert answer.header("x-postern-generated") == "1"
        assert problem["needed"] == ["event:write", "event:admin"]
        assert problem["least"] == "event:write" and "org:read" in problem["granted"]
        assert "any of event:write, event:admin; the grant acme has" in problem["detail"]
        whole = ", ".join(problem["granted"] + ["event:write"])
        assert (f"set scopes of the grant acme in the configuration to [{whole}]"
                in problem["action"])
        assert f"login --config {postern.config_path} --grant acme" in problem["action"]
        assert calls(sandbox, ISSUES) == before
        line = access_line(postern, 2)
        assert line["code"] == "missing_scope" and line["missing_scope"] == "event:write"

    def test_what_the_problem_says_to_do_helps(self, sandbox, narrow):
        postern = narrow()
        assert postern.get(RELEASES, method="POST", body=b"{}").code == "missing_scope"
        import_new_grant(sandbox, postern.config_path)
        eventually(lambda: postern.get(RELEASES, method="POST", body=b"{}").code != "missing_scope",
                   "the new grant is in use")

    def test_a_wider_scope_holds_the_narrower_one(self, narrow):
        assert narrow(scope="org:read event:admin").get(ISSUES).status == 200

    def test_warn_lets_the_call_go_and_marks_it(self, sandbox, narrow):
        postern = narrow({"policy": {"preflight": "warn"}})
        answer = postern.get(ISSUES, method="PUT", body=b"{}")
        assert answer.status == 403 and answer.header("x-postern-generated") is None
        assert json.loads(answer.body) == {
            "detail": "You do not have permission to perform this action."}
        assert 'missing_scope;desc="event:write"' in answer.header("server-timing")
        assert access_line(postern)["missing_scope"] == "event:write"
        assert calls(sandbox, ISSUES) > 0

    def test_off_still_says_what_a_403_of_sentrys_is_about(self, narrow):
        postern = narrow({"policy": {"preflight": "off"}})
        answer = postern.get(ISSUES, method="PUT", body=b"{}")
        assert answer.status == 403 and answer.header("x-postern-generated") is None
        assert 'missing_scope;desc="event:write"' in answer.header("server-timing")

    def test_what_sentry_does_not_publish_is_only_marked(self, narrow):
        postern = narrow()
        answer = postern.get(ALERTS, method="POST", body=b"{}")
        assert answer.header("x-postern-generated") is None
        assert access_line(postern)["missing_scope"] == "alerts:write"

    def test_scopes_that_nobody_told_are_not_judged(self, sandbox, serve):
        token = sandbox.control("grants", {"scope": READING})["access_token"]
        postern = serve(grant={"access_token": token, "scopes": []})
        answer = postern.get(ISSUES, method="PUT", body=b"{}")
        assert answer.status == 403 and answer.header("x-postern-generated") is None
        assert 'missing_scope;desc="event:write"' in answer.header("server-timing")

    def test_a_static_token_is_judged_only_by_scopes_that_are_named(self, sandbox, start):
        token = sandbox.control("grants", {})["access_token"]
        for given, code in (({}, None), ({"scopes": ["org:read"]}, "missing_scope")):
            grant = {"organization": "acme", "kind": "static", "token": token} | given
            postern = start(sandbox, ca=sandbox.ca, grants=(), config={"grants": [grant]})
            assert postern.get(RELEASES, method="POST", body=b"{}").code == code

    def test_explain_says_it_beforehand(self, narrow):
        postern = narrow()
        done = processes.run("explain", "PUT", ISSUES, "--config", postern.config_path)
        assert "the token lacks event:write; set scopes of the grant acme" in done.stdout
        assert "event:write], then run: postern login" in done.stdout
        assert "refused, 403 missing_scope" in done.stdout
        done = processes.run("explain", "GET", ISSUES, "--config", postern.config_path)
        assert "the token has such a scope" in done.stdout and "goes at once" in done.stdout
        asked = fetch(postern.admin_port, "GET", f"/api/explain?method=PUT&path={ISSUES}", (), None,
                      "localhost")
        now = json.loads(asked.body)["now"]
        assert (now["permission"], now["reason"]) == ("lacks", "missing_scope")


class TestLeast:
    @pytest.mark.parametrize("form", ["text", "json"])
    def test_of_posterns_own_log(self, narrow, form):
        """The three steps of the README: log, ask, narrow."""
        postern = narrow({"log": {"format": form}}, scope=READING)
        postern.get(ISSUES)
        postern.get(ISSUES, method="PUT", body=b"{}")
        postern.get("/api/0/organizations/acme/new-thing/")
        postern.get("/favicon.ico")
        eventually(lambda: "/favicon.ico" in postern.log, "the last line")
        done = scopes("--for", postern.log_path, config=postern.config_path)
        assert done.returncode == 0, done.stderr
        assert "\nscopes: [org:read, event:write]\n" in done.stdout
        assert "new-thing/: not in the endpoint table" in done.stdout
        assert "with the grant acme" in done.stdout and "refused by Postern: 1\n" in done.stdout
        assert "1  PUT " + ISSUES.replace("acme", "{organization_id_or_slug}") in done.stdout

    def test_what_is_printed_is_right_in_a_configuration(self, narrow, folder):
        done = scopes("--for", "-", stdin=f"GET {ISSUES}\nPOST {RELEASES}\n".encode(), cwd=folder)
        assert done.returncode == 0, done.stderr
        entry = "".join("    " + line + "\n" for line in done.stdout.splitlines())
        config = folder / "pasted.yaml"
        config.write_text("grants:\n  - organization: acme\n" + entry)
        checked = processes.run("check", "--config", config)
        assert checked.returncode == 0, checked.stderr
        shown = processes.run("show", "--config", config)
        assert "scopes: [org:read, project:releases, event:read]" in shown.stdout
        # … and a grant with just these serves the calls.
        postern = narrow(scope="org:read project:releases event:read")
        assert postern.get(ISSUES).status == 200
        assert postern.get(RELEASES, method="POST", body=b"{}").code != "missing_scope"

    def test_of_the_log_of_a_web_server(self, folder):
        log = folder / "access.log"
        log.write_text(
            '127.0.0.1 - - [29/Nov/2026:18:00:42 +0000] "GET /api/0/organizations/acme/members/'
            '?query=x HTTP/1.1" 200 12 "-" "curl/8"\n'
            '127.0.0.1 - - [29/Nov/2026:18:00:43 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"\n')
        done = scopes("--for", log, cwd=folder)
        assert done.returncode == 1
        assert f"{log}:2: what stands in quotes is no request" in done.stderr
        assert "scopes: [org:read, member:read]\n" in done.stdout

    def test_wrong_use(self, folder):
        assert scopes("--for", folder / "missing", cwd=folder).returncode == 1
        assert scopes("--for", "-", stdin=b"# nothing\n", cwd=folder).returncode == 1
        assert scopes("event:wrtie", cwd=folder).returncode == 2
        assert scopes("--grant", "acme", cwd=folder).returncode == 2


def test_the_table_needs_no_configuration(folder):
    done = scopes(cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "project:releases" in done.stdout
    rows = json.loads(scopes("--json", cwd=folder).stdout)
    writing, = (row for row in rows if row["scope"] == "event:write")
    assert writing["contains"] == ["event:read"] and writing["changes"] > 0
    assert {"method": "PUT", "path": ISSUES.replace("acme", "{organization_id_or_slug}"),
            "published": True} in writing["operations"]
    assert "PUT    /api/0/organizations/" in scopes("event:write", cwd=folder).stdout


class TestCatalogue:
    ROW = "GET\t/api/0/organizations/{o}/issues/\torg:write\tdefault\tgroup:default\tpublished\t-\tx\n"

    def test_a_file_replaces_the_table(self, narrow, folder):
        table = folder / "table.tsv"
        table.write_text("# mine\n" + self.ROW)
        postern = narrow({"policy": {"catalogue": str(table)}})
        assert json.loads(postern.get(ISSUES).body)["needed"] == ["org:write"]
        assert postern.get(ISSUES, method="PUT", body=b"{}").code != "missing_scope"
        done = scopes("--for", "-", stdin=f"GET {ISSUES}\n".encode(), config=postern.config_path)
        assert "scopes: [org:write]\n" in done.stdout
        done = processes.run("explain", "GET", ISSUES, "--config", postern.config_path)
        assert "the token lacks org:write" in done.stdout

    @pytest.mark.parametrize("command", ["check", "serve", "scopes"])
    def test_its_faults_are_told_with_their_lines(self, folder, command):
        table = folder / "table.tsv"
        table.write_text(self.ROW + "FETCH" + self.ROW[3:] + self.ROW)
        config = folder / "postern.yaml"
        config.write_text(f"policy: {{catalogue: {table}}}\ngrants: [{{organization: acme}}]\n")
        done = processes.run(command, "--config", config)
        assert done.returncode == 2
        assert f'{table}:2: method "FETCH" cannot be read' in done.stderr
        table.write_text(self.ROW * 2)
        done = processes.run(command, "--config", config)
        assert done.returncode == 2 and f"{table}:2: is the same as line 1" in done.stderr
        table.unlink()
        done = processes.run(command, "--config", config)
        assert done.returncode == 2
        assert f"{config}:1:" in done.stderr and "policy.catalogue" in done.stderr
