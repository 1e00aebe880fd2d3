"""The commands: what they print, what they return."""

import json
import os
import re
import sys

import pytest
from support.processes import TOKEN, clean_environment, run, write_grant
from support.waiting import eventually


@pytest.fixture
def config(folder):
    """config(text or dict) writes a configuration file and returns its path."""
    def write(content):
        path = folder / "postern.yaml"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path
    return write


def minimal(folder, **changes):
    """Nothing listens where its Sentry would be."""
    return {"grants": [{"organization": "acme"}], "store": {"path": str(folder / "store")},
            "listen": "127.0.0.1:0", "runtime_file": str(folder / "runtime"),
            "sentry": {"url": "https://127.0.0.1:1"}, **changes}


class TestUsage:
    def test_version(self):
        done = run("version")
        assert (done.returncode, done.stderr) == (0, "")
        first, *_ = done.stdout.splitlines()
        assert re.fullmatch(r"postern \d+\.\d+\.\d+ \(.+\)", first), first
        assert run("--version").stdout == first + "\n"
        number = run("version", "--short").stdout.strip()
        document = json.loads(run("version", "--json").stdout)
        assert f"postern {number} (" in first and document["version"] == number
        assert document["old_libraries_allowed"] == ("old libraries allowed" in done.stdout)
        assert {"OpenSSL", "libevent"} <= {library["name"] for library in document["libraries"]}
        assert run("version", "--json", "--short").returncode == 2

    @pytest.mark.parametrize("args", [[], ["nonsense"], ["serve", "--nonsense"], ["check", "a", "b"],
                                      ["login"], ["run"]])
    def test_wrong_usage_is_2(self, args, folder):
        done = run(*args, cwd=folder)
        assert done.returncode == 2
        assert done.stderr.strip() and not done.stdout

    @pytest.mark.parametrize("args", [["--help"], ["help"], ["serve", "--help"], ["help", "login"]])
    def test_help_is_0(self, args):
        done = run(*args)
        assert done.returncode == 0 and "sage" in done.stdout
        if len(args) == 1:  # all of them
            for command in ("serve", "check", "show", "login", "doctor", "run", "version"):
                assert command in done.stdout

    def test_a_missing_file_is_named(self, folder):
        done = run("check", "--config", folder / "absent.yaml")
        assert done.returncode == 2 and "absent.yaml" in done.stderr


class TestCheck:
    def test_good(self, config, folder):
        done = run("check", "--config", config(minimal(folder)))
        assert done.returncode == 0, done.stderr

    def test_a_scope_that_no_login_would_get_is_named_with_the_nearest(self, config, folder):
        grants = [{"organization": "acme", "scopes": ["org:raed"]}]
        done = run("check", "--config", config(minimal(folder, grants=grants)))
        assert done.returncode == 2 and "did you mean org:read" in done.stderr, done.stderr

    def test_all_faults_at_once_with_place_path_and_nearest_name(self, config):
        path = config("listen: 127.0.0.1:0\n"
                      "lisen: 127.0.0.1:1\n"
                      "log:\n"
                      "  level: shout\n"
                      "  fromat: json\n"
                      "body: { max: many }\n"
                      "sentry: { url: 'http://sentry.io' }\n"
                      "grants:\n"
                      "  - organisation: acme\n")
        done = run("check", "--config", path)
        assert done.returncode == 2 and done.stdout == ""
        for place, *words in ((":2:1:", "lisen", "listen"), (":4:10:", "log.level"),
                              (":5:3:", "log.fromat", "format"), (":6:14:", "body.max"),
                              (":7:16:", "sentry.url", "https"),
                              (":9:5:", "grants[0].organisation", "organization")):
            found = [line for line in done.stderr.splitlines() if f"{path}{place}" in line]
            assert found, f"{place} in\n{done.stderr}"
            assert all(word in found[0] for word in words), found[0]

    def test_serve_refuses_a_bad_file_the_same_way(self, config):
        path = config("lisen: 1\n")
        check, serve = (run(c, "--config", path) for c in ("check", "serve"))
        assert serve.returncode == check.returncode == 2
        assert f"{path}:1:1:" in serve.stderr

    @pytest.mark.parametrize("text", ["", "[]", "a: [", "\t", "a: b: c", "\x00", "grants: []",
                                      "x" * 2_000_000, "grants: &a [*a]\n", "[" * 100])
    def test_odd_files_are_refused(self, config, text):
        done = run("check", "--config", config(text))
        assert done.returncode == 2 and done.stderr.strip()

    def test_environment_values(self, config, folder):
        text = json.dumps(minimal(folder)).replace('"acme"', '"${ORG:-fallback}"')
        path = config(text)
        for env, name in (({}, "fallback"), ({"ORG": "acme"}, "acme")):
            done = run("show", "--config", path, env=clean_environment(**env))
            assert done.returncode == 0 and name in done.stdout

    def test_an_unset_variable_is_a_fault(self, config, folder):
        done = run("check", "--config", config(json.dumps(minimal(folder)).replace(
            '"acme"', '"${NO_SUCH_NAME}"')))
        assert done.returncode == 2 and "NO_SUCH_NAME" in done.stderr

    def test_an_unknown_environment_key_is_a_fault(self, config, folder):
        path = config(minimal(folder))
        done = run("check", "--config", path, env=clean_environment(POSTERN_LOG_LEVL="debug"))
        assert done.returncode == 2 and "POSTERN_LOG_LEVL" in done.stderr

    @pytest.mark.parametrize("listen", ["0.0.0.0:7979", "[::]:7979", "192.0.2.1:7979"])
    def test_a_remote_address_must_be_meant(self, config, folder, listen):
        done = run("check", "--config", config(minimal(folder, listen=listen)))
        assert done.returncode == 2 and "allow_remote" in done.stderr
        meant = [{"address": listen, "allow_remote": True}]
        assert run("check", "--config", config(minimal(folder, listen=meant))).returncode == 0


class TestShow:
    def test_secrets_are_masked_and_origins_named(self, config, folder):
        path = config(minimal(folder, client={"id": "my-id", "secret": "s3cr3t-value"},
                              sentry={"egress_proxy": "http://user:pr0xy-pw@127.0.0.1:1"}))
        done = run("show", "--config", path, env=clean_environment(POSTERN_LOG_LEVEL="warn"))
        assert done.returncode == 0, done.stderr
        assert "s3cr3t-value" not in done.stdout + done.stderr
        assert "pr0xy-pw" not in done.stdout + done.stderr
        assert "my-id" in done.stdout
        lines = done.stdout.splitlines()
        assert any("warn" in line and "POSTERN_LOG_LEVEL" in line for line in lines)
        assert any("acme" in line and "postern.yaml" in line for line in lines)
        assert any("default" in line for line in lines)

    def test_precedence(self, config, folder):
        path = config(minimal(folder, log={"level": "error"}))
        env = clean_environment(POSTERN_LOG_LEVEL="warn")
        assert "error" in run("show", "--config", path).stdout
        assert "warn" in run("show", "--config", path, env=env).stdout


class TestLogin:
    ANSWER = {"access_token": TOKEN, "refresh_token": "b" * 64, "expires_in": 2591999,
              "expires_at": None, "token_type": "Bearer", "scope": "org:read project:read",
              "user": {"id": "7", "name": "Jane", "email": "jane@example.com"}}

    def login(self, path, answer, *args, stdin=True, folder=None):
        text = answer if isinstance(answer, str) else json.dumps(answer)
        if stdin:
            return run("login", "--config", path, "--import", "-", *args, stdin=text.encode())
        source = folder / "answer.json"
        source.write_text(text)
        return run("login", "--config", path, "--import", source, *args)

    @pytest.mark.parametrize("stdin", [True, False])
    def test_import(self, config, folder, stdin):
        done = self.login(config(minimal(folder)), self.ANSWER, stdin=stdin, folder=folder)
        assert done.returncode == 0, done.stderr
        stored = folder / "store" / "acme.json"
        assert stored.stat().st_mode & 0o777 == 0o600
        assert stored.parent.stat().st_mode & 0o777 == 0o700
        content = json.loads(stored.read_text())
        assert content["access_token"] == TOKEN and content["version"] == 1
        assert content["scopes"] == ["org:read", "project:read"]
        assert TOKEN not in done.stdout + done.stderr
        assert "unverified" in done.stderr and "run: postern doctor --config /" in done.stderr

    def test_the_imported_grant_is_served(self, config, folder, start, upstream):
        postern = start(upstream, grants=(), config={"grants": [{"organization": "acme"}]})
        assert postern.get().code == "grant_missing"
        assert self.login(postern.config_path, self.ANSWER).returncode == 0
        eventually(lambda: postern.get().status == 200, "the running postern adopts the grant")

    @pytest.mark.parametrize("answer", [
        "", "{}", "[]", "nonsense", '{"access_token": ""}', '{"access_token": 5}',
        '{"access_token": "a\\nb", "token_type": "Bearer"}',
        '{"access_token": "aa", "token_type": "mac"}', '{"error": "invalid_grant"}', "x" * 100_000,
        "[" * 1000])
    def test_nonsense_changes_nothing(self, config, folder, answer):
        path = config(minimal(folder))
        assert self.login(path, self.ANSWER).returncode == 0
        before = (folder / "store" / "acme.json").read_bytes()
        done = self.login(path, answer)
        assert done.returncode == 1 and done.stderr.strip()
        assert (folder / "store" / "acme.json").read_bytes() == before

    def test_another_user_must_be_meant(self, config, folder):
        path = config(minimal(folder))
        assert self.login(path, self.ANSWER).returncode == 0
        other = dict(self.ANSWER, user={"id": "8", "name": "Joe", "email": "joe@example.com"})
        done = self.login(path, other)
        assert done.returncode == 1 and "--replace" in done.stderr
        assert self.login(path, other, "--replace").returncode == 0

    def test_which_grant_must_be_said_when_there_are_two(self, config, folder):
        two = minimal(folder, grants=[{"organization": "acme"}, {"organization": "beta"}])
        done = self.login(config(two), self.ANSWER)
        assert done.returncode in (1, 2)
        assert "acme" in done.stderr and "beta" in done.stderr

    def test_a_store_that_others_can_read_is_refused(self, start, upstream, folder):
        postern = start(upstream)
        stored = postern.store / "acme.json"
        for path, mode in ((stored, 0o644), (stored, 0o660)):
            path.chmod(mode)
            done = run("doctor", "--config", postern.config_path)
            assert done.returncode == 1
            assert str(stored) in done.stdout + done.stderr
        stored.chmod(0o600)
        postern.store.chmod(0o755)
        done = run("doctor", "--config", postern.config_path)
        assert done.returncode == 1 and str(postern.store) in done.stdout + done.stderr


class TestDoctor:
    def doctor(self, postern, **kwargs):
        return run("doctor", "--config", postern.config_path, **kwargs)

    def test_all_well(self, postern, upstream):
        upstream.default = lambda x: x.ok(b'{"slug": "acme", "id": "1", "name": "Acme"}')
        done = self.doctor(postern)
        assert done.returncode == 0, done.stdout + done.stderr
        assert TOKEN not in done.stdout + done.stderr

    def test_the_first_broken_link_is_named(self, start, upstream, authority, folder):
        nowhere = self.doctor(start("https://postern-test.invalid"))
        assert nowhere.returncode == 1 and "postern-test.invalid" in nowhere.stdout + nowhere.stderr
        untrusted = self.doctor(start(upstream, ca=None))
        assert untrusted.returncode == 1
        assert "certificate" in (untrusted.stdout + untrusted.stderr).lower()
        upstream.default = lambda x: x.ok(b'{"detail": "Invalid token"}', "401 Unauthorized")
        refused = self.doctor(start(upstream))
        assert refused.returncode == 1 and "token" in (refused.stdout + refused.stderr).lower()
        for done in (nowhere, untrusted, refused):
            assert TOKEN not in done.stdout + done.stderr

    def test_a_missing_grant_names_the_login(self, start, upstream):
        postern = start(upstream, grants=(), config={"grants": [{"organization": "acme"}]})
        done = self.doctor(postern)
        assert done.returncode == 1 and "login" in done.stdout + done.stderr


class TestRun:
    SHOW = ["--", sys.executable, "-c",
            "import os, json; print(json.dumps({k: v for k, v in os.environ.items() "
            "if k.startswith('SENTRY')}))"]

    def test_the_command_finds_postern(self, postern):
        done = run("run", "--config", postern.config_path, *self.SHOW)
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        assert seen["SENTRY_URL"].rstrip("/") in (postern.url, f"http://localhost:{postern.port}")
        assert seen["SENTRY_AUTH_TOKEN"]
        assert not seen["SENTRY_AUTH_TOKEN"].startswith("sntrys_")
        assert TOKEN not in done.stdout

    @pytest.mark.parametrize("code", [0, 1, 7])
    def test_the_commands_exit_code_is_passed_on(self, postern, code):
        done = run("run", "--config", postern.config_path, "--", "sh", "-c", f"exit {code}")
        assert done.returncode == code

    def test_a_command_that_is_not_there(self, postern):
        done = run("run", "--config", postern.config_path, "--", "no-such-command")
        assert done.returncode != 0 and "no-such-command" in done.stderr

    def test_without_a_running_postern(self, config, folder):
        done = run("run", "--config", config(minimal(folder)), *self.SHOW)
        assert done.returncode == 1 and "serve" in done.stderr


class TestWithoutAConfiguration:
    """--admin says whom to ask; no file is needed for that."""

    def test_what_asks_the_instance(self, postern):
        admin = ("--admin", postern.admin_address)
        for command in (["status"], ["status", "--json"], ["healthcheck", "--live"], ["wait"],
                        ["explain", "GET", "organizations/acme/issues/", "--grant", "acme"]):
            done = run(*command, *admin)
            assert (done.returncode, done.stderr) == (0, ""), (command, done.stderr)
        assert "acme" in run("status", *admin).stdout
        unknown = run("explain", "GET", "organizations/acme/", "--grant", "beta", *admin)
        assert unknown.returncode == 1 and "no such grant; there are: acme" in unknown.stderr

    def test_nobody_there_is_1(self):
        for command in (["status"], ["healthcheck"], ["wait", "--timeout", "100ms"]):
            done = run(*command, "--admin", "127.0.0.1:1")
            assert done.returncode == 1 and "nothing answers at 127.0.0.1:1" in done.stderr

    def test_shutdown_takes_the_token_from_a_file(self, postern, folder):
        admin = ("--admin", postern.admin_address)
        env = clean_environment(STATE_DIRECTORY=folder / "elsewhere")
        done = run("shutdown", *admin, env=env)
        assert done.returncode == 1 and "--token-file FILE" in done.stderr, done.stderr
        wrong = folder / "wrong.token"
        wrong.write_text("0" * 64 + "\n")
        wrong.chmod(0o600)
        done = run("shutdown", *admin, "--token-file", wrong, env=env)
        assert done.returncode == 1 and "--token-file FILE" in done.stderr, done.stderr
        done = run("shutdown", *admin, "--token-file", postern.store / "admin.token", env=env)
        assert done.returncode == 0, done.stderr
        assert postern.wait() == 0


def test_a_bad_delay_is_blamed_on_the_flag_that_was_typed(config, folder):
    done = run("serve", "--config", config(minimal(folder)), "--min-sigterm-delay", "3")
    assert done.returncode == 2
    assert done.stderr.startswith("--min-sigterm-delay: drain.delay: "), done.stderr


def test_tokens_are_in_no_argument_or_environment(postern):
    for name in ("cmdline", "environ"):
        with open(f"/proc/{postern.pid}/{name}", "rb") as file:
            assert TOKEN.encode() not in file.read()


def test_a_store_that_others_can_read_is_never_used(start, upstream, folder):
    """Postern either does not start or answers 503; it says which path, and sends no token."""
    store = folder / "open-store"
    write_grant(store, sentry=upstream.url)
    os.chmod(store, 0o777)
    postern = start(upstream, grants=(), wait=False,
                    config={"store": {"path": str(store)}, "grants": [{"organization": "acme"}]})
    eventually(lambda: not postern.is_running or postern.runtime(), "it starts or ends")
    if postern.is_running:
        assert postern.get().status == 503
    postern.eventually_logs(str(store))
    assert upstream.requests == []
