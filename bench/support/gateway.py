"""Callers that speak TLS to a proxy, with a certificate or without: how each proxy is told, and the
callers themselves."""

import socket
import ssl

from support.backend import DUMMY, SMALL
from support.errors import BenchError

WAYS = ("plain", "tls", "mtls")
REQUEST = (
    f"GET {SMALL} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {DUMMY}\r\n"
    "Accept: application/json\r\nUser-Agent: bench/1.0\r\n\r\n"
).encode()
HEAD_END = b"\r\n\r\n"


class Callers:
    """What a proxy shows to callers and asks of them. Session tickets are on, as is everybody's
    default; TLS 1.2 and 1.3."""

    def __init__(self, certificates, asks):
        self.files = certificates
        self.asks = asks

    def nginx(self):
        lines = [f"ssl_certificate {self.files.chain};", f"ssl_certificate_key {self.files.key};",
                 "ssl_protocols TLSv1.2 TLSv1.3;"]  # fmt: skip
        if self.asks:
            lines += [f"ssl_client_certificate {self.files.ca};", "ssl_verify_client on;"]
        return "\n".join("    " + line for line in lines)

    def haproxy(self):
        """It wants certificate and key in one file."""
        both = self.files.chain.with_suffix(".both")
        both.write_bytes(self.files.chain.read_bytes() + self.files.key.read_bytes())
        asks = f"ca-file {self.files.ca} verify required " if self.asks else ""
        return f"ssl crt {both} alpn http/1.1 ssl-min-ver TLSv1.2 {asks}"

    def postern(self, port):
        asks = f', client_ca_file: "{self.files.ca}"' if self.asks else ""
        return (
            f'{{address: "127.0.0.1:{port}", tls: {{certificate_file: "{self.files.chain}", '
            f'key_file: "{self.files.key}"{asks}}}}}'
        )


def served(kind, way, certificates):
    """The proxy `kind` as callers of this way reach it."""
    callers = None if way == "plain" else Callers(certificates, asks=way == "mtls")
    return type(kind.__name__, (kind,), {"name": f"{kind.name}-{way}", "callers": callers})


def context_of(way, certificates):
    """A caller's TLS; None for plain HTTP."""
    if way == "plain":
        return None
    context = ssl.create_default_context(cafile=str(certificates.ca))
    if way == "mtls":
        context.load_cert_chain(certificates.chain, certificates.key)
    return context


class Connection:
    """One caller's. Nothing is parsed but what tells where an answer ends."""

    def __init__(self, port, context=None, session=None):
        plain = socket.create_connection(("127.0.0.1", port), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = plain
        if context is not None:
            self.socket = context.wrap_socket(plain, server_hostname="localhost", session=session)

    def ask(self):
        self.socket.sendall(REQUEST)

    def read(self):
        data = self.socket.recv(65536)
        while HEAD_END not in data:
            data = self._more(data)
        head, _, body = data.partition(HEAD_END)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise BenchError(f"answered {data[:300]!r}")
        size = next(int(line[15:]) for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:"))  # fmt: skip
        while len(body) < size:
            body = self._more(body)

    def _more(self, data):
        more = self.socket.recv(65536)
        if not more:
            raise BenchError(f"the answer broke off: {data[:300]!r}")
        return data + more

    def close(self):
        self.socket.close()


def keep_alive(port, context, connections, requests):
    """Sends at least `requests` over open connections, one on each at a time; returns how many."""
    callers = [Connection(port, context) for _ in range(connections)]
    rounds = -(-requests // connections)
    yield  # all are open
    for _ in range(rounds):
        for caller in callers:
            caller.ask()
        for caller in callers:
            caller.read()
    for caller in callers:
        caller.close()
    yield rounds * connections


def connect(port, context, count, resumes=False):
    """`count` times a connection with one request; returns how many took up an earlier session."""
    session, resumed = None, 0
    for _ in range(count):
        caller = Connection(port, context, session)
        caller.ask()
        caller.read()
        if context is not None:
            resumed += caller.socket.session_reused
            session = caller.socket.session if resumes else None
        caller.close()
    return resumed


def refuses_strangers(proxy, certificates):
    """A proxy that asks for certificates answers nobody without one."""
    try:
        connect(proxy.port, context_of("tls", certificates), 1)
    except (OSError, BenchError):  # an alert, or HTTP 400 of nginx
        return
    raise BenchError(f"{proxy.name} answers callers without a certificate")
