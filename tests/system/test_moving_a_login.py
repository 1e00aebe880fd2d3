"""A login that one Postern keeps in a folder goes into the store that several share, as conf/README.md has it."""

import json

from support import processes
from support.sandboxed import CLIENT, ECHO, eventually_serves, import_new_grant


def in_a_folder(fleet, **store):
    """A Postern alone, which has renewed its token: (it, the file of its grant)."""
    path = fleet.folder / "alone"
    settings = {"client": CLIENT, "grants": [{"organization": "acme"}], "store": {"path": str(path), **store}}
    config = fleet.folder / "alone.yaml"
    config.write_text(json.dumps({"sentry": {"url": fleet.sandbox.url, "ca_file": str(fleet.sandbox.ca)}} | settings))
    import_new_grant(fleet.sandbox, config)
    postern = fleet.serve(settings, grants=())
    eventually_serves(postern)
    fleet.sandbox.control("expire", {})
    assert postern.get(ECHO).status == 200
    return postern, path / "acme.json"


def import_into_the_shared_store(fleet, file):
    return processes.run("login", "--config", fleet.configuration(), "--import", file)


def test_the_file_of_a_folder_is_imported(fleet):
    alone, file = in_a_folder(fleet)
    assert alone.stop() == 0
    scopes = json.loads(file.read_text())["scopes"]
    done = import_into_the_shared_store(fleet, file)
    assert done.returncode == 0, done.stderr
    file.unlink()
    before = fleet.refreshes()
    for postern in fleet.start(2):
        eventually_serves(postern)
    fleet.sandbox.control("expire", {})
    for postern in fleet.members:
        assert postern.get(ECHO).status == 200
    assert fleet.refreshes() == (before[0] + 1, before[1] + 1)
    assert fleet.record()[1]["scopes"] == scopes, "the first refresh has told them"


def test_a_sealed_file_is_not_taken_and_nothing_is_stored(fleet):
    alone, file = in_a_folder(fleet, key="ab" * 32)
    assert alone.stop() == 0
    done = import_into_the_shared_store(fleet, file)
    assert done.returncode == 1 and "not valid JSON" in done.stderr, done.stderr
    assert fleet.record() is None


def test_without_it_the_new_store_has_no_token(fleet):
    alone, _ = in_a_folder(fleet)
    assert alone.stop() == 0
    postern, = fleet.start(1)
    postern.eventually_logs("grant_missing")
    assert postern.get(ECHO).code == "grant_missing"
