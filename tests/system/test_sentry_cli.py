"""sentry-cli as its users run it: SENTRY_URL at Postern, and a token that is none."""

import concurrent.futures
import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile

import pytest
from support import npm
from support.processes import binary, has_binary, run
from support.waiting import bound, eventually

pytestmark = pytest.mark.skipif(not has_binary("postern-sandbox"), reason="no postern-sandbox")

# The limit of the sandbox in the tests below: sentry-cli gives up at the first 429.
FIVE_A_SECOND = {"requests": 5, "window": 1}


@pytest.fixture(scope="module")
def program():
    return npm.install(npm.SENTRY_CLI) / ".bin" / "sentry-cli"


@pytest.fixture
def cli(program, serving, folder):
    """cli(word, …) runs sentry-cli in a folder of its own and returns what it printed."""
    env = {"SENTRY_URL": serving.url, "SENTRY_AUTH_TOKEN": "a" * 64, "SENTRY_ORG": "acme",
           "SENTRY_PROJECT": "backend"}
    (folder / "work").mkdir()
    return lambda *args, **options: npm.run_client([program], *args, env=env,
                                                   folder=folder / "work", **options)


@pytest.fixture(params=["", "at five requests a second"])
def pace(request, sandbox):
    """Each of the tests that take it runs without a limit, and once with one in the way."""
    if request.param:
        sandbox.control("limits", FIVE_A_SECOND)


@pytest.fixture
def work(cli, folder):
    return folder / "work"


def commit(work, count):
    """A git repository with so many commits: their ids, the newest first."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]

    def git(*args):
        return subprocess.run(["git", *args], cwd=work, check=True, capture_output=True, text=True,
                              timeout=bound(30)).stdout
    git("init", "-q")
    git("remote", "add", "origin", "https://github.test/acme/monorepo.git")
    for number in range(count):
        git(*who, "commit", "-q", "--allow-empty", "-m", f"change {number}")
    return git("log", "--format=%H").split()


def api(serving, path):
    return json.loads(serving.get("/api/0/" + path).body)


def uploads(sandbox):
    return sandbox.control("uploads")["files"]


def sent_bodies(sandbox, method, part):
    return [json.loads(r["body"]) for r in sandbox.control("requests?last=1000")
            if r["method"] == method and part in r["target"] and r["body"]]


def test_releases_from_new_to_deleted(cli, serving, sandbox, pace):
    for version in ("app@1.0.0", "app@1.1.0"):
        cli("releases", "new", version)
    cli("releases", "finalize", "app@1.1.0")
    cli("releases", "deploys", "app@1.1.0", "new", "-e", "production", "-n", "first")
    cli("deploys", "new", "-r", "app@1.1.0", "-e", "staging")
    listed = cli("deploys", "list", "-r", "app@1.1.0")
    assert "production" in listed and "first" in listed and "staging" in listed
    cli("releases", "archive", "app@1.0.0")
    assert api(serving, "organizations/acme/releases/app@1.0.0/")["status"] == "archived"
    cli("releases", "restore", "app@1.0.0")
    listed = cli("releases", "list")
    assert "app@1.0.0" in listed and "app@1.1.0" in listed
    assert "app@1.1.0" in cli("releases", "info", "app@1.1.0")
    release = api(serving, "organizations/acme/releases/app@1.1.0/")
    assert release["dateReleased"] and release["deployCount"] == 2
    cli("releases", "delete", "app@1.0.0")
    assert serving.get("/api/0/organizations/acme/releases/app@1.0.0/").status == 404


def test_commits_of_a_release(cli, serving, sandbox, work, pace):
    ids = commit(work, 3)
    cli("releases", "new", "local")
    cli("releases", "set-commits", "local", "--local")
    (body,) = [b for b in sent_bodies(sandbox, "PUT", "/releases/local/") if "commits" in b]
    assert [c["id"] for c in body["commits"]] == ids
    assert api(serving, "organizations/acme/releases/local/")["commitCount"] == 3
    cli("releases", "new", "remote")
    cli("releases", "set-commits", "remote", "--commit", f"acme/monorepo@{ids[1]}..{ids[0]}")
    (body,) = [b for b in sent_bodies(sandbox, "PUT", "/releases/remote/") if "refs" in b]
    assert [(r["repository"], r["commit"]) for r in body["refs"]] == [("acme/monorepo", ids[0])]


def test_lists(cli, serving, pace):
    serving.get("/api/0/organizations/acme/monitors/", method="POST",
                headers=[("Content-Type", "application/json")],
                body=b'{"name": "Nightly Job", "project": "backend"}')
    assert "acme" in cli("organizations", "list")
    projects = cli("projects", "list")
    assert "backend" in projects and "frontend" in projects
    assert cli("issues", "list", "--max-rows", "150").count("BACKEND-") == 150
    assert "nightly-job" in cli("monitors", "list")
    assert "acme/monorepo" in cli("repos", "list")
    assert "jane@example.com" in cli("info")
    cli("events", "list")


def test_an_issue_is_resolved(cli, serving, pace):
    assert "resolved" in cli("issues", "resolve", "-i", "1000003")
    assert api(serving, "organizations/acme/issues/1000003/")["status"] == "resolved"
    cli("issues", "unresolve", "-i", "1000003")
    assert api(serving, "organizations/acme/issues/1000003/")["status"] == "unresolved"


def test_source_maps_arrive_as_they_are(cli, serving, sandbox, work, pace):
    """20 MB that do not compress: several chunks, in several requests at a time."""
    dist = work / "dist"
    dist.mkdir()
    (dist / "app.js").write_text("console.log(1)\n//# sourceMappingURL=app.js.map\n")
    (dist / "app.js.map").write_text(json.dumps(
        {"version": 3, "file": "app.js", "sources": ["a.ts"], "names": [], "mappings": "AAAA",
         "sourcesContent": ["console.log(1)"]}))
    big = ("var s='" + os.urandom(10 << 20).hex() + "'\n").encode()
    (dist / "big.js").write_bytes(big)
    cli("sourcemaps", "inject", "dist")
    wanted = {name: (dist / name).read_bytes() for name in ("app.js", "big.js")}
    cli("sourcemaps", "upload", "dist", "--release", "app@1.2.0", "--no-rewrite")
    (file,) = uploads(sandbox)
    assert (file["kind"], file["chunks"] >= 2) == ("artifact_bundle", True)
    content = upload_of(sandbox, file)
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        held = {name.rpartition("/")[2]: bundle.read(name) for name in bundle.namelist()}
    assert {name: held[name] for name in wanted} == wanted


def upload_of(sandbox, file):
    """The bytes that the sandbox has put together."""
    import ssl
    import urllib.request
    context = ssl.create_default_context(cafile=str(sandbox.ca))
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/upload?checksum={file['checksum']}",
                                context=context, timeout=bound(20)) as answer:
        return answer.read()


def test_debug_files_arrive_as_they_are(cli, sandbox, work, pace):
    path = work / "postern"
    shutil.copy(binary(), path)
    content = path.read_bytes()
    cli("debug-files", "upload", "postern")
    (file,) = [f for f in uploads(sandbox) if f["name"] == "postern"]
    assert file["kind"] == "debug_file"
    assert file["checksum"] == hashlib.sha1(content).hexdigest()
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    before = len(sandbox.control("requests?last=1000"))
    cli("debug-files", "upload", "postern")  # all is there already
    asked = sandbox.control("requests?last=1000")[before:]
    assert [r for r in asked if r["method"] == "POST" and "chunk-upload" in r["target"]] == []


def test_a_mapping_for_proguard(cli, sandbox, work, pace):
    (work / "mapping.txt").write_text("com.example.Foo -> a.a:\n    void bar() -> a\n")
    cli("upload-proguard", "mapping.txt")
    (file,) = uploads(sandbox)
    assert file["sha256"] == hashlib.sha256((work / "mapping.txt").read_bytes()).hexdigest()


def test_a_crowd_of_them_meets_no_429(cli, serving, sandbox):
    """Eight at once want five pages each; together they may have five a second."""
    sandbox.control("limits", FIVE_A_SECOND)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        lists = [pool.submit(cli, "issues", "list", "--max-rows", "401") for _ in range(8)]
        for found in lists:
            assert found.result().count("BACKEND-") == 401
    windows = sandbox.control("windows")
    assert max(w["allowed"] for w in windows) == 5, "the limit was never reached"
    eventually(lambda: pages(serving) == [200] * 40, "forty pages in the log, each a success")


def pages(serving):
    return [line["status"] for line in serving.access_lines() if "/issues/" in line["path"]]


def test_a_429_is_absorbed(cli, serving, sandbox):
    """One that nobody could foresee. sentry-cli itself gives up at the first."""
    sandbox.control("answer", {"path": "/api/0/projects/acme/backend/issues/*", "status": 429})
    sandbox.control("answer", {"path": "/api/0/organizations/acme/releases/", "status": 429})
    assert cli("issues", "list", "--max-rows", "150").count("BACKEND-") == 150
    cli("releases", "new", "app@2")
    seen = [r["status"] for r in sandbox.control("requests?last=1000")]
    assert seen.count(429) == 2
    assert 429 not in [line["status"] for line in serving.access_lines()]


def test_a_dummy_token_of_any_kind_will_do(program, serving, folder):
    for token in ("dummy", "a" * 64, "sntryu_" + "b" * 64):
        env = {"SENTRY_URL": serving.url, "SENTRY_AUTH_TOKEN": token, "SENTRY_ORG": "acme"}
        told = npm.run_client([program], "projects", "list", env=env, folder=folder)
        assert "backend" in told, token


def test_through_postern_run(program, serving):
    done = run("run", "--config", serving.config_path, "--", program, "releases", "list",
               "--org", "acme", "--project", "backend")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_postern_refuses_is_told_in_its_words(cli):
    """A problem's `detail` is what sentry-cli shows."""
    told = cli("projects", "list", "--org", "globex", fails=True)
    assert "globex" in told and "acme" in told, told
