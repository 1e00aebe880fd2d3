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
UNCUT = {"LOSE": 1, "BUSY": 1, "PAUSE": 1}  # whoever calls lives on and reaches Redis
PERSONS = {"LOGINS": 1, "LOGOUTS": 1}

# All properties hold.
SCENARIOS = [
    Scenario("calm", "nothing is lost: replicas are only cut off from Redis",
             {"TAME": 1, "CUT": 1, "FAULTS": 3, "PAIRS": 3, "REPLICAS": 3}),
    Scenario("replicas", "crash, lost answer, refusal, pause, cut: any four",
             {**REPLICA_FAULTS, "FAULTS": 4, "PAIRS": 3}),
    Scenario("three", "three replicas, any two of these",
             {**REPLICA_FAULTS, "FAULTS": 2, "PAIRS": 3, "REPLICAS": 3}),
    Scenario("failover", "failover with WAIT, or what befalls a replica: any three",
             {**REPLICA_FAULTS, "FAILOVER": 1, "FAULTS": 3, "PAIRS": 3}),
    Scenario("failover-three", "three replicas, any two of these",
             {**REPLICA_FAULTS, "FAILOVER": 1, "FAULTS": 2, "PAIRS": 2, "REPLICAS": 3}),
    Scenario("flush", "Redis comes back empty, or lost answer, refusal, pause: any three",
             {**UNCUT, "FLUSH": 1, "FAULTS": 3, "PAIRS": 3}),
    Scenario("flush-three", "three replicas, any two of these",
             {**UNCUT, "FLUSH": 1, "FAULTS": 2, "PAIRS": 2, "REPLICAS": 3}),
    Scenario("flush-long", "flush, or anything that befalls a replica, if a restored record rested for a whole lease",
             {**REPLICA_FAULTS, "FLUSH": 1, "LONG_QUIET": 1, "FAULTS": 3, "PAIRS": 3}),
    Scenario("failover-flush", "Redis fails over and comes back empty, or lost answer, refusal, pause: any three",
             {**UNCUT, "FAILOVER": 1, "FLUSH": 1, "FAULTS": 3, "PAIRS": 3}),
    Scenario("persons", "a login, a logout, and one fault of a replica or a failover",
             {**REPLICA_FAULTS, **PERSONS, "FAILOVER": 1, "FAULTS": 1, "PAIRS": 3}),
    Scenario("persons-flush", "a login, a logout, and flush, lost answer, refusal, pause: any two",
             {**UNCUT, **PERSONS, "FLUSH": 1, "FAULTS": 2, "PAIRS": 3}),
]

# Two calls at once are possible there; everything else holds.
WEAKNESSES = [
    Weakness("no-wait", "failover with `wait_replicas: 0`",
             {**REPLICA_FAULTS, "FAILOVER": 1, "WAITS": 0, "FAULTS": 2, "PAIRS": 3}),
    Weakness("flush-short", "Redis comes back empty while whoever calls is cut off from it, or is killed",
             {**REPLICA_FAULTS, "FLUSH": 1, "FAULTS": 2, "PAIRS": 3}),
    Weakness("alone", "`when_unreachable: refresh_alone`",
             {**REPLICA_FAULTS, "ALONE": 1, "FAULTS": 2, "PAIRS": 3}),
]

SMALL = {"FAULTS": 2, "PAIRS": 3}
OMISSIONS = [
    Omission("LEASE", ("P1",), {**SMALL}),
    Omission("RE_READ", ("P2", "P5", "P6"), {**SMALL, "CUT": 1}),
    Omission("JOURNAL", ("P7",), {**SMALL, "CRASH": 1}),
    Omission("JOURNAL_BY_LEASE", ("P1",), {**SMALL, "FAILOVER": 1, "CRASH": 1}),
    Omission("OWN_CLOCK", ("P1",), {**SMALL, "PAUSE": 1}),
    Omission("SAVE_ALWAYS", ("P2",), {**SMALL, "PAUSE": 1}),
    Omission("RESTORE", ("P2",), {**SMALL, "FLUSH": 1}),
    Omission("QUIET", ("P1",), {**SMALL, "FLUSH": 1}),
    Omission("QUIET_OVER_LEASE", ("P1",), {**SMALL, "FLUSH": 1}),
    Omission("QUIET_OVER_GAP", ("P1",), {**SMALL, "FAILOVER": 1, "FLUSH": 1}),
    Omission("RENEW", ("P1",), {**SMALL, "FLUSH": 1}),
    Omission("RENEW_IN_TIME", ("P7",), {"FAULTS": 3, "PAIRS": 3, "PAUSE": 1, "BUSY": 1, "CRASH": 1}),
    Omission("RENEW_IN_CALL", ("P1",), {**SMALL, "FLUSH": 1}),
    Omission("RELEASE_OWN", ("P1",), {**SMALL, "PAUSE": 1}),
    Omission("CLEAR_BY_LEASE", ("P7",), {**SMALL, "FAULTS": 3, "PAUSE": 1, "BUSY": 1, "CRASH": 1}),
    Omission("PATIENCE", ("P3",), {**SMALL, "PAUSE": 1, "CUT": 1}),
    Omission("TOMBSTONE", ("P4",), {**SMALL, "LOGOUTS": 1}),
    Omission("PERSON_FIRST", ("P2", "P4"), {**SMALL, **PERSONS, "FAILOVER": 1, "PAIRS": 4}),
    Omission("WAIT_JOURNAL", ("P1",), {**SMALL, "FAILOVER": 1}),
    Omission("WAIT_PAIR", ("P8",), {**SMALL, "FAILOVER": 1, "CRASH": 1}),
]
