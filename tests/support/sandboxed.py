"""Postern in front of the sandbox, the pretend Sentry: the fixtures, and what their tests share."""

import json
from pathlib import Path

import pytest

from .processes import Postern, Sandbox, has_binary, run
from .waiting import eventually

# An endpoint of acme's that only the sandbox has: it answers with the request that it got.
ECHO = "/api/0/organizations/acme/sandbox-echo/"
# The application that the sandbox's grants belong to.
CLIENT = {"id": "sandbox-client", "secret": "sandbox-secret"}
# Refreshes that fail are tried again within the patience of a test.
QUICK = {"refresh": {"backoff_min": "100ms", "backoff_max": "200ms"}}


@pytest.fixture
def sandbox(folder):
    if not has_binary("postern-sandbox"):
        pytest.skip("no postern-sandbox")
    with Sandbox(folder / "sandbox") as running:
        yield running


@pytest.fixture
def serve(sandbox, start):
    """serve(config, …) starts a Postern in front of the sandbox, with a grant of its."""
    def start_one(config=None, **options):
        answer = json.loads(sandbox.grant.read_text())
        grant = {"access_token": answer["access_token"], "scopes": answer["scope"].split()}
        return start(sandbox, ca=sandbox.ca, config=config,
                     **{"grant": grant, "pinned": True} | options)
    return start_one


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


def import_new_grant(sandbox, config, *args, **options):
    """Has the sandbox make a grant and `postern login` import it: what the command said."""
    done = run("login", "--config", config, "--import", "-", "--replace", *args,
               stdin=json.dumps(sandbox.control("grants", {})).encode(), **options)
    assert done.returncode == 0, done.stderr
    return done


def entries(answer, name):
    """The list in an answer of the sandbox's control port."""
    return answer[name] if isinstance(answer, dict) else answer


def stored(postern):
    """What its store holds of acme's grant."""
    return json.loads((Path(postern.config["store"]["path"]) / "acme.json").read_text())


def problem(answer, code):
    """The problem that a 503 tells."""
    found = json.loads(answer.body)
    assert (answer.status, found["code"]) == (503, code), found
    return found


def eventually_serves(postern, what="requests are served"):
    eventually(lambda: postern.get(ECHO).status == 200, what)
