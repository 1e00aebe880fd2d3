"""deploy/kubernetes without a cluster: rendered by kubectl old and new, held against the published
schemas, and run: what the manifests say of the program is asked of the program."""

import copy
import ipaddress
import json
import os
import re
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
import yaml
from support import kubernetes
from support.fixtures import folder  # noqa: F401
from support.http_wire import fetch
from support.kubernetes_api import LEASES, LEAST_VERBS, PREFIX, KubernetesApi
from support.kubernetes_api import SECRETS as SECRET_OBJECTS
from support.manifests import (SECRETS, STORE, Deployed, configuration, configuration_text,
                               containers_of, mount, of_kind, pod_of, postern_of, restricted_faults)
from support.pki import Authority
from support.processes import ROOT, clean_environment, run
from support.sandboxed import CLIENT, sandbox  # noqa: F401
from support.tls_client import TlsClient, context_for
from support.waiting import bound, eventually

FOLDER = ROOT / "deploy" / "kubernetes"
README = FOLDER / "README.md"
EXAMPLES = sorted(str(path.parent.relative_to(FOLDER)) for path in FOLDER.rglob("kustomization.yaml"))
LOGIN = "gateway/overlays/login"
MTLS = "gateway/overlays/mtls"
SHARED = "gateway/overlays/shared-login"
BOTH = "gateway/overlays/shared-login-mtls"
CLIENT_SECRETS = {"client-secret": "sandbox-secret", "store-key": "ab" * 32}
PROJECTS = "/api/0/organizations/acme/projects/"
SERVICE = "postern.postern.svc:7979"
UID = 65532  # of the image

each_example = pytest.mark.parametrize("example", EXAMPLES)


@pytest.fixture(scope="module")
def rendered():
    """rendered(example): its objects."""
    known = {}

    def objects(example):
        if example not in known:
            known[example] = kubernetes.render(kubernetes.kubectl(None), FOLDER / example)
        return copy.deepcopy(known[example])
    return objects


@pytest.fixture(scope="module")
def callers(tmp_path_factory):
    """The gateway's authority, which makes the certificates of its callers too."""
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def certificates(callers):
    """What gateway/overlays/mtls mounts beside the token."""
    certificate, key = callers.server("gateway", names="DNS:postern.postern.svc")
    return {"tls.crt": Path(certificate).read_text(), "tls.key": Path(key).read_text(),
            "clients.crt": callers.cert.read_text()}


@pytest.fixture
def deploy(folder, rendered, sandbox):
    """deploy(example, …) runs its Postern before the sandbox; all end with the test."""
    running = []
    token = json.loads(sandbox.grant.read_text())["access_token"]

    def start(example, *args, secrets=None, name="pod"):
        postern = Deployed(folder / name, rendered(example), sandbox, secrets or {"token": token}, *args)
        running.append(postern)
        return postern

    yield start
    for postern in running:
        postern.end()


# Rendering and schemas.


def without_empty(value):
    """An old kubectl writes `labels: {}` where a current one writes nothing."""
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: without_empty(item) for key, item in value.items() if item != {} or key == "to"}


def in_order(objects):
    return sorted((without_empty(item) for item in objects),
                  key=lambda item: (item["kind"], item["metadata"]["name"]))


@each_example
@pytest.mark.parametrize("version", kubernetes.KUBECTLS)
def test_old_and_new_kubectl_render_the_same(example, version, rendered):
    program = kubernetes.kubectl(version)
    assert in_order(kubernetes.render(program, FOLDER / example)) == in_order(rendered(example))


@each_example
def test_the_published_schemas_have_nothing_against_it(example, rendered):
    assert kubernetes.faults(rendered(example)) == []


def plant(objects, path, value):
    spot = pod_of(objects)["spec"]
    for key in path[:-1]:
        spot = spot[key]
    spot[path[-1]] = value


@pytest.mark.parametrize("path, value, told", [
    (["initContainers", 0, "livenesProbe"], {}, "livenesProbe: no such field"),
    (["initContainers", 0, "livenessProbe", "periodSeconds"], "20", "periodSeconds"),
    (["initContainers", 0, "restartPolicy"], True, "restartPolicy"),
    (["initContainers", 0, "name"], None, "name"),
    (["initContainers", 0, "resources", "limits", "memory"], "much", "memory"),
    (["volumes", 0, "configMap", "nam"], "x", "nam: no such field"),
    (["containers"], {}, "containers"),
])
def test_a_planted_fault_is_found(path, value, told, rendered):
    objects = rendered("web/base")
    plant(objects, path, value)
    found = kubernetes.faults(objects)
    assert any(told in fault for fault in found), found


def test_a_kind_that_does_not_exist_is_found():
    assert kubernetes.faults([{"apiVersion": "policy/v1", "kind": "PodDisruption", "metadata": {}}])


# What Kubernetes asks of the pods, and what they are to each other.


@each_example
def test_the_pods_are_restricted(example, rendered):
    assert restricted_faults(pod_of(rendered(example))) == []


@pytest.mark.parametrize("path, value", [
    (["securityContext", "runAsNonRoot"], False),
    (["securityContext", "seccompProfile", "type"], "Unconfined"),
    (["containers", 0, "securityContext", "allowPrivilegeEscalation"], True),
    (["containers", 0, "securityContext", "capabilities"], {}),
    (["initContainers", 0, "securityContext", "readOnlyRootFilesystem"], False),
    (["initContainers", 0, "securityContext", "runAsUser"], 0),
    (["hostNetwork"], True),
    (["volumes"], [{"name": "host", "hostPath": {"path": "/"}}]),
])
def test_a_pod_that_is_not_restricted_is_found(path, value, rendered):
    objects = rendered("web/base")
    plant(objects, path, value)
    assert restricted_faults(pod_of(objects))


def mounts_of(container):
    return {mount["name"]: mount["mountPath"] for mount in container.get("volumeMounts", [])}


def secrets_of(volume):
    """The Secrets that a volume shows."""
    sources = volume.get("projected", {}).get("sources", [volume])
    return [one["secret"].get("secretName", one["secret"].get("name")) for one in sources if "secret" in one]


@each_example
def test_what_is_mounted_is_there(example, rendered):
    objects = rendered(example)
    pod = pod_of(objects)
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    for container in containers_of(pod):
        assert set(mounts_of(container)) <= set(volumes)
    maps = {item["metadata"]["name"] for item in of_kind(objects, "ConfigMap")}
    claims = {item["metadata"]["name"] for item in of_kind(objects, "PersistentVolumeClaim")}
    for volume in volumes.values():
        assert volume.get("configMap", {"name": None})["name"] in maps | {None}
        assert volume.get("persistentVolumeClaim", {"claimName": None})["claimName"] in claims | {None}
        for secret in secrets_of(volume):
            assert re.search(f"create secret (generic|tls) {secret} ", README.read_text()), secret
    assert set(mounts_of(postern_of(pod)).values()) == {"/etc/postern", SECRETS, STORE}


@each_example
def test_each_label_selects_something_and_each_port_has_a_name(example, rendered):
    objects = rendered(example)
    pod = pod_of(objects)
    labels = pod["metadata"]["labels"].items()
    ports = {port["name"]: port["containerPort"] for one in containers_of(pod) for port in one.get("ports", [])}
    selectors = [item["spec"]["selector"] for item in of_kind(objects, "Service")]
    selectors += [item["spec"]["selector"]["matchLabels"] for kind in ("Deployment", "PodDisruptionBudget")
                  for item in of_kind(objects, kind)]
    selectors += [item["spec"]["podSelector"]["matchLabels"] for item in of_kind(objects, "NetworkPolicy")]
    assert all(selector.items() <= labels for selector in selectors)
    targets = [port["targetPort"] for item in of_kind(objects, "Service") for port in item["spec"]["ports"]]
    assert set(targets) <= set(ports)
    for policy in of_kind(objects, "NetworkPolicy"):
        open_ports = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
        assert open_ports == set(ports.values())


@each_example
def test_the_ports_are_those_of_the_configuration(example, rendered):
    objects = rendered(example)
    told, postern = configuration(objects), postern_of(pod_of(objects))
    listen = told["listen"][0]["address"] if isinstance(told["listen"], list) else told["listen"]
    addresses = [listen, told["admin"]["listen"], told.get("probes", {}).get("listen")]
    by_port = {int(one.rpartition(":")[2]): one for one in addresses if one}
    for port in postern.get("ports", []):
        assert by_port[port["containerPort"]].startswith("0.0.0.0:"), "others reach it"
    for one in containers_of(pod_of(objects)):
        for port in re.findall(r"http://127\.0\.0\.1:(\d+)", json.dumps(one)):
            assert by_port[int(port)] == f"127.0.0.1:{port}"
    for probe in probes_of(postern):
        if "exec" in probe:
            assert told["admin"]["listen"] in probe["exec"]["command"]


def probes_of(container):
    return [container[key] for key in ("startupProbe", "readinessProbe", "livenessProbe") if key in container]


def replicas_of(objects):
    return sum(item["spec"]["replicas"] for item in of_kind(objects, "Deployment"))


@each_example
def test_no_two_pods_share_a_login(example, rendered):
    objects = rendered(example)
    [grant] = configuration(objects)["grants"]
    if grant.get("kind") == "static":
        return
    if configuration(objects)["store"].get("kind") == "kubernetes":
        return
    [deployment] = of_kind(objects, "Deployment")
    assert (replicas_of(objects), deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})
    store = {mount: name for name, mount in mounts_of(postern_of(pod_of(objects))).items()}[STORE]
    [volume] = [one for one in pod_of(objects)["spec"]["volumes"] if one["name"] == store]
    assert "persistentVolumeClaim" in volume, "a seed must not meet an empty store twice"
    context = pod_of(objects)["spec"]["securityContext"]
    assert context["fsGroupChangePolicy"] == "OnRootMismatch"


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.startswith("gateway")])
def test_the_disruption_budget_lets_nodes_be_drained(example, rendered):
    [budget] = of_kind(rendered(example), "PodDisruptionBudget")
    may_go = replicas_of(rendered(example)) - budget["spec"].get("minAvailable", 0)
    assert may_go >= 1 and budget["spec"].get("maxUnavailable", 1) >= 1


@pytest.mark.parametrize("example", ["web/base", "job/base"])
def test_the_sidecar_is_native_has_no_readiness_and_is_not_ended_early(example, rendered):
    sidecar = postern_of({"spec": {**pod_of(rendered(example))["spec"], "containers": []}})
    assert sidecar["restartPolicy"] == "Always"
    assert "readinessProbe" not in sidecar, "the pod would not be ready without Sentry"
    assert "lifecycle" not in sidecar, "a preStop hook runs before the program has ended"


def test_both_sidecars_are_alike(rendered):
    sidecars = [postern_of(pod_of(rendered(example))) for example in ("web/base", "job/base")]
    assert sidecars[0] == sidecars[1]


def rules_out(objects):
    [policy] = of_kind(objects, "NetworkPolicy")
    return policy["spec"]["egress"]


def test_the_gateway_asks_nobody_but_the_clusters_dns_for_names(rendered):
    [rule] = [one for one in rules_out(rendered("gateway/base")) if {"protocol": "UDP", "port": 53} in one["ports"]]
    assert rule["ports"] == [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
    assert rule["to"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                           "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}]


@pytest.mark.parametrize("inside", ["10.1.2.3", "100.64.0.1", "100.127.255.254", "172.31.0.1", "192.168.1.1",
                                    "169.254.169.254", "fd00::1", "fe80::1"])
def test_the_gateway_reaches_no_address_inside(inside, rendered):
    blocks = [one["ipBlock"] for rule in rules_out(rendered("gateway/base")) for one in rule["to"]
              if "ipBlock" in one]
    networks = [(ipaddress.ip_network(one["cidr"]), [ipaddress.ip_network(net) for net in one.get("except", [])])
                for one in blocks]
    address = ipaddress.ip_address(inside)
    assert not [net for net, holes in networks
                if address in net and not any(address in hole for hole in holes)]


def test_both_configurations_of_the_sidecar_are_alike_but_for_the_port(rendered):
    base, metrics = (configuration(rendered(f"web/{name}")) for name in ("base", "overlays/metrics"))
    assert metrics.pop("probes") == {"listen": "0.0.0.0:7981"}
    assert metrics == base


# What the manifests say of the program, asked of the program.


def shown(postern_config, *args):
    done = run("show", "--config", postern_config, *args)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def seconds(text):
    return {"ms": 0.001, "s": 1, "m": 60}[re.sub(r"\d", "", text)] * int(re.sub(r"\D", "", text))


def mebibytes(text):
    return {"KiB": 1 / 1024, "MiB": 1, "Mi": 1, "GiB": 1024}[re.sub(r"\d", "", text)] * int(re.sub(r"\D", "", text))


@pytest.fixture
def checked(folder, rendered, certificates):
    """checked(example): the configuration in force, of a file that `postern check` accepts."""
    def show(example):
        text = configuration_text(rendered(example)).replace(SECRETS, str(folder))
        for name, content in {"token": "a-token", **CLIENT_SECRETS, **certificates}.items():
            (folder / name).write_text(content)
            (folder / name).chmod(0o600)
        (folder / "postern.yaml").write_text(text)
        done = run("check", "--config", folder / "postern.yaml")
        assert done.returncode == 0, done.stderr + done.stdout
        return shown(folder / "postern.yaml")
    return show


@each_example
def test_postern_accepts_the_configuration_and_it_fits_the_pod(example, rendered, checked):
    told, pod = checked(example), pod_of(rendered(example))
    postern = postern_of(pod)
    delay = [arg.partition("=")[2] for arg in postern["args"] if arg.startswith("--min-sigterm-delay")]
    drain = seconds((delay or [told["drain"]["delay"]])[0]) + seconds(told["drain"]["timeout"])
    assert drain < pod["spec"]["terminationGracePeriodSeconds"]
    # As bench/README.md measured it, and what the configuration lets requests hold beside.
    held = sum(mebibytes(told[section][key]) for section, key in (
        ("limits", "max_queue_bytes"), ("replay", "max_total"), ("rewrite", "max_total")))
    held += mebibytes(told["cache"]["max_bytes"]) if told["cache"]["enabled"] else 0
    probe = 10 if any("exec" in one for one in probes_of(postern)) else 0
    assert 60 + probe + held <= mebibytes(postern["resources"]["limits"]["memory"])


@each_example
def test_the_commands_and_flags_are_there(example, rendered):
    pod = pod_of(rendered(example))
    commands = [["postern", *postern_of(pod)["args"]]]
    commands += [probe["exec"]["command"] for probe in probes_of(postern_of(pod)) if "exec" in probe]
    for program, command, *flags in commands:
        assert Path(program).name == "postern"
        told = run(command, "--help").stdout
        assert f"Usage: postern {command}" in told
        for flag in [one.partition("=")[0] for one in flags if one.startswith("--")]:
            assert re.search(rf"{flag}\b", told), f"postern {command} has no {flag}"


@each_example
def test_the_probes_are_green_and_a_call_is_answered(example, rendered, deploy, sandbox, certificates, callers, api):
    secrets = {LOGIN: {**CLIENT_SECRETS, "seed.json": sandbox.grant.read_text()},
               SHARED: CLIENT_SECRETS, MTLS: {"token": token_of(sandbox), **certificates},
               BOTH: {**CLIENT_SECRETS, **certificates}}
    account = api.arguments() if example in (SHARED, BOTH) else ()
    postern = deploy(example, *account, secrets=secrets.get(example))
    if account:
        log_in(postern, sandbox, api)
    host = SERVICE if example.startswith("gateway") else "127.0.0.1:7979"
    if example in (MTLS, BOTH):
        get = as_caller(postern, callers, "DNS:web.shop.svc")
    else:
        get = postern.get
    eventually(lambda: ok(get(target=PROJECTS, host=host)), "a call is answered")
    for probe in probes_of(postern_of(pod_of(rendered(example)))):
        if "httpGet" in probe:
            address = ("127.0.0.1", postern.probes_port)
            assert fetch(address, target=probe["httpGet"]["path"], host="127.0.0.1").status == 200
        else:
            words = [postern.admin_address if word == "127.0.0.1:7980" else word
                     for word in probe["exec"]["command"][1:]]
            assert run(*words).returncode == 0
    assert postern.rss() <= mebibytes(postern_of(pod_of(rendered(example)))["resources"]["requests"]["memory"]) * 2 ** 20


@pytest.fixture
def api(folder, callers):
    """A pretend API server, which allows what the Role does."""
    (folder / "account").mkdir()
    server = KubernetesApi(callers, folder / "account", namespace="postern")
    yield server
    server.close()


def log_in(postern, sandbox, api):
    done = run("login", "--config", postern.config_path, "--set", f"sentry.url={sandbox.url}",
               "--set", f"sentry.ca_file={sandbox.ca}", *api.arguments(), "--import", sandbox.grant)
    assert done.returncode == 0, done.stderr


def test_replicas_share_the_login_that_one_of_them_was_given(deploy, sandbox, api):
    first, second = (deploy(SHARED, *api.arguments(), secrets=CLIENT_SECRETS, name=name)
                     for name in ("first", "second"))
    log_in(first, sandbox, api)
    for postern in (first, second):
        eventually(lambda p=postern: ok(p.get(PROJECTS, host=SERVICE)), "the login is used")
    assert token_of(sandbox) not in api.data()["acme"], "it is sealed"
    assert {one[:2] for one in api.asked} == {(verb, kind) for kind, verbs in LEAST_VERBS.items() for verb in verbs}


def test_the_role_allows_the_least(rendered):
    objects = rendered(SHARED)
    [role] = of_kind(objects, "Role")
    wanted = [{"apiGroups": [""], "resources": [SECRET_OBJECTS], "resourceNames": ["postern-grants"],
               "verbs": sorted(LEAST_VERBS[SECRET_OBJECTS])},
              {"apiGroups": [PREFIX[LEASES].split("/")[2]], "resources": [LEASES], "resourceNames": ["postern-refresh"],
               "verbs": sorted(LEAST_VERBS[LEASES])}]
    assert role["rules"] == wanted
    made = {(item["kind"], item["metadata"]["name"]): item for item in objects}
    assert "data" not in made["Secret", "postern-grants"], "applied again it would empty the store"
    assert "spec" not in made["Lease", "postern-refresh"]
    [binding] = of_kind(objects, "RoleBinding")
    [account] = of_kind(objects, "ServiceAccount")
    name = account["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": name, "namespace": "postern"}]
    spec = pod_of(objects)["spec"]
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == (name, True)


def test_the_objects_are_those_of_the_defaults(checked):
    told = checked(SHARED)["store"]["kubernetes"]
    assert (told["secret"], told["lease"]) == ("postern-grants", "postern-refresh")


def token_of(sandbox):
    return json.loads(sandbox.grant.read_text())["access_token"]


def as_caller(postern, callers, names):
    """get(…) asks with a certificate of that name."""
    certificate = callers.server(names, names=names, usage="clientAuth") if names else None

    def get(**request):
        context = context_for(callers, certificate)
        context.check_hostname = False  # it has the Service's
        with TlsClient(postern.port, context) as client:
            return client.request(**request)
    return get


def test_the_gateway_with_tls_knows_its_callers_and_takes_a_renewed_certificate(deploy, sandbox, certificates, callers):
    secrets = {"token": token_of(sandbox), **certificates}
    postern = deploy(MTLS, secrets=secrets)
    web, deployer, stranger = (as_caller(postern, callers, f"DNS:{name}")
                               for name in ("web.shop.svc", "deploy.shop.svc", "web.other.svc"))
    assert web(target=PROJECTS, host=SERVICE).status == 200
    assert web(method="DELETE", target=PROJECTS, host=SERVICE).code == "policy_denied"
    assert deployer(method="DELETE", target=PROJECTS, host=SERVICE).code != "policy_denied"
    assert stranger(target=PROJECTS, host=SERVICE).code == "forbidden_caller"
    with pytest.raises((ssl.SSLError, OSError)):
        as_caller(postern, callers, "")(target=PROJECTS, host=SERVICE)
    certificate, key = callers.server("renewed", names="DNS:postern.postern.svc")
    mount(postern.secrets, {**secrets, "tls.crt": Path(certificate).read_text(), "tls.key": Path(key).read_text()})
    postern.eventually_logs("certificate_loaded")
    assert web(target=PROJECTS, host=SERVICE).status == 200


def ok(answer):
    return answer if answer.status == 200 else None


def test_the_gateway_answers_to_its_names_alone(deploy):
    postern = deploy("gateway/base")
    for name in ("postern.postern", "postern.postern.svc", "postern.postern.svc.cluster.local:7979"):
        assert postern.get(PROJECTS, host=name).status == 200, name
    assert postern.get(PROJECTS, host="evil.example").status == 421


def test_a_changed_secret_is_taken_over(deploy, sandbox):
    postern = deploy("web/base", secrets={"token": "not-a-token"})
    assert postern.get(PROJECTS).status == 503
    mount(postern.secrets, {"token": json.loads(sandbox.grant.read_text())["access_token"]})
    eventually(lambda: ok(postern.get(PROJECTS)), "the new token is used")


def handed_over(sandbox, folder):
    """The stored grant of somebody who has logged in elsewhere."""
    config = {"sentry": {"url": sandbox.url, "ca_file": str(sandbox.ca)}, "client": CLIENT,
              "grants": [{"organization": "acme"}]}
    (folder / "laptop.yaml").write_text(json.dumps(config))
    done = run("login", "--config", folder / "laptop.yaml", "--set", f"store.path={folder / 'hand-over'}",
               "--import", sandbox.grant)
    assert done.returncode == 0, done.stderr
    return folder / "hand-over" / "acme.json"


def test_a_seed_fills_an_empty_store_once(deploy, folder, sandbox):
    secrets = {**CLIENT_SECRETS, "seed.json": handed_over(sandbox, folder).read_text()}
    first = deploy(LOGIN, secrets=secrets)
    eventually(lambda: ok(first.get(PROJECTS)), "the seed is used")
    assert first.stop() == 0
    token = json.loads(sandbox.grant.read_text())["access_token"]
    assert token not in (first.store / "acme.json").read_text(), "it is sealed"
    secrets["seed.json"] = sandbox.grant.read_text().replace("_token", "_nothing")
    again = deploy(LOGIN, secrets=secrets)
    eventually(lambda: ok(again.get(PROJECTS)), "the stored login is used, not the seed")
    assert again.stop() == 0
    shutil.rmtree(again.secrets)
    without = deploy(LOGIN, secrets=CLIENT_SECRETS)
    eventually(lambda: ok(without.get(PROJECTS)), "the Secret may be deleted")


def is_executable_by_the_pod():
    try:
        return run("version", user=UID, group=UID, extra_groups=[]).returncode == 0
    except PermissionError:
        return False


@pytest.mark.skipif(os.geteuid() != 0, reason="takes on the user of the image, as root only")
def test_a_volume_of_the_pods_group_is_taken_until_kubelet_opens_the_store(folder, rendered, sandbox):
    volume = folder / "pod" / "volume"
    volume.mkdir(parents=True)
    os.chown(volume, 0, UID)  # what fsGroup makes of an empty volume
    volume.chmod(0o2775)
    for path in (folder, folder / "sandbox", sandbox.ca):
        path.chmod(0o755)
    if not is_executable_by_the_pod():
        pytest.skip("the user of the image cannot run the program where it was built")
    secrets = {**CLIENT_SECRETS, "seed.json": sandbox.grant.read_text()}
    as_pod = {"user": UID, "group": UID, "extra_groups": [UID]}
    with Deployed(folder / "pod", rendered(LOGIN), sandbox, secrets, **as_pod) as postern:
        eventually(lambda: ok(postern.get(PROJECTS)), "it serves")
        assert postern.stop() == 0
    for path in (postern.store, *postern.store.iterdir()):
        path.chmod(path.stat().st_mode | 0o060)  # as kubelet does without OnRootMismatch
    done = run("serve", "--config", postern.config_path, **as_pod)
    assert done.returncode == 1 and "can be read by others" in done.stderr, done.stderr


@pytest.mark.parametrize("refused", [False, True])
def test_the_job_of_old_clusters_ends_its_postern(refused, deploy, rendered, folder):
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    example = "job/overlays/ordinary-container"
    postern = deploy(example, secrets={"token": "not-a-token"} if refused else None)
    [job] = [one for one in containers_of(pod_of(rendered(example))) if one["name"] == "report"]
    script = job["args"][0].replace("127.0.0.1:7980", postern.admin_address)
    done = subprocess.run([*job["command"], script], env=clean_environment(SENTRY_URL=postern.url),
                          capture_output=True, text=True, timeout=bound(60), cwd=folder, check=False)
    assert (done.returncode != 0) == refused, done.stderr
    assert postern.wait() == 0


def test_the_job_ends_as_its_program_does(deploy, rendered, folder):
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    postern = deploy("job/base")
    [job] = [one for one in containers_of(pod_of(rendered("job/base"))) if one["name"] == "report"]
    done = subprocess.run([*job["command"], *job["args"]], env=clean_environment(SENTRY_URL=postern.url),
                          capture_output=True, text=True, timeout=bound(60), cwd=folder, check=False)
    assert done.returncode == 0 and isinstance(json.loads(done.stdout), list), done.stderr
    assert fetch(postern.admin_port, "POST", "/quitquitquit", body=b"").status == 404
    assert postern.stop() == 0  # kubelet's signal to a sidecar when the job's container has ended
