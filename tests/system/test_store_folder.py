"""The store under a running Postern: replaced, spoilt, and written to by what gets killed."""

import json
import os
import random
import subprocess
import time

import pytest
from support.processes import TOKEN, binary, clean_environment, run, write_grant
from support.waiting import eventually

FIRST, SECOND = "a1" * 32, "b2" * 32


def eventually_sends(postern, upstream, token):
    def sends():
        answer = postern.get()
        sent = upstream.requests[-1].header("authorization")
        return answer.status == 200 and sent == f"Bearer {token}"
    eventually(sends, f"the token {token[:4]} is used")


def test_a_folder_in_the_place_of_the_store_is_adopted(start, upstream, folder):
    postern = start(upstream)
    eventually_sends(postern, upstream, TOKEN)
    write_grant(folder / "restored", sentry=upstream.url, token=FIRST)
    os.rename(postern.store, folder / "before")
    os.rename(folder / "restored", postern.store)
    eventually_sends(postern, upstream, FIRST)


def test_a_swapped_link_to_the_store_is_followed(start, upstream, folder):
    postern = start(upstream)
    for name, token in (("one", FIRST), ("two", SECOND)):
        write_grant(folder / name, sentry=upstream.url, token=token)
        os.symlink(folder / name, folder / "link")
        if not postern.store.is_symlink():
            os.rename(postern.store, folder / "before")
        os.rename(folder / "link", postern.store)
        eventually_sends(postern, upstream, token)


@pytest.mark.parametrize("spoil", [
    lambda path: path.write_bytes(path.read_bytes()[:100]),
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b" " * 5_000_000),
    lambda path: (path.unlink(), os.mkfifo(path, 0o600)),
    lambda path: (path.unlink(), path.mkdir()),
    lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
], ids=["half", "empty", "huge", "pipe", "folder", "link"])
def test_a_spoilt_file_is_said_and_the_token_in_memory_serves_on(start, upstream, spoil):
    postern = start(upstream)
    spoil(postern.store / "acme.json")
    postern.eventually_logs("store_unreadable")
    eventually_sends(postern, upstream, TOKEN)


def test_an_import_killed_at_any_moment_leaves_a_whole_grant(folder):
    config = folder / "c.yaml"
    store = folder / "store"
    config.write_text(json.dumps(
        {"grants": [{"organization": "acme"}], "store": {"path": str(store)},
         "sentry": {"url": "https://127.0.0.1:1"}}))

    def answer(number):
        return json.dumps({"access_token": f"{number:064x}", "refresh_token": f"{number:064d}",
                           "token_type": "Bearer"}).encode()

    assert run("login", "--import", "-", "--config", config, stdin=answer(1)).returncode == 0
    pace = random.Random(1)
    for number in range(2, 40):
        process = subprocess.Popen(
            [binary(), "login", "--import", "-", "--config", config], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment())
        process.stdin.write(answer(number))
        process.stdin.close()
        time.sleep(pace.uniform(0, 0.06))  # the moment of the kill
        process.kill()
        process.wait()
        stored = json.loads((store / "acme.json").read_text())
        assert int(stored["access_token"], 16) == int(stored["refresh_token"]) <= number
    assert run("login", "--import", "-", "--config", config, stdin=answer(99)).returncode == 0
