"""The status page, in a real browser, while things happen: a burst waits and drains, a grant is lost.

POSTERN_PICTURES=FOLDER keeps the pictures that are taken on the way; the README shows one.
"""

import datetime
import json
import os
import shutil
import threading
from pathlib import Path

from support import browser
from support.crowd import Ask, crowd
from support.sandboxed import CLIENT, ECHO, QUICK, import_new_grant
from support.waiting import eventually

ROUTES = [ECHO, "/api/0/organizations/acme/projects/", "/api/0/organizations/acme/issues/"]


def a_working_day(sandbox):
    """The sandbox's grant, with a token as old and as long-lived as real ones are."""
    answer = json.loads(sandbox.grant.read_text())
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    moment = lambda hours: (now + datetime.timedelta(hours=hours)).isoformat() + "Z"
    return {"access_token": answer["access_token"], "scopes": answer["scope"].split(),
            "obtained_at": moment(-2), "expires_at": moment(6)}


class Visit:
    """A browser that has the page open and takes steps while the test does something else."""

    def __init__(self, postern, folder, scene="follow", **arguments):
        self.folder = folder
        self.seen = None
        self.failure = None
        arguments["admin"] = f"http://{postern.admin_address}"
        self.thread = threading.Thread(target=self._run, args=(scene, arguments))
        self.thread.start()

    def _run(self, scene, arguments):
        try:
            self.seen = browser.play(scene, self.folder, **arguments)
        except BaseException as failure:  # pylint: disable=broad-except
            self.failure = failure

    def reaches(self, mark):
        eventually(lambda: Path(mark).exists() or not self.thread.is_alive(),
                   f"the browser reaches {mark}", seconds=60)

    def end(self):
        self.thread.join()
        if self.failure:
            raise self.failure
        keep_pictures(self.folder)
        return self.seen


def keep_pictures(folder):
    if wanted := os.environ.get("POSTERN_PICTURES"):
        for picture in Path(folder).glob("*.png"):
            shutil.copy(picture, wanted)


def test_a_burst_fills_the_buckets_and_drains(sandbox, serve, folder):
    sandbox.control("limits", {"requests": 10, "window": 1})
    postern = serve({"client": CLIENT}, grant=a_working_day(sandbox))
    open_mark = folder / "open"
    visit = Visit(postern, folder, steps=[
        {"touch": str(open_mark)},
        {"see": ".bucket .pill.warn", "text": "in line"},
        {"see": ".bucket svg[aria-label*='Requests in line']"},
        {"picture": str(folder / "status-page.png")},
        {"picture": str(folder / "status-page-dark.png"), "dark": True},
        {"gone": ".bucket .pill.warn"},
        {"see": "#limits figcaption", "text": "In line over the last"},
    ])
    visit.reaches(open_mark)
    answers = crowd(postern.port, [Ask(target=ROUTES[i % 3]) for i in range(200)])
    assert {answer.status for answer in answers} == {200}
    seen = visit.end()
    assert seen["complaints"] == []
    assert "Longest wait in line" in seen["text"]


def test_a_lost_grant_is_seen_and_its_own_remedy_helps(sandbox, serve, folder):
    postern = serve(config=QUICK | {"client": CLIENT})
    postern.get(ECHO)
    open_mark, lost_mark = folder / "open", folder / "lost"
    visit = Visit(postern, folder, steps=[
        {"see": "#grants .card", "text": "acme"},
        {"touch": str(open_mark)},
        {"see": "#grants .remedy", "text": "postern login"},
        {"picture": str(folder / "lost.png")},
        {"touch": str(lost_mark)},
        {"gone": "#grants .remedy"},
    ])
    visit.reaches(open_mark)
    sandbox.control("revoke", {})
    eventually(lambda: postern.get(ECHO).status == 503, "the grant is lost")
    visit.reaches(lost_mark)
    import_new_grant(sandbox, postern.config_path)
    seen = visit.end()
    assert seen["complaints"] == []
    assert postern.get(ECHO).status == 200


def test_a_page_without_its_postern_says_so(postern, folder):
    mark = folder / "open"
    visit = Visit(postern, folder, "lost", lost=str(mark))
    visit.reaches(mark)
    postern.stop()
    seen = visit.end()
    assert seen["before"] == 0 and "No connection" in seen["live"]
