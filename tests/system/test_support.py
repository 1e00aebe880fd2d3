"""The support pieces tried against each other, without Postern."""

import socket
import ssl
import subprocess
import sys
import threading

import pytest
from support.connect_proxy import ConnectProxy
from support.fault_relay import Fault, FaultRelay
from support.http_wire import Reader, Truncated, WireError, format_request, read_response
from support.processes import ROOT
from support.raw_upstream import OK, RawUpstream
from support.waiting import eventually


class TlsClient:
    def __init__(self, authority, port, session=None, sock=None):
        context = authority.client_context()
        if session is not None:
            context, session = session
        raw = sock or socket.create_connection(("127.0.0.1", port), timeout=10)
        self.context = context
        self.sock = context.wrap_socket(raw, server_hostname="localhost", session=session,
                                        suppress_ragged_eofs=False)
        self.reader = Reader(self._recv)

    def _recv(self, size):
        try:
            return self.sock.recv(size)
        except ssl.SSLError:
            raise ConnectionResetError from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def request(self, *args, method="GET", **kwargs):
        self.sock.sendall(format_request(method, *args, **kwargs))
        return read_response(self.reader, method)


def test_upstream_answers_and_records_the_exact_bytes(authority, upstream):
    with TlsClient(authority, upstream.port) as client:
        answer = client.request("/api/0/x/?q=1", [("X-Odd", "a  b")], b"hello", method="POST")
        assert (answer.status, answer.body) == (200, b"{}")
        client.request("/api/0/y/")
    first, second = upstream.requests
    assert first.raw_head.startswith(b"POST /api/0/x/?q=1 HTTP/1.1\r\nHost: localhost\r\n")
    assert bytes(first.body) == b"hello" and first.complete
    assert first.header("x-odd") == "a  b"
    assert (first.connection, second.connection) == (0, 0)
    assert upstream.connections == 1 and upstream.server_names == ["localhost"]


def test_upstream_counts_resumed_sessions(authority, upstream):
    with TlsClient(authority, upstream.port) as first:
        first.request("/api/0/")
        session = (first.context, first.sock.session)
    with TlsClient(authority, upstream.port, session) as second:
        second.request("/api/0/")
    assert (upstream.handshakes, upstream.resumed) == (2, 1)


def test_upstream_tells_a_clean_close_from_a_cut(authority, upstream):
    head = b"HTTP/1.1 200 OK\r\n\r\nhalf"
    upstream.on("/clean", lambda x: x.send(head).close())
    upstream.on("/cut", lambda x: x.send(head).cut())
    with TlsClient(authority, upstream.port) as client:
        assert client.request("/clean").body == b"half"
    with TlsClient(authority, upstream.port) as client, pytest.raises(Truncated):
        client.request("/cut")


def test_upstream_can_answer_before_the_body_and_pause(authority, upstream):
    go = threading.Event()
    upstream.on("/early", lambda x: x.send(OK).wait(go).read_body())
    with TlsClient(authority, upstream.port) as client:
        client.sock.sendall(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
        assert read_response(client.reader).status == 200
        assert not upstream.requests[0].complete
        client.sock.sendall(b"late")
        go.set()
        eventually(lambda: upstream.requests[0].complete, "body read")


def test_upstream_reports_malformed_requests(authority):
    with RawUpstream(authority) as upstream:
        with TlsClient(authority, upstream.port) as client:
            client.sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n")
            client.reader.fill()
            eventually(lambda: upstream.bad, "the upstream has noticed")


def test_reader_refuses_what_the_rfc_forbids():
    def reads(data):
        pieces = [data]
        return read_response(Reader(lambda _size: pieces.pop() if pieces else b""))
    assert reads(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n").body == b"a"
    for bad in (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
                b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
                b"HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\na",
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"):
        with pytest.raises(WireError):
            reads(bad)


def test_relay_passes_slices_and_cuts(authority, upstream):
    with FaultRelay(upstream.port) as relay:
        relay.fault = Fault(slice_size=7)
        with TlsClient(authority, relay.port) as client:
            assert client.request("/api/0/").status == 200
        relay.fault = Fault(down_cut_at=10, reset=True)
        with pytest.raises((OSError, ssl.SSLError)):
            TlsClient(authority, relay.port)
        relay.fault = Fault(refuse=True)
        with pytest.raises((OSError, ssl.SSLError)):
            TlsClient(authority, relay.port)


def test_relay_closes_an_idle_connection_as_a_request_arrives(authority, upstream):
    with FaultRelay(upstream.port) as relay, TlsClient(authority, relay.port) as client:
        assert client.request("/api/0/one").status == 200
        relay.close_idle_on_next_request()
        with pytest.raises((Truncated, OSError)):
            client.request("/api/0/two")
        assert relay.caught == 1
        assert [r.path for r in upstream.requests] == ["/api/0/one"]


def test_relay_can_fall_silent(authority, upstream):
    with FaultRelay(upstream.port) as relay, TlsClient(authority, relay.port) as client:
        client.request("/api/0/one")
        relay.freeze()
        client.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.request("/api/0/two")


def test_connect_proxy_demands_its_login(authority, upstream):
    with ConnectProxy("user", "pass") as proxy:
        for login, status in ((None, b"407"), (b"dXNlcjpwYXNz", b"200")):
            sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
            field = b"Proxy-Authorization: Basic " + login + b"\r\n" if login else b""
            sock.sendall(b"CONNECT localhost:%d HTTP/1.1\r\n%s\r\n" % (upstream.port, field))
            assert status in sock.recv(4096).split(b"\r\n")[0]
        with TlsClient(authority, None, sock=sock) as client:
            assert client.request("/api/0/").status == 200
        assert proxy.refused == 1


@pytest.mark.parametrize("kind", [
    {"label": "expired", "end": "20210101000000Z"}, {"label": "future", "start": "20980101000000Z"},
    {"label": "wrong", "names": "DNS:other.example"}, {"label": "selfsigned", "signed": False},
    {"label": "usage", "usage": "clientAuth"}, {"label": "weak", "key": "rsa1024"},
], ids=lambda kind: kind["label"])
def test_bad_certificates_are_really_bad(authority, kind):
    try:
        context = authority.server_context(authority.server(**kind))
    except ssl.SSLError:  # this library refuses even to serve it
        return
    with RawUpstream(authority, context) as server, pytest.raises(ssl.SSLError):
        TlsClient(authority, server.port)


def test_programs_start_with_default_signals_even_where_the_tests_do_not(folder):
    told = """
from support.processes import Process
with Process(["sleep", "60"], "%s") as program:
    print(program.status("SigIgn"))
""" % folder
    deaf = ["sh", "-c", "trap '' HUP INT QUIT TERM; exec \"$@\"", "sh", sys.executable, "-c", told]
    done = subprocess.run(deaf, cwd=ROOT / "tests", capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr
    ignored = int(done.stdout, 16)
    assert not [number for number in (1, 2, 3, 15) if ignored & 1 << (number - 1)]
