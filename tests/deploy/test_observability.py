"""deploy/observability: the alerts fire when they should, the dashboard is whole, the pages fit."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from support.processes import ROOT
from support.prometheus import COMPARISON, labels_of, metrics_of, values_of, without_comparisons
from support.waiting import bound

HERE = ROOT / "deploy" / "observability"
RULES = yaml.safe_load((HERE / "alerts.yaml").read_text())["groups"][0]["rules"]
ALERTS = [rule["alert"] for rule in RULES]
PANELS = json.loads((HERE / "dashboard.json").read_text())["panels"]

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None,
                                    reason="no promtool (Debian package prometheus)")


def promtool(*words, folder=HERE):
    """Its exit status, and in stdout all that it said."""
    return subprocess.run(["promtool", *words], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=bound(120), check=False)


# ------------------------------------------------------------------------------------- the alerts

@needs_promtool
def test_promtool_takes_the_rules_and_the_configuration():
    for words in (["check", "rules", "alerts.yaml"], ["check", "config", "scrape.yaml"]):
        done = promtool(*words)
        assert done.returncode == 0, done.stdout


@needs_promtool
def test_the_alerts_fire_when_they_should_and_else_do_not():
    done = promtool("test", "rules", "alerts_test.yaml")
    assert done.returncode == 0, done.stdout


def mutants(rule):
    """(what is wrong, the rule with that fault), for each fault that the unit tests have to see."""
    if "for" in rule:
        yield "at once", {key: value for key, value in rule.items() if key != "for"}
    yield "after an hour", rule | {"for": "1h"}
    for number, found in enumerate(COMPARISON.finditer(rule["expr"])):
        text = rule["expr"][:found.start()] + rule["expr"][found.end():]
        yield f"without{found[0]} {number}", rule | {"expr": text}


class Loader(yaml.SafeLoader):
    """For which 0x40 is what it is to promtool, a row of zeros, and no number."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, text) for tag, text in known if not tag.endswith(":int")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"\d+$"), list("0123456789"))


def write_with_its_test(rule, name, folder):
    """The rule alone and its unit test, for `promtool test rules NAME`."""
    tests = yaml.load((HERE / "alerts_test.yaml").read_text(), Loader)
    (test,) = [test for test in tests["tests"] if test["name"] == rule["alert"]]
    (folder / f"rules {name}").write_text(
        yaml.safe_dump({"groups": [{"name": "postern", "rules": [rule]}]}))
    (folder / name).write_text(
        yaml.safe_dump(tests | {"rule_files": [f"rules {name}"], "tests": [test]}))


@needs_promtool
def test_the_unit_tests_see_each_fault_of_an_alert(tmp_path):
    names = []
    for rule in RULES:
        for fault, mutant in mutants(rule):
            names.append(f"{rule['alert']} {fault}.yaml")
            write_with_its_test(mutant, names[-1], tmp_path)
    done = promtool("test", "rules", *names, folder=tmp_path)
    outcomes = re.findall(r"^Unit Testing:  (.+)\n +(SUCCESS|FAILED)", done.stdout, re.MULTILINE)
    assert [name for name, _ in outcomes] == names, done.stdout
    assert [name for name, outcome in outcomes if outcome == "SUCCESS"] == [], "no test fails"


@pytest.mark.parametrize("rule", RULES, ids=ALERTS)
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(rule):
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"runbooks/{rule['alert']}.md"


def test_the_tests_and_the_readme_name_each_alert_and_no_other():
    tests = yaml.safe_load((HERE / "alerts_test.yaml").read_text())["tests"]
    assert [test["name"] for test in tests] == ALERTS
    table = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \|", (HERE / "README.md").read_text(),
                       re.MULTILINE)
    assert table == [(rule["alert"], rule["alert"], rule["labels"]["severity"]) for rule in RULES]


def test_the_wrapper_for_the_operator_holds_the_same_rules():
    readme = (HERE / "README.md").read_text()
    command = re.search(r"^    (\{ printf .*?\}) \| kubectl", readme, re.MULTILINE | re.DOTALL)[1]
    done = subprocess.run(["sh", "-c", command], cwd=HERE, capture_output=True, text=True, timeout=10,
                          check=True)
    wrapped = yaml.safe_load(done.stdout)
    assert wrapped["kind"] == "PrometheusRule" and wrapped["metadata"]["name"] == "postern"
    assert wrapped["spec"]["groups"][0]["rules"] == RULES


def test_pods_are_scraped_at_the_port_of_the_probes_as_the_job_that_alerts_know():
    monitor = yaml.safe_load((HERE / "podmonitor.yaml").read_text())
    name = monitor["spec"]["jobLabel"]
    assert monitor["spec"]["selector"]["matchLabels"][name] == "postern"
    (scrape,) = yaml.safe_load((HERE / "scrape.yaml").read_text())["scrape_configs"]
    assert scrape["job_name"] == "postern"
    gateway = ROOT / "deploy/kubernetes/gateway/base"
    pod = yaml.safe_load((gateway / "deployment.yaml").read_text())["spec"]["template"]
    assert pod["metadata"]["labels"][name] == "postern"
    ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
    port = ports[monitor["spec"]["podMetricsEndpoints"][0]["port"]]
    told = yaml.safe_load((gateway / "postern.yaml").read_text())
    assert told["probes"]["listen"].endswith(f":{port}")
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(port)


def test_sidecars_are_scraped_as_the_same_job_by_the_label_and_port_of_their_overlay():
    spec = yaml.safe_load((HERE / "podmonitor-sidecars.yaml").read_text())["spec"]
    (endpoint,) = spec["podMetricsEndpoints"]
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": "postern"}]
    patch = yaml.safe_load((ROOT / "deploy/kubernetes/web/overlays/metrics/metrics.yaml").read_text())
    added = {one["path"].rpartition("/")[2]: one["value"] for one in patch}
    ((label, value),) = spec["selector"]["matchLabels"].items()
    assert added[label] == value
    assert endpoint["port"] in [port["name"] for port in added["ports"]]


# ------------------------------------------------------------------------------------ the runbooks

def keys_of_the_reference():
    """ "limits.max_wait", … """
    reference = yaml.safe_load((ROOT / "conf" / "reference.yaml").read_text())
    return {f"{section}.{key}" for section, keys in reference.items() if isinstance(keys, dict) for key in keys}


def test_each_alert_has_its_page_and_each_page_its_alert():
    assert sorted(path.stem for path in (HERE / "runbooks").iterdir()) == sorted(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_a_page_has_all_its_parts_and_names_what_there_is(alert):
    page = (HERE / "runbooks" / f"{alert}.md").read_text()
    parts = re.findall(r"^(?:# (\w+)$|\*\*([^*]+?)\.?\*\*)", page, re.MULTILINE)
    parts = [title or part for title, part in parts if part != "Do not restart Postern"]
    assert parts == [alert, "What it means", "What callers see", "Look", "Do", "When it goes"]
    assert len(re.findall(r"^Log: ", page, re.MULTILINE)) == 1, "tests/checks/events reads these lines"
    known = set(re.findall(r"`((?:postern|process)_[a-z_]+)", (HERE / "metrics.md").read_text()))
    assert set(re.findall(r"(?:postern|process)_[a-z_]+", page)) - known == set()
    sections = {key.split(".")[0] for key in keys_of_the_reference()}
    keys = {key for key in re.findall(r"`([a-z]+\.[a-z_]+)[:`]", page) if key.split(".")[0] in sections}
    assert keys - keys_of_the_reference() == set()


@pytest.mark.parametrize("alert", ALERTS)
def test_a_page_tells_problems_that_there_are_with_their_status(alert):
    table = (ROOT / "proxy" / "relay" / "problem.cc").read_text()
    known = {(status, code) for code, status in re.findall(r'"([a-z_]+)",\s*(\d{3})', table)}
    page = (HERE / "runbooks" / f"{alert}.md").read_text()
    seen = page[page.index("**What callers see.**"):page.index("**Look**")]
    assert set(re.findall(r"\b(\d{3}) `([a-z_]+)`", seen)) - known == set()


@pytest.mark.parametrize("alert", ALERTS)
def test_what_a_page_quotes_of_status_is_what_it_says(alert):
    """At a terminal by status_table.cc, in a pipe by status.cc, and of nobody by admin_client.cc."""
    page = (HERE / "runbooks" / f"{alert}.md").read_text()
    told = " ".join((ROOT / "proxy/cli" / name).read_text()
                    for name in ("status_table.cc", "status.cc", "admin_client.cc"))
    for line in re.findall(r"^    postern status .*#(.*)$", page, re.MULTILINE):
        for quoted in re.findall(r'"([^"]+)"', line):
            assert f'"{quoted.removesuffix("…").strip()}' in told, quoted


# ----------------------------------------------------------------------------------- the dashboard

def cells(panel):
    at = panel["gridPos"]
    return {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}


def test_the_dashboard_is_what_its_script_writes():
    done = subprocess.run([HERE / "make-dashboard", "--check"], capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_have_numbers_of_their_own_and_do_not_overlap():
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    taken = set()
    for panel in PANELS:
        assert not taken & cells(panel), panel["title"]
        taken |= cells(panel)
    assert max(x for x, _ in taken) == 23


def test_the_rows_are_those_that_one_reads_from_the_top():
    rows = [panel["title"] for panel in PANELS if panel["type"] == "row"]
    assert rows == ["Health", "Traffic", "Limits", "Upstream", "Process"]


@pytest.mark.parametrize("panel", [panel for panel in PANELS if panel["type"] != "row"],
                         ids=lambda panel: panel["title"].replace(" ", "-"))
def test_a_panel_says_what_to_look_for(panel):
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert len(panel["description"]) >= 40 and panel["description"].endswith(".")
    for alert in re.findall(r"Postern[A-Z]\w+", panel["description"]):
        assert alert in ALERTS
    assert panel["targets"]
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == "${datasource}"
        assert target["legendFormat"]
        assert metrics_of(target["expr"])
        for metric in metrics_of(target["expr"]):
            assert re.search(metric + r"\{[^}]*\$instance", target["expr"]), "follows no chosen instance"


def test_counters_are_shown_as_rates_and_gauges_as_they_are():
    for panel in PANELS:
        for target in panel.get("targets", ()):
            counters = re.findall(r"\b\w+_(?:total|bucket)\{", target["expr"])
            rates = re.findall(r"\b(?:rate|increase)\(\w+_(?:total|bucket)\{", target["expr"])
            assert len(counters) == len(rates) == len(re.findall(r"\b(?:rate|increase)\(", target["expr"]))


def test_a_query_is_taken_apart():
    query = ('sum by (le, code) (rate(postern_a_total{code=~"x|y", grant!="postern_b"}[5m])) > 0.5 '
             'and ignoring (kind) up{job="postern"} == 0')
    assert metrics_of(query) == {"postern_a_total", "up"}
    assert labels_of(query) == {"le", "code", "grant", "kind", "job"}
    assert values_of(query) == {("code", "x"), ("code", "y"), ("grant", "postern_b"), ("job", "postern")}
    assert without_comparisons("a > 0.5 and b == 0") == "a and b"
