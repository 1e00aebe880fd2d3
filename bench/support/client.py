"""A small HTTP client for exact numbers of requests. Not for load: wrk does that."""

import hashlib
import http.client
import ssl
import time

from support.backend import DUMMY
from support.errors import BenchError

HEADERS = {
    "Authorization": DUMMY,
    "Accept": "application/json",
    "User-Agent": "bench/1.0",
}


class KeepAlive:
    """A number of keep-alive connections to a proxy; requests go out on all at once."""

    def __init__(self, port, connections=1):
        self._connections = [
            http.client.HTTPConnection("127.0.0.1", port, timeout=120) for _ in range(connections)
        ]
        for connection in self._connections:
            connection.connect()

    def run(self, path, requests):
        """Sends exactly `requests` requests; every answer must be 200."""
        left = requests
        while left > 0:
            turn = self._connections[: min(left, len(self._connections))]
            for connection in turn:
                connection.request("GET", path, headers=HEADERS)
            for connection in turn:
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise BenchError(f"answered {answer.status}: {body[:200]!r}")
            left -= len(turn)

    def close(self):
        for connection in self._connections:
            connection.close()


def check(proxy, path, expected, upload=0):
    """One request through the proxy. The body must be the backend's, byte for byte; that it is 200
    says that the backend saw the right Authorization in place of the dummy. With `upload`, that
    many bytes are sent by POST."""
    connection = proxy.connection(60)
    headers = {**HEADERS, "Authorization": proxy.authorization}
    try:
        if upload:
            connection.request("POST", path, body=bytes(upload), headers=headers)
        else:
            connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchError(f"{proxy.name}: no answer to {path}: {error}") from error
    finally:
        connection.close()
    if answer.status != 200:
        said = proxy.workspace.said(proxy.name)
        raise BenchError(f"{proxy.name}: {answer.status} to {path}: {body[:200]!r}\n{said}")
    if hashlib.sha256(body).digest() != hashlib.sha256(expected).digest():
        raise BenchError(f"{proxy.name}: the body of {path} changed on its way")


def refuses_strangers(backend):
    """Makes sure that the check above means something: without the token the backend says 403."""
    trust = ssl.create_default_context(cafile=str(backend.certificates.ca))
    connection = http.client.HTTPSConnection("localhost", backend.port, context=trust, timeout=10)
    connection.request("GET", "/api/0/organizations/acme/issues/", headers=HEADERS)
    status = connection.getresponse().status
    connection.close()
    if status != 403:
        raise BenchError(f"the backend answered {status} to a wrong token; 403 was expected")


def verifies(proxy, path):
    """The proxy trusts an authority other than the backend's: it must not get an answer."""
    connection = proxy.connection(20)
    try:
        connection.request("GET", path, headers={**HEADERS, "Authorization": proxy.authorization})
        status = connection.getresponse().status
    except (ConnectionError, http.client.BadStatusLine):  # one that does not speak HTTP hangs up
        status = 502
    connection.close()
    if status not in (502, 503):
        raise BenchError(f"{proxy.name} does not verify its upstream: {status} from a stranger")


def until(condition, seconds, what):
    end_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end_at:
            raise BenchError(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.05)
