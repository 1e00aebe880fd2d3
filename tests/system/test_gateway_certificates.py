"""A gateway's certificates in time: what has expired does not take the place of what is good, and the log says
whose certificate was not accepted, and why."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from support.http_wire import Truncated
from support.metrics import total
from support.pki import Authority
from support.processes import clean_environment, run
from support.shifted_clock import shifted
from support.tls_client import TlsClient, context_for
from support.volume import Volume
from support.waiting import bound, eventually, stays_true

EXPIRED = "20210101000000Z"


@pytest.fixture
def volume(folder, authority):
    return Volume(folder / "volume", authority.server())


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("clients"), "Callers")


@pytest.fixture
def serve(start, upstream, volume):
    """serve(tls) starts a Postern that shows what is in the volume."""
    def start_one(tls=None, **listen):
        entry = {"address": "127.0.0.1:0", "tls": {**volume.tls, **(tls or {})}, **listen}
        return start(upstream, config={"listen": [entry]})
    return start_one


def named(authority, name, **options):
    return authority.server(name, names=f"DNS:localhost,DNS:{name}.test", **options)


def shown_by(postern, authority):
    with TlsClient(postern.port, context_for(authority)) as client:
        return client.tls.getpeercert()["subjectAltName"][-1][1]


def lines(postern, event):
    return [entry for entry in postern.log_entries() if entry.get("event") == event]


def stamp(seconds_from_now):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds_from_now))


def call(postern, context):
    with suppress(ssl.SSLError, ConnectionError, Truncated), TlsClient(postern.port, context) as client:
        return client.request()
    return None


def refuse_by_alert(postern, trusted):
    context = ssl.create_default_context(cafile=trusted.cert)
    with socket.create_connection(("127.0.0.1", postern.port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(plain, server_hostname="localhost")


# What is shown.


def test_an_expired_certificate_does_not_take_the_place_of_a_good_one(serve, authority, volume):
    gateway = serve()
    volume.publish(named(authority, "gone", end=EXPIRED))
    gateway.eventually_logs("certificate_refused")
    [line] = lines(gateway, "certificate_refused")
    assert line["level"] == "error"
    assert line["reason"] == (f"the certificate in {volume.tls['certificate_file']} has expired (2021-01-01T00:00:00Z), "
                              "and the one in use is good until 2099-12-31T00:00:00Z")
    assert shown_by(gateway, authority) != "gone.test"
    assert total(gateway, "postern_certificate_fault") == 1
    told = json.loads(run("status", "--json", "--config", gateway.config_path).stdout)["certificates"]
    assert "has expired" in told[0]["fault"] and told[0]["expires_at"] == "2099-12-31T00:00:00Z"
    stays_true(lambda: len(lines(gateway, "certificate_refused")) == 1, "it is said once", seconds=2.5)
    volume.publish(named(authority, "renewed"))
    eventually(lambda: shown_by(gateway, authority) == "renewed.test", "the good one is shown")
    assert total(gateway, "postern_certificate_fault") == 0
    checked = run("check", "--config", gateway.config_path)
    assert checked.returncode == 0 and "has expired" not in checked.stdout


def test_one_that_is_not_valid_yet_is_taken_when_its_time_has_come(serve, authority, volume):
    gateway = serve()
    volume.publish(named(authority, f"early-{os.getpid()}", start=stamp(6)))
    gateway.eventually_logs("certificate_refused")
    assert "is not valid before 20" in lines(gateway, "certificate_refused")[0]["reason"]
    assert not shown_by(gateway, authority).startswith("early")
    checked = run("check", "--config", gateway.config_path)
    assert checked.returncode == 0 and "is not valid yet, and callers refuse it" in checked.stdout, checked.stdout
    eventually(lambda: lines(gateway, "certificate_loaded"), "it is taken by itself", 12)
    assert shown_by(gateway, authority).startswith("early")
    assert len(lines(gateway, "certificate_refused")) == 1
    assert total(gateway, "postern_certificate_fault") == 0


def test_where_the_one_in_use_has_expired_too_the_log_says_so_again(serve, authority, volume):
    volume.publish(named(authority, "old", end=EXPIRED))
    gateway = serve()
    [at_start] = eventually(lambda: lines(gateway, "certificate_expired"), "it is said")
    assert at_start["level"] == "error" and at_start["setting"].startswith("listen[0].tls.certificate_file: ")
    volume.publish(named(authority, "older", end="20200601000000Z"))
    gateway.eventually_logs("certificate_loaded")
    line = eventually(lambda: lines(gateway, "certificate_expired")[1:], "it is said")[0]
    assert line["level"] == "error" and line["listener"].startswith("127.0.0.1:")
    assert line["setting"] == "tls.certificate_file: " + volume.tls["certificate_file"]
    assert line["detail"] == "has expired, and callers refuse it: 2020-06-01T00:00:00Z"
    assert lines(gateway, "certificate_refused") == []


def test_what_was_loaded_is_named(serve, authority, clients, folder, volume):
    trusted = folder / "callers.pem"
    shutil.copy(clients.cert, trusted)
    gateway = serve({"client_ca_file": str(trusted)})
    both = folder / "both.pem"
    both.write_text(clients.cert.read_text() + authority.cert.read_text())
    os.replace(both, trusted)
    gateway.eventually_logs("certificate_loaded")
    [line] = lines(gateway, "certificate_loaded")
    assert line["client_ca_file"] == str(trusted) and line["callers_expire"].startswith("20")
    assert "file" not in line, "that one is as it was"
    volume.publish(named(authority, "next"))
    line = eventually(lambda: lines(gateway, "certificate_loaded")[1:], "it is loaded")[0]
    assert line["file"] == volume.tls["certificate_file"] and "client_ca_file" not in line


# Who was not let in.


def test_each_reason_is_told_at_once_and_counted_for_itself(serve, authority, clients):
    gateway = serve({"client_ca_file": str(clients.cert)})
    shown = {
        "no certificate": None,
        "another authority": authority.server("foreign", usage="clientAuth"),
        "expired": clients.server("expired", usage="clientAuth", end=EXPIRED),
        "for servers": clients.server("server", usage="serverAuth"),
    }
    for certificate in [*shown.values(), None, None]:
        assert call(gateway, context_for(authority, certificate)) is None
    reasons = [entry["reason"] for entry in eventually(lambda: lines(gateway, "tls_handshake_failed")[3:] and
                                                       lines(gateway, "tls_handshake_failed"), "all are told", 3)]
    assert len(reasons) == 4
    assert reasons[0] == "the caller shows no certificate (peer did not return a certificate)"
    assert reasons[1].startswith("no authority in client_ca_file stands behind the caller's certificate (")
    assert reasons[2] == "the caller's certificate has expired"
    assert reasons[3].startswith("the caller's certificate: certificate verify failed: ")
    later = eventually(lambda: lines(gateway, "tls_handshake_failed")[4:], "the others are told", 14)
    assert [(entry["reason"], entry["count"]) for entry in later] == [(reasons[0], 2)]


def test_an_authority_that_has_expired_is_not_taken_for_the_callers_certificate(start, upstream, authority, clients,
                                                                                 folder, volume):
    environment = shifted(folder, 11 * 366 * 86400)  # the authority is made for ten years
    if environment is None:
        pytest.skip("no C compiler")
    tls = {**volume.tls, "client_ca_file": str(clients.cert)}
    gateway = start(upstream, config={"listen": [{"address": "127.0.0.1:0", "tls": tls}]},
                    env=clean_environment(**environment))
    assert call(gateway, context_for(authority, clients.server("lasting", usage="clientAuth"))) is None
    gateway.eventually_logs("an authority of the caller's certificate has expired")
    assert "nobody is let in" in lines(gateway, "certificate_expired")[0]["detail"]


def test_the_log_says_when_it_is_our_certificate_that_has_expired(serve, authority, volume):
    volume.publish(named(authority, "ended", end=EXPIRED))
    gateway = serve()
    refuse_by_alert(gateway, authority)
    gateway.eventually_logs("the caller says that this listener's certificate has expired")
    other = Authority(volume.folder / "other")
    refuse_by_alert(gateway, other)
    gateway.eventually_logs("the caller does not know the authority of this listener's certificate")


def test_the_lines_of_the_readme_make_certificates_that_are_accepted(start, upstream, folder):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    begin = readme.index("    new() { openssl req")
    subprocess.run(["sh", "-eu", "-c", readme[begin:readme.index("\n\n", begin)]], cwd=folder, check=True,
                   capture_output=True, timeout=bound(30))
    tls = {"certificate_file": str(folder / "tls.crt"), "key_file": str(folder / "tls.key"),
           "client_ca_file": str(folder / "ca.crt"), "client_names": ["*.shop.svc"]}
    gateway = start(upstream, config={"listen": [{"address": "127.0.0.1:0", "tls": tls}],
                                      "guard": {"hosts": ["postern.example"]}})
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    context.load_cert_chain(folder / "web.crt", folder / "web.key")
    with socket.create_connection(("127.0.0.1", gateway.port)) as plain, \
            context.wrap_socket(plain, server_hostname="postern.example") as client:
        client.sendall(b"GET /api/0/ HTTP/1.1\r\nHost: postern.example\r\nConnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


# By what name it is called.


def test_an_address_for_other_machines_without_a_name_is_warned_of(start, upstream, authority, volume):
    config = {"listen": [{"address": "0.0.0.0:0", "allow_remote": True, "tls": volume.tls}]}
    gateway = start(upstream, config=config)
    [line] = eventually(lambda: lines(gateway, "hosts_unnamed"), "it is said")
    assert line["level"] == "warn" and "guard.hosts is empty" in line["detail"]
    checked = run("check", "--config", gateway.config_path)
    assert checked.returncode == 0 and "warning: listen[0].allow_remote: 0.0.0.0:0: guard.hosts" in checked.stdout
    named_one = start(upstream, config={**config, "guard": {"hosts": ["postern.example"]}})
    assert lines(named_one, "hosts_unnamed") == []
    with TlsClient(named_one.port, context_for(authority)) as client:
        answer = client.request(host="10.0.0.7")
    assert answer.status == 421
    assert answer.json()["action"].startswith("Use postern.example, localhost, ")
