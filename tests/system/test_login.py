"""Logging in: in a browser, by pasting, on a device; and what follows: status, serve, logout."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
from support.processes import Postern, binary, clean_environment, has_binary, merge, run
from support.waiting import bound, eventually

pytestmark = pytest.mark.skipif(not has_binary("postern-sandbox"), reason="no postern-sandbox")

SCOPES = ["org:read", "project:read", "event:read"]


@pytest.fixture
def sandbox(sandbox):
    sandbox.control("oauth", {"auto_approve": 1})
    return sandbox


@pytest.fixture
def configure(folder, sandbox):
    """configure(changes) writes a configuration for the sandbox and returns its path."""
    def write(changes=None, grant=None):
        settings = merge({
            "listen": "127.0.0.1:0", "runtime_file": str(folder / "runtime"),
            "sentry": {"url": sandbox.url, "ca_file": str(sandbox.ca)},
            "store": {"path": str(folder / "store")},
            "client": {"id": "sandbox-client", "secret": "sandbox-secret"},
            "grants": [{"organization": "acme", "scopes": SCOPES} | (grant or {})],
        }, changes)
        settings["grants"] = [{k: v for k, v in one.items() if v is not None}
                              for one in settings["grants"]]
        path = folder / "postern.yaml"
        path.write_text(json.dumps(settings))
        return path
    return write


class Login:
    """A `postern login` under way."""

    def __init__(self, folder, config, *args, env=None):
        self.out_path, self.err_path = folder / "login.out", folder / "login.err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                [binary(), "login", "--config", config, *args], stdin=subprocess.PIPE, stdout=out,
                stderr=err, env=env or clean_environment())

    @property
    def out(self):
        return self.out_path.read_text()

    @property
    def err(self):
        return self.err_path.read_text()

    def address(self):
        """What a person would open."""
        def printed():
            assert self.process.poll() is None, self.err
            return re.search(r"^  (https://\S+/oauth/\S+)$", self.out, re.M)
        return eventually(printed, "the address to open")[1]

    def user_code(self):
        return eventually(lambda: re.search(r"^  ([A-Z]{4}-[A-Z]{4})$", self.out, re.M),
                          "the code to enter")[1]

    def type(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, seconds=30):
        return self.process.wait(bound(seconds))

    def end(self):
        self.process.stdin.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def login(folder):
    started = []

    def start(config, *args, **options):
        started.append(Login(folder, config, *args, **options))
        return started[-1]

    yield start
    for one in started:
        one.end()


class Browser:
    """Opens addresses as a browser would; no proxy, no cookies."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    def __init__(self, sandbox):
        context = ssl.create_default_context(cafile=str(sandbox.ca))
        https = urllib.request.HTTPSHandler(context=context)
        nothing = urllib.request.ProxyHandler({})
        self.following = urllib.request.build_opener(nothing, https)
        self.staying = urllib.request.build_opener(nothing, https, self.Stay)

    def open(self, url, data=None, follow=True):
        """(status, body, headers)"""
        opener = self.following if follow else self.staying
        try:
            with opener.open(url, data=data, timeout=bound(20)) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers

    def leads_to(self, url, data=None):
        """Where the page's redirect leads, without going there."""
        status, body, headers = self.open(url, data, follow=False)
        assert status in (302, 303), body
        return headers["Location"]


@pytest.fixture
def browser(sandbox):
    return Browser(sandbox)


def stored(folder, name="acme"):
    path = folder / "store" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def has_no_token(folder, *texts):
    grant = stored(folder)
    for text in texts:
        assert grant["access_token"] not in text and grant["refresh_token"] not in text


def parameters(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


class TestInTheBrowser:
    def test_from_consent_to_a_stored_grant(self, folder, configure, login, browser):
        one = login(configure())
        url = one.address()
        asked = parameters(url)
        assert asked["scope"] == " ".join(SCOPES) and asked["code_challenge_method"] == "S256"
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/oauth/callback", asked["redirect_uri"])
        status, page, headers = browser.open(url)
        assert status == 200 and "authorized Postern" in page
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert one.wait() == 0, one.err
        grant = stored(folder)
        assert grant["generation"] == 1 and grant["refresh_token"] and grant["kind"] == "oauth"
        assert grant["organization"]["slug"] == "acme" and grant["organization"]["id"].isdigit()
        for told in ("user:", "organization: acme (id", "expires:", "scopes: "):
            assert told in one.out
        has_no_token(folder, one.out, one.err, page)

    def test_the_token_works_and_serve_adopts_it(self, folder, configure, login, browser, sandbox):
        config = configure()
        settings = {k: v for k, v in json.loads(config.read_text()).items()
                    if k in ("client", "grants")}
        with Postern(folder / "p", sandbox.url, ca=sandbox.ca, grants=(), config=settings) as postern:
            assert postern.get("/api/0/organizations/acme/").status == 503
            one = login(postern.config_path)
            browser.open(one.address())
            assert one.wait() == 0, one.err
            eventually(lambda: postern.get("/api/0/organizations/acme/").status == 200,
                       "serve has adopted the login")

    def test_a_public_client_needs_no_secret(self, folder, configure, login, browser):
        one = login(configure({"client": {"id": "sandbox-public", "secret": ""}}))
        browser.open(one.address())
        assert one.wait() == 0, one.err
        assert stored(folder)["access_token"]

    def test_basic_authentication_of_the_client(self, folder, configure, login, browser):
        one = login(configure({"client": {"auth": "basic"}}))
        browser.open(one.address())
        assert one.wait() == 0, one.err

    def test_a_wrong_state_is_refused_and_the_right_one_still_works(self, folder, configure, login,
                                                                    browser):
        one = login(configure())
        url = one.address()
        callback = browser.leads_to(url)
        wrong = callback.replace("state=" + parameters(callback)["state"], "state=another")
        status, page, _ = browser.open(wrong)
        assert status == 400 and "another login" in page
        assert "wrong state" in eventually(lambda: one.err, "a message")
        assert stored(folder) is None and one.process.poll() is None
        assert browser.open(callback)[0] == 200
        assert one.wait() == 0, one.err

    def test_a_second_callback_is_not_taken(self, folder, configure, login, browser, sandbox):
        one = login(configure())
        callback = browser.leads_to(one.address())
        sandbox.control("latency", {"path": "/oauth/token/", "ms": 1500})
        port = urllib.parse.urlsplit(callback).port
        with socket.create_connection(("127.0.0.1", port), bound(10)) as first:
            target = callback[callback.index("/oauth/callback"):]
            first.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            eventually(lambda: "/oauth/token/" in str(sandbox.control("requests")) or
                       sandbox.control("state")["by_path"].get("/oauth/token/"), "exchanging")
            status, page, _ = browser.open(callback)
            assert status == 409 and "already" in page
            assert b"authorized Postern" in first.makefile("rb").read()
        assert one.wait() == 0, one.err
        assert "second answer" in one.err

    def test_other_requests_to_the_listener_get_nothing(self, configure, login, browser):
        one = login(configure())
        redirect = parameters(one.address())["redirect_uri"]
        base = redirect.removesuffix("/oauth/callback")
        assert browser.open(base + "/")[0] == 404
        assert browser.open(redirect)[0] == 400
        assert browser.open(redirect, data=b"code=x")[0] == 405
        port = urllib.parse.urlsplit(base).port
        assert browser.open(f"http://localhost:{port}/oauth/callback?code=a")[0] == 421
        assert one.process.poll() is None

    def test_denied_consent(self, folder, configure, login, browser, sandbox):
        sandbox.control("oauth", {"auto_approve": 0})
        one = login(configure())
        url = one.address()
        _, page, _ = browser.open(url)
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        form = urllib.parse.urlencode({**fields, "op": "deny"}).encode()
        status, page, _ = browser.open(url, data=form)
        assert status == 200 and "access_denied" in page
        assert one.wait() == 1
        assert one.err.strip() and stored(folder) is None

    def test_a_scope_that_sentry_refuses_is_explained(self, folder, configure, login, browser):
        # What the application may not ask for comes back as an error in the redirect.
        one = login(configure())
        callback = parameters(one.address())
        answer = urllib.parse.urlencode({"error": "invalid_scope", "state": callback["state"]})
        status, page, _ = browser.open(f"{callback['redirect_uri']}?{answer}")
        assert status == 200 and "invalid_scope" in page
        assert one.wait() == 1
        assert "scope" in one.err and stored(folder) is None

    def test_a_refused_code_is_explained(self, folder, configure, login, browser, sandbox):
        one = login(configure())
        sandbox.control("answer", {"path": "/oauth/token/", "kind": "oauth",
                                   "error": "invalid_grant"})
        status, page, _ = browser.open(one.address())
        assert status == 502 and "Nothing was stored" in page
        assert one.wait() == 1
        assert "no token" in one.err and stored(folder) is None

    def test_a_wrong_client_secret_is_explained(self, folder, configure, login, browser):
        one = login(configure({"client": {"secret": "wrong-canary"}}))
        browser.open(one.address())
        assert one.wait() == 1
        assert "client" in one.err and "canary" not in one.out + one.err
        assert stored(folder) is None

    def test_time_runs_out(self, folder, configure, login, browser):
        one = login(configure(), "--timeout", "1s")
        callback = browser.leads_to(one.address())
        eventually(lambda: "nobody answered" in one.err, "the time is over")
        status, page, _ = browser.open(callback)
        assert status == 410 and "Too late" in page
        assert one.wait() == 1
        assert "--timeout" in one.err and stored(folder) is None

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ctrl_c_leaves_nothing_behind(self, folder, configure, login, number):
        one = login(configure())
        port = urllib.parse.urlsplit(parameters(one.address())["redirect_uri"]).port
        one.process.send_signal(number)
        assert one.wait() == 1
        assert "interrupted" in one.err
        assert os.listdir(folder / "store") == []
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), bound(5)).close()

    def test_an_exact_redirect_uri(self, folder, configure, login, browser):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        uri = f"http://localhost:{port}/oauth/callback"
        one = login(configure(), "--redirect-uri", uri)
        url = one.address()
        assert parameters(url)["redirect_uri"] == uri
        assert browser.open(url)[0] == 200
        assert one.wait() == 0, one.err

    @pytest.mark.parametrize("uri", ["https://127.0.0.1/x", "http://example.com:80/x",
                                     "http://127.0.0.1:0/x", "http://127.0.0.1:8765"])
    def test_a_redirect_uri_that_nobody_could_answer(self, configure, uri):
        done = run("login", "--config", configure(), "--redirect-uri", uri)
        assert done.returncode == 1 and "--redirect-uri" in done.stderr

    def test_the_browser_is_opened_where_there_is_one(self, folder, configure, login):
        tool = folder / "xdg-open"
        tool.write_text(f'#!/bin/sh\necho "$1" > {folder}/opened\nenv > {folder}/env\n')
        tool.chmod(0o755)
        env = clean_environment(DISPLAY=":99", POSTERN_CLIENT_SECRET="canary",
                                PATH=f"{folder}:{os.environ['PATH']}")
        one = login(configure(), env=env)
        url = one.address()
        eventually(lambda: (folder / "env").exists() and (folder / "env").read_text(), "it opened")
        assert (folder / "opened").read_text().strip() == url
        assert "canary" not in (folder / "env").read_text()

    def test_two_logins_at_once_are_two_generations(self, folder, configure, browser):
        config = configure()
        logins = []
        for name in ("a", "b"):
            (folder / name).mkdir()
            logins.append(Login(folder / name, config))
        try:
            for one in logins:
                assert browser.open(one.address())[0] == 200
            assert [one.wait() for one in logins] == [0, 0]
        finally:
            for one in logins:
                one.end()
        assert stored(folder)["generation"] == 2


class TestPasted:
    def test_the_final_address(self, folder, configure, login, browser):
        one = login(configure(), "--no-browser")
        url = one.address()
        assert parameters(url)["redirect_uri"] == "http://127.0.0.1/oauth/callback"
        one.type(browser.leads_to(url))
        assert one.wait() == 0, one.err
        assert stored(folder)["generation"] == 1
        has_no_token(folder, one.out, one.err)

    def test_the_code_alone_and_a_second_try(self, folder, configure, login, browser):
        one = login(configure(), "--no-browser")
        code = parameters(browser.leads_to(one.address()))["code"]
        one.type("what is wanted here?!/")
        eventually(lambda: "try again" in one.err, "it asks again")
        one.type("  " + code + " ")
        assert one.wait() == 0, one.err

    def test_an_address_of_another_login(self, folder, configure, login, browser):
        one = login(configure(), "--no-browser")
        one.address()
        one.type("http://127.0.0.1/oauth/callback?code=abc&state=another")
        assert one.wait() == 1
        assert "another login" in one.err and stored(folder) is None

    def test_an_error_in_the_address(self, folder, configure, login, browser):
        one = login(configure(), "--no-browser")
        state = parameters(one.address())["state"]
        one.type(f"http://127.0.0.1/oauth/callback?error=access_denied&state={state}")
        assert one.wait() == 1
        assert one.err.strip() and stored(folder) is None

    def test_nobody_types(self, folder, configure, login):
        one = login(configure(), "--no-browser", "--timeout", "1s")
        assert one.wait() == 1 and "in time" in one.err
        done = run("login", "--config", configure(), "--no-browser")
        assert done.returncode == 1 and "has ended" in done.stderr
        assert stored(folder) is None


class TestOnADevice:
    @pytest.fixture(autouse=True)
    def quick(self, sandbox):
        sandbox.control("oauth", {"auto_approve": 0, "device_interval": 1})

    def test_approved(self, folder, configure, login, sandbox):
        one = login(configure(), "--device")
        code = one.user_code()
        assert f"{sandbox.url}/oauth/device/" in one.out
        sandbox.control("device", {"user_code": code, "op": "approve"})
        assert one.wait() == 0, one.err
        assert stored(folder)["organization"]["id"].isdigit()
        has_no_token(folder, one.out, one.err)

    def test_denied(self, folder, configure, login, sandbox):
        one = login(configure(), "--device")
        sandbox.control("device", {"user_code": one.user_code(), "op": "deny"})
        assert one.wait() == 1
        assert one.err.strip() and stored(folder) is None

    def test_told_to_slow_down(self, folder, configure, login, sandbox):
        sandbox.control("answer", {"path": "/oauth/token/", "kind": "oauth", "error": "slow_down"})
        one = login(configure(), "--device")
        sandbox.control("device", {"user_code": one.user_code(), "op": "approve"})
        assert one.wait() == 0, one.err
        polls = [r["at_ms"] for r in requests_of(sandbox) if r["target"] == "/oauth/token/"]
        assert len(polls) == 2 and polls[1] - polls[0] >= 5900

    def test_a_busy_sentry_is_asked_again(self, folder, configure, login, sandbox):
        sandbox.control("answer", {"path": "/oauth/token/", "status": 503})
        one = login(configure(), "--device")
        sandbox.control("device", {"user_code": one.user_code(), "op": "approve"})
        assert one.wait() == 0, one.err

    def test_the_code_expires(self, folder, configure, login, sandbox):
        sandbox.control("oauth", {"device_lifetime": 2})
        one = login(configure(), "--device")
        assert one.wait() == 1
        assert "Run the login again" in one.err and stored(folder) is None

    def test_a_sentry_without_it(self, configure, login, sandbox):
        sandbox.control("answer", {"path": "/oauth/device/code/", "kind": "html", "status": 404})
        one = login(configure(), "--device")
        assert one.wait() == 1 and "--no-browser" in one.err

    def test_ctrl_c(self, folder, configure, login):
        one = login(configure(), "--device")
        one.user_code()
        one.process.send_signal(signal.SIGINT)
        assert one.wait() != 0
        assert os.listdir(folder / "store") == []


def requests_of(sandbox):
    answer = sandbox.control("requests")
    return answer["requests"] if isinstance(answer, dict) else answer


class TestWhatIsAskedFor:
    @pytest.mark.parametrize("scopes, words", [
        (["org:raed"], "did you mean org:read?"), (["org:ci"], "kind static"), ([], "scopes"),
        (["org:read,event:read"], "not a scope"), (["event:read"], "org:read is missing")])
    def test_scopes_that_cannot_be_granted(self, configure, scopes, words):
        done = run("login", "--config", configure(grant={"scopes": scopes}))
        assert done.returncode == 2 and words in done.stderr and not done.stdout

    def test_superfluous_scopes_are_mentioned(self, configure, login, browser):
        one = login(configure(grant={"scopes": ["org:read", "project:read", "project:write"]}))
        browser.open(one.address())
        assert one.wait() == 0
        assert "project:write contains project:read" in one.err

    def test_fewer_scopes_than_asked_is_said(self, configure, login, browser, sandbox):
        sandbox.control("answer", {"path": "/oauth/token/", "kind": "field", "name": "scope",
                                   "value": '"org:read"'})
        one = login(configure())
        browser.open(one.address())
        assert one.wait() == 0
        assert "missing: project:read event:read" in one.err

    def test_no_application(self, configure):
        done = run("login", "--config", configure({"client": {"id": ""}}))
        assert done.returncode == 2 and "client.id" in done.stderr

    def test_an_organization_that_the_user_does_not_see(self, folder, configure, login, browser):
        one = login(configure(grant={"organization": "umbrella"}))
        browser.open(one.address())
        assert one.wait() == 1
        assert "it reaches: acme, globex" in one.err and stored(folder, "umbrella") is None

    def test_a_token_bound_to_another_organization(self, folder, configure, login, browser, sandbox):
        sandbox.control("oauth", {"org_scoped": 1})
        one = login(configure(grant={"organization": "globex"}))
        browser.open(one.address())
        assert one.wait() == 1
        assert "globex" in one.err and stored(folder, "globex") is None

    def test_a_token_bound_to_the_right_one(self, folder, configure, login, browser, sandbox):
        sandbox.control("oauth", {"org_scoped": 1})
        one = login(configure())
        browser.open(one.address())
        assert one.wait() == 0, one.err

    def test_nobody_is_asked_for_what_could_not_be_kept(self, folder, configure, sandbox):
        config = configure()
        self.imported(config, sandbox)
        (folder / "store" / "acme.json").write_text('{"version": 1, ')
        done = run("login", "--config", config)
        assert done.returncode == 1 and "--replace" in done.stderr and not done.stdout
        told = run("status", "--config", config, "--admin", "127.0.0.1:1").stdout
        assert f"postern login --config {config} --grant acme --replace" in told

    def test_another_user_needs_replace(self, folder, configure, login, browser):
        config = configure()
        imported = json.dumps({"access_token": "a", "user": {"id": "999", "name": "x"}})
        assert run("login", "--config", config, "--import", "-", "--no-verify",
                   stdin=imported.encode()).returncode == 0
        one = login(config)
        browser.open(one.address())
        assert one.wait() == 1 and "--replace" in one.err
        assert stored(folder)["access_token"] == "a"
        one = login(config, "--replace")
        browser.open(one.address())
        assert one.wait() == 0 and stored(folder)["generation"] == 2

    def imported(self, config, sandbox, *args, **changes):
        answer = sandbox.control("grants", {"scope": " ".join(SCOPES)}) | changes
        return run("login", "--config", config, "--import", "-", *args,
                   stdin=json.dumps(answer).encode())

    def test_an_import_is_verified_like_any_login(self, folder, configure, sandbox):
        done = self.imported(configure(), sandbox)
        assert done.returncode == 0, done.stderr
        assert stored(folder)["organization"]["id"].isdigit() and not done.stderr
        assert "organization: acme (id" in done.stdout

    def test_an_import_that_reaches_another_organization_is_refused(self, folder, configure,
                                                                    sandbox):
        config = configure(grant={"organization": "umbrella"})
        done = self.imported(config, sandbox)
        assert done.returncode == 1 and "it reaches: acme, globex" in done.stderr
        assert stored(folder, "umbrella") is None
        assert self.imported(config, sandbox, "--no-verify").returncode == 0
        assert stored(folder, "umbrella")["access_token"]

    def test_an_import_of_a_dead_token_is_refused(self, folder, configure, sandbox):
        done = self.imported(configure(), sandbox, access_token="0" * 64)
        assert done.returncode == 1 and "401" in done.stderr and stored(folder) is None

    def test_an_import_without_sentry_is_stored_and_said(self, folder, configure, sandbox):
        config = configure()
        answer = sandbox.control("grants", {})
        sandbox.end()
        done = run("login", "--config", config, "--import", "-", stdin=json.dumps(answer).encode())
        assert done.returncode == 0
        assert f"postern doctor --config {config} --grant acme" in done.stderr
        assert stored(folder)["access_token"] == answer["access_token"]

    def test_other_kinds_are_told_what_to_do(self, folder, configure):
        static = {"kind": "static", "token": "t", "scopes": None}
        done = run("login", "--config", configure({"client": {"id": "", "secret": ""}}, static))
        assert done.returncode == 2 and "static" in done.stderr
        integration = {"kind": "integration", "scopes": None,
                       "installation": "00000000-0000-4000-8000-000000000001"}
        done = run("login", "--config", configure(grant=integration))
        assert done.returncode == 2 and "installation" in done.stderr


class TestAfterwards:
    @pytest.fixture
    def config(self, configure, login, browser):
        path = configure()
        one = login(path)
        browser.open(one.address())
        assert one.wait() == 0, one.err
        return path

    def test_status_of_the_store(self, folder, config):
        done = run("status", "--config", config, "--admin", "127.0.0.1:1")
        assert done.returncode == 0 and "this is what the store says" in done.stderr
        assert re.search(r"^acme: fresh$", done.stdout, re.M)
        for label in ("user", "organization", "scopes", "expires", "store"):
            assert re.search(rf"^  {label} ", done.stdout, re.M), done.stdout
        has_no_token(folder, done.stdout, done.stderr)

    def test_status_as_json(self, folder, config):
        done = run("status", "--json", "--config", config, "--admin", f"unix:{folder}/absent")
        told = json.loads(done.stdout)
        grant = told["grants"][0]
        assert not told["running"] and grant["name"] == "acme" and grant["state"] == "fresh"
        assert grant["expires_in_s"] > 2_000_000 and grant["generation"] == 1
        assert grant["organization"]["id"].isdigit() and not grant["needs_person"]
        has_no_token(folder, done.stdout)

    def test_logout_wipes_and_says_what_remains(self, folder, config):
        done = run("logout", "--config", config)
        assert done.returncode == 0, done.stderr
        assert "no way to revoke" in done.stdout and "Authorized Applications" in done.stdout
        assert os.listdir(folder / "store") == ["acme.lock"]
        again = run("logout", "--config", config)
        assert again.returncode == 0 and "there is no token" in again.stdout
        status = run("status", "--config", config, "--admin", "127.0.0.1:1")
        assert status.returncode == 1
        assert f"run: postern login --config {config} --grant acme" in status.stdout

    def test_status_without_a_store_makes_none(self, folder, configure):
        path = configure({"store": {"path": str(folder / "nowhere")}})
        done = run("status", "--config", path, "--admin", "127.0.0.1:1")
        assert done.returncode == 1 and "missing" in done.stdout
        assert not (folder / "nowhere").exists()

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
    def test_root_logs_in_for_a_service_of_another_user(self, folder, configure, login, browser):
        path = configure()
        os.mkdir(folder / "store", 0o700)
        os.chown(folder / "store", 65534, 65534)
        one = login(path)
        browser.open(one.address())
        assert one.wait() == 0, one.err
        for name in os.listdir(folder / "store"):
            found = os.stat(folder / "store" / name)
            assert (found.st_uid, found.st_mode & 0o777) == (65534, 0o600), name
