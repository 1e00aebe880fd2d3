"""Addresses of Sentry's that a client would follow past Postern; where uploads go; events by DSN."""

import concurrent.futures
import gzip
import hashlib
import json
import socket
import threading
import time

import pytest
from support.connect_proxy import ConnectProxy
from support.http_wire import fetch
from support.processes import TOKEN, run
from support.raw_upstream import RawUpstream, response
from support.waiting import bound, eventually

ORGANIZATION = "/api/0/organizations/acme/"
REGIONS = "/api/0/users/me/regions/"
UPLOAD = "/api/0/organizations/acme/chunk-upload/"
OWNED = [("X-Postern-Grant", "acme")]


def multipart(*chunks):
    """A chunk upload's fields and body: each chunk is named by its sha1."""
    body = b""
    for chunk in chunks:
        name = hashlib.sha1(chunk).hexdigest()
        body += (f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                 "Content-Type: application/octet-stream\r\n\r\n").encode() + chunk + b"\r\n"
    return [("Content-Type", "multipart/form-data; boundary=x")], body + b"--x--\r\n"


def hosts_asked(sandbox, method, path):
    """The Host of each such request that the sandbox has seen."""
    return [dict((n.lower(), v) for n, v in r["headers"])["host"]
            for r in sandbox.control("requests") if (r["method"], r["target"]) == (method, path)]


class TestSandboxed:
    """The pretend Sentry names hosts that do not resolve: who follows its addresses gets nowhere."""

    def test_the_organization_has_no_region(self, serve, sandbox):
        links = serve().get(ORGANIZATION).json()["links"]
        assert links == {"organizationUrl": f"https://acme.localhost:{sandbox.port}"}

    def test_nor_has_one_of_a_list(self, serve):
        listed = serve().get("/api/0/organizations/", OWNED).json()
        assert listed and all("regionUrl" not in one.get("links", {}) for one in listed)

    def test_regions_are_the_address_that_the_caller_used(self, serve):
        postern = serve()
        for address, host in ((postern.port, "127.0.0.1:7979"), (postern.port, "[::1]:7979"),
                              (postern.port, "LOCALHOST"), (postern.unix_path, "localhost")):
            answer = fetch(address, "GET", REGIONS, OWNED, host=host)
            assert {r["url"] for r in answer.json()["regions"]} == {f"http://{host}"}, answer.body
            assert [r["name"] for r in answer.json()["regions"]] == ["us", "de"]

    def test_the_upload_address_can_be_followed(self, serve):
        postern = serve()
        url = postern.get(UPLOAD, host=f"127.0.0.1:{postern.port}").json()["url"]
        assert url == postern.url + UPLOAD
        fields, body = multipart(b"one", b"two")
        assert postern.get(url[len(postern.url):], fields, "POST", body).status == 200

    def test_nothing_else_of_these_answers_is_changed(self, serve, sandbox):
        postern = serve()
        for path in (ORGANIZATION, REGIONS, UPLOAD):
            got = postern.get(path, OWNED, host="localhost:7979").body
            sentry = self.straight(sandbox, path)
            assert json.loads(got) != json.loads(sentry)
            region = f"https://us.localhost:{sandbox.port}".encode()
            wanted = sentry.replace(b',"regionUrl":"' + region + b'"', b"")
            for name in (b"us", b"de"):
                url = b"https://" + name + f".localhost:{sandbox.port}".encode()
                wanted = wanted.replace(url, b"http://localhost:7979")
            assert got == wanted

    def straight(self, sandbox, path):
        import ssl
        import urllib.request
        token = json.loads(sandbox.grant.read_text())["access_token"]
        request = urllib.request.Request(sandbox.url + path,
                                         headers={"Authorization": f"Bearer {token}"})
        context = ssl.create_default_context(cafile=str(sandbox.ca))
        with urllib.request.urlopen(request, context=context, timeout=bound(20)) as answer:
            return answer.read()


class TestDirectUploads:
    @pytest.fixture
    def proxy(self, sandbox):
        """Makes the region's name lead to the sandbox."""
        where = {f"us.localhost:{sandbox.port}": ("127.0.0.1", sandbox.port)}
        with ConnectProxy(reach=where) as running:
            yield running

    def upload(self, postern, size=33 * 1000 * 1000):
        piece = bytes(range(256)) * 4096
        fields, body = multipart(*(bytes([i]) + piece for i in range(max(1, size // len(piece)))))
        return postern.get(UPLOAD, fields, "POST", body)

    def test_go_to_the_region_once_it_is_known(self, serve, sandbox, proxy):
        postern = serve({"sentry": {"egress_proxy": proxy.url()}})
        assert self.upload(postern, 0).status == 200
        assert hosts_asked(sandbox, "POST", UPLOAD) == [f"localhost:{sandbox.port}"]
        postern.get(UPLOAD)
        assert self.upload(postern).status == 200
        assert hosts_asked(sandbox, "POST", UPLOAD)[-1] == f"us.localhost:{sandbox.port}"
        assert set(hosts_asked(sandbox, "GET", UPLOAD)) == {f"localhost:{sandbox.port}"}

    def test_have_the_limits_of_their_own_host(self, serve, proxy):
        postern = serve({"sentry": {"egress_proxy": proxy.url()}})
        for _ in range(3):
            assert self.upload(postern, 0).status == 200
        postern.get(UPLOAD)
        assert self.upload(postern, 0).status == 200
        said = run("explain", "--config", postern.config_path, "--json", "POST", UPLOAD)
        assert json.loads(said.stdout)["now"]["bucket"]["answers"]["served"] == 1, said.stdout

    def test_stay_when_told_so(self, serve, sandbox, proxy):
        postern = serve({"sentry": {"egress_proxy": proxy.url(), "direct_uploads": False}})
        postern.get(UPLOAD)
        assert self.upload(postern, 0).status == 200
        assert hosts_asked(sandbox, "POST", UPLOAD) == [f"localhost:{sandbox.port}"]

    def test_stay_when_the_region_is_not_listed(self, serve, sandbox, proxy):
        postern = serve({"sentry": {"egress_proxy": proxy.url(), "regions": ["de"]}})
        postern.get(UPLOAD)
        assert self.upload(postern, 0).status == 200
        assert hosts_asked(sandbox, "POST", UPLOAD) == [f"localhost:{sandbox.port}"]
        assert [t for t, _ in proxy.requests if t.startswith("us.")] == []

    def test_arrive_although_the_region_cannot_be_reached(self, serve, sandbox):
        with ConnectProxy(reach={f"us.localhost:{sandbox.port}": ("127.0.0.1", 1)}) as proxy:
            postern = serve({"sentry": {"egress_proxy": proxy.url()}})
            postern.get(UPLOAD)
            for _ in range(2):
                assert self.upload(postern).status == 200
            assert len([t for t, _ in proxy.requests if t.startswith("us.")]) == 1
        assert hosts_asked(sandbox, "POST", UPLOAD) == [f"localhost:{sandbox.port}"] * 2
        postern.eventually_logs("region_unreachable")

    def test_who_stands_in_line_for_a_silent_region_leaves_it_with_the_others(self, serve, sandbox):
        with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:  # no TLS, no refusal
            where = {f"us.localhost:{sandbox.port}": silent.getsockname()}
            with ConnectProxy(reach=where) as proxy:
                postern = serve({"sentry": {"egress_proxy": proxy.url()},
                                 "upstream": {"connect_timeout": "1s"},
                                 "limits": {"max_wait": "3s"}})
                postern.get(UPLOAD)
                with concurrent.futures.ThreadPoolExecutor(30) as pool:
                    answers = list(pool.map(lambda _: self.upload(postern, 0), range(30)))
                assert {a.status for a in answers} == {200}
                assert len([t for t, _ in proxy.requests if t.startswith("us.")]) <= 5


class TestAnswers:
    """Against a scripted upstream: codings, framings and what is no JSON."""

    BODY = b'{"n": 1.50e+3, "links": {"regionUrl": "https://us.localhost", "a": "\\u00e9"}}'
    EDITED = b'{"n": 1.50e+3, "links": {"a": "\\u00e9"}}'

    @pytest.mark.parametrize("framing", ["length", "chunked", "close"])
    def test_framings(self, start, upstream, framing):
        def script(exchange):
            kind = {"length": f"Content-Length: {len(self.BODY)}", "chunked":
                    "Transfer-Encoding: chunked", "close": "Connection: close"}[framing]
            body = self.BODY
            if framing == "chunked":
                body = b"".join(b"%x\r\n%s\r\n" % (1, self.BODY[i:i + 1])
                                for i in range(len(self.BODY))) + b"0\r\n\r\n"
            exchange.send(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{kind}\r\n\r\n"
                          .encode() + body)
            if framing == "close":
                exchange.close()

        upstream.default = script
        answer = start(upstream).get(ORGANIZATION)
        assert (answer.body, answer.framing) == (self.EDITED, "length")

    def test_a_compressed_answer_that_was_not_asked_for(self, start, upstream):
        upstream.default = lambda x: x.ok(gzip.compress(self.BODY),
                                          headers=[("Content-Encoding", "gzip"), ("ETag", '"1"')])
        answer = start(upstream).get(ORGANIZATION, [("Accept-Encoding", "gzip")])
        assert answer.body == self.EDITED
        assert "content-encoding" not in answer.fields
        assert answer.header("etag") == 'W/"1"'
        assert upstream.requests[0].header("accept-encoding") == "identity"

    def test_head(self, start, upstream):
        upstream.default = lambda x: x.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n")
        postern = start(upstream)
        with postern.client() as client:
            for _ in range(2):
                answer = client.request("HEAD", ORGANIZATION)
                assert (answer.status, answer.body) == (200, b"")
                assert "content-length" not in answer.fields

    @pytest.mark.parametrize("body", [b'{"links": {"regionUrl": "x"}', b"<html>", b"\xff", b"[]"])
    def test_what_is_not_understood_comes_as_it_came(self, start, upstream, body):
        upstream.default = lambda x: x.ok(body)
        assert start(upstream).get(ORGANIZATION).body == body

    def test_a_large_answer_is_changed_and_a_huge_one_refused(self, start, upstream):
        large = self.BODY[:-1] + b', "projects": [' + b"1," * 2000000 + b"1]}"
        upstream.default = lambda x: x.ok(large)
        assert len(start(upstream).get(ORGANIZATION).body) == len(large) - 37
        small = start(upstream, config={"rewrite": {"max_body": "1MiB"}})
        answer = small.get(ORGANIZATION)
        assert (answer.status, answer.code) == (502, "upstream_broken")
        assert "rewrite.max_body" in answer.json()["action"]
        assert small.get("/api/0/organizations/acme/projects/").body == large


class TestCatalogue:
    TABLE = "GET\t/api/0/organizations/{org}/\torg:read\tdefault\tgroup:default\tpublished\t-\tx\n"

    def test_addresses_are_edited_whatever_its_own_table_calls_parameters(self, serve, folder):
        table = folder / "table.tsv"
        table.write_text(self.TABLE + self.TABLE.replace("{org}/", "{org}/chunk-upload/"))
        postern = serve({"policy": {"catalogue": str(table)}, "cache": {"enabled": True}})
        for _ in range(2):
            answer = postern.get(ORGANIZATION)
            assert "regionUrl" not in answer.json()["links"]
            assert answer.header("x-postern-cache") == "bypass"
        url = postern.get(UPLOAD, host=f"127.0.0.1:{postern.port}").json()["url"]
        assert url == postern.url + UPLOAD


def test_a_redirect_to_storage_is_the_callers_to_follow(start, upstream, authority):
    with RawUpstream(authority) as storage:
        location = f"{storage.url}/bucket/file?X-Signature=abc"
        upstream.default = lambda x: x.send(
            response(b"", "302 Found", [("Location", location),
                                        ("X-Sentry-Proxy-URL", "http://internal.example/")]))
        answer = start(upstream).get("/api/0/projects/acme/web/events/1/attachments/2/?download=1")
        assert (answer.status, answer.header("location")) == (302, location)
        assert TOKEN not in answer.raw_head.decode("latin-1")
        assert "x-sentry-proxy-url" not in answer.fields
        assert storage.connections == 0, "Postern has followed it itself"


class TestDsn:
    ENVELOPE = "/api/42/envelope/"
    AUTH = [("X-Sentry-Auth", "Sentry sentry_key=abc, sentry_version=7")]

    @pytest.mark.parametrize("path", [ENVELOPE, "/api/42/store/", "/api/4507/minidump/?sentry_key=a"])
    def test_is_refused_with_a_hint(self, postern, upstream, path):
        answer = postern.get(path, self.AUTH, "POST", b"{}")
        assert (answer.status, answer.code) == (404, "not_an_api_path")
        assert "DSN" in answer.json()["detail"] and "Client Keys" in answer.json()["action"]
        assert upstream.requests == []

    def test_passes_without_a_token_when_told_so(self, start, upstream):
        postern = start(upstream, config={"sentry": {"ingest": "pass"}})
        upstream.default = lambda x: x.ok(b"{}", "429 Too Many Requests",
                                          [("X-Sentry-Rate-Limits", "60::key"), ("Retry-After", "60")])
        body = b"x" * 3000000
        answer = postern.get(self.ENVELOPE + "?sentry_key=abc", self.AUTH, "POST", body)
        assert answer.status == 429
        assert answer.header("x-sentry-rate-limits") == "60::key"
        assert len(upstream.requests) == 1, "no limit of the API's is meant"
        seen = upstream.requests[0]
        assert seen.target == self.ENVELOPE + "?sentry_key=abc"
        assert bytes(seen.body) == body
        assert seen.header("x-sentry-auth") == self.AUTH[0][1]
        assert "authorization" not in seen.fields and TOKEN not in seen.raw_head.decode("latin-1")

    def test_a_flood_of_slow_events_leaves_room_for_calls_of_the_api(self, start, upstream):
        postern = start(upstream, config={
            "sentry": {"ingest": "pass", "ingest_connections": 2},
            "upstream": {"max_connections": 3}})
        over = threading.Event()
        upstream.on(self.ENVELOPE, lambda x: x.read_body().wait(over).ok(b"{}"))
        answers = []
        def send():
            answers.append(postern.get(self.ENVELOPE, self.AUTH, "POST", b"{}"))
        senders = [threading.Thread(target=send) for _ in range(12)]
        try:
            for sender in senders:
                sender.start()
            eventually(lambda: len(answers) == 10, "the others are turned away at once")
            assert {(one.status, one.code, one.header("retry-after")) for one in answers} == {
                (503, "queue_full", "1")}
            assert postern.get("/api/0/organizations/acme/issues/").status == 200
        finally:
            over.set()
            for sender in senders:
                sender.join(bound(20))
        assert [one.status for one in answers[10:]] == [200, 200]
        assert postern.get(self.ENVELOPE, self.AUTH, "POST", b"{}").status == 200

    def test_needs_no_grant(self, start, upstream):
        postern = start(upstream, grant={"expires_at": "2020-01-01T00:00:00Z"},
                        config={"sentry": {"ingest": "pass"}})
        assert postern.get(self.ENVELOPE, self.AUTH, "POST", b"{}").status == 200


class TestRouteTimeouts:
    def test_each_route_has_its_own(self, start, upstream):
        postern = start(upstream, config={"upstream": {
            "first_byte_timeout": "30s",
            "timeouts": ["/api/0/organizations/{o}/events/=300ms", "uploads=400ms"]}})
        over = threading.Event()
        upstream.default = lambda x: x.read_body().wait(over).ok()
        with postern.client() as patient:
            patient.send(b"GET /api/0/organizations/acme/issues/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            upstream.wait_for("/api/0/organizations/acme/issues/")
            try:
                for method, path in (("GET", "/api/0/organizations/acme/events/"), ("POST", UPLOAD)):
                    begun = time.monotonic()
                    answer = postern.get(path, method=method, body=b"{}" if method == "POST" else None)
                    assert (answer.status, answer.code) == (504, "upstream_timeout"), path
                    assert time.monotonic() - begun < bound(10)
            finally:
                over.set()
            assert patient.read().status == 200, "it was there first, and has waited longest"

    def test_a_mistake_is_named(self, folder):
        path = folder / "wrong.yaml"
        path.write_text("grants: [{organization: acme}]\n"
                        "upstream: {timeouts: [upload=3m, autofix=2y]}\n")
        said = run("check", "--config", path)
        assert said.returncode == 2
        assert "'upload' is neither uploads, autofix nor a path" in said.stderr
        assert "'autofix' must be followed by = and a duration" in said.stderr
