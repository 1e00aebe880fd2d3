"""Whom Postern believes to be Sentry: one good certificate, and every kind of bad one."""

import ssl

import pytest
from support.pki import Authority
from support.processes import TOKEN, clean_environment
from support.raw_upstream import RawUpstream

BAD = [
    {"label": "expired", "end": "20210101000000Z"},
    {"label": "not-yet-valid", "start": "20980101000000Z"},
    {"label": "wrong-name", "names": "DNS:other.example,IP:127.0.0.2"},
    {"label": "name-only-in-cn", "names": ""},
    {"label": "suffix", "names": "DNS:evil.localhost,DNS:localhost.evil.example"},
    {"label": "partial-wildcard", "names": "DNS:local*"},
    {"label": "bare-wildcard", "names": "DNS:*"},
    {"label": "self-signed", "signed": False},
    {"label": "client-only", "usage": "clientAuth"},
    {"label": "weak-key", "key": "rsa1024"},
    {"label": "sha1", "digest": "sha1"},
]


def weak_context(certificate):
    """A server that would present even what the library's own rules forbid."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(*certificate)
    return context


def assert_refused(postern, server):
    answer = postern.get()
    assert answer.status == 502
    assert answer.code in ("upstream_unreachable", "upstream_broken")
    assert server.requests == [], "the request, and the token, went to an unproven server"
    assert TOKEN not in str(answer.json())
    return answer.json()["detail"]


@pytest.mark.parametrize("kind", BAD, ids=lambda kind: kind["label"])
def test_bad_certificates_are_refused(start, authority, kind):
    with RawUpstream(authority, weak_context(authority.server(**kind))) as server:
        assert_refused(start(server), server)


def test_unknown_authority(start, authority, folder):
    other = Authority(folder / "other", "Unknown authority")
    with RawUpstream(authority, other.server_context()) as server:
        detail = assert_refused(start(server), server)
        assert "certificate" in detail.lower()


def test_the_system_authorities_do_not_know_ours(start, authority, upstream):
    assert_refused(start(upstream, ca=None), upstream)


def test_ssl_cert_file_is_honoured(start, authority, upstream):
    env = clean_environment(SSL_CERT_FILE=authority.cert)
    assert start(upstream, ca=None, env=env).get().status == 200


def test_old_protocols_are_refused(start, authority):
    context = authority.server_context(maximum=ssl.TLSVersion.TLSv1_1)
    with RawUpstream(authority, context) as server:
        assert_refused(start(server), server)


def test_tls_1_2_is_accepted(start, authority):
    context = authority.server_context(maximum=ssl.TLSVersion.TLSv1_2)
    with RawUpstream(authority, context) as server:
        postern = start(server)
        for _ in range(2):
            assert postern.get().status == 200
        server.default = lambda x: x.ok(headers=[("Connection", "close")])
        postern.get()
        assert postern.get().status == 200


def test_plain_text_is_refused(start, authority):
    with RawUpstream(authority, plain=True) as server:
        server.before_handshake = lambda c: c.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        answer = start(server).get()
        assert answer.status == 502
        assert server.requests == []
        server.bad.clear()


def test_an_address_is_checked_as_an_address(start, authority):
    with RawUpstream(authority) as server:
        assert start(f"https://127.0.0.1:{server.port}").get().status == 200
        assert server.server_names in ([None], [])  # no SNI for addresses (RFC 6066 §3)
    kind = {"label": "name-is-no-address", "names": "DNS:127.0.0.1"}
    with RawUpstream(authority, authority.server_context(authority.server(**kind))) as server:
        assert_refused(start(f"https://127.0.0.1:{server.port}"), server)


def test_wildcards_of_one_label_are_fine(start, authority):
    """A name is only tried when it resolves to loopback here, as systemd and musl do."""
    import socket
    try:
        socket.getaddrinfo("us.localhost", 443)
    except OSError:
        pytest.skip("us.localhost does not resolve on this machine")
    kind = {"label": "wildcard", "names": "DNS:*.localhost"}
    with RawUpstream(authority, authority.server_context(authority.server(**kind))) as server:
        assert start(f"https://us.localhost:{server.port}").get().status in (200, 502)


def test_a_server_without_alpn_is_fine(start, authority):
    with RawUpstream(authority, authority.server_context(alpn=())) as server:
        assert start(server).get().status == 200
