"""Tokens that expire, die and rotate under load, against the pretend Sentry.

The lengths are short here; bench/refresh runs the same tests for as long as the figures in its
README ask.
"""

import json
import os
import random
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import processes
from support.http_wire import format_request
from support.sandboxed import (CLIENT, ECHO, QUICK, entries, eventually_serves, import_new_grant,
                               problem, stored)
from support.swarm import CALLERS, LIFETIMES, ROOM_FOR_ALL, UPLOAD_LIFETIME, Swarm, Uploader
from support.waiting import eventually

KILLS = int(os.environ.get("POSTERN_TEST_KILLS", "15"))


@pytest.fixture
def serve(folder, sandbox, serve):
    """serve(lifetime=…) starts a Postern whose grant was made with tokens of that lifetime. All
    of a test share a store; who is not `imported` for finds the grant there."""
    def start_one(lifetime=2592000, config=None, imported=True):
        sandbox.control("tokens", {"expires_in": lifetime})
        settings = processes.merge({
            "client": CLIENT,
            "store": {"path": str(folder / "store")},
            "grants": [{"organization": "acme"}],
            **ROOM_FOR_ALL,
        }, config)
        if imported:
            login = folder / "login.yaml"
            sentry = {"url": sandbox.url, "ca_file": str(sandbox.ca)}
            login.write_text(json.dumps({"sentry": sentry} | settings))
            import_new_grant(sandbox, login)
        return serve(settings, grants=())
    return start_one


def refresh_counts(sandbox):
    """(generations issued by refreshing, refresh requests) over all grants."""
    grants = entries(sandbox.control("grants"), "grants")
    issued = sum(g["generations"] - 1 for g in grants if g["generations"] > 1)
    asked = sum(g["refresh_requests"] for g in grants)
    return issued, asked


def test_a_caller_sees_no_401_when_the_token_was_revoked_behind_our_back(sandbox, serve):
    postern = serve()
    assert postern.get(ECHO).status == 200
    sandbox.control("expire", {})
    for method, body in (("GET", None), ("POST", b'{"a": 1}'), ("PUT", b"x" * 100_000)):
        answer = postern.get(ECHO, method=method, body=body)
        assert answer.status == 200, answer.body
        sandbox.control("expire", {})
    assert stored(postern)["generation"] == 4


def test_an_expiring_token_is_refreshed_once_for_all(sandbox, serve):
    postern = serve(lifetime=2)
    swarm = Swarm(postern.port, ECHO, CALLERS).run(2 * LIFETIMES, pause=0.02)
    swarm.assert_all_welcome()
    issued, asked = refresh_counts(sandbox)
    print(f"\n{swarm.total} answers, {issued} generations, {asked} refresh requests")
    assert issued == asked
    assert issued >= LIFETIMES - 1


@pytest.mark.alone
def test_uploads_that_cannot_be_sent_again_survive_refreshes(sandbox, serve):
    postern = serve(lifetime=UPLOAD_LIFETIME)
    uploader = Uploader(postern)
    uploader.start()
    swarm = Swarm(postern.port, ECHO, CALLERS).run(2 * LIFETIMES, pause=0.02)
    uploader.stop()
    issued, asked = refresh_counts(sandbox)
    print(f"\n{swarm.total} answers, {len(uploader.statuses)} uploads, {issued} generations, "
          f"{asked} refresh requests")
    swarm.assert_all_welcome()
    assert uploader.statuses and not uploader.errors, uploader.errors[:3]
    assert issued == asked and issued >= 2 * LIFETIMES // UPLOAD_LIFETIME - 1


# A body of this size cannot be sent again.
LARGE = b"x" * 2000
SMALL_REPLAY = {"replay": {"max_body": "1KiB"}}
UPLOAD = Uploader.TARGET
REFUSED = "/api/0/organizations/acme/refused-upload/"


def test_an_upload_that_is_always_refused_ends_no_other_ones(sandbox, serve):
    postern = serve(lifetime=20, config=SMALL_REPLAY)  # a new token is in its lag for 2 s
    sandbox.control("answer", {"path": REFUSED, "status": 401, "count": -1})
    assert postern.get(REFUSED, method="POST", body=LARGE).status == 401
    eventually(lambda: stored(postern)["generation"] == 2, "the token is replaced once")
    with postern.client() as other:
        other.send(format_request("POST", UPLOAD, [("Content-Length", str(len(LARGE)))]))
        other.send(LARGE[:1000])
        end = time.monotonic() + 6
        while time.monotonic() < end:
            assert postern.get(REFUSED, method="POST", body=LARGE).status == 401
            time.sleep(0.2)  # the pace of the uploads
        other.send(LARGE[1000:])
        assert other.read("POST").status == 200
    assert stored(postern)["generation"] == 2


def test_an_upload_is_not_blamed_for_tokens_that_died(sandbox, serve):
    postern = serve(lifetime=20, config=SMALL_REPLAY)

    def die_and_be_refused():
        sandbox.control("expire", {})
        time.sleep(2.5)  # until the token's lag is over: nothing to see from outside
        assert postern.get(UPLOAD, method="POST", body=LARGE).status == 401

    def is_renewed(generation):
        eventually(lambda: stored(postern)["generation"] == generation, f"number {generation}", 4)

    die_and_be_refused()
    is_renewed(2)
    die_and_be_refused()  # before it was welcome anywhere, so it looks like the upload's fault
    assert postern.get(ECHO).status == 200
    is_renewed(3)
    die_and_be_refused()
    is_renewed(4)
    assert postern.get(UPLOAD, method="POST", body=LARGE).status == 200


def test_callers_outlast_refreshes_that_fail(sandbox, serve):
    postern = serve()
    sandbox.control("answer", {"path": "/oauth/token/", "kind": "gateway-503", "count": 2})
    sandbox.control("expire", {})
    statuses = []
    callers = [threading.Thread(target=lambda: statuses.append(postern.get(ECHO).status))
               for _ in range(20)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert statuses == [200] * 20
    assert refresh_counts(sandbox) == (1, 1)
    postern.stop()
    assert [e["event"] for e in postern.log_entries()].count("refresh_failed") == 2


def test_a_caller_in_a_hurry_does_not_wait_for_the_next_try(sandbox, serve):
    postern = serve()
    sandbox.control("answer", {"path": "/oauth/token/", "status": 429, "retry_after": 3})
    sandbox.control("expire", {})
    answer = postern.get(ECHO, headers=[("Prefer", "wait=1")])
    assert problem(answer, "grant_unavailable")
    assert int(answer.header("retry-after")) >= 1
    assert postern.get(ECHO).status == 200, "who has the time waits"


def test_two_processes_share_a_store(sandbox, serve):
    first = serve(lifetime=2)
    second = serve(lifetime=2, imported=False)
    swarms = [Swarm(p.port, ECHO, max(10, CALLERS // 4)) for p in (first, second)]
    threads = [threading.Thread(target=s.run, args=(2 * LIFETIMES, 0.02)) for s in swarms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for swarm in swarms:
        swarm.assert_all_welcome()
    issued, asked = refresh_counts(sandbox)
    print(f"\n{sum(s.total for s in swarms)} answers, {issued} generations, {asked} requests")
    assert issued == asked and issued >= LIFETIMES - 1


def test_a_kill_in_the_middle_of_a_refresh_never_spoils_the_store(sandbox, serve):
    """The grant may be lost only when the answer itself was, and then it is named."""
    postern = serve(lifetime=2)
    lost = 0
    for _ in range(KILLS):
        sandbox.control("expire", {})
        caller = threading.Thread(target=quietly, args=(postern.get, ECHO))
        caller.start()
        time.sleep(random.uniform(0, 0.05))  # the random moment
        postern.signal(signal.SIGKILL)
        postern.wait()
        caller.join()
        content = stored(postern)  # parses, whatever happened
        assert content["access_token"] and content["refresh_token"]
        postern = serve(lifetime=2, imported=False)
        answer = postern.get(ECHO)
        if answer.status == 200:
            continue
        lost += 1
        problem(answer, "reauthorization_required")
        assert content["journal"] is not None, "lost although no refresh had begun"
        import_new_grant(sandbox, postern.config_path)
        eventually_serves(postern, "the new grant is adopted")
    print(f"\n{KILLS} kills, {lost} answers lost and named")


def quietly(call, *arguments):
    try:
        call(*arguments)
    except Exception:  # noqa: BLE001  the other end is being killed
        pass


def test_a_revoked_grant_is_named_at_once_and_heals_by_login(sandbox, serve):
    postern = serve()
    sandbox.control("revoke", {})
    told = problem(postern.get(ECHO), "reauthorization_required")
    assert "postern login" in told["action"]
    before = sandbox.control("state")["requests"]
    assert postern.get(ECHO).status == 503
    assert sandbox.control("state")["requests"] == before, "Sentry was asked again"
    import_new_grant(sandbox, postern.config_path)
    eventually_serves(postern, "the new grant is adopted")


def test_a_token_endpoint_in_trouble_costs_nothing_while_the_token_lives(sandbox, serve):
    postern = serve(lifetime=12, config=QUICK)
    for order in ({"kind": "empty", "status": 200}, {"kind": "html", "status": 200},
                  {"kind": "status", "status": 429, "retry_after": 1}):
        sandbox.control("answer", {"path": "/oauth/token/"} | order)
    swarm = Swarm(postern.port, ECHO, 5).run(13, pause=0.05)
    swarm.assert_all_welcome()
    assert stored(postern)["generation"] >= 2


@pytest.mark.parametrize("value", ["null", '"with blanks"', "7"])
def test_a_new_refresh_token_beside_a_useless_access_token_keeps_the_grant(sandbox, serve, value):
    postern = serve(config=QUICK)
    sandbox.control("answer", {"path": "/oauth/token/", "kind": "field", "name": "access_token",
                               "value": value})
    sandbox.control("expire", {})
    eventually_serves(postern, "the next refresh uses the new refresh token")
    assert stored(postern)["generation"] == 3
    postern.stop()
    flawed = [e for e in postern.log_entries() if e.get("event") == "token_answer_flawed"]
    assert len(flawed) == 1 and "access_token" in flawed[0]["detail"], flawed


@contextmanager
def unwritable(store):
    store.chmod(0o500)
    if os.geteuid() == 0:
        if subprocess.run(["chattr", "+i", str(store)], check=False,
                          capture_output=True).returncode != 0:
            store.chmod(0o700)
            pytest.skip("root writes anywhere, and chattr +i does not work here")
    try:
        yield
    finally:
        if os.geteuid() == 0:
            subprocess.run(["chattr", "-i", str(store)], check=False)
        store.chmod(0o700)


def test_a_pair_that_cannot_be_stored_is_not_lost_in_silence(sandbox, folder, serve):
    store = folder / "store"
    postern = serve(config={"drain": {"timeout": "1s"}})
    sandbox.control("expire", {})
    with unwritable(store):
        assert postern.get(ECHO).status == 200
        postern.signal(signal.SIGTERM)
        assert postern.wait(10) == 1
    lost = [e for e in postern.log_entries() if e.get("event") == "grant_lost"]
    assert len(lost) == 1 and "postern login" in lost[0]["detail"], lost


def test_a_full_disk_keeps_serving_and_says_so(sandbox, folder, serve):
    store = folder / "store"
    postern = serve()
    sandbox.control("expire", {})
    with unwritable(store):
        status = postern.get(ECHO).status
    assert status in (200, 503), status
    eventually_serves(postern, "it goes on when the disk has room")


def test_no_token_shows_anywhere(sandbox, serve):
    postern = serve(lifetime=2)
    Swarm(postern.port, ECHO, 10).run(4, pause=0.05)
    grants = sandbox.control("grants")
    secrets = set()

    def collect(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(inner, str) and "token" in key and len(inner) == 64:
                    secrets.add(inner)
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(grants)
    secrets |= {stored(postern)["access_token"], stored(postern)["refresh_token"]}
    secrets.add(CLIENT["secret"])
    shown = processes.run("show", "--config", postern.config_path).stdout
    places = {
        "log": postern.log,
        "show": shown,
        "cmdline": Path(f"/proc/{postern.pid}/cmdline").read_bytes().decode(errors="replace"),
        "runtime file": postern.runtime_path.read_text(),
        "answer": postern.get("/nowhere/").body.decode(errors="replace"),
    }
    assert len(secrets) >= 3
    for name, text in places.items():
        assert not [s for s in secrets if s in text], name
