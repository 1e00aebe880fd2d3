"""What the tests ask of rendered manifests, and a Postern run as a manifest says."""

import os

import yaml

from .processes import Postern, Process, binary
from .waiting import eventually

POD_PATHS = {"Pod": (), "Job": ("spec", "template"), "Deployment": ("spec", "template"),
             "StatefulSet": ("spec", "template"),
             "CronJob": ("spec", "jobTemplate", "spec", "template")}
SECRETS, STORE = "/run/secrets/postern", "/var/lib/postern"


def of_kind(objects, kind):
    return [item for item in objects if item["kind"] == kind]


def pod_of(objects):
    """The pod template of the one workload among them."""
    [workload] = [item for item in objects if item["kind"] in POD_PATHS]
    for key in POD_PATHS[workload["kind"]]:
        workload = workload[key]
    return workload


def containers_of(pod):
    return pod["spec"].get("initContainers", []) + pod["spec"]["containers"]


def postern_of(pod):
    [container] = [one for one in containers_of(pod) if one["name"] == "postern"]
    return container


def configuration_text(objects):
    [told] = of_kind(objects, "ConfigMap")
    return told["data"]["postern.yaml"]


def configuration(objects):
    return yaml.safe_load(configuration_text(objects))


def restricted_faults(pod):
    """What the Pod Security Standard "restricted" has against this pod, and whoever does not make
    the root file system read-only."""
    spec = pod["spec"]
    found = [f"{key} is set" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    allowed = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
               "projected", "secret", "name"}
    found += [f"volume {one['name']}" for one in spec.get("volumes", []) if set(one) - allowed]
    for container in containers_of(pod):
        own = container.get("securityContext", {})
        context = {**spec.get("securityContext", {}), **own}
        wanted = {"runAsNonRoot": context.get("runAsNonRoot") is True and context.get("runAsUser") != 0,
                  "seccompProfile": context.get("seccompProfile", {}).get("type") in
                                    ("RuntimeDefault", "Localhost"),
                  "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
                  "capabilities": own.get("capabilities") == {"drop": ["ALL"]},
                  "privileged": not own.get("privileged"),
                  "hostPort": not any("hostPort" in port for port in container.get("ports", [])),
                  "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True}
        found += [f"{container['name']}: {key}" for key, is_kept in wanted.items() if not is_kept]
    return found


def mount(folder, contents):
    """Shows a Secret's contents in `folder` as kubelet does: all change in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    version = folder / f"..{sum(1 for _ in folder.iterdir())}"
    version.mkdir()
    for name, content in contents.items():
        (version / name).write_text(content)
        if name.endswith(".key"):
            (version / name).chmod(0o400)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    (folder / "..data_tmp").symlink_to(version.name)
    (folder / "..data_tmp").rename(folder / "..data")


class Deployed(Postern):
    """Postern with the arguments and the configuration of a manifest, on loopback and free ports,
    its mounts below `folder`, before the sandbox."""

    # pylint: disable=super-init-not-called
    def __init__(self, folder, objects, sandbox, secrets, *args, **popen):
        """`secrets`: what is mounted at SECRETS, name and content."""
        self.secrets = folder / "secrets"
        self.store = folder / "volume" / "store"
        self.store.parent.mkdir(parents=True, exist_ok=True)
        mount(self.secrets, secrets)
        self.config_path = folder / "postern.yaml"
        self.config_path.write_text(self.localized(configuration_text(objects)))
        self.runtime_path = self.store / "postern.runtime"
        manifest_args = [{"/etc/postern/postern.yaml": str(self.config_path)}.get(arg, arg)
                         for arg in postern_of(pod_of(objects))["args"]]
        Process.__init__(self, [
            binary(), *manifest_args, "--set", f"sentry.url={sandbox.url}",
            "--set", f"sentry.ca_file={sandbox.ca}", "--set", "refresh.backoff_min=100ms", *args],
            folder, env=service_environment(), **popen)
        self.wait_ready()

    def localized(self, text):
        for said, here in ((SECRETS, str(self.secrets)), (STORE, str(self.store.parent)),
                           ("0.0.0.0:", "127.0.0.1:"), (":7979", ":0"), (":7980", ":0"),
                           (":7981", ":0"), ("0123abcd", "sandbox-client")):
            text = text.replace(said, here)
        return text

    @property
    def probes_port(self):
        def told_addresses():
            return [e["address"] for e in self.log_entries() if e.get("event") == "probes_listening"]
        [told] = eventually(told_addresses, "the log says where the probes are")
        return int(told.rpartition(":")[2])


def service_environment():
    """With what Kubernetes puts there for a Service called postern."""
    return {"PATH": os.environ["PATH"], "POSTERN_SERVICE_HOST": "10.0.0.9", "POSTERN_SERVICE_PORT": "7979",
            "POSTERN_PORT": "tcp://10.0.0.9:7979", "POSTERN_PORT_7979_TCP_ADDR": "10.0.0.9"}
