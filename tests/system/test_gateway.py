"""TLS listeners: the handshake, and that requests over TLS are what they are without it."""

import itertools
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
from support.activation import Sockets
from support.http_wire import Client, Truncated, fetch, format_request
from support.metrics import total
from support.processes import cpu_share, run
from support.tls_client import TlsClient, context_for
from support.waiting import bound, eventually, stays_true

MEBIBYTE = 1 << 20


def files(certificate):
    return {"certificate_file": certificate[0], "key_file": certificate[1]}


@pytest.fixture
def serve(start, upstream, authority):
    """serve(config) starts a Postern with one TLS listener."""
    def start_one(config=None, tls=None, **options):
        listen = [{"address": "127.0.0.1:0", "tls": {**files(authority.server()), **(tls or {})}}]
        return start(upstream, config={"listen": listen, **(config or {})}, **options)
    return start_one


@pytest.fixture
def gateway(serve):
    return serve()


@pytest.fixture
def connect(authority):
    """connect(postern) is a client over TLS; all are closed with the test."""
    clients = []

    def connect_one(postern, **options):
        context = options.pop("context", None) or context_for(authority)
        clients.append(TlsClient(postern.port, context, **options))
        return clients[-1]
    yield connect_one
    for client in clients:
        client.close()


# The handshake.


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_requests_are_answered_over_both_versions(gateway, upstream, connect, authority, version):
    client = connect(gateway, context=context_for(authority, minimum=version, maximum=version))
    assert client.tls.version() == {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version]
    assert client.tls.selected_alpn_protocol() == "http/1.1"
    for turn in range(3):
        answer = client.request(target=f"/api/0/{turn}/")
        assert answer.status == 200
    assert [r.target for r in upstream.requests] == ["/api/0/0/", "/api/0/1/", "/api/0/2/"]
    assert total(gateway, "postern_client_handshakes_total", kind="full") == 1


def test_older_versions_and_other_protocols_are_refused(gateway, authority):
    old = context_for(authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="(?i)protocol"):
        TlsClient(gateway.port, old)
    other = context_for(authority)
    other.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError, match="(?i)no application protocol"):
        TlsClient(gateway.port, other)
    eventually(lambda: total(gateway, "postern_client_handshakes_total", kind="failed") == 2, "both are counted")
    gateway.eventually_logs("tls_handshake_failed")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(gateway, connect, authority, version):
    context = context_for(authority, maximum=version)
    first = connect(gateway, context=context)
    assert first.request().status == 200  # a ticket of TLS 1.3 comes behind the handshake
    second = connect(gateway, context=context, session=first.tls.session)
    assert second.tls.session_reused and second.request().status == 200
    assert total(gateway, "postern_client_handshakes_total", kind="resumed") == 1


def test_renegotiation_is_refused(gateway):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_2"],
                          input=b"R\n", capture_output=True, timeout=bound(20), check=False)
    assert b"no renegotiation" in done.stderr + done.stdout
    assert fetch_over(gateway).status == 200


def fetch_over(postern, context=None, **request):
    trusting = context or ssl._create_unverified_context()  # pylint: disable=protected-access
    trusting.options &= ~0x80
    with TlsClient(postern.port, trusting) as client:
        return client.request(**request)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_speaks_to_it(gateway, authority):
    url = f"https://localhost:{gateway.port}/api/0/x/"
    done = subprocess.run(["curl", "-sS", "-i", "--cacert", authority.cert, url, url], capture_output=True,
                          text=True, timeout=bound(20), check=False)
    assert done.stdout.count("200 OK") == 2, done.stdout + done.stderr
    refused = subprocess.run(["curl", "-sS", url], capture_output=True, text=True, timeout=bound(20), check=False)
    assert refused.returncode == 60  # curl does not know the authority


# Who speaks something else.


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_plain_http_at_a_tls_port_gets_an_answer_that_can_be_read(gateway, upstream, method):
    answer = fetch(gateway.port, method)
    assert (answer.status, answer.code) == (400, "bad_request")
    assert "https://" in answer.json()["detail"] and answer.header("connection") == "close"
    assert upstream.requests == []
    assert fetch_over(gateway).status == 200


def test_tls_at_a_plain_port_is_refused_with_a_hint(postern, authority):
    with pytest.raises(ssl.SSLError, match="(?i)wrong version number|record layer"):
        TlsClient(postern.port, context_for(authority))
    postern.eventually_logs("this address speaks no TLS")


def test_a_port_that_is_only_looked_at_is_no_event(gateway):
    for _ in range(3):
        socket.create_connection(("127.0.0.1", gateway.port)).close()
    assert fetch_over(gateway).status == 200
    assert gateway.stop() == 0
    assert "tls_handshake_failed" not in gateway.log


def test_handshakes_that_fail_are_logged_now_and_then(gateway):
    for _ in range(20):
        with Client(gateway.port) as client:
            client.send(b"\x16\x03\x01\x00\x05hello")
            client.rest()
    assert total(gateway, "postern_client_handshakes_total", kind="failed") == 20
    assert gateway.stop() == 0
    assert gateway.log.count("tls_handshake_failed") == 1


# Those who dawdle or leave.


def test_a_slow_handshake_is_bounded_as_a_slow_head_is(serve):
    gateway = serve({"server": {"head_timeout": "1s"}})
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    begun = time.monotonic()
    with Client(gateway.port) as silent, Client(gateway.port) as slow:
        for byte in hello:
            slow.send(bytes([byte]))
            time.sleep(0.05)
        assert slow.rest() == b"" and silent.rest() == b""
    assert time.monotonic() - begun < bound(4)
    gateway.eventually_logs("it was not done in time")


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)],
                         ids=["nothing", "half a hello"])
def test_who_has_not_begun_makes_room_for_who_has(serve, said):
    gateway = serve({"server": {"max_connections": 20}})
    silent = [Client(gateway.port) for _ in range(20)]
    for client in silent:
        client.send(said)
    eventually(lambda: total(gateway, "postern_client_connections") == 20, "all are there, and counted")
    assert fetch_over(gateway).status == 200
    for client in silent:
        client.close()


def hello_of(context):
    """The first words of a caller, in one piece."""
    ours = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), ours, server_hostname="localhost").do_handshake()
    return ours.read()


def begin_handshake(gateway, hello):
    client = Client(gateway.port)
    client.send(hello)
    assert client.sock.recv(1), "the gateway's part of the handshake"
    return client


def test_handshakes_that_stand_still_are_bounded_and_the_oldest_makes_room(serve, connect, authority):
    gateway = serve({"server": {"max_handshakes": 8}})
    known = [connect(gateway) for _ in range(10)]  # are done with theirs
    hello = hello_of(context_for(authority))
    half = [begin_handshake(gateway, hello) for _ in range(12)]
    for client in half[:4]:
        client.rest()
    assert total(gateway, "postern_client_connections") == 10 + 8
    assert fetch_over(gateway).status == 200
    assert all(client.request().status == 200 for client in known)
    assert total(gateway, "postern_client_handshakes_total", kind="failed") == 5
    gateway.eventually_logs("server.max_handshakes were under way")
    for client in half:
        client.close()


def test_who_begins_handshakes_and_does_not_go_on_fills_no_memory(serve, authority):
    gateway = serve({"server": {"max_handshakes": 100}})
    hello = hello_of(context_for(authority))
    begin_handshake(gateway, hello).close()
    before = gateway.rss()
    half = [begin_handshake(gateway, hello) for _ in range(800)]  # of 43 KiB
    assert gateway.rss() - before < 16 * MEBIBYTE
    for client in half:
        client.close()


def test_an_idle_connection_ends_with_close_notify(serve, connect):
    client = connect(serve({"server": {"idle_timeout": "300ms"}}))
    assert client.request().status == 200
    assert client.rest() == b"" and client.sock.ended_in_order


def test_a_caller_that_ends_in_order_is_served_to_the_end(serve, connect, upstream):
    upstream.on("/api/0/slow/", lambda x: (time.sleep(0.3), x.ok(b"finished")))
    client = connect(serve({"server": {"half_close": "serve"}}))
    client.send(format_request(target="/api/0/slow/"))
    client.finish()
    assert client.read().body == b"finished"


@pytest.mark.parametrize("how", ["finish", "cut", "reset", "close"])
def test_a_caller_that_leaves_cancels_its_call(gateway, connect, upstream, how):
    gone = threading.Event()
    upstream.on("/api/0/slow/", lambda x: (x.wait_closed(), gone.set()))
    client = connect(gateway)
    client.send(format_request(target="/api/0/slow/"))
    upstream.wait_for("/api/0/slow/")
    {"finish": client.finish, "cut": client.cut, "close": client.close, "reset": client.sock.sock.close}[how]()
    assert gone.wait(bound(5))


def test_an_upload_that_is_cut_is_not_taken_for_whole(gateway, connect, upstream):
    client = connect(gateway)
    client.send(b"POST /api/0/up/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc")
    upstream.wait_for("/api/0/up/")
    client.cut()
    eventually(lambda: upstream.open_connections == 0, "the upstream call is cancelled", 5)
    assert not upstream.requests[0].complete


def test_an_answer_that_breaks_off_ends_without_close_notify(gateway, connect, upstream):
    upstream.on("/api/0/cut/", lambda x: (x.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
                                          x.close()))
    client = connect(gateway)
    client.send(format_request(target="/api/0/cut/"))
    with pytest.raises(Truncated):
        client.read()
    assert not client.sock.ended_in_order


def test_an_answer_for_http_10_ends_with_close_notify(gateway, connect, upstream):
    upstream.on("/api/0/old/", lambda x: x.send(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
    client = connect(gateway)
    client.send(b"GET /api/0/old/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert client.read().body == b"abc" and client.sock.ended_in_order


def test_key_updates_without_end_are_refused(gateway):
    """Each costs Postern more than its caller."""
    hello = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_3"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(200):
            hello.stdin.write(b"K\n")
            hello.stdin.flush()
            time.sleep(0.01)
            if hello.poll() is not None:
                break
    except BrokenPipeError:
        pass
    hello.stdin.close()
    assert hello.wait(bound(20)) is not None
    hello.stdout.close()
    assert cpu_share(gateway, 0.5) < 0.5
    assert fetch_over(gateway).status == 200


# Bodies.


@pytest.mark.parametrize("size", [1, 16 * 1024, 5 * MEBIBYTE])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_bodies_arrive_as_they_were_sent(gateway, connect, upstream, size, framing):
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    upstream.on("/api/0/echo/", lambda x: x.ok(bytes(x.read_body().request.body)))
    client = connect(gateway)
    for _ in range(2):
        if framing == "length":
            answer = client.request("POST", "/api/0/echo/", body=body)
        else:
            client.send(b"POST /api/0/echo/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            for at in range(0, size, 100_000):
                piece = body[at:at + 100_000]
                client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            client.send(b"0\r\n\r\n")
            answer = client.read()
        assert answer.status == 200 and answer.body == body


def test_a_slow_reader_holds_the_upstream_back(gateway, connect, upstream):
    sent = []

    def large(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MEBIBYTE))
        for _ in range(64):
            exchange.send(b"x" * MEBIBYTE)
            sent.append(MEBIBYTE)
    upstream.on("/api/0/large/", large)
    before = gateway.rss()
    client = connect(gateway)
    client.send(format_request(target="/api/0/large/"))
    client.read_head()
    eventually(lambda: sent, "the first mebibyte has gone")
    time.sleep(0.5)
    held = sum(sent)
    assert held < 32 * MEBIBYTE, "what nobody reads is not fetched"
    assert gateway.rss() - before < 8 * MEBIBYTE
    assert len(client.reader.exactly(64 * MEBIBYTE)) == 64 * MEBIBYTE


def test_a_slow_upstream_holds_the_caller_back(gateway, connect, upstream):
    go = threading.Event()
    taken = []
    upstream.on("/api/0/up/", lambda x: (x.wait(go).ok(b"done"), taken.append(x.request.body_bytes)))
    client = connect(gateway)
    answered = []

    def upload():
        answered.append(client.request("POST", "/api/0/up/", body=b"x" * (32 * MEBIBYTE)).body)
    thread = threading.Thread(target=upload)
    thread.start()
    stays_true(lambda: gateway.rss() < 96 * MEBIBYTE, "what nobody takes is not held")
    go.set()
    thread.join(bound(30))
    assert answered == [b"done"]
    eventually(lambda: taken == [32 * MEBIBYTE], "all of it has come")


def test_pipelined_requests_in_one_record_and_one_request_in_many(gateway, connect, upstream):
    client = connect(gateway)
    client.send(b"".join(format_request(target=f"/api/0/{n}/") for n in range(3)))
    assert [client.read().status for _ in range(3)] == [200] * 3
    for byte in format_request(target="/api/0/bytes/"):
        client.send(bytes([byte]))
    assert client.read().status == 200
    assert [r.target for r in upstream.requests][-1] == "/api/0/bytes/"


def test_records_may_arrive_in_any_pieces(gateway, connect, upstream):
    client = connect(gateway)
    for step in (1, 3, 7, 60):
        data = client.sock.records(format_request(target=f"/api/0/{step}/"))
        for at in range(0, len(data), step):
            client.sock.sock.sendall(data[at:at + step])
        assert client.read().status == 200


def test_links_lead_back_by_https(gateway, connect, upstream, start):
    link = f'<{upstream.url}/api/0/organizations/acme/issues/?cursor=1>; rel="next"'
    upstream.on("/api/0/links/", lambda x: x.ok(b"[]", headers=[("Link", link)]))
    answer = connect(gateway).request(target="/api/0/links/", host="localhost:7979")
    assert answer.header("link").startswith("<https://localhost:7979/api/0/")


def test_draining_ends_idle_connections_and_finishes_requests(gateway, connect, upstream):
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"finished"))
    busy, idle = connect(gateway), connect(gateway)
    assert idle.request().status == 200
    busy.send(format_request(target="/api/0/slow/"))
    upstream.wait_for("/api/0/slow/")
    half = Client(gateway.port)  # has not said a word
    gateway.signal(15)
    gateway.eventually_logs('"draining"')
    assert idle.rest() == b"" and idle.sock.ended_in_order
    go.set()
    answer = busy.read()
    assert (answer.body, answer.header("connection")) == (b"finished", "close")
    assert busy.rest() == b"" and busy.sock.ended_in_order
    half.close()
    assert gateway.wait(5) == 0


def test_a_successor_at_the_same_socket_loses_no_handshake(start, upstream, authority):
    """Both have the socket for a while; a ticket of the first is not the second's, and costs a whole handshake."""
    upstream.default = lambda x: x.ok(x.request.target.encode())
    answered, lost, stop = [], [], threading.Event()

    def work(worker, port):
        context, session = context_for(authority), None
        for turn in itertools.count():
            target = f"/api/0/{worker}/{turn}/"
            try:
                with TlsClient(port, context, session=session) as client:
                    answer = client.request(target=target)
                    session = client.tls.session
                good = answer.status == 200 and answer.body == target.encode()
                (answered if good else lost).append((target, answer.status, answer.body))
            except (OSError, Truncated) as error:
                lost.append((target, repr(error)))
            if stop.is_set():
                return

    config = {"listen": [{"address": "127.0.0.1:1", "name": "http", "tls": files(authority.server())}]}
    with Sockets(http=0, admin=0) as sockets:
        running = start(upstream, config=config, **sockets.start_options)
        workers = [threading.Thread(target=work, args=(n, sockets.port("http"))) for n in range(4)]
        for worker in workers:
            worker.start()
        for _ in range(3):
            successor = start(upstream, config=config, **sockets.start_options)
            seen = len(answered)
            eventually(lambda n=seen: len(answered) > n + 30, "both serve")
            assert running.stop() == 0
            seen = len(answered)
            eventually(lambda n=seen: len(answered) > n + 30, "the successor serves alone")
            running = successor
        stop.set()
        for worker in workers:
            worker.join(bound(20))
    assert lost == []


def test_many_connections_at_once(gateway, connect):
    clients = [connect(gateway) for _ in range(50)]
    for client in clients:
        client.send(format_request())
    assert [client.read().status for client in clients] == [200] * 50


# Configuration.


def check(folder, tls, **listen):
    config = {"grants": [{"organization": "acme"}],
              "listen": [{"address": "127.0.0.1:0", "tls": tls, **listen}]}
    (folder / "postern.yaml").write_text(json.dumps(config))
    return run("check", "--config", folder / "postern.yaml")


def test_check_says_what_is_wrong_with_the_files(folder, authority):
    good = files(authority.server())
    other = files(authority.server("other"))
    open_key = folder / "open.key"
    shutil.copy(good["key_file"], open_key)
    open_key.chmod(0o644)
    encrypted = folder / "encrypted.key"
    subprocess.run(["openssl", "pkey", "-in", good["key_file"], "-aes128", "-passout", "pass:x", "-out", encrypted],
                   check=True, capture_output=True, timeout=bound(20))
    (folder / "nothing").write_text("no PEM\n")
    (folder / "nothing").chmod(0o600)
    for changes, told in (
            ({"key_file": str(folder / "absent")}, "cannot read"),
            ({"certificate_file": str(folder / "absent")}, "No such file"),
            ({"certificate_file": str(folder)}, "no plain file"),
            ({"key_file": str(open_key)}, f"by every user of the machine: chmod 0600 {open_key}"),
            ({"key_file": other["key_file"]}, "is not that of the certificate in"),
            ({"key_file": str(encrypted)}, "without a passphrase"),
            ({"certificate_file": str(folder / "nothing")}, "holds no certificate in PEM"),
            ({"key_file": str(folder / "nothing")}, "cannot use the key"),
            ({"client_ca_file": str(folder / "nothing")}, "holds no certificates of authorities")):
        done = check(folder, {**good, **changes})
        assert done.returncode == 2 and "listen[0].tls" in done.stderr and told in done.stderr, done.stderr
    assert check(folder, good).returncode == 0


def test_check_warns_of_an_expired_certificate(folder, authority):
    expired = files(authority.server("expired-server", end="20210101000000Z"))
    done = check(folder, expired)
    assert done.returncode == 0
    assert "warning: listen[0].tls.certificate_file" in done.stdout
    assert "has expired, and callers refuse it: 2021-01-01T00:00:00Z" in done.stdout


def test_the_start_says_what_is_exposed(start, upstream, authority):
    def said(tls):
        postern = start(upstream, config={"listen": [
            {"address": "0.0.0.0:0", "allow_remote": True, **({"tls": tls} if tls else {})}]})
        postern.stop()
        return {e["event"]: e for e in postern.log_entries()}
    plain = said(None)["listening_remotely"]["detail"]
    assert "reads along" in plain
    tls = said(files(authority.server()))["listening_remotely"]["detail"]
    assert "acts with the grant's rights" in tls and "reads along" not in tls
    named = said({**files(authority.server()), "client_ca_file": str(authority.cert), "client_names": ["web"]})
    assert "listening_remotely" not in named and named["listening"]["clients"] == "web"


def test_run_does_not_send_programs_to_a_tls_address(gateway):
    done = run("run", "--config", gateway.config_path, "--", "true")
    assert done.returncode == 1 and "without TLS" in done.stderr, done.stderr
