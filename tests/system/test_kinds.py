"""Grants that nobody logs in for: integrations (kind integration) and fixed tokens (kind static)."""

import os

import pytest
from support.processes import clean_environment, merge, run
from support.sandboxed import ECHO, QUICK, entries, eventually_serves, problem, stored
from support.swarm import CALLERS, LIFETIMES, ROOM_FOR_ALL, UPLOAD_LIFETIME, Swarm, Uploader
from support.waiting import eventually


@pytest.fixture
def serve(serve):
    """serve(grant, …) starts a Postern whose one grant is acme's with these settings."""
    def start_one(grant, config=None, **options):
        settings = merge({"grants": [{"organization": "acme", **grant}]}, config)
        return serve(settings, grants=(), **options)
    return start_one


class TestIntegration:
    @pytest.fixture
    def install(self, sandbox):
        """install(…) → (the installation, settings of the grant for it)"""
        def make(with_code=True, **fields):
            one = sandbox.control("installations", {"organization": "acme", **fields})
            grant = {"kind": "integration", "installation": one["uuid"],
                     "client": {"id": one["client_id"], "secret": one["client_secret"]}}
            if with_code:
                grant["code"] = one["code"]
            return one, grant
        return make

    def exchanges(self, sandbox, installation):
        known = entries(sandbox.control("installations"), "installations")
        return next(one for one in known if one["uuid"] == installation["uuid"])["exchanges"]

    def test_the_code_buys_the_first_token_and_assertions_the_next(self, sandbox, serve, install):
        installation, grant = install()
        postern = serve(grant)
        eventually_serves(postern)
        assert self.exchanges(sandbox, installation)["code"] == 1
        assert stored(postern)["kind"] == "integration"
        sandbox.control("expire", {"installation": installation["uuid"]})
        assert postern.get(ECHO).status == 200, "no caller sees the 401"
        used = self.exchanges(sandbox, installation)
        assert (used["code"], used["assertion"], used["refresh"], used["refused"]) == (1, 1, 0, 0)

    def test_without_a_code_an_assertion_is_enough(self, sandbox, serve, install):
        installation, grant = install(with_code=False, exchanged=1)
        eventually_serves(serve(grant))
        assert self.exchanges(sandbox, installation)["assertion"] == 1

    @pytest.mark.alone
    @pytest.mark.parametrize("uploading", [False, True])
    def test_tokens_that_expire_under_load_cost_no_caller_anything(self, sandbox, serve, install,
                                                                   uploading):
        lifetime = UPLOAD_LIFETIME if uploading else 2
        sandbox.control("tokens", {"installation_expires_in": lifetime})
        installation, grant = install()
        postern = serve(grant, ROOM_FOR_ALL)
        eventually_serves(postern)
        uploader = Uploader(postern)
        if uploading:
            uploader.start()
        swarm = Swarm(postern.port, ECHO, CALLERS).run(2 * LIFETIMES, pause=0.02)
        if uploading:
            uploader.stop()
            assert uploader.statuses and not uploader.errors, uploader.errors[:3]
        swarm.assert_all_welcome()
        used = self.exchanges(sandbox, installation)
        print(f"\n{swarm.total} answers, {len(uploader.statuses)} uploads, {used}")
        assert used["assertion"] >= 2 * LIFETIMES // lifetime - 1 and used["refused"] == 0, used

    def test_where_assertions_are_not_allowed_single_use_refresh_tokens_do(self, sandbox, serve,
                                                                           install):
        sandbox.control("integrations", {"assertions": 0})
        sandbox.control("tokens", {"installation_expires_in": 6})
        installation, grant = install()
        postern = serve(grant, QUICK)
        eventually_serves(postern)
        Swarm(postern.port, ECHO, 50).run(12, pause=0.02).assert_all_welcome()
        used = self.exchanges(sandbox, installation)
        assert used["code"] == 1 and used["refresh"] >= 2 and used["assertion"] == 0, used
        assert used["refused"] <= 1, "assertions are not tried again and again"

    @pytest.mark.parametrize("order", ["uninstall", "revoke"])
    def test_one_that_gets_no_more_tokens_is_named_with_what_to_do(self, sandbox, serve, install,
                                                                   order):
        installation, grant = install()
        postern = serve(grant, QUICK)
        eventually_serves(postern)
        sandbox.control(order, {"installation": installation["uuid"]})
        eventually(lambda: postern.get(ECHO).code == "reauthorization_required", "it is given up")
        told = problem(postern.get(ECHO), "reauthorization_required")
        assert "still installed" in told["detail"] + told["action"]
        assert "installation and code of the grant acme" in told["detail"] + told["action"]
        assert "postern login" not in told["detail"] + told["action"]

    def test_one_that_was_installed_anew_is_used_after_a_restart(self, sandbox, serve, install,
                                                                 folder):
        store = {"store": {"path": str(folder / "store")}}
        installation, grant = install()
        first = serve(grant, QUICK | store)
        eventually_serves(first)
        sandbox.control("uninstall", {"installation": installation["uuid"]})
        eventually(lambda: first.get(ECHO).code == "reauthorization_required", "it is given up")
        first.stop()
        _, grant = install()
        eventually_serves(serve(grant, QUICK | store))

    def test_a_code_that_was_used_up_elsewhere_is_named(self, serve, install):
        _, grant = install()
        grant["code"] = "0" * 64
        postern = serve(grant, QUICK)
        eventually(lambda: postern.get(ECHO).code == "reauthorization_required", "it is given up")
        assert "code" in problem(postern.get(ECHO), "reauthorization_required")["detail"]

    def test_login_tells_what_to_do_instead(self, serve, install):
        _, grant = install()
        postern = serve(grant)
        done = run("login", "--config", postern.config_path)
        assert done.returncode == 2
        for word in ("integration", "installation", "client.secret", "code", "postern serve"):
            assert word in done.stderr
        assert grant["client"]["secret"] not in done.stdout + done.stderr


class TestStatic:
    @pytest.fixture
    def token(self, sandbox):
        """token(…) → a new token of this kind; the scopes are those that ECHO needs."""
        def make(kind="internal"):
            return sandbox.control("static", {"kind": kind, "organization": "acme",
                                              "scope": "org:read"})["token"]
        return make

    @pytest.fixture
    def file(self, folder):
        return folder / "token"

    def write(self, file, token):
        file.with_suffix(".new").write_text(token + "\n")
        os.rename(file.with_suffix(".new"), file)

    @pytest.mark.parametrize("kind", ["personal", "internal", "organization"])
    def test_from_a_file(self, serve, token, file, kind):
        self.write(file, token(kind))
        postern = serve({"kind": "static", "token_file": str(file)})
        assert postern.get(ECHO).status == 200
        assert not (postern.store / "acme.json").exists(), "it is only read"

    def test_from_the_environment(self, serve, token):
        secret = token()
        postern = serve({"kind": "static", "token": "${MY_SENTRY_TOKEN}"},
                        env=clean_environment(MY_SENTRY_TOKEN=secret))
        assert postern.get(ECHO).status == 200
        shown = run("show", "--config", postern.config_path,
                    env=clean_environment(MY_SENTRY_TOKEN=secret))
        assert shown.returncode == 0
        assert secret not in postern.log + shown.stdout + shown.stderr

    def test_a_changed_file_is_adopted(self, sandbox, serve, token, file):
        first, second = token(), token()
        self.write(file, first)
        postern = serve({"kind": "static", "token_file": str(file)})
        assert postern.get(ECHO).status == 200
        self.write(file, second)
        postern.eventually_logs("generation 2")
        sandbox.control("revoke", {"token": first})
        assert postern.get(ECHO).status == 200

    def test_one_that_was_revoked_needs_a_person_and_heals_by_a_new_file(self, sandbox, serve,
                                                                        token, file):
        first = token()
        self.write(file, first)
        postern = serve({"kind": "static", "token_file": str(file)})
        assert postern.get(ECHO).status == 200
        sandbox.control("revoke", {"token": first})
        told = problem(postern.get(ECHO), "reauthorization_required")
        assert str(file) in told["detail"] + told["action"]
        assert "postern login" not in told["detail"] + told["action"]
        before = sandbox.control("state")["requests"]
        problem(postern.get(ECHO), "reauthorization_required")
        assert sandbox.control("state")["requests"] == before, "Sentry was asked again"
        self.write(file, token())
        eventually_serves(postern)

    def test_a_file_that_is_not_there_is_named_at_once(self, serve, file):
        postern = serve({"kind": "static", "token_file": str(file)}, wait=False)
        assert postern.wait() == 2 and str(file) in postern.log

    def test_a_file_that_goes_away_leaves_the_token_in_use(self, serve, token, file):
        self.write(file, token())
        postern = serve({"kind": "static", "token_file": str(file)})
        file.unlink()
        postern.eventually_logs("store_unreadable")
        assert postern.get(ECHO).status == 200

    def test_login_tells_what_to_do_instead(self, serve, token, file):
        self.write(file, token())
        postern = serve({"kind": "static", "token_file": str(file)})
        for args in ((), ("--import", "-")):
            done = run("login", "--config", postern.config_path, *args)
            assert done.returncode == 2 and f"put it into {file}" in done.stderr
