"""The status page in a real browser: live, by keyboard, on a small screen, and under attack."""

import pytest
from support import browser, processes

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def play(postern, folder):
    def play_one(scene, served=None):
        by = served or postern
        return browser.play(scene, folder, admin=f"http://{by.admin_address}", api=by.url)
    return play_one


def test_it_is_live_and_complains_of_nothing(play, postern):
    postern.get("/api/0/organizations/acme/")
    seen = play("live")
    assert (seen["status"], seen["title"], seen["live"]) == (200, "Postern", "Live")
    assert seen["complaints"] == [], "no script fails, and nothing breaks the policy"
    assert (seen["before"], seen["after"]) == (1, 2)
    assert seen["is_still_open"], "what the reader has opened stays open"
    own = f"http://{postern.admin_address}/"
    assert seen["requests"] and all(url.startswith(own) for url in seen["requests"])


def test_another_process_has_the_page_loaded_anew(play):
    assert play("restarted")["complaints"] == []


def test_without_scripts_it_shows_the_same(play, postern):
    postern.get("/api/0/organizations/acme/")
    seen = play("plain")
    assert (seen["rows"], seen["grants"], seen["has_filter"]) == (1, ["acme"], False)


def test_the_keyboard_reaches_every_part(play, postern):
    postern.get("/api/0/organizations/acme/")
    seen = play("keyboard")
    names = [stop["name"] for stop in seen["stops"]]
    assert names[:8] == ["Skip to the content", "Grants", "Connect", "Limits", "Fleet", "Sentry", "Requests",
                         "Configuration"]
    for name in ("filter-text", "filter-failed", "status", "config"):
        assert name in names, names
    assert seen["opened"] and "PRE" in [stop["tag"] for stop in seen["stops"]]
    assert all(stop["outline"] != "none" for stop in seen["stops"]), "focus is seen"


def test_it_fits_a_small_screen_by_day_and_night(play, postern):
    postern.get("/api/0/organizations/acme/")
    postern.get("/elsewhere/" + "x" * 300)
    seen = play("narrow")
    assert seen["width"] == 360
    assert seen["landmarks"] == ["header", "nav", "main", "footer", "table caption"]
    assert seen["light"] != seen["dark"]


def test_hostile_text_is_text(play, start, upstream):
    postern = start(upstream, grant={"user": {"id": "7", "name": HOSTILE, "email": HOSTILE},
                                     "scopes": ["org:read", HOSTILE]})
    postern.get("/api/0/%3Cimg%20src=x%20onerror=alert(1)%3E/")
    seen = play("hostile_text", postern)
    assert (seen["dialogs"], seen["injected"], seen["complaints"]) == (0, 0, [])
    assert HOSTILE in seen["text"]


def test_an_opened_body_is_text_and_stays_open(play, start, upstream):
    postern = start(upstream, config={"admin": {"inspect_bodies": "4KiB"}})
    upstream.on("/api/0/organizations/acme/", lambda x: x.ok(HOSTILE.encode()))
    postern.get("/api/0/organizations/acme/")
    seen = play("bodies", postern)
    assert (seen["opened"], seen["injected"], seen["complaints"]) == ([HOSTILE], 0, [])


def test_another_site_gets_nothing(play, postern):
    seen = play("hostile_site")
    print(seen["told"], seen["refused"])
    assert len(seen["told"]) == 4
    for attempt, told in seen["told"].items():
        for way in ("fetch", "page", "image", "script", "events", "socket"):
            assert told[way] == "refused", (attempt, way)
        # What the browser hides from the page: the statuses below are these.
        assert told["opaque"] in ("opaque", "refused"), attempt
        assert told["sent"] in ("opaque", "refused"), attempt
    # What a link leads to, seen by a person, is the only thing that is answered.
    assert seen["refused"] and set(seen["refused"]) == {403}
    assert seen["followed"] == 200
    assert seen["rebound"] == 421
    assert postern.is_running and processes.TOKEN not in str(seen)
