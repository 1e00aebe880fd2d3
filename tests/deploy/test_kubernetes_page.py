"""deploy/kubernetes/README.md: what it tells somebody to write renders with kubectl old and new, and its commands are safe."""

import re
import shutil

import pytest
import yaml

from support import kubernetes
from support.manifests import configuration, of_kind, pod_of, postern_of
from support.processes import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
PAGE = (FOLDER / "README.md").read_text()
EXAMPLES = sorted(str(path.parent.relative_to(FOLDER)) for path in FOLDER.rglob("kustomization.yaml"))
SHARED, BOTH = "gateway/overlays/shared-login", "gateway/overlays/shared-login-mtls"
API_SERVER, REDIS = "192.0.2.10/32", "192.0.2.20/32"

each_kubectl = pytest.mark.parametrize("version", [None, *kubernetes.KUBECTLS])


def told(head):
    """The file of the page that begins with this line."""
    [found] = re.findall(rf"```yaml\n# {re.escape(head)}\n((?:(?!```).*\n)*)```", PAGE)
    return found


@pytest.fixture
def mine(tmp_path):
    """mine(head): the objects of the kustomization that begins so, beside a copy of ours."""
    for name in ("web", "job", "gateway"):
        shutil.copytree(FOLDER / name, tmp_path / "deploy" / "kubernetes" / name)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "postern.yaml").write_text("grants: [{organization: mine}]\n")
    (folder / "egress.yaml").write_text(told("mine/egress.yaml"))

    def render(text, version):
        (folder / "kustomization.yaml").write_text(text)
        return kubernetes.render(kubernetes.kubectl(version), folder)
    return render


def assert_is_mine(objects):
    assert configuration(objects)["grants"] == [{"organization": "mine"}]
    assert postern_of(pod_of(objects))["image"].startswith("registry.example/")


@each_kubectl
def test_the_overlay_of_a_sidecar_renders(mine, version):
    assert_is_mine(mine(told("mine/kustomization.yaml"), version))


@each_kubectl
@pytest.mark.parametrize("example", [SHARED, BOTH])
def test_the_overlay_of_a_gateway_renders_with_its_addresses(mine, example, version):
    text = told("mine/kustomization.yaml, of a gateway")
    assert f"[../deploy/kubernetes/{SHARED}]" in text
    objects = mine(text.replace(SHARED, example), version)
    assert_is_mine(objects)
    namespaces = {item["metadata"].get("namespace", "postern") for item in objects}
    [made] = of_kind(objects, "Namespace")
    assert namespaces == {made["metadata"]["name"]} == {"postern"}
    [policy] = of_kind(objects, "NetworkPolicy")
    [ours] = of_kind(kubernetes.render(kubernetes.kubectl(version), FOLDER / example), "NetworkPolicy")
    api_server = ours["spec"]["egress"][-1]
    assert api_server["to"] == [{"ipBlock": {"cidr": "10.96.0.1/32"}}]
    rules = {rule["to"][0].get("ipBlock", {}).get("cidr"): rule["ports"] for rule in policy["spec"]["egress"]}
    assert rules[API_SERVER] == api_server["ports"] and "10.96.0.1/32" not in rules
    assert rules[REDIS] == [{"protocol": "TCP", "port": 6379}]
    assert len(policy["spec"]["egress"]) == len(ours["spec"]["egress"]) + 1


@each_kubectl
def test_the_overlay_of_the_base_needs_no_patch(mine, version):
    text = told("mine/kustomization.yaml, of a gateway").replace(SHARED, "gateway/base")
    assert_is_mine(mine(text.split("patchesJson6902:")[0], version))


def test_both_in_one_have_what_each_of_them_has():
    def of(example):
        return yaml.safe_load((FOLDER / example / "postern.yaml").read_text())
    both, shared, mtls = of(BOTH), of(SHARED), of("gateway/overlays/mtls")
    callers = ("listen", "policy")
    assert {key: both.pop(key) for key in callers} == {key: mtls[key] for key in callers}
    both["grants"][0]["scopes"].remove("project:releases")  # for the callers that may write
    assert both == {key: value for key, value in shared.items() if key not in callers}


def test_no_command_shows_a_secret_to_who_lists_processes():
    assert "--from-literal" not in PAGE


def test_each_example_is_named():
    assert [example for example in EXAMPLES if f"]({example}" not in PAGE] == []
