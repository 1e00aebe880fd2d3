"""What deploy/local tells a developer: each snippet is run as it stands there, against the sandbox
through Postern, and the compose files say what their comments claim."""

import json
import os
import re
import shutil
import subprocess

import pytest
from support import npm
from support.fixtures import folder  # noqa: F401
from support.processes import ROOT, Sandbox, clean_environment, has_binary, run
from support.sandboxed import serving  # noqa: F401
from support.waiting import bound

yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")

LOCAL = ROOT / "deploy" / "local"
SECTION = re.compile(r"^### (.+?)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
ADDRESS = "127.0.0.1:7979"
ISSUES = 120  # more than one page

pytestmark = pytest.mark.skipif(not has_binary(), reason="no postern in POSTERN_BIN_DIR")


@pytest.fixture
def sandbox(folder):  # noqa: F811
    if not has_binary("postern-sandbox"):
        pytest.skip("no postern-sandbox")
    with Sandbox(folder / "sandbox", "--issues", str(ISSUES)) as running:
        yield running


def snippets():
    """Heading → the code below it."""
    text = (LOCAL / "README.md").read_text(encoding="utf-8")
    return {name: BLOCK.search(body)[2] for name, body in SECTION.findall(text)}


@pytest.fixture
def execute(serving, folder):  # noqa: F811
    """execute(heading, program, path) runs that snippet, pointed at this Postern: what it printed.
    `path` is searched first for programs."""
    def one(heading, *program, path=None):
        code = snippets()[heading]
        assert ADDRESS in code
        script = folder / "script"
        script.write_text(code.replace(ADDRESS, f"127.0.0.1:{serving.port}"))
        search = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
        done = subprocess.run([*program, script], capture_output=True, text=True, cwd=folder,
                              env=clean_environment(HOME=folder, PATH=search),
                              stdin=subprocess.DEVNULL, timeout=bound(60), check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
    return one


def test_each_snippet_is_known_here():
    assert set(snippets()) == {
        "curl", "Python requests", "Node fetch", "Go", "sentry-cli", "sentry", "MCP"}


def test_curl(execute):
    assert {one["slug"] for one in json.loads(execute("curl", "sh"))} >= {"backend", "frontend"}


def test_python_requests(execute):
    pytest.importorskip("requests", reason="python3-requests is not installed")
    assert len(set(execute("Python requests", "/usr/bin/python3").splitlines())) == ISSUES


def test_node_fetch(execute):
    node = [npm.node(), "--input-type=module"]
    assert "backend" in execute("Node fetch", "sh", "-c", f'exec {" ".join(node)} < "$0"').split()


def test_go_is_formatted(folder):  # noqa: F811
    if shutil.which("gofmt") is None:
        pytest.skip("gofmt is not installed")
    (folder / "main.go").write_text(snippets()["Go"])
    done = subprocess.run(["gofmt", "-l", folder / "main.go"], capture_output=True, text=True,
                          check=True)
    assert done.stdout == ""


def test_sentry_cli(execute):
    path = npm.install(npm.SENTRY_CLI) / ".bin"
    assert "backend" in execute("sentry-cli", "sh", path=path)


def test_sentry(execute, folder):  # noqa: F811
    program = npm.install(npm.SENTRY) / "sentry" / "dist" / "bin.cjs"
    (folder / "bin").mkdir()
    (folder / "bin" / "sentry").write_text(f'#!/bin/sh\nexec {npm.node()} {program} "$@"\n')
    (folder / "bin" / "sentry").chmod(0o755)
    assert "backend" in execute("sentry", "sh", path=folder / "bin")


def test_envrc(serving, folder):  # noqa: F811
    """Sourced as direnv does it, strictly; sentry-cli then asks for nothing."""
    text = (LOCAL / "envrc").read_text(encoding="utf-8")
    (folder / "envrc").write_text(text.replace(ADDRESS, f"127.0.0.1:{serving.port}"))
    program = npm.install(npm.SENTRY_CLI) / ".bin" / "sentry-cli"
    told = npm.run_client(["bash", "-euc", '. ./envrc && exec "$@"', "-"], program, "projects",
                          "list", env={"http_proxy": "http://127.0.0.1:9"}, folder=folder)
    assert "backend" in told


# --- MCP ------------------------------------------------------------------------------------------


class McpServer:
    """Sentry's MCP server on its standard input and output, as an editor starts it."""

    def __init__(self, command, env, folder):  # noqa: F811
        self.process = subprocess.Popen(
            [*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, cwd=folder,
            env=clean_environment(HOME=folder, **env))
        self.calls = 0
        self.ask("initialize", protocolVersion="2025-03-26", capabilities={},
                 clientInfo={"name": "test", "version": "1"})
        self.tell({"method": "notifications/initialized"})

    def tell(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def ask(self, method, **params):
        self.calls += 1
        self.tell({"id": self.calls, "method": method, "params": params})
        answer = json.loads(self.process.stdout.readline())
        assert answer["id"] == self.calls and "result" in answer, answer
        return answer["result"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(bound(10))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def test_mcp(serving, sandbox, folder):  # noqa: F811
    """What an editor's configuration says is what is started, from the npm registry's package."""
    server = json.loads(snippets()["MCP"])["mcpServers"]["sentry"]
    assert server["command"] == "npx" and server["args"][:2] == ["-y", npm.MCP_SERVER]
    program = npm.install(npm.MCP_SERVER) / "@sentry" / "mcp-server" / "dist" / "index.js"
    args = [arg.replace(ADDRESS, f"127.0.0.1:{serving.port}") for arg in server["args"][2:]]
    with McpServer([npm.node(least=22), program, *args], server["env"], folder) as mcp:
        found = mcp.ask("tools/call", name="find_projects", arguments={"organizationSlug": "acme"})
        assert not found.get("isError") and "backend" in json.dumps(found), found
    assert any("/projects/" in one["target"] for one in sandbox.control("requests?last=20"))


# --- compose --------------------------------------------------------------------------------------


def compose(name):
    return yaml.safe_load((LOCAL / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["compose.yaml", "compose.host.yaml"])
def test_compose_starts_the_image_as_little_able_as_it_can_be(name):
    postern = compose(name)["services"]["postern"]
    context = (LOCAL / postern["build"]["context"]).resolve()
    assert context == ROOT and (context / postern["build"]["dockerfile"]).is_file()
    assert postern["read_only"] and postern["cap_drop"] == ["ALL"]
    assert postern["security_opt"] == ["no-new-privileges:true"]
    assert "store:/var/lib/postern" in postern["volumes"]
    assert int(postern["stop_grace_period"].rstrip("s")) > 25


@pytest.mark.parametrize("name", ["compose.yaml", "compose.host.yaml"])
def test_compose_names_only_what_it_has(name):
    told = compose(name)
    postern = told["services"]["postern"]
    assert {volume.partition(":")[0] for volume in postern["volumes"]
            if not volume.startswith(".")} == set(told["volumes"])
    assert set(postern["secrets"]) == set(told["secrets"])
    folders = [v.partition(":")[0] for v in postern["volumes"] if v.startswith(".")]
    assert [f for f in folders if not (LOCAL / f / "postern.yaml").is_file()] == []


def test_a_program_beside_it_shares_its_network_and_waits_for_it():
    app = compose("compose.yaml")["services"]["app"]
    assert app["network_mode"] == "service:postern"
    assert app["depends_on"]["postern"] == {"condition": "service_healthy", "restart": True}
    assert compose("compose.yaml")["services"]["postern"]["healthcheck"]["test"] == [
        "CMD", "/usr/bin/postern", "healthcheck"]


def test_nothing_is_published_but_on_loopback():
    for name in ("compose.yaml", "compose.host.yaml"):
        for port in compose(name)["services"]["postern"].get("ports", []):
            assert port.startswith("127.0.0.1:"), port


def test_with_an_old_docker_the_other_configuration_listens_on_loopback_itself():
    """What the README puts in place of `ports:`; the Docker that it takes is named in both files."""
    told = yaml.safe_load((LOCAL / "beside" / "postern.yaml").read_text(encoding="utf-8"))
    assert "listen" not in told, "the default is loopback"
    for name in ("README.md", "compose.host.yaml"):
        assert "Docker 28.0" in (LOCAL / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name, address", [
    ("beside", "127.0.0.1:7979"), ("published", "0.0.0.0:7979")])
def test_the_configurations_are_right_and_listen_where_the_container_needs_it(name, address, folder):  # noqa: F811
    """As they are, but for the path of the secret."""
    secret, path = folder / "secret", folder / "postern.yaml"
    secret.write_text("secret\n")
    text = (LOCAL / name / "postern.yaml").read_text(encoding="utf-8")
    mounted = f"/run/secrets/{compose('compose.yaml')['services']['postern']['secrets'][0]}"
    assert mounted in text
    path.write_text(text.replace(mounted, str(secret)))
    env = clean_environment(SENTRY_CLIENT_ID="0123abcd")
    assert run("check", "--config", path, env=env).returncode == 0
    shown = run("show", "--config", path, env=env).stdout
    assert address in shown and "organization: acme" in shown


def test_the_variables_of_the_configurations_are_given_by_compose():
    for name, configuration in (("compose.yaml", "beside"), ("compose.host.yaml", "published")):
        text = (LOCAL / configuration / "postern.yaml").read_text(encoding="utf-8")
        assert set(re.findall(r"\$\{(\w+)", text)) == set(
            compose(name)["services"]["postern"]["environment"])
