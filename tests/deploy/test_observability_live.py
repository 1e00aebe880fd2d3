"""Each query of the dashboard and the alerts, asked of a Prometheus that scrapes a Postern at work."""

import json
import shutil
import socket
import threading
from pathlib import Path

import pytest
import yaml

from support.crowd import Ask, crowd
from support.fixtures import authority, folder, start  # noqa: F401
from support.metrics import series
from support.processes import ROOT
from support.prometheus import Prometheus, labels_of, metrics_of, values_of, without_comparisons
from support.redis import HAS_REDIS, Redis
from support.sandboxed import CLIENT, ECHO, QUICK, import_new_grant, sandbox  # noqa: F401
from support.waiting import eventually

HERE = ROOT / "deploy" / "observability"
RULES = {rule["alert"]: rule["expr"]
         for rule in yaml.safe_load((HERE / "alerts.yaml").read_text())["groups"][0]["rules"]}
# What Grafana would fill in. Scraped each second, five seconds are plenty.
FILLED_IN = {"$__rate_interval": "5s", "$instance": ".*", "$grant": ".*"}
# Asked by nobody who would wait for it.
SILENT = "/api/0/organizations/acme/projects/"
# Of the target, by Prometheus.
ADDED = {"instance", "job"}
# Not provoked here, and why; alerts_test.yaml has them all.
NOT_PROVOKED = {
    "PosternReadinessFlapping": "takes five looks at the store, ten seconds apart",
    "PosternCertificateExpiresSoon": "certificates are replaced in tests/system/test_gateway_callers.py",
    "PosternClientCaExpiresSoon": "the same",
    "PosternLoopStalled": "takes a kernel that delays one thread alone",
    "PosternAbsent": "takes a Prometheus that forgets what it has scraped",
    "PosternRestarting": "takes three restarts at one address",
}

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="no prometheus (Debian package)")


def queries_of_the_dashboard():
    for panel in json.loads((HERE / "dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"]
            for word, value in FILLED_IN.items():
                query = query.replace(word, value)
            yield f"{panel['title']} {target['refId']}", query


@pytest.fixture
def begin(folder, sandbox, start, authority):  # noqa: F811
    """begin(config) starts a Postern with a login of the sandbox's that lasts an hour, and a
    Prometheus that has scraped it. Its limits are shared, in a Redis: `.redis` of it."""
    if not HAS_REDIS:
        pytest.skip("no redis-server: deploy/install-packages test")
    running = []

    def begin_one(config=None):
        sandbox.control("tokens", {"expires_in": 3600})
        certificate, key = authority.server()
        over_tls = {"address": "127.0.0.1:0", "tls": {
            "certificate_file": certificate, "key_file": key, "client_ca_file": str(authority.cert)}}
        redis = Redis(folder / "redis")
        running.append(redis.kill)
        settings = {"listen": ["127.0.0.1:0", over_tls],
                    "client": CLIENT, "limits": {"share": "redis"},
                    "store": {"path": str(folder / "store"), "redis": {"url": f"unix://{redis.socket_path}"}},
                    "grants": [{"organization": "acme"}],
                    "refresh": QUICK["refresh"] | {"timeout": "5s", "max_wait": "5s"}} | (config or {})
        login = folder / "login.yaml"
        login.write_text(json.dumps({"sentry": {"url": sandbox.url, "ca_file": str(sandbox.ca)}} | settings))
        import_new_grant(sandbox, login)
        postern = start(sandbox, ca=sandbox.ca, grants=(), config=settings, pinned=True)
        prometheus = Prometheus(folder / "prometheus", [f"127.0.0.1:{postern.admin_port}"])
        running.append(prometheus.end)
        postern.redis = redis
        eventually(lambda: prometheus.query("up == 1"), "prometheus scrapes postern", 20)
        return postern, prometheus

    yield begin_one
    for end in reversed(running):
        end()


# -------------------------------------------------------------------------------- at work, all day

def leave_it_waiting(postern, sandbox):  # noqa: F811
    """A caller that gives up before Sentry answers."""
    sandbox.control("answer", {"path": SILENT, "kind": "hang", "count": 1})
    with socket.create_connection(("127.0.0.1", postern.port)) as impatient:
        impatient.sendall(f"GET {SILENT} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        impatient.settimeout(0.3)
        with pytest.raises(TimeoutError):
            impatient.recv(1)


class Work:
    """Everything that Postern counts, again and again until the end."""

    def __init__(self, postern, sandbox):  # noqa: F811
        self._postern, self._sandbox = postern, sandbox
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.rounds = 0
        self.trouble = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(30)

    def _run(self):
        try:
            while not self._ended.is_set():
                self._round()
                self.rounds += 1
        except Exception as error:  # pylint: disable=broad-except
            self.trouble = error

    def _round(self):
        postern = self._postern
        crowd(postern.port, [Ask() for _ in range(30)])
        assert postern.get("/api/0/organizations/acme/issues/").status == 200
        assert postern.get(ECHO, method="POST", body=b"x" * 1000).status == 200
        assert postern.get(ECHO, host="evil.example").status == 421
        assert postern.get("/api/0/organizations/other/issues/").status == 403
        self._sandbox.control("answer", {"path": ECHO, "kind": "snuba", "count": 3})
        assert postern.get(ECHO).status == 429
        assert postern.get(ECHO, headers=[("X-Postern-Max-Wait", "0s")]).status in (200, 429)
        self._sandbox.control("answer", {"path": ECHO, "kind": "drop", "count": 2})
        assert postern.get(ECHO).status == 502
        self._sandbox.control("expire", {})
        assert postern.get(ECHO).status == 200
        leave_it_waiting(postern, self._sandbox)


def test_each_query_finds_something(begin, sandbox):  # noqa: F811
    sandbox.control("limits", {"requests": 30, "window": 1, "concurrent": 10, "enforce_concurrency": 1})
    postern, prometheus = begin({"cache": {"enabled": True}})
    queries = dict(queries_of_the_dashboard())
    # absent() finds something when there is nothing.
    queries |= {alert: without_comparisons(query) for alert, query in RULES.items()
                if not query.startswith("absent(")}
    with Work(postern, sandbox) as work:
        eventually(lambda: work.trouble or work.rounds >= 4, "four rounds of work", 40)
        waiting = dict(queries)

        def all_answered():
            for name, query in list(waiting.items()):
                if any(value == value for _, value in prometheus.query(query)):  # a number, not NaN
                    del waiting[name]
            return not waiting or work.trouble
        try:
            eventually(all_answered, "each query finds a number", 20)
        except AssertionError:
            pytest.fail(f"these find nothing: {json.dumps(waiting, indent=2)}")
    assert work.trouble is None, work.trouble
    check_names(queries.values(), series(postern))


def check_names(queries, found):
    """Each metric, label and value of a label that a query names is in the scrape."""
    labels, values = {}, set()
    for name, having, _ in found:
        labels.setdefault(name, set()).update(having)
        values.update(having.items())
    for query in queries:
        metrics = metrics_of(query) - {"up"}
        assert metrics - set(labels) == set(), query
        having = ADDED.union(*(labels[metric] for metric in metrics))
        assert labels_of(query) - having == set(), query
        assert {choice for choice in values_of(query) if choice[0] not in ADDED} - values == set(), query


# ----------------------------------------------------------------------------------- and when not

def refuses_its_configuration(postern, _):
    text = json.dumps(postern.config | {"lmits": {}})
    if postern.config_path.read_text() != text:  # it is read once it has been left alone
        postern.config_path.write_text(text)


def loses_redis(postern, _):
    postern.redis.kill()
    assert postern.get(ECHO).status == 200


def searches_too_heavily(postern, sandbox):  # noqa: F811
    sandbox.control("answer", {"path": ECHO, "kind": "snuba", "count": 3})
    assert postern.get(ECHO).status == 429


def is_cut_off(postern, sandbox):  # noqa: F811
    sandbox.control("answer", {"path": ECHO, "kind": "drop", "count": 2})
    assert postern.get(ECHO).status == 502
    assert postern.get(ECHO).status == 200


def is_silent(postern, sandbox):  # noqa: F811
    leave_it_waiting(postern, sandbox)
    assert postern.get(ECHO).status == 200


def asks_too_much(postern, sandbox):  # noqa: F811
    sandbox.control("limits", {"requests": 20, "window": 1})
    answers = crowd(postern.port, [Ask() for _ in range(160)])  # eight seconds
    assert {answer.status for answer in answers} <= {200, 429}


def cannot_store(postern, _):
    # A folder of that name can be neither unlinked nor opened for writing, by root either.
    (Path(postern.config["store"]["path"]) / f".writable.{postern.pid}").mkdir(exist_ok=True)


def cannot_renew(postern, sandbox):  # noqa: F811
    sandbox.control("reset", {})
    sandbox.control("answer", {"path": "/oauth/token/", "kind": "status", "status": 503, "count": 1000})
    sandbox.control("expire", {})
    # 429: others still wait for the limit of before; it is asked again.
    assert postern.get(ECHO, headers=[("X-Postern-Max-Wait", "1s")]).status in (401, 429, 503)


def is_revoked(postern, sandbox):  # noqa: F811
    sandbox.control("reset", {})
    sandbox.control("revoke", {})
    postern.get(ECHO, headers=[("X-Postern-Max-Wait", "1s")])


def is_killed(postern, _):
    if postern.is_running:
        postern.process.kill()
        postern.process.wait()


# In this order: each leaves a Postern that the next one can make worse.
INCIDENTS = {
    "PosternLimitsUnshared": loses_redis,
    "PosternCallersLeave": is_silent,
    "PosternUpstreamFailing": is_cut_off,
    "PosternRateLimitLeaking": searches_too_heavily,
    "PosternQueueWaitHigh": asks_too_much,
    "PosternTokenExpiresSoon": cannot_renew,
    "PosternReauthorizationRequired": is_revoked,
    "PosternNotReady": is_revoked,
    "PosternConfigurationRefused": refuses_its_configuration,
    "PosternStoreNotWritable": cannot_store,
    "PosternDown": is_killed,
}


def test_an_incident_meets_the_condition_of_its_alert(begin, sandbox):  # noqa: F811
    assert set(INCIDENTS) | set(NOT_PROVOKED) == set(RULES)
    postern, prometheus = begin()
    assert postern.get(ECHO).status == 200

    def is_met(alert):
        return bool(prometheus.query(RULES[alert]))
    # A busy machine may miss a scrape, so `up` is given a second look.
    eventually(lambda: not any(map(is_met, RULES)), "all is well")
    for alert, provoke in INCIDENTS.items():
        if alert != "PosternNotReady":  # which a grant without a token has brought about
            eventually(lambda alert=alert: not is_met(alert), f"{alert} has no reason yet")
        try:
            until_met(lambda alert=alert: is_met(alert),
                      lambda provoke=provoke: provoke(postern, sandbox), alert)
        except AssertionError as error:
            pytest.fail(f"{error}; the log ends:\n{postern.log[-4000:]}")


def until_met(is_met, provoke, alert):
    def happens():
        if is_met():
            return True
        provoke()
        return False
    eventually(happens, f"{alert} is noticed", 30)
