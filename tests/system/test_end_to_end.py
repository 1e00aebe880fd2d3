"""The main job on real programs: curl and the pretend Sentry."""

import hashlib
import json
import os
import re
import subprocess

import pytest
from support.processes import clean_environment, has_binary
from support.waiting import bound

pytestmark = pytest.mark.skipif(not has_binary("postern-sandbox"), reason="no postern-sandbox")


def curl(*args):
    """(head, body) of what curl got; fails like curl."""
    done = subprocess.run(["curl", "-sS", "-D", "-", "-o", "/dev/stdout", "--no-buffer", *args],
                          capture_output=True, env=clean_environment(), timeout=bound(60),
                          check=False)
    assert done.returncode == 0, done.stderr.decode()
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body


def next_link(head):
    for line in head.split("\r\n"):
        if line.lower().startswith("link:"):
            for url, rest in re.findall(r"<([^>]*)>([^<]*)", line):
                if 'rel="next"' in rest and 'results="true"' in rest:
                    return url
    return None


def test_curl_pages_through_all_issues_following_links_only(serving, sandbox):
    url = f"{serving.url}/api/0/organizations/acme/issues/?limit=100"
    seen, pages = [], 0
    while url:
        assert url.startswith(serving.url), f"a link leads past Postern: {url}"
        head, body = curl(url)
        assert head.startswith("HTTP/1.1 200"), head + body.decode(errors="replace")
        seen += [issue["id"] for issue in json.loads(body)]
        url, pages = next_link(head), pages + 1
        assert pages < 200
    assert len(seen) == len(set(seen)) == 3000
    state = sandbox.control("state")
    assert state, "the sandbox counts what it saw"


def test_a_33_mb_upload_arrives_intact(serving, sandbox, folder):
    size = 33 * 1000 * 1000
    path = folder / "body"
    path.write_bytes(os.urandom(size))
    wanted = hashlib.sha256(path.read_bytes()).hexdigest()
    for expect in ("Expect: 100-continue", "Expect:"):
        head, body = curl("-X", "POST", "-H", expect, "-H", "Content-Type: application/octet-stream",
                          "--data-binary", f"@{path}",
                          f"{serving.url}/api/0/organizations/acme/chunk-upload/")
        seen = [r for r in sandbox.control("requests") if "chunk-upload" in r["target"]]
        assert seen, head
        assert (seen[-1]["body_bytes"], seen[-1]["body_sha256"]) == (size, wanted), (head, body)


def test_no_request_carries_the_callers_credentials(serving, sandbox):
    curl("-H", "Authorization: Bearer dummy", "-H", "Cookie: a=b", "-u", "x:y",
         f"{serving.url}/api/0/organizations/acme/")
    seen = [r for r in sandbox.control("requests")
            if r["target"] == "/api/0/organizations/acme/"][-1]
    token = json.loads(sandbox.grant.read_text())["access_token"]
    text = json.dumps(seen)
    assert f"Bearer {token}" in text
    assert "dummy" not in text and "a=b" not in text
    assert token not in serving.log


def test_no_link_leads_past_postern(serving):
    head, _ = curl(f"{serving.url}/api/0/organizations/acme/issues/?limit=1")
    assert "us.localhost" not in head
