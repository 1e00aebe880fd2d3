"""Bodies of any size in little memory, both ways, however slow the other side is."""

import hashlib
import os
import threading

import pytest
from support.http_wire import Truncated, format_request
from support.processes import is_sanitized
from support.waiting import bound, eventually

MIB = 1 << 20
DOWNLOAD = int(os.environ.get("POSTERN_TEST_DOWNLOAD_MIB", "1024")) * MIB
UPLOAD = int(os.environ.get("POSTERN_TEST_UPLOAD_MIB", "100")) * MIB
CEILING = 32 * MIB
PIECE = hashlib.sha256(b"seed").digest() * 2048  # 64 KiB without an obvious pattern


def assert_small(postern):
    if not is_sanitized():
        assert postern.peak_rss() < CEILING, f"peak RSS {postern.peak_rss() / MIB:.1f} MiB"


def settled(value, what):
    """The value of `value()` once it has stopped growing."""
    last = [None, 0]

    def unchanged():
        now = value()
        last[:] = [now, last[1] + 1 if now == last[0] else 0]
        return last[1] >= 60  # polls, about 0.3 s
    eventually(unchanged, what, 30)
    return last[0]


def send_pieces(exchange, size, framing):
    head = {"length": f"Content-Length: {size}", "chunked": "Transfer-Encoding: chunked",
            "close": "X-Framing: close"}[framing]
    exchange.send(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
    for _ in range(size // len(PIECE)):
        if framing == "chunked":
            exchange.send(b"%x\r\n" % len(PIECE))
        exchange.send(PIECE)
        if framing == "chunked":
            exchange.send(b"\r\n")
    if framing == "chunked":
        exchange.send(b"0\r\n\r\n")
    if framing == "close":
        exchange.close()


def expected_digest(size):
    digest = hashlib.sha256()
    for _ in range(size // len(PIECE)):
        digest.update(PIECE)
    return digest.hexdigest()


def test_a_large_download_to_a_slow_reader(postern, upstream):
    upstream.default = lambda x: send_pieces(x, DOWNLOAD, "length")
    with postern.client(timeout=300) as client:
        client.send(format_request())
        assert client.read_head().header("content-length") == str(DOWNLOAD)
        # While nobody reads, the upstream is held back instead of being buffered.
        held = settled(lambda: upstream.bytes_sent, "the upstream is held back")
        assert held < min(DOWNLOAD, 24 * MIB)
        assert_small(postern)
        digest, left, reader = hashlib.sha256(), DOWNLOAD, client.reader
        reader.log = _Nowhere()
        while left:
            if not reader.buffer:
                assert reader.fill(256 * 1024)
            piece = reader.take(min(left, len(reader.buffer)))
            digest.update(piece)
            left -= len(piece)
        assert digest.hexdigest() == expected_digest(DOWNLOAD)
    assert_small(postern)


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_downloads_without_a_length(postern, upstream, framing):
    size = min(DOWNLOAD, 64 * MIB)
    upstream.default = lambda x: send_pieces(x, size, framing)
    answer = postern.get()
    assert len(answer.body) == size
    assert hashlib.sha256(answer.body).hexdigest() == expected_digest(size)
    assert_small(postern)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_large_upload_to_a_slow_upstream(postern, upstream, framing):
    go, digest, sent = threading.Event(), hashlib.sha256(), [0]

    def slow(exchange):
        exchange.read_body(limit=256 * 1024, keep=True)
        exchange.wait(go, 120)
        digest.update(exchange.request.body)
        exchange.request.body = _Hashed(digest)
        exchange.ok()

    upstream.on("/api/0/upload/", slow)
    with postern.client(timeout=300) as client:
        head = f"Content-Length: {UPLOAD}" if framing == "length" else "Transfer-Encoding: chunked"
        client.send(f"POST /api/0/upload/ HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode())

        def push():
            for _ in range(UPLOAD // len(PIECE)):
                client.send(PIECE if framing == "length" else
                            b"%x\r\n" % len(PIECE) + PIECE + b"\r\n")
                sent[0] += len(PIECE)
            if framing == "chunked":
                client.send(b"0\r\n\r\n")

        pusher = threading.Thread(target=push)
        pusher.start()
        # While the upstream does not read, the caller is held back instead of being buffered.
        assert settled(lambda: sent[0], "the caller is held back") < min(UPLOAD, 24 * MIB)
        assert_small(postern)
        go.set()
        assert client.read().status == 200
        pusher.join(bound(10))
    assert digest.hexdigest() == expected_digest(UPLOAD)
    assert_small(postern)


def test_both_ways_at_once(postern, upstream):
    """The upstream answers while it still reads, as an echo does."""
    size = min(UPLOAD, 32 * MIB)

    def echo(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for piece in exchange._pieces(65536):
            exchange.send(piece)
        exchange._body_read = True

    upstream.default = echo
    with postern.client(timeout=120) as client:
        client.send(b"POST /api/0/echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                    % size)

        def push():
            for _ in range(size // len(PIECE)):
                client.send(PIECE)

        pusher = threading.Thread(target=push)
        pusher.start()
        answer = client.read()
        pusher.join(bound(10))
    assert hashlib.sha256(answer.body).hexdigest() == expected_digest(size)
    assert_small(postern)


def test_a_reader_that_stops_is_cut_and_its_slot_is_free_again(start, upstream):
    postern = start(upstream, config={"server": {"write_timeout": "1s"},
                                      "upstream": {"max_connections": 1}})
    upstream.on("/api/0/big/", lambda x: send_pieces(x, 64 * MIB, "length"))
    with postern.client() as stuck:
        stuck.send(format_request(target="/api/0/big/"))
        stuck.read_head()
        assert postern.get("/api/0/next/").status == 200
        with pytest.raises(Truncated):
            stuck.reader.exactly(64 * MIB)


def test_slow_readers_hold_up_nobody(postern, upstream):
    upstream.on("/api/0/big/", lambda x: send_pieces(x, 16 * MIB, "length"))
    slow = [postern.client() for _ in range(20)]
    for client in slow:
        client.send(format_request(target="/api/0/big/"))
    for client in slow:
        client.read_head()
    for _ in range(20):
        assert postern.get("/api/0/quick/").status == 200
    if not is_sanitized():
        assert postern.rss() < 64 * MIB
    for client in slow:
        client.close()
    eventually(lambda: upstream.open_connections <= 2, "their upstream calls are cancelled")


class _Nowhere(bytearray):
    """Swallows what is added."""

    def __iadd__(self, _other):
        return self


class _Hashed:
    """Takes a body's bytes into a digest."""

    def __init__(self, digest):
        self.digest = digest

    def __iadd__(self, piece):
        self.digest.update(piece)
        return self
