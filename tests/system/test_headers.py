"""Which fields travel, which do not, and which URLs are turned to the caller's address."""

import pytest
from support.processes import TOKEN
from support.raw_upstream import response


def sent(upstream):
    """Fields of the last request the upstream saw, without those Postern must make itself."""
    return upstream.requests[-1].fields


@pytest.mark.parametrize("name,value", [
    ("Cookie", "sentrysid=abc"), ("Referer", "http://localhost/secret"),
    ("Forwarded", "for=1.2.3.4"), ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Host", "evil"),
    ("X-Forwarded-Proto", "https"), ("X-Forwarded-Anything", "1"), ("X-Postern-Client", "app"),
    ("X-Postern-Anything", "1"), ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"),
    ("Proxy-Authorization", "Basic eDp5"), ("TE", "trailers"), ("Upgrade", "websocket"),
    ("HTTP2-Settings", "AAMAAABk"), ("X-Original-URL", "/admin"), ("X-Rewrite-URL", "/admin"),
    ("X-HTTP-Method-Override", "DELETE"),
])
def test_fields_that_never_reach_the_upstream(postern, upstream, name, value):
    assert postern.get(headers=[(name, value)]).status == 200
    assert name not in sent(upstream)


def test_the_callers_authorization_is_replaced(postern, upstream):
    for given in ("Bearer dummy", "Basic eDp5", f"Bearer {'a' * 64}", ""):
        postern.get(headers=[("Authorization", given), ("Authorization", "Bearer second")])
        assert sent(upstream).all("authorization") == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("named", ["Authorization", "Host", "Content-Length", "X-Custom",
                                   "close, Authorization", "Accept"])
def test_connection_names_fields_to_drop_but_never_ours(postern, upstream, named):
    answer = postern.get(method="POST", body=b"hello",
                         headers=[("Connection", named), ("X-Custom", "1")])
    if answer.status == 400:  # refusing to have a protected field named is fine as well
        assert answer.code == "bad_request" and upstream.requests == []
        return
    (seen,) = upstream.requests
    assert seen.fields.all("authorization") == [f"Bearer {TOKEN}"]
    assert seen.fields.all("host") == [f"localhost:{upstream.port}"]
    assert bytes(seen.body) == b"hello"
    assert ("x-custom" in seen.fields) == (named != "X-Custom")


def test_other_fields_pass_in_order_and_lines(postern, upstream):
    fields = [("X-One", "1"), ("User-Agent", "sentry-cli/2.0"), ("X-Multi", "a"), ("X-Multi", "b"),
              ("sentry-trace", "0123-45"), ("baggage", "a=b,c=d"), ("Content-Type", "text/x; q=1"),
              ("Content-Encoding", "zstd"), ("X-Empty", ""), ("X-Bytes", "caf\xe9")]
    postern.get(method="POST", body=b"\x28\xb5\x2f\xfd", headers=fields)
    names = {n.lower() for n, _ in fields}
    assert [(n.lower(), v) for n, v in sent(upstream) if n.lower() in names] == [
        (n.lower(), v) for n, v in fields]
    assert bytes(upstream.requests[0].body) == b"\x28\xb5\x2f\xfd"


def test_accept_is_json_when_the_caller_says_nothing(postern, upstream):
    postern.get()
    assert sent(upstream).all("accept") == ["application/json"]
    postern.get(headers=[("Accept", "text/csv")])
    assert sent(upstream).all("accept") == ["text/csv"]


@pytest.mark.parametrize("given,allowed", [
    ("gzip, deflate, br", {"gzip", "gzip, identity", "identity, gzip"}),
    ("br", {"identity", None}), ("identity", {"identity"}), ("zstd;q=1, gzip;q=0.5", None),
])
def test_accept_encoding_is_narrowed(postern, upstream, given, allowed):
    postern.get(headers=[("Accept-Encoding", given)])
    value = sent(upstream).get("accept-encoding")
    if allowed is not None:
        assert value in allowed
    codings = {part.split(";")[0].strip() for part in (value or "identity").split(",")}
    assert codings <= {"gzip", "identity"}


@pytest.mark.parametrize("name,value", [
    ("Set-Cookie", "sentrysid=x"), ("Strict-Transport-Security", "max-age=1"),
    ("Content-Security-Policy", "default-src 'self'"), ("X-Sentry-Proxy-URL", "http://internal"),
    ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Private-Network", "true"), ("Keep-Alive", "timeout=5"),
    ("Proxy-Authenticate", "Basic"), ("Upgrade", "h2c"), ("Content-Security-Policy-Report-Only", "x"),
])
def test_fields_that_never_reach_the_caller(postern, upstream, name, value):
    upstream.default = lambda x: x.ok(headers=[(name, value)])
    answer = postern.get()
    assert answer.status == 200
    assert value not in answer.fields.all(name)


def test_answer_fields_pass_in_order_and_lines(postern, upstream):
    fields = [("X-Hits", "7"), ("Link", "<https://a.example/>; rel=x"),
              ("Link", "<https://b.example/>; rel=y"), ("X-Sentry-Rate-Limit-Limit", "40"),
              ("X-Sentry-Rate-Limit-Remaining", "39"), ("X-Sentry-Rate-Limit-Reset", "1700000000"),
              ("ETag", 'W/"1"'), ("WWW-Authenticate", "Bearer"), ("Content-Disposition", "x; a=b"),
              ("Vary", "Accept"), ("Vary", "Cookie"), ("Retry-After", "3")]
    upstream.default = lambda x: x.ok(headers=fields)
    answer = postern.get()
    names = {n.lower() for n, _ in fields}
    assert [(n.lower(), v) for n, v in answer.fields if n.lower() in names] == [
        (n.lower(), v) for n, v in fields]


def test_every_answer_is_safe_and_identified(postern, upstream):
    ours, theirs = postern.get("/elsewhere/"), postern.get()
    for answer in (ours, theirs):
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("cross-origin-resource-policy") == "same-origin"
        assert answer.fields.all("content-security-policy") == [
            "sandbox; default-src 'none'"]
        assert answer.header("x-request-id")
    assert ours.header("x-request-id") != theirs.header("x-request-id")
    assert "upstream;dur=" in theirs.header("server-timing")
    assert ours.header("x-postern-generated") == "1"
    assert "x-postern-generated" not in theirs.fields


def test_an_upstream_cannot_pretend_to_be_postern(postern, upstream):
    upstream.default = lambda x: x.ok(headers=[("X-Postern-Generated", "1")])
    assert "x-postern-generated" not in postern.get().fields


class TestRewriting:
    """`%` stands for the upstream's host and port."""

    def location(self, start, upstream, value, host="localhost:7979", field="Location"):
        upstream.default = lambda x: x.ok(status="302 Found", headers=[(field, value)])
        answer = start(upstream).get("/api/0/organizations/acme/issues/", host=host)
        assert answer.status == 302
        return answer.fields.all(field)

    @pytest.mark.parametrize("prefix", ["", "us.", "de.", "acme."])
    def test_urls_of_the_upstream_point_to_the_caller(self, start, upstream, prefix):
        url = f"https://{prefix}localhost:{upstream.port}/api/0/x/?&cursor=0:100:0"
        assert self.location(start, upstream, url) == ["http://localhost:7979/api/0/x/?&cursor=0:100:0"]

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:80", "[::1]:7979", "LOCALHOST"])
    def test_the_callers_own_word_for_us_is_used(self, start, upstream, host):
        url = f"https://localhost:{upstream.port}/api/0/x/"
        assert self.location(start, upstream, url, host)[0].lower() == (
            f"http://{host.lower()}/api/0/x/")

    @pytest.mark.parametrize("url", [
        "https://evil.example/api/0/x/", "https://localhost.evil.example:%/api/0/x/",
        "https://evillocalhost:%/api/0/x/", "https://fr.localhost:%/api/0/x/",
        "https://a.us.localhost:%/api/0/x/", "https://localhost/api/0/x/",
        "https://localhost:1/api/0/x/", "http://localhost:%/api/0/x/",
        "https://localhost:%@evil.example/api/0/x/", "https://user@localhost:%/api/0/x/",
        "https://localhost:%/auth/login/", "https://localhost:%/", "https://localhost:%",
        "//localhost:%/api/0/x/", "/api/0/y/", "https://s3.amazonaws.com/x?sig=1",
        "https://.localhost:%/api/0/", "https://us..localhost:%/api/0/",
        "https://localhost:%/api/0/../../auth/",
    ])
    def test_other_urls_stay(self, start, upstream, url):
        url = url.replace("%", str(upstream.port))
        assert self.location(start, upstream, url) == [url]

    def test_link_headers(self, start, upstream):
        base = f"https://us.localhost:{upstream.port}/api/0/organizations/acme/issues/"
        previous = f'<{base}?&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1"'
        following = f'<{base}?&cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
        foreign = '<https://evil.example/api/0/>; rel="help"'
        value = f"{previous}, {following}, {foreign}"
        assert self.location(start, upstream, value, field="Link") == [
            value.replace(f"https://us.localhost:{upstream.port}", "http://localhost:7979")]

    def test_a_link_value_with_odd_bytes_is_left_alone(self, start, upstream):
        for value in ('<https://localhost', 'nonsense', '<>; rel="next"', '"<https://x/>"', ""):
            assert self.location(start, upstream, value, field="Link") == [value]

    def test_redirects_are_never_followed(self, start, upstream, authority):
        from support.raw_upstream import RawUpstream
        with RawUpstream(authority) as other:
            for status in ("301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent"):
                upstream.default = lambda x, s=status: x.send(
                    response(b"", s, [("Location", f"{other.url}/api/0/x/")]))
                answer = start(upstream).get()
                assert answer.status == int(status[:3])
            assert other.connections == 0
