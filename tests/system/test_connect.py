"""Connecting a grant from the status page, by plain HTTP: the form, Sentry's consent, the way back.
A browser does it in test_connect_browser.py."""

import html
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

import pytest
from support.http_wire import fetch
from support.processes import Postern, has_binary, run, write_grant
from support.sandboxed import CLIENT, ECHO
from support.waiting import bound, eventually

pytestmark = pytest.mark.skipif(not has_binary("postern-sandbox"), reason="no postern-sandbox")

LINK = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document")]


def start_postern(folder, sandbox, **config):
    config = {"client": CLIENT, "grants": [{"organization": "acme"}]} | config
    return Postern(folder / "postern", sandbox.url, ca=sandbox.ca, grants=(), config=config)


@pytest.fixture
def postern(folder, sandbox):
    with start_postern(folder, sandbox) as running:
        yield running


class Browser:
    """What a browser keeps and says of itself, as far as Postern looks at it."""

    def __init__(self, postern, sandbox):
        self.postern, self.sandbox = postern, sandbox
        self.host = f"127.0.0.1:{postern.admin_port}"
        self.cookies = {}  # name -> (path, value)

    def request(self, method, target, headers=(), body=None):
        path = target.partition("?")[0]
        kept = [f"{name}={value}" for name, (at, value) in self.cookies.items()
                if path.startswith(at)]
        headers = [*headers, *([("Cookie", "; ".join(kept))] if kept else [])]
        answer = fetch(self.postern.admin_port, method, target, headers, body, self.host)
        for field in answer.fields.all("Set-Cookie"):
            assert "HttpOnly" in field and "SameSite=Lax" in field
            name, _, value = field.partition(";")[0].partition("=")
            self.cookies[name] = (re.search(r"Path=([^;]+)", field)[1], value)
        return answer

    def open(self, target, headers=()):
        return self.request("GET", target, headers)

    def enter(self):
        """Opens the address that `postern status` prints."""
        token = (self.postern.store / "admin.token").read_text().strip()
        answer = self.open(f"/?token={token}", [("Sec-Fetch-Site", "none")])
        assert (answer.status, answer.fields.get("Location")) == (303, "/")
        assert answer.fields.get("Referrer-Policy") == "no-referrer"
        assert all(token not in value for _, value in self.cookies.values())

    def page(self):
        return html.unescape(self.open("/").body.decode())

    def form_token(self):
        return re.search(r'name="token" value="([^"]+)"', self.page())[1]

    def submit(self, target, fields, headers=None):
        own = [("Origin", f"http://{self.host}"), ("Sec-Fetch-Site", "same-origin"),
               ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
        return self.request("POST", target, (own if headers is None else headers) +
                            [("Content-Type", "application/x-www-form-urlencoded")],
                            urllib.parse.urlencode(fields).encode())

    def press_connect(self, **fields):
        """Sentry's address that the form leads to."""
        answer = self.submit("/connect", {"grant": "acme", "scopes": "org:read event:read",
                                          "token": self.form_token()} | fields)
        assert answer.status == 303, answer.body
        return answer.fields.get("Location")

    def consent(self, url, op="approve"):
        """Answers Sentry's page: where it leads back to, without our host."""
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), Stay,
            urllib.request.HTTPSHandler(context=ssl.create_default_context(
                cafile=str(self.sandbox.ca))))

        def ask(data=None):
            try:
                return opener.open(url, data=data, timeout=bound(20))
            except urllib.error.HTTPError as error:
                return error
        answer = ask()
        if answer.status == 200:  # else all of it has been consented to before
            fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', answer.read().decode()))
            fields = {name: html.unescape(value) for name, value in fields.items()} | {"op": op}
            answer = ask(urllib.parse.urlencode(fields).encode())
        back = answer.headers["Location"]
        assert back.startswith(f"http://{self.host}/oauth/callback?"), back
        return back.removeprefix(f"http://{self.host}")

    def connect(self, **fields):
        return self.open(self.consent(self.press_connect(**fields)), LINK)


@pytest.fixture
def browser(postern, sandbox):
    one = Browser(postern, sandbox)
    one.enter()
    return one


def exchanges(sandbox):
    return sandbox.control("state")["by_path"].get("/oauth/token/", 0)


def stored(postern):
    path = postern.store / "acme.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_from_the_form_to_a_grant_in_use(postern, browser, sandbox):
    assert postern.get(ECHO).status == 503
    url = browser.press_connect()
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    assert url.startswith(sandbox.url + "/oauth/authorize/?")
    assert asked["scope"] == "event:read org:read" and asked["code_challenge_method"] == "S256"
    answer = browser.open(browser.consent(url), LINK)
    assert (answer.status, answer.fields.get("Location")) == (303, "/#connect")
    assert postern.get(ECHO).status == 200, "it is in use at once"
    grant = stored(postern)
    assert grant["generation"] == 1 and grant["organization"]["id"].isdigit()
    page = browser.page()
    assert f"Connected as {grant['user']['name']}" in page and "Connect again" in page
    assert f"curl http://127.0.0.1:{postern.port}/api/0/organizations/acme/" in page
    for text in (page, postern.log):
        assert grant["access_token"] not in text and grant["refresh_token"] not in text
    for secret in (asked["state"], *(value for _, value in browser.cookies.values())):
        assert secret not in postern.log


def test_a_test_call_goes_the_way_of_a_request(postern, browser, sandbox):
    browser.connect()
    fields = {"grant": "acme", "token": browser.form_token()}
    answer = browser.submit("/connect/test", fields)
    assert (answer.status, answer.fields.get("Location")) == (303, "/#connect")
    assert re.search(r"GET /api/0/organizations/acme/: 200 in \d", browser.page())
    eventually(lambda: [line["status"] for line in postern.access_lines()] == [200],
               "the log has it as any other")
    sandbox.control("revoke", {})
    browser.submit("/connect/test", fields)
    assert "What to do" in browser.page()
    assert "503" in browser.page()


def test_a_replayed_callback_does_nothing_twice(postern, browser, sandbox):
    back = browser.consent(browser.press_connect())
    assert browser.open(back, LINK).status == 303
    before = exchanges(sandbox)
    again = browser.open(back, LINK)
    assert again.status == 409 and b"Used already" in again.body
    assert exchanges(sandbox) == before and stored(postern)["generation"] == 1


def test_denied_consent_is_a_page_that_says_so(postern, browser, sandbox):
    answer = browser.open(browser.consent(browser.press_connect(), op="deny"), LINK)
    assert answer.status == 403 and b"access_denied" in answer.body
    assert b"Nothing was stored" in answer.body
    assert stored(postern) is None and exchanges(sandbox) == 0


def test_another_browser_cannot_finish_it(postern, browser, sandbox):
    back = browser.consent(browser.press_connect())
    other = Browser(postern, sandbox)
    assert other.open(back, LINK).status == 403
    assert exchanges(sandbox) == 0 and stored(postern) is None
    assert browser.open(back.replace("state=", "state=x"), LINK).status == 400
    assert browser.open(back, LINK).status == 303, "and did not use it up"


def test_a_code_that_sentry_refuses_is_said(postern, browser, sandbox):
    sandbox.control("answer", {"path": "/oauth/token/", "kind": "oauth", "error": "invalid_grant"})
    answer = browser.connect()
    assert answer.status == 502 and b"invalid_grant" in answer.body
    assert stored(postern) is None and "Not connected" in browser.page()


@pytest.mark.parametrize("headers", [
    [("Origin", "https://evil.test"), ("Sec-Fetch-Site", "cross-site")],
    [("Origin", "http://127.0.0.1:3000"), ("Sec-Fetch-Site", "same-site")],
    [("Origin", "null")], []])
def test_a_form_from_elsewhere_is_refused(browser, headers):
    fields = {"grant": "acme", "scopes": "org:read", "token": browser.form_token()}
    for target in ("/connect", "/connect/test"):
        answer = browser.submit(target, fields, headers)
        assert answer.status == 403 and "Location" not in answer.fields


def test_neither_the_cookie_nor_the_form_is_enough(postern, browser, sandbox):
    fields = {"grant": "acme", "scopes": "org:read"}
    assert browser.submit("/connect", fields).status == 403
    fields["token"] = browser.form_token()
    assert Browser(postern, sandbox).submit("/connect", fields).status == 403
    assert browser.open("/?token=" + "0" * 64).status == 403


def test_the_callback_is_no_image_and_no_frame(browser):
    for dest in ("image", "iframe"):
        answer = browser.open("/oauth/callback?code=c&state=s",
                              [*LINK[:2], ("Sec-Fetch-Dest", dest)])
        assert answer.status == 403


def test_another_users_grant_is_replaced_only_when_it_is_meant(folder, sandbox):
    write_grant(folder / "postern" / "store", sentry=sandbox.url)  # user 7
    with start_postern(folder, sandbox) as postern:
        browser = Browser(postern, sandbox)
        browser.enter()
        answer = browser.connect()
        assert answer.status == 409 and b"replace it" in answer.body
        assert stored(postern)["user"]["id"] == "7"
        assert browser.connect(replace="yes").status == 303
        assert stored(postern)["user"]["id"] != "7" and stored(postern)["generation"] == 2
        assert postern.get(ECHO).status == 200


def test_read_only_turns_it_off(folder, sandbox):
    with start_postern(folder, sandbox, admin={"listen": "127.0.0.1:0",
                                               "read_only": True}) as postern:
        browser = Browser(postern, sandbox)
        browser.enter()
        assert browser.cookies == {}
        page = browser.page()
        assert "<form" not in page.split('id="connect"')[1].split("</section>")[0]
        assert "admin.read_only" in page
        token = (postern.store / "admin.token").read_text().strip()
        for target in ("/connect", "/connect/test"):
            answer = browser.submit(target, {"grant": "acme", "scopes": "org:read",
                                             "token": token})
            assert answer.status == 403 and b"admin.read_only" in answer.body
        assert browser.open("/oauth/callback?code=c&state=s", LINK).status == 403
        done = run("status", "--config", postern.config_path)
        assert token not in done.stdout and f"page: http://{postern.admin_address}/" in done.stdout


def test_status_prints_the_pages_address_with_the_token(postern, browser):
    token = (postern.store / "admin.token").read_text().strip()
    done = run("status", "--config", postern.config_path)
    assert f"page: http://{postern.admin_address}/?token={token}" in done.stdout
    assert token not in run("status", "--json", "--config", postern.config_path).stdout
    postern.eventually_logs("postern status prints")
    assert token not in postern.log


def test_the_policy_of_the_page_names_where_forms_lead(browser, sandbox):
    policy = browser.open("/").fields.get("Content-Security-Policy")
    assert f"form-action 'self' {sandbox.url}" in policy and "unsafe" not in policy
