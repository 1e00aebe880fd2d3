"""Uploads in chunks to the pretend Sentry, and the files that they become."""

import gzip
import hashlib
import os

import pytest

CHUNKS = "organizations/acme/chunk-upload/"
BUNDLES = "organizations/acme/artifactbundle/assemble/"
DEBUG_FILES = "projects/acme/backend/files/difs/assemble/"


def sha1(data):
    return hashlib.sha1(data).hexdigest()


def multipart(*parts):
    body = b""
    for name, file_name, content in parts:
        body += (f'--XX\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"'
                 "\r\n\r\n").encode() + content + b"\r\n"
    return {"Content-Type": "multipart/form-data; boundary=XX"}, body + b"--XX--\r\n"


def upload(sandbox, *parts):
    headers, body = multipart(*parts)
    return sandbox.api("POST", CHUNKS, body, headers=headers)


def test_chunks_are_checked_stored_and_assembled(sandbox):
    content = b"one\r\n--X two"
    name = sha1(content)
    wanted = {"checksum": name, "chunks": [name], "projects": ["backend"]}
    before = sandbox.api("POST", BUNDLES, wanted).json
    assert (before["state"], before["missingChunks"]) == ("not_found", [name])
    refused = upload(sandbox, ("file", "0" * 40, content))
    assert refused.status == 400 and "error" in refused.json
    assert upload(sandbox, ("file", name, content)).status == 200
    assert sandbox.api("POST", BUNDLES, wanted).json["state"] == "ok"


def test_the_upload_address_is_absolute_except_for_old_clients(sandbox):
    got = sandbox.api("GET", CHUNKS, headers={"User-Agent": "sentry-cli/2.30.0"}).json
    assert got["url"] == f"https://us.sentry.test:{sandbox.port}/api/0/{CHUNKS}"
    assert (got["chunkSize"], got["maxRequestSize"]) == (8 << 20, 32 << 20)
    old = sandbox.api("GET", CHUNKS, headers={"User-Agent": "sentry-cli/2.29.1"}).json
    assert old["url"] == f"/{CHUNKS}"


def files(sandbox):
    """What was put together, by checksum."""
    return {f["checksum"]: f for f in sandbox.fetch("GET", "/_sandbox/uploads").json["files"]}


def test_a_compressed_chunk_is_checked_as_what_it_holds(sandbox):
    content = os.urandom(1000)
    packed = gzip.compress(content)
    assert upload(sandbox, ("file_gzip", sha1(packed), packed)).status == 400
    assert upload(sandbox, ("file_gzip", sha1(content), packed[:-20])).status == 400
    assert upload(sandbox, ("file_gzip", sha1(content), packed)).status == 200


def test_sizes_count_after_decompression(sandbox):
    """Random data grows when it is compressed: a full chunk is still none too large."""
    full = os.urandom(8 << 20)
    packed = gzip.compress(full, 1)
    assert len(packed) > 8 << 20
    assert upload(sandbox, ("file_gzip", sha1(full), packed)).status == 200
    bomb = bytes((8 << 20) + 1)
    answer = upload(sandbox, ("file_gzip", sha1(bomb), gzip.compress(bomb)))
    assert (answer.status, answer.json["error"]) == (400, "Chunk size too large")


def test_a_file_is_its_chunks_in_order_and_its_checksum_is_verified(sandbox):
    one, two = os.urandom(3000), os.urandom(2000)
    upload(sandbox, ("file", sha1(one), one), ("file_gzip", sha1(two), gzip.compress(two)))
    wrong = {sha1(one + two): {"name": "a.out", "chunks": [sha1(two), sha1(one)]}}
    assert sandbox.api("POST", DEBUG_FILES, wrong).json[sha1(one + two)]["state"] == "error"
    right = {sha1(one + two): {"name": "a.out", "chunks": [sha1(one), sha1(two)]}}
    for _ in range(2):  # asking again changes nothing
        assert sandbox.api("POST", DEBUG_FILES, right).json[sha1(one + two)]["state"] == "ok"
    assert files(sandbox)[sha1(one + two)] == {
        "kind": "debug_file", "name": "a.out", "checksum": sha1(one + two), "size": 5000,
        "sha256": hashlib.sha256(one + two).hexdigest(), "chunks": 2}
    whole = sandbox.fetch("GET", "/_sandbox/upload?checksum=" + sha1(one + two))
    assert whole.body == one + two


@pytest.mark.parametrize("checksum", ["", "0" * 40])
def test_there_is_no_file_that_nobody_sent(sandbox, checksum):
    assert sandbox.fetch("GET", "/_sandbox/upload?checksum=" + checksum).status == 400
