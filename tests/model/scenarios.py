"""What is searched: where all must hold, what is known not to hold, and what breaks without each rule."""

import dataclasses


@dataclasses.dataclass
class Scenario:
    name: str
    about: str
    settings: dict


@dataclasses.dataclass
class Weakness(Scenario):
    breaks: str = "P1"  # the property that does not hold there


@dataclasses.dataclass
class Omission:
    """A rule left out, and what the search must then find."""

    rule: str
    breaks: tuple
    settings: dict


REPLICA_FAULTS = {"CRASH": 1, "LOSE": 1, "BUSY": 1, "PAUSE": 1, "CUT": 1}

# All properties hold.
SCENARIOS = [
    Scenario("calm", "nothing is lost: replicas are only cut off from Redis",
             {"TAME": 1, "CUT": 1, "FAULTS": 3, "PAIRS": 3}),
    Scenario("replicas", "crash, lost answer, refusal, pause, cut: any three",
             {**REPLICA_FAULTS, "FAULTS": 3, "PAIRS": 3}),
    Scenario("three", "three replicas, any two of these",
             {**REPLICA_FAULTS, "FAULTS": 2, "PAIRS": 2, "REPLICAS": 3}),
    Scenario("failover", "Redis fails over, WAIT in use, and whatever else",
             {**REPLICA_FAULTS, "FAILOVER": 1, "FAULTS": 2, "PAIRS": 3}),
    Scenario("flush", "Redis loses everything, and whatever else, but no cut",
             {**REPLICA_FAULTS, "CUT": 0, "CRASH": 0, "FLUSH": 1, "FAULTS": 2, "PAIRS": 3}),
    Scenario("flush-long", "the same with cuts and crashes, where a restored record rests for a whole lease",
             {**REPLICA_FAULTS, "FLUSH": 1, "LONG_QUIET": 1, "FAULTS": 2, "PAIRS": 3}),
    Scenario("persons", "a login, a logout, and any fault of a replica or a failover",
             {**REPLICA_FAULTS, "FAILOVER": 1, "LOGINS": 1, "LOGOUTS": 1, "FAULTS": 1, "PAIRS": 3}),
    Scenario("persons-flush", "the same with Redis restarted empty",
             {**REPLICA_FAULTS, "FLUSH": 1, "LONG_QUIET": 1, "LOGINS": 1, "LOGOUTS": 1, "FAULTS": 2,
              "PAIRS": 2}),
]

# What holds there, all but P1, and the story that shows P1 broken.
NO_WAIT = {**REPLICA_FAULTS, "FAILOVER": 1, "WAITS": 0, "FAULTS": 2, "PAIRS": 3}
SHORT_QUIET = {**REPLICA_FAULTS, "FLUSH": 1, "FAULTS": 2, "PAIRS": 3}
REFRESH_ALONE = {**REPLICA_FAULTS, "ALONE": 1, "FAULTS": 2, "PAIRS": 3}
WEAKNESSES = [
    Weakness("no-wait", "Redis fails over, `wait_replicas: 0`", NO_WAIT),
    Weakness("flush-short", "Redis loses everything while the caller is cut off or killed", SHORT_QUIET),
    Weakness("alone", "`when_unreachable: refresh_alone`", REFRESH_ALONE),
]

SMALL = {"FAULTS": 2, "PAIRS": 3}
OMISSIONS = [
    Omission("LEASE", ("P1",), {**SMALL}),
    Omission("RE_READ", ("P2", "P5", "P6"), {**SMALL, "CUT": 1}),
    Omission("JOURNAL", ("P7",), {**SMALL, "CRASH": 1}),
    Omission("JOURNAL_BY_LEASE", ("P1",), {**SMALL, "FAILOVER": 1, "CRASH": 1}),
    Omission("OWN_CLOCK", ("P1",), {**SMALL, "PAUSE": 1}),
    Omission("SAVE_ALWAYS", ("P2",), {**SMALL, "PAUSE": 1}),
    Omission("RESTORE", ("P2",), {**SMALL, "FAILOVER": 1, "FLUSH": 1}),
    Omission("QUIET", ("P1",), {**SMALL, "FLUSH": 1}),
    Omission("QUIET_OVER_LEASE", ("P1",), {**SMALL, "FLUSH": 1, "CUT": 1, "LONG_QUIET": 1}),
    Omission("RENEW", ("P1",), {**SMALL, "FLUSH": 1}),
    Omission("RENEW_IN_TIME", ("P7",), {**SMALL, "PAUSE": 1, "CRASH": 1}),
    Omission("RELEASE_OWN", ("P1",), {**SMALL, "PAUSE": 1}),
    Omission("CLEAR_BY_LEASE", ("P7",), {**SMALL, "FAULTS": 3, "PAUSE": 1, "BUSY": 1, "CRASH": 1}),
    Omission("PATIENCE", ("P3",), {**SMALL, "PAUSE": 1, "CUT": 1}),
    Omission("TOMBSTONE", ("P4",), {**SMALL, "LOGOUTS": 1}),
    Omission("PERSON_FIRST", ("P2", "P4"), {**SMALL, "FAILOVER": 1, "LOGINS": 1, "LOGOUTS": 1, "PAIRS": 4}),
    Omission("WAIT_JOURNAL", ("P1",), {**SMALL, "FAILOVER": 1}),
    Omission("WAIT_PAIR", ("P8",), {**SMALL, "FAILOVER": 1, "CRASH": 1}),
]
