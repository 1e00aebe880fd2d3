"""The main job on real programs: curl, sentry-cli and the pretend Sentry."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.processes import ROOT, Postern, clean_environment, has_binary, run
from support.waiting import bound, eventually

pytestmark = pytest.mark.skipif(not has_binary("postern-sandbox"), reason="no postern-sandbox")


@pytest.fixture
def serving(folder, sandbox):
    """Postern in front of the sandbox, with the grant imported as a user would."""
    with Postern(folder / "postern", sandbox.url, ca=sandbox.ca, grants=(),
                 config={"grants": [{"organization": "acme"}]}) as postern:
        done = run("login", "--config", postern.config_path, "--import", sandbox.grant)
        assert done.returncode == 0, done.stderr
        eventually(lambda: postern.get("/api/0/organizations/acme/").code != "grant_missing",
                   "the running Postern adopts the grant")
        yield postern


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


def npm_folder():
    """sentry-cli in a folder below build/, installed once. None and the reason without npm."""
    folder = ROOT / "build" / "sentry-cli"
    program = folder / "node_modules" / ".bin" / "sentry-cli"
    if program.exists():
        return program, ""
    if shutil.which("npm") is None:
        return None, "npm is not installed"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder),
                           "@sentry/cli"], capture_output=True, text=True, timeout=bound(180),
                          check=False)
    if not program.exists():
        return None, "npm cannot install @sentry/cli: " + (done.stderr.strip() or "?")[-200:]
    return program, ""


@pytest.fixture(scope="module")
def sentry_cli():
    program, reason = npm_folder()
    if program is None:
        pytest.skip(reason)
    works = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60,
                           check=False)
    if works.returncode != 0:
        pytest.skip("sentry-cli does not run here: " + works.stderr.strip()[-200:])
    return Path(program)


class TestSentryCli:
    def call(self, serving, program, *args):
        env = clean_environment(SENTRY_URL=serving.url, SENTRY_AUTH_TOKEN="a" * 64,
                                SENTRY_ORG="acme", SENTRY_LOG_LEVEL="warn")
        done = subprocess.run([program, *args], capture_output=True, text=True, env=env,
                              timeout=bound(60), check=False)
        assert done.returncode == 0, (f"{args}\n{done.stdout}\n{done.stderr}\n"
                                      f"{serving.log[-3000:]}")
        return done.stdout

    def test_creates_and_lists_releases(self, serving, sandbox, sentry_cli):
        project = self.first_project(serving)
        for version in ("app@1.0.0", "app@1.1.0"):
            self.call(serving, sentry_cli, "releases", "new", version, "--project", project)
        self.call(serving, sentry_cli, "releases", "finalize", "app@1.1.0")
        listed = self.call(serving, sentry_cli, "releases", "list", "--project", project)
        assert "app@1.0.0" in listed and "app@1.1.0" in listed
        seen = {(r["method"], r["target"].split("?")[0]) for r in sandbox.control("requests")}
        assert any(m == "POST" and "releases" in t for m, t in seen)

    def test_through_postern_run(self, serving, sentry_cli):
        done = run("run", "--config", serving.config_path, "--", sentry_cli, "releases", "list",
                   "--org", "acme", "--project", self.first_project(serving))
        assert done.returncode == 0, done.stdout + done.stderr

    def test_info(self, serving, sentry_cli):
        env_org = self.call(serving, sentry_cli, "organizations", "list")
        assert "acme" in env_org

    def first_project(self, serving):
        _, body = curl(f"{serving.url}/api/0/organizations/acme/projects/")
        return json.loads(body)[0]["slug"]
