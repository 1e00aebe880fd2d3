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
from support.processes import run
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


def test_the_log_says_when_it_is_our_certificate_that_has_expired(serve, authority, volume):
    volume.publish(named(authority, "ended", end=EXPIRED))
    gateway = serve()
    refuse_by_alert(gateway, authority)
    gateway.eventually_logs("the caller says that this listener's certificate has expired")
    other = Authority(volume.folder / "other")
    refuse_by_alert(gateway, other)
    gateway.eventually_logs("the caller does not know the authority of this listener's certificate")


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
