"""The status page and the documents behind it, by plain HTTP. A browser reads it in
test_status_page_browser.py."""

import gzip
import json
import re
import time
from contextlib import ExitStack

import pytest
from support import processes
from support.http_wire import Client, fetch, format_request
from support.waiting import eventually

HOSTILE = "<script>alert(1)</script>"
LINK = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document")]


def admin(postern, target, headers=(), method="GET", body=None):
    return fetch(postern.admin_port, method, target, headers, body, "localhost")


def document(postern, target):
    answer = admin(postern, target)
    assert (answer.status, answer.fields.get("Content-Type")) == (200, "application/json")
    return json.loads(answer.body)


def follow(stack, postern):
    """Someone who follows the events, and the head of the answer."""
    client = stack.enter_context(Client(postern.admin_port))
    client.send(format_request(target="/api/events"))
    return client, client.read_head()


def test_the_page_is_whole_without_any_script(postern, upstream):
    postern.get("/api/0/organizations/acme/?query=hidden-words")
    answer = admin(postern, "/")
    assert answer.status == 200
    assert answer.fields.get("Content-Type") == "text/html; charset=utf-8"
    policy = answer.fields.get("Content-Security-Policy")
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
        assert part in policy
    page = answer.body.decode()
    for words in ("acme", "fresh", "test@example.com", "/api/0/organizations/{organization_id_or_slug}/",
                  "<caption>", 'lang="en"', "Ready"):
        assert words in page, words
    assert "hidden-words" not in page
    assert not re.search(r'(src|srcset|<link[^>]* href)="?https?:', page), "nothing from elsewhere"


@pytest.mark.parametrize(("part", "word"), [
    ("summary", b"Running for"), ("grants", b"Next refresh"), ("limits", b"No call has been made"),
    ("upstream", b"with an earlier TLS session"), ("requests", b"None yet.")])
def test_its_parts_can_be_had_alone(postern, part, word):
    answer = admin(postern, f"/page/{part}")
    assert answer.status == 200 and answer.body.startswith(b"<")
    assert word in answer.body and word in admin(postern, "/").body


@pytest.mark.parametrize(("path", "kind"), [("/page.css", "text/css; charset=utf-8"),
                                            ("/page.js", "text/javascript; charset=utf-8"),
                                            ("/icon.svg", "image/svg+xml")])
def test_its_files_come_from_the_program(postern, path, kind):
    answer = admin(postern, path)
    assert (answer.status, answer.fields.get("Content-Type")) == (200, kind)
    assert answer.fields.get("X-Content-Type-Options") == "nosniff"


def test_a_link_leads_to_it_and_nothing_else_passes(postern):
    assert admin(postern, "/", LINK).status == 200
    own = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")]
    assert admin(postern, "/page/grants", own).status == 200
    assert admin(postern, "/api/status", LINK).status == 403
    assert admin(postern, "/", LINK, method="POST", body=b"").status == 403
    assert admin(postern, "/", [LINK[0], LINK[1], ("Sec-Fetch-Dest", "iframe")]).status == 403
    assert admin(postern, "/", [("Sec-Fetch-Site", "cross-site")]).status == 403
    assert admin(postern, "/", [("Sec-Fetch-Site", "same-site")]).status == 403
    assert fetch(postern.admin_port, "GET", "/", [], None, "evil.example").status == 421


def test_no_token_is_anywhere(postern, upstream):
    postern.get("/api/0/organizations/acme/")
    admin_token = (postern.store / "admin.token").read_text().strip()
    for target in ("/", "/api/status", "/api/grants", "/api/buckets", "/api/requests",
                   "/api/config"):
        body = admin(postern, target).body.decode()
        for secret in (processes.TOKEN, processes.REFRESH_TOKEN, admin_token):
            assert secret not in body, target


def test_secrets_of_the_configuration_are_masked(start, upstream):
    client = {"id": "app", "secret": "my-own-secret"}
    postern = start(upstream, config={"client": client, "sentry": {
        "egress_proxy": "http://user:password-of-mine@127.0.0.1:9"}})
    for target in ("/", "/api/config"):
        body = admin(postern, target).body
        assert b"my-own-secret" not in body and b"password-of-mine" not in body
        assert b"***" in body and b"max_connections" in body
    shown = processes.run("show", "--config", postern.config_path)
    assert admin(postern, "/api/config").body.decode() == shown.stdout


def test_a_grant_without_a_token_shows_what_to_run(start, upstream):
    postern = start(upstream, grants=(), config={"grants": [{"organization": "acme"}]})
    grant, = document(postern, "/api/grants")["grants"]
    command = f"postern login --config {postern.config_path} --grant acme --import FILE"
    assert grant["remedy"] == f"run: {command}"
    assert f"<code>{command}</code>" in admin(postern, "/").body.decode()


def test_what_callers_and_sentry_say_is_shown_as_text(start, upstream):
    postern = start(upstream, grants=(), config={"grants": [{"organization": "acme"}]})
    processes.write_grant(postern.store, sentry=upstream.url,
                          user={"id": "7", "name": HOSTILE, "email": HOSTILE})
    eventually(lambda: admin(postern, "/readyz").status == 200, "the grant is adopted")
    postern.get("/api/0/organizations/acme/", headers=[("X-Request-Id", "a<b>")])
    postern.get("/api/0/%3Cscript%3Ealert(1)%3C/script%3E/")
    page = admin(postern, "/").body.decode()
    assert HOSTILE not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_requests_are_kept_as_they_end(postern, upstream):
    upstream.on("/api/0/organizations/acme/", lambda x: x.ok(b"{}"))
    postern.get("/api/0/organizations/acme/?secret=1")
    postern.get("/elsewhere/")
    listed = document(postern, "/api/requests")
    assert (listed["total"], listed["kept"]) == (2, 200)
    newest, older = listed["requests"]
    assert (newest["status"], newest["origin"], newest["code"]) == \
        (404, "postern", "not_an_api_path")
    assert (older["method"], older["status"], older["origin"], older["grant"]) == \
        ("GET", 200, "sentry", "acme")
    assert older["attempts"] == 1 and older["upstream_ms"] > 0
    assert "secret" not in json.dumps(listed)
    postern.eventually_logs(older["request_id"])


def test_only_the_last_ones_are_kept(start, upstream):
    postern = start(upstream, config={"admin": {"inspect": 3}})
    for _ in range(5):
        postern.get("/elsewhere/")
    listed = document(postern, "/api/requests")
    assert [one["number"] for one in listed["requests"]] == [5, 4, 3]


def test_the_inspector_can_be_switched_off(start, upstream):
    postern = start(upstream, config={"admin": {"inspect": 0}})
    postern.get("/elsewhere/")
    assert document(postern, "/api/requests") == {"kept": 0, "requests": [], "total": 0}
    assert b"admin.inspect is 0" in admin(postern, "/").body


class TestBodies:
    PATH = "/api/0/organizations/acme/"
    ANY_SCOPES = {"preflight": "off"}

    def put(self, postern, body):
        return postern.get(self.PATH, method="PUT", body=body)

    def test_none_is_kept_unless_that_is_wished(self, start, upstream):
        postern = start(upstream, config={"policy": self.ANY_SCOPES})
        upstream.on(self.PATH, lambda x: x.ok(b"canary-of-the-answer"))
        assert self.put(postern, b"canary-of-the-request").status == 200
        listed = document(postern, "/api/requests")
        assert listed["requests"][0]["request_body"] is None
        assert listed["requests"][0]["response_body"] is None
        for target in ("/", "/page/requests", "/api/requests"):
            assert b"canary" not in admin(postern, target).body, target
        assert "bodies_kept" not in postern.log

    def test_their_beginnings_are_shown(self, start, upstream):
        postern = start(upstream, config={"policy": self.ANY_SCOPES,
                                          "admin": {"inspect_bodies": "1KiB"}})
        answer = json.dumps({"canary": "of-the-answer"}).encode()
        upstream.on(self.PATH, lambda x: x.ok(
            gzip.compress(answer), headers=[("Content-Encoding", "gzip")]))
        assert self.put(postern, b"canary-of-the-request" + b"x" * 5000).status == 200
        one, = document(postern, "/api/requests")["requests"]
        assert one["request_body"]["text"] == "canary-of-the-request" + "x" * 1003
        assert one["request_body"]["cut"]
        assert one["response_body"] == {"form": "text", "text": answer.decode(), "cut": False}
        page = admin(postern, "/").body.decode()
        assert "<details><summary>Request body, 4.9 KiB, the beginning</summary>" in page
        assert "of-the-answer" in page
        postern.eventually_logs("bodies_kept")
        checked = processes.run("check", "--config", postern.config_path)
        assert "warning: admin.inspect_bodies: 1KiB: " in checked.stdout

    def test_a_token_that_sentry_repeats_is_not(self, start, upstream):
        postern = start(upstream, config={"policy": self.ANY_SCOPES,
                                          "admin": {"inspect_bodies": "1KiB"}})

        def repeat(exchange):
            field = exchange.request.header("Authorization")
            assert processes.TOKEN in field
            exchange.ok(f"canary {field} {processes.TOKEN}".encode())
        upstream.on(self.PATH, repeat)
        assert processes.TOKEN.encode() in postern.get(self.PATH).body
        for target in ("/", "/page/requests", "/api/requests"):
            body = admin(postern, target).body.decode()
            assert "canary Bearer *** ***" in body and processes.TOKEN not in body, target

    def test_hostile_bodies_are_text(self, start, upstream):
        postern = start(upstream, config={"policy": self.ANY_SCOPES,
                                          "admin": {"inspect_bodies": "1KiB"}})
        hostile = f"</pre>{HOSTILE}\N{RIGHT-TO-LEFT OVERRIDE}".encode()
        upstream.on(self.PATH, lambda x: x.ok(hostile + b"\xff"))
        self.put(postern, hostile)
        page = admin(postern, "/").body.decode()
        assert HOSTILE not in page and "\N{RIGHT-TO-LEFT OVERRIDE}" not in page
        assert "&lt;/pre&gt;&lt;script&gt;alert(1)" in page
        one, = document(postern, "/api/requests")["requests"]
        assert one["request_body"]["text"] == hostile.decode()
        assert one["response_body"] == {"form": "binary", "text": None, "cut": False}

    def test_what_is_cached_or_refused_is_shown_as_the_caller_got_it(self, start, upstream):
        postern = start(upstream, config={"admin": {"inspect_bodies": "1KiB"},
                                          "cache": {"enabled": True}})
        issues = self.PATH + "issues/"
        upstream.on(issues, lambda x: x.ok(b'{"id":"1"}'))
        for _ in range(2):
            assert postern.get(issues).status == 200
        refused = postern.get("/elsewhere/")
        newest, hit, miss = document(postern, "/api/requests")["requests"]
        assert (hit["cache"], miss["cache"]) == ("hit", "miss")
        assert hit["response_body"]["text"] == miss["response_body"]["text"] == '{"id":"1"}'
        assert newest["response_body"]["text"] == refused.body.decode()


def test_buckets_are_there_after_a_call(postern, upstream):
    assert document(postern, "/api/buckets")["buckets"] == []
    upstream.on("/api/0/organizations/acme/", lambda x: x.ok(b"{}", headers=[
        ("X-Sentry-Rate-Limit-Limit", "40"), ("X-Sentry-Rate-Limit-Remaining", "39"),
        ("X-Sentry-Rate-Limit-Reset", str(int(time.time()) + 1)),
        ("X-Sentry-Rate-Limit-ConcurrentLimit", "25"),
        ("X-Sentry-Rate-Limit-ConcurrentRemaining", "24")]))
    postern.get("/api/0/organizations/acme/")
    bucket, = document(postern, "/api/buckets")["buckets"]
    assert (bucket["limit"], bucket["host"]) == (40, upstream.url.removeprefix("https://"))
    assert b"of 40" in admin(postern, "/page/limits").body


class TestEvents:
    def test_changes_are_named_as_they_come(self, postern):
        with ExitStack() as stack:
            client, head = follow(stack, postern)
            assert head.status == 200
            assert head.fields.get("Content-Type") == "text/event-stream"
            client.reader.until(b'data: ["grants","buckets","requests","fleet"]\n\n')
            postern.get("/elsewhere/")
            client.reader.until(b'event: changed\ndata: ["requests"]\n\n')

    def test_too_many_followers_are_turned_away_until_one_leaves(self, postern):
        with ExitStack() as stack:
            followers = [follow(stack, postern) for _ in range(16)]
            assert all(head.status == 200 for _, head in followers)
            assert admin(postern, "/api/events").status == 503
            assert admin(postern, "/livez").status == 200
            followers[0][0].close()
            eventually(lambda: self.is_let_in(postern), "one has made room")

    @staticmethod
    def is_let_in(postern):
        with ExitStack() as stack:
            return follow(stack, postern)[1].status == 200

    def test_head_has_no_body(self, postern):
        answer = admin(postern, "/api/events", method="HEAD")
        assert (answer.status, answer.body) == (200, b"")

    def test_the_program_ends_though_it_is_followed(self, postern):
        with ExitStack() as stack:
            client, _ = follow(stack, postern)
            client.reader.until(b"changed")
            assert postern.stop() == 0

    def test_followers_cannot_keep_the_probes_out(self, start, upstream):
        postern = start(upstream, config={"admin": {"max_connections": 4}})
        with ExitStack() as stack:
            for _ in range(6):
                follow(stack, postern)
            assert admin(postern, "/readyz").status == 200
