"""Where a secret must not show: logs, answers, commands, processes, core files, what a crash leaves."""

import contextlib
import json
import os
import re
import resource
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
from support.connect_proxy import ConnectProxy
from support.http_wire import fetch
from support.processes import (REFRESH_TOKEN, TOKEN, Postern, Process, binary, clean_environment,
                               is_sanitized, run, write_grant)
from support.sandboxed import CLIENT, ECHO, QUICK, entries, import_new_grant
from support.waiting import bound, eventually

STORE_KEY = "5ea1" * 16
PROXY_PASSWORD = "pr0xy-c4nary"


# ------------------------------------------------------------------------------------- whole runs

def texts(value):
    """Every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def seen_secrets(sandbox):
    """All tokens, codes and secrets that Sentry has given or been shown."""
    told = [sandbox.control(path) for path in ("grants", "installations", "requests?last=1000")]
    found, ids = set(), set()
    for text in texts(told):
        # Alone, in a form body, behind Bearer, in JSON; checksums of bodies are 64 digits too.
        found |= set(re.findall(r"(?:sntry[a-z]_)?[0-9a-f]{64}", text))
        ids |= set(re.findall(r'"client_id": ?"([0-9a-f]{64})"', text))
    sums = {entry["body_sha256"] for entry in entries(told[2], "requests")}
    return found - sums - ids - {"0" * 64}


@pytest.fixture
def egress():
    with ConnectProxy("user", PROXY_PASSWORD) as server:
        yield server


@pytest.fixture
def busy(folder, sandbox, egress):
    """A Postern that has met every trouble with a grant of each kind: (it, its environment, what
    it has answered)."""
    sandbox.control("tokens", {"expires_in": 2, "installation_expires_in": 2})
    installation = sandbox.control("installations", {"organization": "globex"})
    fixed = sandbox.control("static", {"kind": "personal", "scope": "org:read"})["token"]
    env = clean_environment(POSTERN_CLIENT_SECRET=CLIENT["secret"], MY_TOKEN=fixed)
    settings = {
        "client": {"id": CLIENT["id"]},
        "sentry": {"url": sandbox.url, "ca_file": str(sandbox.ca),
                   "egress_proxy": egress.url("user", PROXY_PASSWORD)},
        "store": {"path": str(folder / "p" / "store"), "key": STORE_KEY},
        **QUICK,
        "grants": [
            {"organization": "acme"},
            {"organization": "globex", "kind": "integration", "installation": installation["uuid"],
             "client": {"id": installation["client_id"],
                        "secret": installation["client_secret"]}, "code": installation["code"]},
            {"organization": "acme", "name": "fixed", "kind": "static", "token": "${MY_TOKEN}"},
        ],
    }
    (folder / "p").mkdir()
    login = folder / "login.yaml"
    login.write_text(json.dumps(settings))
    done = import_new_grant(sandbox, login, "--grant", "acme", env=env)
    answers = [done.stdout, done.stderr]
    with Postern(folder / "p", sandbox.url, ca=sandbox.ca, grants=(), config=settings,
                 env=env) as postern:
        def ask(grant, target, headers=()):
            answer = postern.get(target, [("X-Postern-Grant", grant), *headers])
            answers.extend([answer.body.decode(errors="replace"), repr(list(answer.fields))])
            return answer.status

        api = {"acme": ECHO, "globex": ECHO.replace("acme", "globex"), "fixed": ECHO}
        for order in ({"kind": "html", "status": 200}, {"kind": "oauth", "error": "invalid_client",
                                                        "status": 401}, {"kind": "cut"}):
            sandbox.control("answer", {"path": "/oauth/token/"} | order)
        end = time.monotonic() + 5
        while time.monotonic() < end:  # two and a half lifetimes
            for grant, target in api.items():
                # The sandbox's echo tells the token that it was sent, so it is not asked for.
                ask(grant, target.replace("sandbox-echo/", ""))
                ask(grant, target + "nowhere/", [("Authorization", "Bearer its-own")])
            ask("none", ECHO)
            time.sleep(0.1)
        sandbox.control("revoke", {})
        sandbox.control("uninstall", {"installation": installation["uuid"]})
        sandbox.control("revoke", {"token": fixed})
        for grant, target in api.items():
            eventually(lambda: ask(grant, target.replace("sandbox-echo/", "")) == 503,
                       f"{grant} is given up")
        yield postern, env, answers


def test_no_secret_shows_anywhere(busy, sandbox):
    postern, env, answers = busy
    admin_token = postern.store / "admin.token"
    secrets = seen_secrets(sandbox) | {CLIENT["secret"], STORE_KEY, PROXY_PASSWORD,
                                       env["MY_TOKEN"], admin_token.read_text().strip()}
    assert len(secrets) >= 13, "the run was to use more tokens than that"
    places = {"log": postern.log, "stdout": postern.out_path.read_text(),
              "answers": "\n".join(answers),
              "cmdline": Path(f"/proc/{postern.pid}/cmdline").read_text()}
    for path in [postern.runtime_path, *postern.store.iterdir()]:
        if path != admin_token:
            places[str(path)] = path.read_bytes().decode(errors="replace")
    for target in ("/livez", "/readyz", "/startupz", "/api/status", "/", "/nowhere"):
        answer = fetch(postern.admin_port, "GET", target, (), None, "localhost")
        places[target] = answer.body.decode(errors="replace") + repr(list(answer.fields))
    stored = "--admin 127.0.0.1:1"
    for command in ("show", "check", "status", "status --json", f"status {stored}",
                    f"status --json {stored}", "doctor", "login --grant globex",
                    "login --grant fixed", "logout --grant fixed", "logout --grant acme"):
        done = run(*command.split(), "--config", postern.config_path, env=env)
        assert done.stdout or done.stderr, command
        places[command] = done.stdout + done.stderr
    # It shows a person the page's address, which has the admin token in it, and has it nowhere else.
    address = f"/?token={admin_token.read_text().strip()}\n"
    assert places["status"].count(address) == 1
    places["status"] = places["status"].replace(address, "")
    for name, text in places.items():
        found = [secret[:12] for secret in secrets if secret in text]
        assert not found, f"{name} has {found}"


# -------------------------------------------------------------------------- programs that are run

def targets_of(folder):
    """Where the links of a process's open files lead; one may be closed meanwhile."""
    targets = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            targets.append(os.readlink(path))
    return targets


def test_what_run_starts_has_no_secret_around_it(start, upstream, folder):
    postern = start(upstream, config={"client": {"id": "a", "secret": "${MY_SECRET}"}},
                    env=clean_environment(MY_SECRET="canary-file-secret"))
    env = clean_environment(MY_SECRET="canary-file-secret", POSTERN_STORE_KEY="ab" * 32,
                            POSTERN_CLIENT_SECRET="canary-file-secret", KEPT="kept")
    with Process([binary(), "run", "--config", postern.config_path, "--", "sleep", "60"],
                 folder / "run", env=env) as child:
        proc = Path(f"/proc/{child.pid}")
        eventually(lambda: b"sleep" in (proc / "cmdline").read_bytes().split(b"\0")[0],
                   "it has become the program")
        around = (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
        assert b"KEPT=kept" in around and b"SENTRY_AUTH_TOKEN=" in around
        for secret in ("canary-file-secret", "ab" * 32, TOKEN, REFRESH_TOKEN):
            assert secret.encode() not in around
        assert (proc / "limits").read_text().count("Max core file size") == 1
        held = targets_of(proc / "fd")
        assert not [target for target in held if str(postern.store) in target or
                    str(postern.config_path) in target]


# ------------------------------------------------------------------------------------- core files

WITH_CORES = ["sh", "-c", 'ulimit -c unlimited && cd "$0" && exec "$@"']


def end_of(pid):
    """How the kernel says that it has ended: CLD_KILLED, or CLD_DUMPED with a core."""
    def ended():
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return eventually(ended, "it ends").si_code


@pytest.fixture
def cores(folder):
    """A folder that programs may fill with core files, as one does here for proof."""
    if is_sanitized():
        pytest.skip("sanitizers handle these signals themselves, and keep the process traceable")
    proof = folder / "proof"
    proof.mkdir()
    done = subprocess.Popen([*WITH_CORES, str(proof), "sleep", "60"], env=clean_environment())
    eventually(lambda: Path(f"/proc/{done.pid}/comm").read_text().strip() == "sleep", "it runs")
    done.send_signal(signal.SIGSEGV)
    dumped = end_of(done.pid) == os.CLD_DUMPED
    done.wait()
    if not dumped:
        pytest.skip("this machine writes no core files")
    place = folder / "cores"
    place.mkdir()
    return place


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT])
def test_serve_leaves_no_core(start, upstream, cores, number):
    postern = start(upstream, wrapper=[*WITH_CORES, str(cores)])
    assert postern.get().status == 200
    limits = Path(f"/proc/{postern.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.M), limits
    postern.signal(number)
    assert end_of(postern.pid) == os.CLD_KILLED
    assert os.listdir(cores) == []


def test_serve_leaves_no_core_when_somebody_raises_the_limit(start, upstream, cores):
    postern = start(upstream, wrapper=[*WITH_CORES, str(cores)])
    assert postern.get().status == 200
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    try:
        resource.prlimit(postern.pid, resource.RLIMIT_CORE, unlimited)
    except PermissionError:
        pytest.skip("raising a hard limit is not allowed here")
    postern.signal(signal.SIGSEGV)
    assert end_of(postern.pid) == os.CLD_KILLED
    assert os.listdir(cores) == []


def test_a_login_under_way_leaves_no_core(cores, folder):
    """It leaves the limit as it is, which the browser inherits."""
    config = folder / "c.yaml"
    config.write_text(json.dumps({
        "client": {"id": "app", "secret": "canary"}, "store": {"path": str(folder / "store")},
        "grants": [{"organization": "acme"}]}))
    with Process([binary(), "login", "--config", config], folder / "login",
                 wrapper=[*WITH_CORES, str(cores)]) as login:
        eventually(lambda: "/oauth/authorize/" in login.out_path.read_text(), "it waits")
        login.signal(signal.SIGABRT)
        assert end_of(login.pid) == os.CLD_KILLED
    assert os.listdir(cores) == []


# -------------------------------------------------------------------------- what a crash leaves

def import_into(config, number, **options):
    answer = {"access_token": f"{number:064x}", "refresh_token": f"{number:064d}"}
    return run("login", "--import", "-", "--no-verify", "--config", config,
               stdin=json.dumps(answer).encode(), **options)


def check_files(store, allowed):
    """Only these, and nobody else may read one."""
    for path in store.iterdir():
        assert path.name in allowed, f"left behind: {path}"
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600, path


@pytest.fixture
def config(folder):
    path = folder / "c.yaml"
    path.write_text(json.dumps({"grants": [{"organization": "acme"}],
                                "store": {"path": str(folder / "store")}}))
    return path


@pytest.mark.parametrize("written", [0, 1, 300])
def test_a_save_that_dies_half_way_leaves_nothing_to_others_and_is_cleared_away(config, folder,
                                                                                written):
    store = folder / "store"
    assert import_into(config, 1).returncode == 0
    before = (store / "acme.json").read_bytes()

    def limit():
        os.umask(0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))

    died = import_into(config, 2, preexec_fn=limit)
    assert died.returncode == -signal.SIGXFSZ, died.stderr
    assert (store / "acme.json").read_bytes() == before
    check_files(store, {"acme.json", "acme.lock", ".acme.json.new"})
    assert (store / ".acme.json.new").stat().st_size == written, "the test has missed its moment"
    assert import_into(config, 3).returncode == 0
    check_files(store, {"acme.json", "acme.lock"})
    assert int(json.loads((store / "acme.json").read_text())["access_token"], 16) == 3


def test_a_logout_takes_away_what_a_crash_has_left(config, folder):
    store = folder / "store"
    assert import_into(config, 1).returncode == 0
    (store / ".acme.json.new").write_text(TOKEN)
    held = os.open(store / ".acme.json.new", os.O_RDONLY)  # as an undelete would find it
    try:
        assert run("logout", "--config", config).returncode == 0
        assert os.listdir(store) == ["acme.lock"]
    finally:
        os.close(held)


def test_kills_while_tokens_are_refreshed_leave_nothing_to_others(folder, sandbox):
    store = folder / "p" / "store"
    write_grant(store, sentry=sandbox.url)
    for delay in (0, 0.005, 0.01, 0.02, 0.04):
        sandbox.control("tokens", {"expires_in": 1})
        answer = sandbox.control("grants", {})
        write_grant(store, sentry=sandbox.url, token=answer["access_token"],
                    refresh_token=answer["refresh_token"], expires_at="2024-01-02T00:00:00Z")
        with Postern(folder / "p", sandbox.url, ca=sandbox.ca, grants=(),
                     config={"client": CLIENT, "grants": [{"organization": "acme"}]}) as postern:
            time.sleep(bound(delay))  # the moment of the kill
            postern.signal(signal.SIGKILL)
            postern.wait()
        check_files(store, {"acme.json", "acme.lock", ".acme.json.new", "admin.token"})
        json.loads((store / "acme.json").read_text())
        postern.runtime_path.unlink(missing_ok=True)
