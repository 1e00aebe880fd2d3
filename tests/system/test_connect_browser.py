"""Connecting a grant from the status page in a real browser."""

from support import browser
from support.processes import Postern
from support.sandboxed import CLIENT, ECHO


def test_by_keyboard_from_the_address_to_a_call(folder, sandbox):
    with Postern(folder / "postern", sandbox.url, ca=sandbox.ca, grants=(),
                 config={"client": CLIENT, "grants": [{"organization": "acme"}]}) as postern:
        token = (postern.store / "admin.token").read_text().strip()
        seen = browser.play("connect", folder, admin=f"http://{postern.admin_address}",
                            token=token, sentry=sandbox.url)
        assert seen["entered"] == f"http://{postern.admin_address}/", "the token has left the address"
        assert seen["copied"] == "http://127.0.0.1/oauth/callback"
        assert "team:write" in seen["asked"] and "event:read" in seen["asked"]
        assert "Connected as" in seen["connected"]
        assert "200 in" in seen["tested"]
        ours = [one for one in seen["complaints"] if not one.endswith("/favicon.ico")]  # Sentry's
        assert ours == [], "no script fails, and nothing breaks the policy"
        own, sentry = f"http://{postern.admin_address}/", sandbox.url + "/"
        assert all(url.startswith((own, sentry)) for url in seen["requests"])
        assert postern.get(ECHO).status == 200
