"""The scripts of the store in Redis, each in a real one: what they let pass, and what not."""

from pathlib import Path

import pytest

from support.redis import HAS_REDIS, Redis

SCRIPTS = Path(__file__).resolve().parents[2] / "proxy" / "grants" / "scripts"
GRANT, LEASE, FENCE = "p:{a}:grant", "p:{a}:lease", "p:{a}:fence"


class Database:
    def __init__(self, redis):
        self.redis, self.ask = redis, redis.ask
        self.leases = {}  # as the tests call them, "me:1", and as they are, with when they were taken

    def run(self, name, keys, *arguments):
        text = (SCRIPTS / "record.lua").read_text() + (SCRIPTS / f"{name}.lua").read_text()
        return self.ask("EVAL", text, len(keys), *keys, *arguments)

    def load(self):
        return self.run("load", [GRANT])

    def lock(self, owner="me"):
        answer = self.run("lock", [GRANT, LEASE, FENCE], owner, "35000")
        if answer[0] == "taken":
            name = answer[1].rsplit(":", 2)[0]
            self.leases[name], answer[1] = answer[1], name
        return answer

    def release(self, lease):
        self.run("release", [LEASE], self.leases[lease])

    def renew(self, lease, generation, calling=""):
        return self.run("renew", [GRANT, LEASE], self.leases.get(lease, lease), "35000", str(generation),
                        calling)[0]

    def save(self, generation, document, kind="pair", lease="", revision=0):
        return self.run("save", [GRANT, LEASE], "channel", str(generation), document, kind,
                        self.leases.get(lease, lease), "35000", str(revision), "2000")

    def restore(self, generation, revision, document):
        return self.run("restore", [GRANT, LEASE], "channel", str(generation), str(revision),
                        document, "2000")

    def forget(self, lease, least):
        return self.run("forget", [GRANT, LEASE], "channel", self.leases.get(lease, lease), str(least))

    def survey(self):
        names = ("now", "state", "generation", "revision", "document", "written", "writer", "lease", "left")
        return dict(zip(names, self.run("survey", [GRANT, LEASE])))


@pytest.fixture
def database(folder):
    if not HAS_REDIS:
        pytest.skip("no redis-server: deploy/install-packages test")
    redis = Redis(folder / "redis")
    yield Database(redis)
    redis.kill()


def test_a_lease_has_one_owner(database):
    assert database.lock() == ["taken", "me:1", "0"]
    assert database.lock("you") == ["held"]
    assert database.lock() == ["taken", "me:2", "0"], "left from an answer that got lost"
    assert 30000 < database.ask("PTTL", LEASE) <= 35000
    database.release("me:1")
    assert database.lock("you") == ["held"]
    database.release("me:2")
    assert database.lock("you") == ["taken", "you:3", "0"]


def test_a_lease_that_was_lost_comes_back_only_to_one_who_is_calling(database):
    database.lock()
    assert database.renew("me:1", 0) == "held"
    database.ask("DEL", LEASE)
    assert database.renew("me:1", 0) == "lost"
    assert database.renew("me:1", 0, "calling") == "held"
    database.ask("SET", LEASE, "restored")
    assert database.renew("me:1", 0, "calling") == "held"
    database.ask("DEL", LEASE)
    database.save(1, "a pair of another")
    assert database.renew("me:1", 0, "calling") == "lost"
    database.ask("SET", LEASE, "you:2")
    assert database.renew("me:1", 1, "calling") == "lost"


def test_a_step_is_for_the_owner_and_a_newer_pair_for_everybody(database):
    database.lock()
    assert database.save(1, "one", lease="me:1") == ["saved", "1"]
    assert database.save(1, "step", "step", "me:1", revision=1) == ["saved", "2"]
    assert database.save(1, "step", "step", "me:1", revision=1) == ["refused", "1"], "not as read"
    assert database.save(1, "step", "step", "you:1", revision=2) == ["refused", "1"]
    assert database.save(2, "step", "step", "", revision=2) == ["refused", "1"], "no call without"
    assert database.save(2, "two") == ["saved", "3"]
    assert database.save(2, "other") == ["refused", "2"]
    assert database.load() == ["record", "2", "3", "two"]


def test_a_pair_over_a_gap_leaves_time_to_take_a_lease_back(database):
    """A pair was lost in between: whoever obtained it may be calling, without the lease that was lost as well."""
    database.save(1, "one")
    database.save(2, "two")
    assert database.ask("EXISTS", LEASE) == 0, "nothing is missing"
    assert database.save(4, "four") == ["saved", "3"]
    assert database.ask("GET", LEASE) == "restored" and 1000 < database.ask("PTTL", LEASE) <= 2000
    assert database.lock("you") == ["held"]
    assert database.renew("me:1", 4, "calling") == "held"
    assert database.save(6, "six", lease="me:1") == ["saved", "4"]
    assert database.ask("GET", LEASE) == "me:1", "its owner's own"
    assert database.save(8, "eight") == ["saved", "5"]
    assert database.ask("GET", LEASE) == "me:1", "somebody owns it"


def test_what_was_lost_is_brought_back_but_not_over_what_is_newer(database):
    assert database.restore(2, 5, "two") == ["saved", "5"]
    assert database.ask("GET", LEASE) == "restored"
    assert database.restore(1, 9, "one") == ["refused", "2"]
    assert database.restore(2, 6, "step") == ["saved", "6"], "nobody owns the lease"
    database.ask("SET", LEASE, "you:1")
    assert database.restore(2, 7, "step") == ["refused", "2"], "the owner may have written"
    assert database.restore(3, 2, "three") == ["saved", "7"]
    assert database.ask("GET", LEASE) == "restored", "the lease was on an older record"


def test_what_is_forgotten_stays_so(database):
    database.lock()
    database.save(3, "three", lease="me:1")
    assert database.forget("you:1", 1700000000) == ["lost"]
    assert database.forget("me:1", 1700000000) == ["forgotten", "1700000000", "2"]
    assert database.forget("me:1", 1700000000) == ["none", "1700000001", "3"]
    assert database.save(4, "four", lease="me:1", revision=3) == ["refused", "1700000001"]
    assert database.restore(4, 9, "four") == ["refused", "1700000001"]
    assert database.save(1700000002, "a login") == ["saved", "4"]


@pytest.mark.parametrize(("order", "state"), [
    (("RPUSH", GRANT, "x"), ["foreign", "list"]),
    (("HSET", GRANT, "name", "x"), ["foreign", "hash"]),
    (("HSET", GRANT, "format", "2", "generation", "1"), ["newer", "2"]),
    (("HSET", GRANT, "format", "1", "generation", "1"), ["broken", ""]),
    *[(("HSET", GRANT, "format", "1", "generation", number, "revision", "1", "document", "x"), ["broken", ""])
      for number in ("", "-1", "1.5", "1e9", "0x10", "nan", "inf", "9" * 16)]])
def test_what_is_not_understood_is_left_as_it_is(database, order, state):
    database.ask(*order)
    before = database.ask("DUMP", GRANT)
    database.ask("SET", LEASE, "me:1")
    assert database.load() == state
    assert database.save(9, "nine") == state
    assert database.restore(9, 1, "nine") == state
    assert database.forget("me:1", 9) == state
    assert database.ask("DUMP", GRANT) == before


def test_a_foreign_lease_is_named(database):
    database.ask("RPUSH", LEASE, "x")
    assert database.lock() == ["foreign", LEASE]
    assert database.survey()["lease"] == ""


@pytest.mark.parametrize("fence", ["abc", "", "-1", "9223372036854775807"])
def test_a_counter_that_is_none_is_named(database, fence):
    database.ask("SET", FENCE, fence)
    assert database.lock() == ["uncounted", FENCE]
    assert database.ask("EXISTS", LEASE) == 0 and database.ask("GET", FENCE) == fence


def test_a_lease_lasts_no_longer_than_its_owner_took_it_for(database):
    """A clock that goes back makes leases last longer, by as much."""
    def left_after_asking(lease, *expiry):
        database.ask("SET", LEASE, lease, *expiry)
        assert database.lock() == ["held"] and database.ask("GET", LEASE) == lease
        return database.ask("PTTL", LEASE)
    hours = ("PX", "3600000")
    assert 64000 < left_after_asking("you:1:1700000000000:65000", *hours) <= 65000, "longer than mine"
    assert 5000 < left_after_asking("you:1:1700000000000:6000", *hours) <= 6000
    assert 34000 < left_after_asking("somebody") <= 35000, "for ever"
    assert 1000 < left_after_asking("you:1:1700000000000:65000", "PX", "2000") <= 2000, "it is running out"


def test_a_survey_tells_who_wrote_and_who_refreshes_and_not_what(database):
    assert database.survey() | {"now": ""} == {
        "now": "", "state": "none", "generation": "0", "revision": "0", "document": "", "written": "",
        "writer": "", "lease": "", "left": "0"}
    database.lock()
    database.save(3, "a secret", lease="me:1")
    told = database.survey()
    assert (told["state"], told["generation"], told["document"], told["writer"]) == ("record", "3", "document", "me")
    assert abs(int(told["now"]) - int(told["written"])) < 60000
    owner, fence, since, length = told["lease"].split(":")
    assert (owner, fence, length) == ("me", "1", "35000") and int(since) <= int(told["written"])
    assert 0 < int(told["left"]) <= 35000
    database.forget("me:1", 1700000000)
    assert database.survey()["document"] == ""
    database.release("me:1")
    assert database.survey()["left"] == "0"
    database.restore(1700000009, 1, "remembered")
    assert (database.survey()["writer"], database.survey()["lease"]) == ("", "restored")


def test_one_who_may_not_ask_for_the_time_works_all_the_same(database):
    database.ask("ACL", "SETUSER", "default", "-time")
    assert database.lock() == ["taken", "me:1", "0"]
    assert database.save(1, "one") == ["saved", "1"]
    assert (database.survey()["now"], database.survey()["written"]) == ("0", "")


def test_changes_are_published(database):
    wire = database.redis
    before = wire.ask("INFO", "commandstats").count("cmdstat_publish")
    database.save(1, "one")
    assert before == 0 and "cmdstat_publish" in wire.ask("INFO", "commandstats")


def test_a_write_is_tried_and_leaves_nothing(database):
    assert database.run("probe", ["p:{probe}:me"]) == ["written"]
    assert database.ask("DBSIZE") == 0
