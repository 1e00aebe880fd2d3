"""Several Posterns that share their grants in a Secret of Kubernetes: exactly one refresh per lifetime, and
whatever the API server does, callers are served and the grant is kept."""

import json
import signal
import threading
import time

import pytest
from support import processes
from support.kubernetes_api import LEASES, SECRETS, KubernetesApi, Told
from support.pki import Authority
from support.sandboxed import CLIENT, ECHO, entries, eventually_serves, import_new_grant, problem
from support.swarm import ROOM_FOR_ALL, Swarm
from support.waiting import eventually, stays_true

LONG = 2592000
SHORT = 3
PLACE = "Secret shop/postern-grants"


class Cluster:
    """Posterns of one namespace, in front of one sandbox."""

    def __init__(self, sandbox, api, folder, serve):
        self.sandbox, self.api, self.folder, self.serve = sandbox, api, folder, serve
        self.members = []

    def settings(self, **store):
        return processes.merge({
            "client": CLIENT,
            "grants": [{"organization": "acme"}],
            "refresh": {"timeout": "1s", "max_wait": "4s", "backoff_min": "100ms", "backoff_max": "500ms"},
            "store": {"kind": "kubernetes", "path": str(self.folder / "state"),
                      "kubernetes": self.api.settings(timeout="2s")},
            **ROOM_FOR_ALL}, {"store": store})

    def login(self, lifetime=LONG, **store):
        """Imports a grant whose tokens last that long; the path of the configuration."""
        self.sandbox.control("tokens", {"expires_in": lifetime})
        config = self.folder / "login.yaml"
        sentry = {"url": self.sandbox.url, "ca_file": str(self.sandbox.ca)}
        config.write_text(json.dumps({"sentry": sentry} | self.settings(**store)))
        import_new_grant(self.sandbox, config)
        return config

    def start(self, count=1, **store):
        for _ in range(count):
            own = {"store": {"path": str(self.folder / f"state{len(self.members)}")}}
            self.members.append(self.serve(processes.merge(self.settings(**store), own), grants=()))
        for postern in self.members[-count:]:
            eventually_serves(postern)
        return self.members[-count:]

    def record(self):
        """(generation, document or None) of the Secret."""
        first, _, rest = self.api.data().get("acme", "postern.record.v1 0\n").partition("\n")
        return int(first.split()[1]), json.loads(rest) if rest.startswith("{") else None

    def generation(self):
        return self.record()[0]

    def refreshes(self):
        """(pairs issued by refreshing, refresh requests) at the sandbox."""
        grants = entries(self.sandbox.control("grants"), "grants")
        return (sum(g["generations"] - 1 for g in grants if g["generations"] > 1),
                sum(g["refresh_requests"] for g in grants))

    def under_load(self, seconds, members=None):
        return Load([Swarm(p.port, ECHO, 5) for p in members or self.members], seconds)


class Load:
    """Swarms for so long, as a context; each call of theirs has to be answered well."""

    def __init__(self, swarms, seconds):
        self.swarms = swarms
        self.threads = [threading.Thread(target=s.run, args=(seconds, 0.05)) for s in swarms]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        for thread in self.threads:
            thread.join()
        if failure[0] is None:
            for swarm in self.swarms:
                swarm.assert_all_welcome()


@pytest.fixture
def cluster(sandbox, folder, serve):
    (folder / "account").mkdir()
    api = KubernetesApi(Authority(folder / "cluster-pki"), folder / "account")
    yield Cluster(sandbox, api, folder, serve)
    api.close()


def is_ready(postern):
    answer = processes.fetch(postern.admin_port, "GET", "/readyz", (), None, "localhost")
    return answer.status == 200


def test_two_share_a_grant_and_one_refreshes_for_both(cluster):
    cluster.login(lifetime=SHORT)
    cluster.start(2)
    with cluster.under_load(4 * SHORT):
        pass
    issued, asked = cluster.refreshes()
    print(f"\n{issued} generations, {asked} refresh requests, transitions {cluster.api.lease()['leaseTransitions']}")
    assert issued == asked and 3 <= issued <= 8
    assert cluster.api.lease()["leaseTransitions"] >= issued
    eventually(lambda: cluster.api.lease()["holderIdentity"] == "", "the lease is given back")
    assert cluster.api.objects[(SECRETS, "postern-grants")]["metadata"]["labels"] == {"kept": "as-it-is"}


def test_a_change_is_told_to_all_at_once(cluster):
    config = cluster.login()
    cluster.start(2)
    import_new_grant(cluster.sandbox, config)
    start = time.monotonic()
    generation = f"generation {cluster.generation()}"
    for postern in cluster.members:
        postern.eventually_logs(generation)
    assert time.monotonic() - start < 3, "as slow as looking now and then"


def test_a_crash_in_the_middle_of_a_refresh_holds_up_the_next_one_only_for_a_while(cluster):
    cluster.login()
    victim, other = cluster.start(2)
    cluster.sandbox.control("answer", {"path": "/oauth/token/", "kind": "hang"})
    before = cluster.generation()
    cluster.sandbox.control("expire", {})
    caller = threading.Thread(target=quietly, args=(victim.get, ECHO))
    caller.start()
    eventually(lambda: (cluster.record()[1] or {}).get("journal"), "the refresh has begun")
    victim.signal(signal.SIGKILL)
    victim.wait()
    caller.join()
    assert cluster.api.lease()["holderIdentity"] != ""
    eventually(lambda: other.get(ECHO).status == 200, "the other one refreshes", 20)
    assert cluster.generation() == before + 1


def quietly(call, *arguments):
    try:
        call(*arguments)
    except Exception:  # noqa: BLE001  the other end is being killed
        pass


# Seeing it.


def document(postern):
    answer = processes.fetch(postern.admin_port, "GET", "/api/fleet", (), None, "localhost")
    return json.loads(answer.body)


def fleet_status(postern):
    return processes.run("status", "--fleet", "--admin", postern.admin_address)


def test_who_holds_the_lease_is_seen(cluster):
    cluster.login()
    one, other = cluster.start(2)
    told = document(one)
    assert told["fault"] is None and "are not listed" in told["unlisted"]
    grant, = told["grants"]
    assert (grant["state"], grant["generation"], grant["lease"]) == ("stored", cluster.generation(), None)
    assert [replica["pid"] for replica in told["replicas"]] == [one.pid]
    cluster.sandbox.control("answer", {"path": "/oauth/token/", "kind": "hang"})
    cluster.sandbox.control("expire", {})
    caller = threading.Thread(target=quietly, args=(one.get, ECHO))
    caller.start()
    lease = eventually(lambda: document(other)["grants"][0]["lease"], "the lease is seen")
    assert lease["holder"] == cluster.api.lease()["holderIdentity"]
    assert lease["since"] < lease["until"] and 0 < lease["left_s"] <= 6
    caller.join()
    eventually(lambda: document(one)["grants"][0]["lease"] is None, "it is given back", 20)
    eventually_serves(one)
    done = fleet_status(one)
    assert done.returncode == 0 and "are not listed" in done.stdout and "nobody" in done.stdout, done.stdout


def test_a_server_that_cannot_be_asked_about_it_is_told(cluster):
    cluster.login()
    postern, = cluster.start(1)
    cluster.api.verbs[LEASES] -= {"get"}
    done = fleet_status(postern)
    assert done.returncode == 1 and "Lease shop/postern-refresh cannot be read" in done.stdout, done.stdout
    cluster.api.verbs[LEASES] |= {"get"}
    cluster.api.fault = lambda verb, kind: 4
    start = time.monotonic()
    done = fleet_status(postern)
    assert done.returncode == 1 and "could not be read" in done.stdout, done.stdout
    assert time.monotonic() - start < 3


# The watch.


def watches(cluster):
    return [target for verb, _, target in list(cluster.api.asked) if verb == "watch"]


def has_version(target):
    return "resourceVersion=" in target


@pytest.mark.parametrize("how", ["cut", "gone, by its status", "gone, by an event"])
def test_a_watch_that_ends_goes_on(cluster, how):
    config = cluster.login()
    postern, = cluster.start(1)
    eventually(lambda: cluster.api.watches == 1, "it watches")
    time.sleep(1.2)  # until a bookmark has come
    before = len(watches(cluster))
    if how == "cut":
        cluster.api.cut_watches()
    else:
        cluster.api.forget_history(as_status="status" in how)
    eventually(lambda: cluster.api.watches == 1 and len(watches(cluster)) > before, "it watches again", 10)
    again = watches(cluster)[before:]
    assert has_version(again[0]), "from where it was"
    if how != "cut":
        eventually(lambda: not has_version(watches(cluster)[-1]), "what is forgotten there is begun anew")
    import_new_grant(cluster.sandbox, config)
    start = time.monotonic()
    postern.eventually_logs(f"generation {cluster.generation()}")
    assert time.monotonic() - start < 3


def test_a_cluster_without_bookmarks_or_watches_is_looked_at_now_and_then(cluster):
    config = cluster.login()
    cluster.api.verbs[SECRETS] -= {"watch"}
    postern, = cluster.start(1)
    postern.eventually_logs("store_unheard")
    assert "cannot watch resource" in postern.log
    import_new_grant(cluster.sandbox, config)
    postern.eventually_logs(f"generation {cluster.generation()}", 15)


# What the API server does.


def test_a_renewed_token_of_the_account_is_used_at_once(cluster):
    cluster.login(lifetime=SHORT)
    cluster.start(1)
    with cluster.under_load(3 * SHORT):
        for number in range(2, 8):
            time.sleep(1)
            cluster.api.rotate(f"canary-token-{number}")
    issued, asked = cluster.refreshes()
    assert issued == asked and issued >= 2
    postern = cluster.members[0]
    postern.stop()
    assert "store_unreachable" not in postern.log and "canary-token" not in postern.log


def test_a_renewed_authority_of_the_cluster_is_taken_up(cluster):
    served = cluster.api.server.socket.context
    served.num_tickets = 0  # a session that is resumed shows no certificate
    config = cluster.login()
    postern, = cluster.start(1)
    eventually(lambda: cluster.api.watches == 1, "it watches")
    successor = Authority(cluster.folder / "next-pki", "the next authority")
    served.load_cert_chain(*successor.server())
    cluster.api.cut_watches()
    postern.eventually_logs("store_unheard")
    time.sleep(1.5)  # until the next try has met a certificate that it cannot trust
    cluster.api.ca_file.write_bytes(successor.cert.read_bytes())
    eventually(lambda: cluster.api.watches == 1, "it watches again", 10)
    import_new_grant(cluster.sandbox, config)
    postern.eventually_logs(f"generation {cluster.generation()}", 3)


def overloaded(verb, kind):
    return Told(429, "TooManyRequests", "too many requests, please try again later", Retry_After=1)


def broken(verb, kind):
    return Told(500, "InternalError", "etcdserver: request timed out")


FAULTS = {
    "overloaded": (overloaded, "429"),
    "broken": (broken, "etcdserver: request timed out"),
    "cut": (lambda verb, kind: "cut", "cannot be asked"),
    "silent": (lambda verb, kind: 4, "no answer within the timeout"),
}


@pytest.mark.parametrize("how", FAULTS)
def test_while_the_server_answers_nothing_requests_go_on(cluster, how):
    fault, told = FAULTS[how]
    cluster.login()
    cluster.start(2)
    with cluster.under_load(12):
        cluster.api.fault = fault
        for postern in cluster.members:
            postern.eventually_logs("store_unreachable", 25)
            assert told in postern.log
            assert is_ready(postern)
        cluster.api.fault = lambda verb, kind: None
    cluster.sandbox.control("expire", {})
    eventually_serves(cluster.members[0], "it is reached again")
    for postern in cluster.members:
        eventually_serves(postern)


def test_what_it_may_not_do_is_told(cluster):
    cluster.login()
    postern, = cluster.start(1)
    cluster.api.verbs[LEASES] -= {"patch"}
    cluster.sandbox.control("expire", {})
    told = problem(postern.get(ECHO), "grant_unavailable")
    assert 'cannot patch resource' in json.dumps(told)
    assert cluster.refreshes() == (0, 0)
    cluster.api.verbs[LEASES] |= {"patch"}
    eventually_serves(postern)


def test_an_account_that_is_not_known_is_told_and_may_be_corrected(cluster):
    cluster.login()
    postern, = cluster.start(1)
    cluster.api.tokens = {"another"}
    postern.eventually_logs("answered with 401", 15)
    cluster.api.rotate("another")
    cluster.sandbox.control("expire", {})
    eventually_serves(postern)


def test_without_the_server_no_token_is_refreshed_unless_that_is_wanted(cluster):
    cluster.login()
    waiting, = cluster.start(1)
    alone, = cluster.start(1, when_unreachable="refresh_alone")
    cluster.api.fault = broken
    cluster.sandbox.control("expire", {})
    told = problem(waiting.get(ECHO), "grant_unavailable")
    assert "no refresh without the store" in json.dumps(told)
    assert not is_ready(waiting)
    assert cluster.refreshes() == (0, 0)
    eventually_serves(alone)
    alone.eventually_logs("refresh_alone")
    cluster.api.fault = lambda verb, kind: None
    eventually_serves(waiting, "what was obtained alone is shared")
    issued, _ = cluster.refreshes()
    assert issued == 1


# What is there.


FOREIGN = {
    "something else": ("a password", "is in use for something else"),
    "a newer record": ("postern.record.v2 9\n{}", "newer Postern (format 2)"),
    "half a record": ("postern.record.v1 9", "half a record"),
    "a cut document": ('postern.record.v1 9999999999\n{"version": 1, "gen', "not valid JSON"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_cannot_be_understood_is_named_and_left_as_it_is(cluster, what):
    text, message = FOREIGN[what]
    cluster.login()
    postern, = cluster.start(1)
    cluster.api.put("acme", text)
    postern.eventually_logs(message, 15)
    assert f"{PLACE} at {cluster.api.url}, key acme" in postern.log
    assert postern.get(ECHO).status == 200, "the token in memory is good"
    cluster.sandbox.control("expire", {})
    assert postern.get(ECHO).status == 503
    assert cluster.refreshes() == (0, 0)
    stays_true(lambda: cluster.api.data()["acme"] == text, "it is left as it is", 1)


def test_a_secret_that_was_deleted_is_missed_and_may_be_made_anew(cluster):
    config = cluster.login()
    postern, = cluster.start(1)
    cluster.api.delete(SECRETS)
    postern.eventually_logs(f"there is no {PLACE}", 15)
    assert postern.get(ECHO).status == 200, "the token in memory is good"
    cluster.sandbox.control("expire", {})
    assert problem(postern.get(ECHO), "grant_unavailable")
    cluster.api.create(SECRETS, "postern-grants")
    import_new_grant(cluster.sandbox, config)
    eventually_serves(postern)


def test_the_commands_work_with_it(cluster):
    config = cluster.login(key="ab" * 32)
    assert cluster.api.data()["acme"].partition("\n")[2].startswith("postern.sealed.v1.")
    members = cluster.start(2, key="ab" * 32)
    for command in ("check", "doctor", "status"):
        done = processes.run(command, "--config", config)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert PLACE in processes.run("doctor", "--config", config).stdout
    forgotten = processes.run("logout", "--config", config)
    assert forgotten.returncode == 0 and PLACE in forgotten.stdout, forgotten.stderr
    for postern in members:
        eventually(lambda p=postern: p.get(ECHO).status == 503, "the grant is forgotten")
    assert cluster.record()[1] is None
    assert processes.run("doctor", "--config", config).returncode == 1
    import_new_grant(cluster.sandbox, config)
    for postern in members:
        eventually_serves(postern)


def test_commands_say_what_is_wrong(cluster):
    config = cluster.login()
    cluster.api.verbs[SECRETS] = set()
    for command in ("doctor", "logout"):
        done = processes.run(command, "--config", config)
        assert done.returncode == 1 and "is forbidden" in done.stdout + done.stderr, done.stdout + done.stderr


def test_outside_of_a_pod_the_settings_are_asked_for(cluster):
    config = cluster.login()
    text = json.loads(config.read_text())
    text["store"]["kubernetes"] = {}
    config.write_text(json.dumps(text))
    assert processes.run("check", "--config", config).returncode == 0, "which need not be in the pod"
    done = processes.run("serve", "--config", config)
    assert done.returncode == 1 and "store.kubernetes.server is not set" in done.stderr
