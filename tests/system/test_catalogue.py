"""Every operation of the endpoint table, sent through one Postern: bytes in are bytes out.

What Postern changes on purpose is written down in the tables here; nothing else may differ.
"""

import hashlib

import pytest
from support.http_wire import format_request
from support.processes import ROOT, TOKEN, Postern
from support.raw_upstream import RawUpstream

COLUMNS = ("method", "path", "scopes", "limits", "bucket", "status", "class", "operation")

# What stands for a parameter: characters that a proxy might be tempted to decode or to tidy up.
VALUES = {"organization_id_or_slug": "acme", "project_id_or_slug": "backend", "project_id": "100001",
          "version": "app%401.2.3+build%20%C3%A9", "event_id": "d" * 32, "issue_id": "BACKEND-7"}
QUERY = "?field=b&field=a&query=is:unresolved%20x%3Ay,z+1&empty=&cursor=0:100:0&&bare"

PASSED = [("User-Agent", "catalogue/1"), ("Accept", "application/json, */*;q=0.5"),
          ("X-Multi", "a"), ("sentry-trace", "0123-45"), ("X-Multi", "b"), ("baggage", "a=b,c=d")]
DROPPED = [("Authorization", "Bearer dummy"), ("Cookie", "sentrysid=abc"), ("Referer", "http://x/"),
           ("X-Forwarded-For", "1.2.3.4"), ("Accept-Encoding", "gzip, br")]
ADDED = {("Authorization", f"Bearer {TOKEN}")}

KEPT_OF_ANSWER = [("Content-Type", "application/json; charset=x"), ("X-Hits", "7"),
                  ("ETag", 'W/"1"'), ("X-Twice", "1"), ("X-Sentry-Rate-Limit-Limit", "100000"),
                  ("X-Sentry-Rate-Limit-Remaining", "99999"), ("X-Twice", "2"),
                  ("Content-Disposition", 'attachment; filename="a b"')]
DROPPED_OF_ANSWER = [("Set-Cookie", "sentrysid=x"), ("Strict-Transport-Security", "max-age=1"),
                     ("Access-Control-Allow-Origin", "*"), ("X-Sentry-Proxy-URL", "http://10.0.0.1/")]
ADDED_TO_ANSWER = {"date", "x-request-id", "server-timing", "x-content-type-options",
                   "cross-origin-resource-policy", "content-security-policy", "content-length",
                   "transfer-encoding", "connection"}

# Operations whose answer's body is changed: its JSON before and after. {origin} is the upstream's,
# {ours} the address that the caller used. They are asked for uncompressed.
ORGANIZATION = ('{ "slug":"acme","links":{"organizationUrl":"{origin}","regionUrl":"{origin}"},"n":1.50e+3}',
                '{ "slug":"acme","links":{"organizationUrl":"{origin}"},"n":1.50e+3}')
REWRITTEN = {
    "GET /api/0/organizations/{organization_id_or_slug}/": ORGANIZATION,
    "PUT /api/0/organizations/{organization_id_or_slug}/": ORGANIZATION,
    "GET /api/0/organizations/": ('[ {"links":{"regionUrl":"{origin}","a":1}} ,{"x":2} ]',
                                  '[ {"links":{"a":1}} ,{"x":2} ]'),
    "GET /api/0/users/{user_id}/regions/": (
        '{"regions":[{"name":"us","url":"{origin}"}, {"name":"de" ,"url" : "{origin}/"}]}',
        '{"regions":[{"name":"us","url":"{ours}"}, {"name":"de" ,"url" : "{ours}/"}]}'),
    "GET /api/0/organizations/{organization_id_or_slug}/chunk-upload/": (
        '{"url":"{origin}/api/0/organizations/acme/chunk-upload/","chunkSize":8388608 }',
        '{"url":"{ours}/api/0/organizations/acme/chunk-upload/","chunkSize":8388608 }'),
}

# Operations that are refused, with the code of the problem.
REFUSED = {}

# Pinning sends paths elsewhere or refuses them; here the bytes are looked at.
SETTINGS = {"policy": {"organization_pinning": False}}


def read_table():
    """The rows, each as a dict."""
    lines = (ROOT / "conf/sentry-endpoints.tsv").read_text().splitlines()
    return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines
            if line and not line.startswith("#")]


ROWS = read_table()


def name_of(row):
    return f"{row['method']} {row['path']}"


def target_of(row):
    path = row["path"]
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        name = path[start + 1:end]
        path = path[:start] + VALUES.get(name, f"{name}%3A1") + path[end + 1:]
    return path + QUERY


def body_of(row):
    """Bytes of this operation alone, with all that text handling would spoil."""
    if row["method"] not in ("POST", "PUT", "PATCH"):
        return None
    mark = hashlib.sha256(name_of(row).encode()).digest()
    return b'{ "a":1.0,"a":"\\u00e9" }\r\n' + mark * (1 + mark[0] % 64) + b"\0\xff"


def answer_of(row, origin):
    """The upstream's answer: its status, and its body, which always looks like one to be rewritten.
    Every other one ends in what no JSON has."""
    name = name_of(row)
    if row["method"] == "DELETE" and len(name) % 2:
        return "204 No Content", b""
    status = "201 Created" if row["method"] == "POST" else "200 OK"
    if name in REWRITTEN:
        return status, REWRITTEN[name][0].replace("{origin}", origin).encode()
    text = ('{ "id":"7","links":{"regionUrl":"%s/", "a":1.50e+3},"url" : "%s/api/0/x/","name":"%s",'
            '"regions":[{"url":"%s"}]}\r\n' % (origin, origin, name, origin))
    return status, text.encode() + (b"\0\xff" if len(name) % 3 else b"")


def fields_text(fields):
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")


def in_chunks(body):
    pieces = [body[at:at + 17] for at in range(0, len(body), 17)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def link(origin):
    return (f'<{origin}/api/0/x/?a=b&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
            f'<{origin}/api/0/x/?&cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"')


class Chain:
    """One upstream, one Postern and one connection to it, for all operations."""

    def __init__(self, folder, authority):
        self.upstream = RawUpstream(authority)
        self.upstream.default = self.answer
        scopes = {s for row in ROWS for s in row["scopes"].split() if ":" in s}
        self.postern = Postern(folder, self.upstream.url, ca=authority.cert,
                               config=SETTINGS,
                               grant={"scopes": sorted(scopes)})
        self.client = self.postern.client()
        self.row = None

    def close(self):
        self.client.close()
        self.postern.end()
        self.upstream.stop()

    def answer(self, exchange):
        """Framed by a length, or in chunks, in turns."""
        exchange.read_body()
        status, body = answer_of(self.row, self.upstream.url)
        fields = KEPT_OF_ANSWER[:4] + DROPPED_OF_ANSWER + KEPT_OF_ANSWER[4:]
        fields.append(("Link", link(self.upstream.url)))
        if status.startswith("204"):
            framing, body = [], b""
        elif len(body) % 2:
            framing, body = [("Transfer-Encoding", "chunked")], in_chunks(body)
        else:
            framing = [("Content-Length", str(len(body)))]
        exchange.send(b"HTTP/1.1 " + status.encode() + b"\r\n" + fields_text(fields + framing)
                      + b"\r\n" + body)

    def send(self, row):
        """The answer to `row`, and the request as the upstream saw it."""
        self.row = row
        before = len(self.upstream.requests)
        body, given = body_of(row), [*PASSED, *DROPPED]
        if body is not None and len(body) % 2:
            given.append(("Transfer-Encoding", "chunked"))
            self.client.send(format_request(row["method"], target_of(row), given) + in_chunks(body))
        else:
            self.client.send(format_request(row["method"], target_of(row), given, body))
        return self.client.read(row["method"]), self.upstream.requests[before:]


@pytest.fixture(scope="module")
def chain(tmp_path_factory, authority):
    chain = Chain(tmp_path_factory.mktemp("chain"), authority)
    yield chain
    chain.close()
    assert not chain.upstream.bad, chain.upstream.bad
    assert chain.upstream.connections == 1, "neither side lost count of a message's bytes"


def check_request(chain, row, seen, ident):
    """`ident`: the request's id, as the answer names it."""
    assert (seen.method, seen.target) == (row["method"], target_of(row))
    body = body_of(row)
    assert bytes(seen.body) == (body or b"")
    own = {("Host", f"localhost:{chain.upstream.port}"),
           ("Accept-Encoding", "identity" if name_of(row) in REWRITTEN else "gzip"),
           ("X-Request-Id", ident)}
    framing = [f for f in seen.fields if f[0].lower() in ("content-length", "transfer-encoding")]
    assert len(framing) == (body is not None)
    rest = [f for f in seen.fields if f not in framing]
    assert [f for f in rest if f in PASSED] == PASSED
    assert {f for f in rest if f not in PASSED} == own | ADDED


def check_answer(chain, row, answer):
    status, body = answer_of(row, chain.upstream.url)
    assert f"{answer.status} {answer.reason}" == status
    ours = "http://localhost"
    if name_of(row) in REWRITTEN:
        text = REWRITTEN[name_of(row)][1].replace("{origin}", chain.upstream.url)
        body = text.replace("{ours}", ours).encode()
    assert answer.body == body
    kept = [f for f in answer.fields if f[0].lower() not in ADDED_TO_ANSWER]
    assert kept == [*KEPT_OF_ANSWER, ("Link", link(ours))]


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_passes_byte_for_byte(chain, row):
    answer, seen = chain.send(row)
    if name_of(row) in REFUSED:
        assert (answer.code, seen) == (REFUSED[name_of(row)], [])
        return
    assert answer.code is None, answer.body
    (request,) = seen
    check_request(chain, row, request, answer.header("x-request-id"))
    check_answer(chain, row, answer)


def test_the_table_is_read_whole():
    assert len(ROWS) == 456
    assert {row["method"] for row in ROWS} == {"GET", "POST", "PUT", "PATCH", "DELETE"}
