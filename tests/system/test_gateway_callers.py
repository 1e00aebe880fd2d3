"""Who is calling a gateway: certificates and their names, the word of trusted proxies; and that the
gateway's own certificate can be replaced while it serves."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import threading
import time

import pytest
from support.http_wire import Truncated, fetch, format_request
from support.metrics import total
from support.pki import Authority
from support.processes import clean_environment, run
from support.shifted_clock import shifted
from support.tls_client import TlsClient, context_for
from support.volume import Volume
from support.waiting import bound, eventually, stays_true

WEB = "spiffe://shop.example/ns/web/sa/api"


def files(certificate):
    return {"certificate_file": str(certificate[0]), "key_file": str(certificate[1])}


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """The authority of the callers, another one than the gateway's."""
    return Authority(tmp_path_factory.mktemp("clients"), "Callers")


def certificate(clients, label, names="", cn="nobody", **options):
    return clients.server(label, names=names, cn=cn, usage=options.pop("usage", "clientAuth"), **options)


@pytest.fixture
def serve(start, upstream, authority, clients):
    """serve(tls, config) starts a Postern whose callers must show a certificate."""
    def start_one(tls=None, config=None, env=None, **listen):
        entry = {"address": "127.0.0.1:0", "name": "gate", **listen,
                 "tls": {**files(authority.server()), "client_ca_file": str(clients.cert), **(tls or {})}}
        return start(upstream, config={"listen": [entry], **(config or {})}, env=env)
    return start_one


def call(postern, authority, shown=None, **request):
    with TlsClient(postern.port, context_for(authority, shown)) as client:
        return client.request(**request)


def last_line(postern):
    return eventually(postern.access_lines, "the request is logged")[-1]


# Certificates.


def test_certificates_that_are_too_large_are_refused_with_that_reason(serve, authority, clients):
    gateway = serve()
    large, fits = ([f"DNS:{n:05}.{'x' * 50}.svc" for n in range(count)] for count in (1400, 700))
    with pytest.raises(ssl.SSLError, match="(?i)illegal parameter"):
        call(gateway, authority, certificate(clients, "large", names=",".join(large)))
    gateway.eventually_logs("its certificates may take 60 KiB")
    assert call(gateway, authority, certificate(clients, "fits", names=",".join(fits))).status == 200


def test_who_shows_no_certificate_is_turned_away_in_the_handshake(serve, authority, upstream):
    gateway = serve()
    with pytest.raises((ssl.SSLError, ConnectionError, Truncated), match="(?i)certificate"):
        call(gateway, authority)
    assert upstream.requests == []
    gateway.eventually_logs("peer did not return a certificate")


@pytest.mark.parametrize("kind, told", [
    ("another authority", "certificate verify failed"), ("expired", "certificate has expired"),
    ("for servers", "(unsuitable|unsupported) certificate purpose"), ("its own", "self-signed certificate")])
def test_a_wrong_certificate_is_turned_away_in_the_handshake(serve, authority, clients, kind, told, upstream):
    shown = {"another authority": lambda: authority.server("foreign", usage="clientAuth"),
             "expired": lambda: certificate(clients, "expired", end="20210101000000Z"),
             "for servers": lambda: certificate(clients, "server", usage="serverAuth"),
             "its own": lambda: certificate(clients, "own", signed=False)}[kind]()
    gateway = serve()
    with pytest.raises((ssl.SSLError, ConnectionError, Truncated)):
        call(gateway, authority, shown)
    assert upstream.requests == []
    [entry] = eventually(lambda: [e for e in gateway.log_entries() if e.get("event") == "tls_handshake_failed"],
                         "it is logged")
    assert re.search(told, entry["reason"]), entry


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_right_certificate_names_the_caller(serve, authority, clients, version):
    gateway = serve()
    context = context_for(authority, certificate(clients, "web", f"URI:{WEB},DNS:web.shop.svc"), maximum=version)
    with TlsClient(gateway.port, context) as first:
        assert first.request().status == 200
        session = first.tls.session
    with TlsClient(gateway.port, context, session=session) as again:
        assert again.tls.session_reused and again.request().status == 200
    lines = eventually(lambda: gateway.access_lines()[1:] and gateway.access_lines(), "both are logged")
    assert [line["caller"] for line in lines] == [WEB, WEB], "a resumed session has the name as well"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_caller_is_verified_anew_after_an_hour_however_often_it_resumes(serve, authority, clients, folder, version):
    environment = shifted(folder, 0)
    if environment is None:
        pytest.skip("no C compiler")
    gateway = serve(env=clean_environment(**environment))
    context = context_for(authority, certificate(clients, "web"), maximum=version)
    session, resumed = None, []
    for minutes in (0, 25, 50, 75, 100):
        shifted(folder, minutes * 60)
        with TlsClient(gateway.port, context, session=session) as client:
            assert client.request().status == 200
            session = client.tls.session
            resumed.append(client.tls.session_reused)
    assert resumed == [False, True, True, False, True]


def test_names_that_are_not_listed_get_403_and_can_be_read(serve, authority, clients, upstream):
    gateway = serve({"client_names": ["*.shop.svc", "spiffe://shop.example/ns/jobs/*"]})
    for label, names, status in (
            ("web", f"URI:{WEB},DNS:web.shop.svc", 200), ("job", "URI:spiffe://shop.example/ns/jobs/sa/x", 200),
            ("deep", "DNS:a.web.shop.svc", 403), ("other", "DNS:web.other.svc", 403), ("cn", "", 403)):
        answer = call(gateway, authority, certificate(clients, label, names, cn="someone"))
        assert answer.status == status, label
        if status == 403:
            assert answer.code == "forbidden_caller"
            assert "tls.client_names" in answer.json()["action"]
    assert "someone" in answer.json()["detail"]
    line = eventually(lambda: gateway.access_lines()[4:], "all are logged")[-1]
    assert (line["code"], line["caller"]) == ("forbidden_caller", "someone")
    assert len(upstream.requests) == 2


def test_of_many_and_odd_names_those_that_can_be_are_looked_at(serve, authority, clients):
    gateway = serve({"client_names": ["*.shop.svc", "n499.svc"]})
    many = ",".join(f"DNS:n{n}.svc" for n in range(500))
    assert call(gateway, authority, certificate(clients, "many", many)).status == 200
    odd = "DNS:*.shop.svc,DNS:x y.shop.svc,email:web.shop.svc,DNS:" + "a" * 240 + ".shop.svc"
    answer = call(gateway, authority, certificate(clients, "odd", odd, cn="web.shop.svc"))
    assert (answer.status, answer.code) == (403, "forbidden_caller")
    assert "has no name" in answer.json()["detail"], "a star is none, nor is a common name beside others"
    lines = eventually(lambda: gateway.access_lines()[1:] and gateway.access_lines(), "both are logged")
    assert [line.get("caller") for line in lines] == ["n499.svc", None]


def test_an_intermediate_authority_will_do(serve, authority, folder, clients):
    config = folder / "leaf.cnf"
    config.write_text("extendedKeyUsage=clientAuth\nsubjectAltName=DNS:leaf.shop.svc\n")
    (folder / "ca.cnf").write_text("basicConstraints=critical,CA:TRUE\n")

    def make(name, signer, signer_key, extensions):
        subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr", "-subj", f"/CN={name}"],
                       check=True, capture_output=True, timeout=bound(20))
        subprocess.run(["openssl", "x509", "-req", "-in", folder / f"{name}.csr", "-CA", signer, "-CAkey", signer_key,
                        "-CAcreateserial", "-days", "30", "-extfile", extensions, "-out", folder / f"{name}.pem"],
                       check=True, capture_output=True, timeout=bound(20))
    make("intermediate", clients.cert, clients.key, folder / "ca.cnf")
    make("leaf", folder / "intermediate.pem", folder / "intermediate.key", config)
    gateway = serve({"client_ca_file": str(folder / "intermediate.pem"), "client_names": ["leaf.shop.svc"]})
    assert call(gateway, authority, (folder / "leaf.pem", folder / "leaf.key")).status == 200


def test_rules_name_callers_by_their_certificates(serve, authority, clients):
    rules = [{"effect": "deny", "methods": ["POST"], "caller": {"listener": "gate", "names": ["*.jobs.svc"]}}]
    gateway = serve(config={"policy": {"organization_pinning": False, "rules": rules}})
    job, web = (certificate(clients, f"{n}-rule", f"DNS:a.{n}.svc") for n in ("jobs", "web"))
    assert call(gateway, authority, job, method="POST", body=b"x").code == "policy_denied"
    assert call(gateway, authority, web, method="POST", body=b"x").status == 200
    assert call(gateway, authority, job).status == 200


def test_explain_judges_a_name_as_its_caller_is_judged(serve, authority, clients):
    rules = [{"name": "jobs read", "effect": "deny", "methods": ["POST"],
              "caller": {"listener": "gate", "names": ["*.jobs.svc"]}}]
    gateway = serve({"client_names": ["*.jobs.svc", "*.shop.svc"]},
                    {"policy": {"organization_pinning": False, "rules": rules}})

    def explained(name, *more):
        return run("explain", "POST", "/api/0/x/", "--listener", "gate", "--name", name, *more, "--config",
                   gateway.config_path)
    for name, code in (("a.jobs.svc", "policy_denied"), ("web.shop.svc", "")):
        answer = call(gateway, authority, certificate(clients, name, f"DNS:{name}"), method="POST", target="/api/0/x/")
        now = json.loads(explained(name, "--json").stdout)["now"]
        assert (now["reason"] if now["outcome"] == "refused" else "") == code, now
        assert (answer.code if answer.status != 200 else "") == code
        assert now["caller"] == f"gate/{name}"
        assert now["policy"]["by"] == ("jobs read" if code else "policy.default")
    assert f"takes turns   as gate/{name}" in explained(name).stdout
    answer = call(gateway, authority, certificate(clients, "foreign", "DNS:web.other.svc"))
    told = explained("web.other.svc")
    assert told.returncode == 2 and answer.json()["detail"] in told.stderr, told.stderr


def test_a_listener_keeps_its_ceiling(serve, authority, clients, folder):
    gateway = serve(grant="acme", config={"grants": [{"organization": "acme"}, {"organization": "globex"}]})
    shown = certificate(clients, "web", f"URI:{WEB},DNS:web.shop.svc")
    answer = call(gateway, authority, shown, headers=[("X-Postern-Grant", "globex")])
    assert answer.code == "grant_not_allowed_here"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_and_openssl_show_their_certificates(serve, authority, clients):
    gateway = serve({"client_names": ["web.shop.svc"]})
    cert, key = certificate(clients, "curl", "DNS:web.shop.svc")
    url = f"https://localhost:{gateway.port}/api/0/x/"

    def curl(*args):
        return subprocess.run(["curl", "-sS", "-w", "%{http_code}", "--cacert", authority.cert, *args, url],
                              capture_output=True, text=True, timeout=bound(20), check=False)
    assert curl("--cert", cert, "--key", key).stdout.endswith("200")
    without = curl()
    assert without.returncode != 0 and "certificate required" in without.stderr, without.stderr
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-cert", cert, "-key", key,
                           "-CAfile", authority.cert, "-quiet", "-ign_eof"],
                          input=b"GET /api/0/x/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                          capture_output=True, timeout=bound(20), check=False)
    assert b"HTTP/1.1 200 OK" in done.stdout


# The gateway's own certificate.


@pytest.fixture
def volume(folder, authority):
    return Volume(folder / "volume", authority.server())


def plain(start, upstream, volume, **config):
    return start(upstream, config={"listen": [{"address": "127.0.0.1:0", "tls": volume.tls}], **config})


def shown_by(postern, authority):
    with TlsClient(postern.port, context_for(authority)) as client:
        return client.tls.getpeercert()["subjectAltName"][-1][1]


def replaced(authority, number):
    return authority.server(f"replaced-{number}", names=f"DNS:localhost,DNS:gateway-{number}.test")


def test_the_end_of_the_callers_authority_is_told_where_there_is_one(serve, start, upstream, volume):
    assert total(serve(), "postern_client_ca_expiry_seconds") > 86400
    assert total(plain(start, upstream, volume), "postern_client_ca_expiry_seconds") == 0, "no series"


def test_a_new_certificate_is_taken_without_a_signal(start, upstream, authority, volume):
    gateway = plain(start, upstream, volume)
    before = total(gateway, "postern_certificate_expiry_seconds")
    volume.publish(authority.server("short", names="DNS:localhost,DNS:short.test", end="20780101000000Z"))
    eventually(lambda: shown_by(gateway, authority) == "short.test", "the new one is shown")
    assert total(gateway, "postern_certificate_expiry_seconds") < before - 3600
    gateway.eventually_logs("certificate_loaded")
    [line] = [e for e in gateway.log_entries() if e.get("event") == "certificate_loaded"]
    assert line["expires"] == "2078-01-01T00:00:00Z"


def test_a_hangup_reads_it_at_once(start, upstream, authority, volume):
    gateway = plain(start, upstream, volume)
    volume.publish(replaced(authority, 1))
    gateway.signal(signal.SIGHUP)
    eventually(lambda: shown_by(gateway, authority) == "gateway-1.test", "it is shown", 0.9)


def test_broken_files_leave_the_old_certificate_in_use(start, upstream, authority, volume):
    gateway = plain(start, upstream, volume)
    good, other = replaced(authority, 1), replaced(authority, 2)
    for turn, pair in enumerate([(good[0], other[1]), (good[0], None), (None, good[1])]):
        volume.publish(pair)
        eventually(lambda: gateway.log.count("certificate_refused") == turn + 1, "the fault is logged")
        assert total(gateway, "postern_certificate_fault") == 1
        assert shown_by(gateway, authority) == "::1" or shown_by(gateway, authority)
    stays_true(lambda: gateway.log.count("certificate_refused") == 3, "once for each", seconds=2.5)
    volume.publish(good)
    eventually(lambda: shown_by(gateway, authority) == "gateway-1.test", "the good one is shown")
    assert total(gateway, "postern_certificate_fault") == 0


def certificates_of(postern):
    told = run("status", "--json", "--config", postern.config_path)
    return json.loads(told.stdout)["certificates"]


def test_the_status_tells_each_certificate_and_its_last_reading(start, upstream, authority, clients, volume):
    soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 3 * 86400 + 60))
    expiring = files(authority.server("expiring", names="DNS:localhost,DNS:*.old.test", end=soon))
    gateway = start(upstream, config={"listen": [
        {"address": "127.0.0.1:0", "tls": {**volume.tls, "client_ca_file": str(clients.cert)}},
        {"address": "127.0.0.1:0", "tls": expiring}, {"address": "127.0.0.1:0"}]})
    first, second = certificates_of(gateway)
    assert first["names"] == ["localhost", "127.0.0.1", "::1"] and first["file"] == volume.tls["certificate_file"]
    assert first["expires_at"] == "2099-12-31T00:00:00Z" and first["callers_expire_in_s"] > 3000 * 86400
    assert first["fault"] is None and first["loaded_at"] is None, "it is the one that was there at the start"
    assert second["names"] == ["localhost", "*.old.test"] and second["callers_expire_at"] is None
    assert 3 * 86400 <= second["expires_in_s"] < 4 * 86400
    text = run("status", "--config", gateway.config_path).stdout
    assert f"the certificate of {second['listener']} expires in 3d: renew {expiring['certificate_file']}" in text
    page = fetch(gateway.admin_port, "GET", "/", (), None, "localhost").body.decode()
    assert "expires in 3d" in page and "*.old.test" in page

    volume.publish((replaced(authority, 1)[0], replaced(authority, 2)[1]))
    gateway.eventually_logs("certificate_refused")
    assert "is not that of the certificate in" in certificates_of(gateway)[0]["fault"]
    assert "the former ones serve on" in run("status", "--config", gateway.config_path).stdout
    volume.publish(replaced(authority, 1))
    gateway.eventually_logs("certificate_loaded")
    first = certificates_of(gateway)[0]
    assert first["fault"] is None and first["loaded_at"] and "gateway-1.test" in first["names"]


def test_an_authority_of_callers_that_has_expired_is_told(start, upstream, authority, clients):
    ended, _ = certificate(clients, "ended", end="20210101000000Z", signed=False)
    gateway = start(upstream, config={"listen": [
        {"address": "127.0.0.1:0", "tls": {**files(authority.server()), "client_ca_file": ended}}]})
    gateway.eventually_logs("nobody is let in")
    told = run("status", "--config", gateway.config_path).stdout
    assert "has expired: nobody is let in" in told
    assert "client_ca_file" in run("check", "--config", gateway.config_path).stdout


def test_connections_and_sessions_outlive_a_change(start, upstream, authority, volume):
    gateway = plain(start, upstream, volume)
    context = context_for(authority)
    with TlsClient(gateway.port, context) as kept:
        assert kept.request().status == 200
        session = kept.tls.session
        volume.publish(replaced(authority, 1))
        eventually(lambda: shown_by(gateway, authority) == "gateway-1.test", "the new one is shown")
        assert kept.request().status == 200
    with TlsClient(gateway.port, context, session=session) as later:
        assert not later.tls.session_reused, "tickets end with the certificate"
        assert later.request().status == 200


def test_other_authorities_hold_for_sessions_too(serve, authority, clients, folder):
    trusted = folder / "callers.pem"
    shutil.copy(clients.cert, trusted)
    gateway = serve({"client_ca_file": str(trusted)})
    context = context_for(authority, certificate(clients, "web", f"URI:{WEB},DNS:web.shop.svc"))
    with TlsClient(gateway.port, context) as first:
        assert first.request().status == 200
        session = first.tls.session
    fresh = trusted.with_suffix(".new")
    shutil.copy(authority.cert, fresh)
    os.replace(fresh, trusted)
    gateway.eventually_logs("certificate_loaded")
    with pytest.raises((ssl.SSLError, ConnectionError, Truncated)):
        with TlsClient(gateway.port, context, session=session) as later:
            later.request()


def test_callers_end_with_the_authority_that_let_them_in(serve, authority, clients, folder, upstream):
    others = Authority(folder / "others", "Others")
    trusted = folder / "callers.pem"
    trusted.write_bytes(clients.cert.read_bytes() + others.cert.read_bytes())
    gateway = serve({"client_ca_file": str(trusted)})
    stays = TlsClient(gateway.port, context_for(authority, certificate(clients, "web", f"URI:{WEB},DNS:web.shop.svc")))
    goes = TlsClient(gateway.port, context_for(authority, certificate(others, "gone", "DNS:gone.shop.svc")))
    with stays, goes:
        assert stays.request().status == goes.request().status == 200
        fresh = trusted.with_suffix(".new")
        shutil.copy(clients.cert, fresh)
        os.replace(fresh, trusted)
        gateway.eventually_logs("certificate_loaded")
        assert stays.request().status == 200, "its authority is there still"
        with pytest.raises((ConnectionError, Truncated)):
            goes.request()
        assert stays.request().status == 200
    assert len(upstream.requests) == 4
    gateway.eventually_logs("its authority is trusted no more")


def test_a_kept_connection_ends_with_its_callers_certificate(serve, authority, clients):
    gateway = serve()
    end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 4))
    shown = certificate(clients, "short-lived", "DNS:web.shop.svc", end=end)
    with TlsClient(gateway.port, context_for(authority, shown)) as client:
        assert client.request().status == 200

        def refused():
            try:
                assert client.request().status == 200
            except (ConnectionError, Truncated):
                return True
            return False
        eventually(refused, "the certificate has expired", 8)
    gateway.eventually_logs("the caller's certificate has expired")


def test_under_load_changes_lose_nothing(start, upstream, authority, volume):
    upstream.default = lambda x: x.ok(x.request.target.encode())
    gateway = plain(start, upstream, volume, log={"level": "info", "access": False})
    pairs = [replaced(authority, n) for n in range(2)]
    lost, answered, stop = [], [], threading.Event()

    def work(worker):
        context, turn = context_for(authority), 0
        kept = TlsClient(gateway.port, context)
        while not stop.is_set():
            turn += 1
            target = f"/api/0/{worker}/{turn}/"
            try:
                if turn % 5 == 0:
                    with TlsClient(gateway.port, context) as client:
                        answer = client.request(target=target)
                else:
                    answer = kept.request(target=target)
                good = answer.status == 200 and answer.body == target.encode()
                (answered if good else lost).append(target)
            except (OSError, Truncated) as error:
                lost.append((target, repr(error)))
                return
        kept.close()

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for turn in range(20):
        loaded = gateway.log.count("certificate_loaded")
        volume.publish(pairs[turn % 2])
        gateway.signal(signal.SIGHUP)
        eventually(lambda: gateway.log.count("certificate_loaded") > loaded, "it is loaded")
    stop.set()
    for worker in workers:
        worker.join(bound(20))
    assert lost == [] and len(answered) > 100


# Trusted proxies.


def forwarded(postern, value, **headers):
    fields = [("X-Forwarded-For", one) for one in ([value] if isinstance(value, str) else value)]
    answer = postern.get(headers=fields + list(headers.items()))
    assert answer.status == 200
    return answer


def test_a_trusted_proxy_says_who_is_calling(start, upstream):
    postern = start(upstream, config={"server": {"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]}})
    for value, client in ((["198.51.100.1", "203.0.113.9, 10.1.1.1"], "203.0.113.9"), ("2001:db8::1", "[2001:db8::1]"),
                          ("nonsense", None), ([], None), ("203.0.113.9, junk", None)):
        forwarded(postern, value)
        eventually(lambda: len(postern.access_lines()) == len(upstream.requests), "it is logged")
        told = postern.access_lines()[-1]["client"]
        assert told == client or (client is None and told.startswith("127.0.0.1:")), (value, told)
    assert all(not r.fields.all("x-forwarded-for") for r in upstream.requests), "it is not sent on"


def test_nobody_else_is_believed(start, upstream):
    postern = start(upstream, config={"server": {"trusted_proxies": ["10.0.0.0/8"]}})
    forwarded(postern, "203.0.113.9")
    assert last_line(postern)["client"].startswith("127.0.0.1:")


def test_a_chain_without_end_is_refused_or_not_followed(start, upstream):
    postern = start(upstream, config={"server": {"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]}})
    before = postern.rss()
    for _ in range(20):
        with postern.client() as client:
            client.send(b"GET /api/0/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: " + b"10.0.0.1," * 20_000)
            assert client.read().status == 431
    assert postern.rss() - before < 4 * 1024 * 1024
    forwarded(postern, "203.0.113.9, " + "10.0.0.1, " * 500 + "10.0.0.1")
    line = eventually(lambda: [one for one in postern.access_lines() if one["status"] == 200], "it is logged")[-1]
    assert line["client"].startswith("127.0.0.1:"), "nobody has 500 proxies"


def test_a_request_on_a_kept_connection_is_its_own_callers(start, upstream):
    postern = start(upstream, config={"server": {"trusted_proxies": ["127.0.0.1"]}})
    with postern.client() as client:
        for n in range(3):
            assert client.request(headers=[("X-Forwarded-For", f"203.0.113.{n}")]).status == 200
        assert client.request().status == 200
    lines = eventually(lambda: postern.access_lines()[3:] and postern.access_lines(), "all are logged")
    assert [line["client"].rpartition(":")[0] or line["client"] for line in lines] == [
        "203.0.113.0", "203.0.113.1", "203.0.113.2", "127.0.0.1"]


def test_a_trusted_proxy_may_forward_where_a_field_is_required(start, upstream):
    guard = {"guard": {"require_header": "X-Who: me"}}
    postern = start(upstream, config={**guard, "server": {"trusted_proxies": ["127.0.0.1"]}})
    forwarded(postern, "203.0.113.9", **{"X-Who": "me"})
    strict = start(upstream, config=guard)
    answer = strict.get(headers=[("X-Forwarded-For", "203.0.113.9"), ("X-Who", "me")])
    assert answer.code == "forbidden_caller"


def test_links_are_https_where_the_proxy_speaks_it(start, upstream):
    link = f'<{upstream.url}/api/0/organizations/acme/issues/?cursor=1>; rel="next"'
    upstream.on("/api/0/links/", lambda x: x.ok(b"[]", headers=[("Link", link)]))
    postern = start(upstream, config={"server": {"trusted_proxies": ["127.0.0.1"]}})
    for scheme in ("https", "http"):
        answer = postern.get("/api/0/links/", headers=[("X-Forwarded-Proto", scheme)])
        assert answer.header("link").startswith(f"<{scheme}://localhost/api/0/")
    untrusting = start(upstream)
    answer = untrusting.get("/api/0/links/", headers=[("X-Forwarded-Proto", "https")])
    assert answer.header("link").startswith("<http://localhost/api/0/")


def test_the_list_can_be_changed_while_it_runs(start, upstream):
    postern = start(upstream)
    with postern.client() as client:
        assert client.request(headers=[("X-Forwarded-For", "203.0.113.1")]).status == 200
        config = {**postern.config, "server": {"trusted_proxies": ["127.0.0.1"]}}
        postern.config_path.write_text(json.dumps(config))
        postern.signal(signal.SIGHUP)
        postern.eventually_logs("configuration_loaded")
        assert client.request(headers=[("X-Forwarded-For", "203.0.113.2")]).status == 200
    lines = eventually(lambda: postern.access_lines()[1:] and postern.access_lines(), "both are logged")
    assert lines[0]["client"].startswith("127.0.0.1:") and lines[1]["client"] == "203.0.113.2"


def test_callers_behind_a_proxy_take_turns_as_themselves(start, upstream):
    """Fairness goes by whom the proxy names: a crowd of one does not hold up the other."""
    go = threading.Event()
    order = []
    upstream.default = lambda x: (order.append(x.request.header("x-request-id")), x.wait(go), x.ok())
    postern = start(upstream, config={"server": {"trusted_proxies": ["127.0.0.1"]},
                                      "limits": {"max_in_flight": 1}})
    clients = []

    def send(who, address):
        clients.append(postern.client())
        clients[-1].send(format_request(headers=[("X-Forwarded-For", address), ("X-Request-Id", who)]))
    send("first", "203.0.113.1")
    upstream.wait_for("/api/0/")
    for n in range(5):
        send(f"crowd-{n}", "203.0.113.1")
    eventually(lambda: total(postern, "postern_requests_in_flight") == 6, "the crowd waits")
    send("other", "203.0.113.2")
    eventually(lambda: total(postern, "postern_requests_in_flight") == 7, "the other one waits too")
    go.set()
    assert all(client.read().status == 200 for client in clients)
    for client in clients:
        client.close()
    assert order.index("other") <= 2, order


def test_check_says_what_is_no_network(folder):
    (folder / "postern.yaml").write_text(json.dumps(
        {"grants": [{"organization": "acme"}], "server": {"trusted_proxies": ["10.0.0.1/8"]}}))
    done = run("check", "--config", folder / "postern.yaml")
    assert done.returncode == 2 and "server.trusted_proxies: '10.0.0.1/8' has bits behind" in done.stderr
