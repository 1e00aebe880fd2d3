"""The image without a registry: its root file system is made, looked over, and Postern runs in it as a
container runtime would run it; the Dockerfile is held to what the scripts and the program know."""

import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from support import contained, seccomp
from support.http_wire import fetch
from support.name_server import NameServer
from support.processes import ROOT, binary, clean_environment, has_binary
from support.sandboxed import ECHO, sandbox  # noqa: F401
from support.waiting import bound, eventually

IMAGE = ROOT / "deploy" / "image"
MOST_MEGABYTES = 25
DIRECTORY_OF_LIBRARIES = re.compile(r"/usr/lib/[a-z0-9_]+-linux-gnu|/usr/lib64|/usr/lib")
# What is no library and no certificate: each file and link, and what a link leads to.
WANTED = {
    "/bin": "usr/bin", "/lib": "usr/lib", "/lib64": "usr/lib64", "/usr/bin/postern": None,
    "/etc/passwd": None, "/etc/group": None, "/etc/nsswitch.conf": None, "/etc/hosts": None,
    "/etc/resolv.conf": None, "/usr/lib/ssl/certs": "/etc/ssl/certs",
    "/usr/lib/ssl/cert.pem": "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/certs/ca-certificates.crt": None,
}

pytestmark = [
    pytest.mark.skipif(not has_binary(), reason="no postern in POSTERN_BIN_DIR"),
    pytest.mark.skipif(os.geteuid() != 0, reason="takes root: the image's store has an owner"),
]


def make_root(folder, moment="1700000000"):
    done = subprocess.run([IMAGE / "make-root", binary(), folder], capture_output=True, text=True,
                          env=clean_environment(SOURCE_DATE_EPOCH=moment), timeout=bound(60),
                          check=False)
    assert done.returncode == 0, done.stderr
    return folder


def sbom(root, **env):
    return subprocess.run([IMAGE / "sbom", root], capture_output=True, text=True,
                          env=clean_environment(SOURCE_DATE_EPOCH="1700000000", **env),
                          timeout=bound(60), check=False)


def bill_of(root):
    done = sbom(root)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def folder():
    """Whose files another user may read."""
    path = Path(tempfile.mkdtemp(prefix="postern-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def root():
    path = Path(tempfile.mkdtemp(prefix="postern-"))
    path.chmod(0o755)
    yield make_root(path / "root")
    shutil.rmtree(path, ignore_errors=True)


def inside(root):
    """Path in the image → its entry, folders left out."""
    return {"/" + str(path.relative_to(root)): path for path in sorted(root.rglob("*"))
            if path.is_symlink() or not path.is_dir()}


def is_certificate(path):
    return path.startswith("/etc/ssl/certs/") and path.endswith((".crt", ".0", ".1"))


# --- what is in it --------------------------------------------------------------------------------


def test_it_holds_what_postern_needs_and_nothing_else(root):
    found = inside(root)
    loaded = subprocess.run(["ldd", binary()], capture_output=True, text=True, check=True).stdout
    libraries = {Path(word).name for word in loaded.split() if word.startswith("/")}
    rest = {}
    for path, entry in found.items():
        if DIRECTORY_OF_LIBRARIES.fullmatch(str(Path(path).parent)) and entry.name in libraries:
            libraries.discard(entry.name)
        elif not is_certificate(path) or path in WANTED:
            rest[path] = os.readlink(entry) if entry.is_symlink() else None
    assert rest == WANTED
    assert libraries == set()


def test_no_file_has_rights_that_it_does_not_need(root):
    for path in [root, *root.rglob("*")]:
        found, name = path.lstat(), str(path.relative_to(root))
        if path.is_symlink():
            continue
        owner, mode = (found.st_uid, found.st_gid), stat.S_IMODE(found.st_mode)
        if name == "var/lib/postern":
            assert (owner, mode) == ((contained.USER, contained.USER), 0o700)
        else:
            assert owner == (0, 0), name
            assert mode in ({0o1777} if name == "tmp" else {0o755, 0o644}), (name, oct(mode))


def test_it_is_small(root):
    size = sum(entry.lstat().st_size for entry in inside(root).values())
    assert size < MOST_MEGABYTES * 1000 * 1000


def test_the_authorities_are_debians_each_under_a_name_that_openssl_looks_for(root):
    folder = root / "etc/ssl/certs"
    hashed = [path for path in folder.iterdir() if path.is_symlink()]
    files = [path for path in folder.glob("*.crt") if path.name != "ca-certificates.crt"]
    assert {os.readlink(path) for path in hashed} == {path.name for path in files}
    assert (folder / "ca-certificates.crt").read_text().count("BEGIN CERT") == len(files) > 100


def test_made_twice_it_is_the_same_to_the_byte(root, folder):
    def archive(path):
        return hashlib.sha256(subprocess.run(
            ["tar", "--sort=name", "--numeric-owner", "-C", path, "-c", "."], check=True,
            capture_output=True).stdout).hexdigest()
    assert archive(make_root(folder / "again")) == archive(root)
    assert bill_of(folder / "again") == bill_of(root)


def test_it_does_not_write_over_what_is_there(folder):
    (folder / "kept").touch()
    done = subprocess.run([IMAGE / "make-root", binary(), folder], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1 and "not empty" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_what_is_no_program_of_this_machine_is_refused(folder):
    done = subprocess.run([IMAGE / "make-root", IMAGE / "make-root", folder / "root"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "no program with libraries" in done.stderr


# --- the bill of materials ------------------------------------------------------------------------


def test_the_bill_is_an_spdx_document(root):
    told = json.loads(bill_of(root))
    assert (told["spdxVersion"], told["dataLicense"]) == ("SPDX-2.3", "CC0-1.0")
    assert told["SPDXID"] == "SPDXRef-DOCUMENT" and told["name"]
    assert re.fullmatch(r"https://\S+[0-9a-f]{64}", told["documentNamespace"])
    assert told["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
    assert all(re.match(r"(Tool|Organization|Person): ", who)
               for who in told["creationInfo"]["creators"])


def test_the_bills_packages_say_what_spdx_asks_for(root):
    told = json.loads(bill_of(root))
    for package in told["packages"]:
        assert package["name"] and package["versionInfo"] and package["downloadLocation"]
        assert ("packageVerificationCode" in package) == package["filesAnalyzed"]
        for reference in package.get("externalRefs", []):
            assert reference["referenceCategory"] == "PACKAGE-MANAGER"
            assert re.fullmatch(r"pkg:deb/debian/[^@\s:]+@[^@\s:+]+\?arch=\w+&distro=debian-12",
                                reference["referenceLocator"])
    # A new library needs a line in the script; of the image as a whole nobody can say one.
    assert [p["name"] for p in told["packages"] if p["licenseDeclared"] == "NOASSERTION"] == ["image"]


def test_the_bill_names_each_file_with_its_checksum(root):
    told = {file["fileName"]: file["checksums"] for file in json.loads(bill_of(root))["files"]}
    files = {"." + path: entry for path, entry in inside(root).items() if not entry.is_symlink()}
    assert told.keys() == files.keys()
    for name, entry in files.items():
        sums = {one["algorithm"]: one["checksumValue"] for one in told[name]}
        content = entry.read_bytes()
        assert sums == {"SHA1": hashlib.sha1(content).hexdigest(),
                        "SHA256": hashlib.sha256(content).hexdigest()}


def test_the_bills_relationships_lead_from_one_thing_in_it_to_another(root):
    told = json.loads(bill_of(root))
    things = [told["SPDXID"], *(one["SPDXID"] for one in told["packages"] + told["files"])]
    assert len(things) == len(set(things))
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in things)
    triples = [(one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"])
               for one in told["relationships"]]
    assert {end for one, _, other in triples for end in (one, other)} == set(things)
    assert len([one for one in triples if one[1] == "DESCRIBES"]) == 1
    held = [other for _, kind, other in triples if kind == "CONTAINS" and "-File-" in other]
    assert sorted(held) == sorted(one["SPDXID"] for one in told["files"])


@pytest.fixture
def copied(root, folder):
    """Another root with the same in it, to be spoiled."""
    subprocess.run(["cp", "-a", root, folder / "copied"], check=True)
    return folder / "copied"


def library_in(root, name):
    (found,) = root.rglob(name)
    return found


def spoil_library(root):
    with library_in(root, "libz.so.1").open("ab") as file:
        file.write(b"x")


def spoil_bundle(root):
    with (root / "etc/ssl/certs/ca-certificates.crt").open("ab") as file:
        file.write(b"-----BEGIN CERTIFICATE-----")


def relink(root):
    (root / "usr/lib/ssl/cert.pem").unlink()
    (root / "usr/lib/ssl/cert.pem").symlink_to("/var/lib/postern/cert.pem")


SPOILED = {
    "zlib1g": spoil_library,
    "is not the authorities beside it": spoil_bundle,
    "/usr/lib/ssl/cert.pem is a link to /var/lib/postern/cert.pem": relink,
    "/etc/evil is a link to passwd": lambda root: (root / "etc/evil").symlink_to("passwd"),
    "/etc/ssl/certs/01234567.0 is a link to nothing.crt":
        lambda root: (root / "etc/ssl/certs/01234567.0").symlink_to("nothing.crt"),
    "/usr/bin/postern has mode 4755, not 755": lambda root: (root / "usr/bin/postern").chmod(0o4755),
    "/etc/passwd has mode 666, not 644": lambda root: (root / "etc/passwd").chmod(0o666),
    "/etc has mode 777, not 755": lambda root: (root / "etc").chmod(0o777),
    "/var/lib/postern belongs to 0:0": lambda root: os.chown(root / "var/lib/postern", 0, 0),
    "/dev/door is neither file": lambda root: os.mkfifo(root / "dev/door"),
    "of no Debian package: /usr/lib/libevil.so":
        lambda root: (root / "usr/lib/libevil.so").write_bytes(b""),
}


@pytest.mark.parametrize("told", SPOILED)
def test_a_root_that_is_not_as_it_was_made_has_no_bill(told, copied):
    os.umask(0o022)
    SPOILED[told](copied)
    done = sbom(copied)
    assert done.returncode == 1 and told in done.stderr, done.stderr


def test_a_library_that_was_replaced_on_this_machine_is_not_taken_for_debians(root, folder):
    """dpkg knows another sum of the file that machine and image both have."""
    records = folder / "dpkg"
    shutil.copytree("/var/lib/dpkg", records, ignore=shutil.ignore_patterns("lock*", "*-old"))
    (sums,) = records.glob("info/zlib1g:*.md5sums")
    sums.write_text(re.sub(r"^[0-9a-f]{32}", "0" * 32, sums.read_text(), flags=re.MULTILINE))
    done = sbom(root, DPKG_ADMINDIR=records)
    assert done.returncode == 1 and "/libz.so.1" in done.stderr and "zlib1g" in done.stderr, done.stderr


# --- packed into an image -------------------------------------------------------------------------


def pack(root, archive, *arguments, moment="1700000000"):
    return subprocess.run([IMAGE / "pack", root, archive, *arguments], capture_output=True, text=True,
                          env=clean_environment(SOURCE_DATE_EPOCH=moment), timeout=bound(60),
                          check=False)


def unpacked(archive, folder):
    subprocess.run(["tar", "-C", folder, "-xpf", archive], check=True)
    return folder


@pytest.fixture
def layout(root, folder):
    """The image as an OCI layout."""
    done = pack(root, folder / "image.tar", "REVISION=abc")
    assert done.returncode == 0, done.stderr
    (folder / "layout").mkdir()
    return unpacked(folder / "image.tar", folder / "layout")


def blob(layout, described):
    """The content that a descriptor stands for, held to its digest and size."""
    content = (layout / "blobs" / described["digest"].replace(":", "/")).read_bytes()
    assert described["digest"] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert described["size"] == len(content)
    return content


def test_a_packed_image_is_the_root_and_what_the_dockerfile_says(layout, root, folder):
    (described,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(layout, described))
    image = json.loads(blob(layout, manifest["config"]))
    told = image["config"]
    assert (told["User"], told["Labels"]["org.opencontainers.image.revision"]) == ("65532:65532", "abc")
    assert told["Entrypoint"] + told["Cmd"] == [
        "/usr/bin/postern", "serve", "--config", "/etc/postern/postern.yaml"]
    assert told["Healthcheck"]["Interval"] == 10 * 10**9
    layer = gzip.decompress(blob(layout, manifest["layers"][0]))
    assert image["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()]
    (folder / "layer.tar").write_bytes(layer)
    (folder / "again").mkdir()
    found = unpacked(folder / "layer.tar", folder / "again")
    assert subprocess.run(["diff", "-r", "--no-dereference", root, found], check=False).returncode == 0
    store = (found / "var/lib/postern").stat()
    assert (store.st_uid, stat.S_IMODE(store.st_mode)) == (contained.USER, 0o700)


def test_packed_twice_it_is_the_same_to_the_byte(root, folder):
    archives = [folder / "one.tar", folder / "two.tar"]
    assert [pack(root, archive).returncode for archive in archives] == [0, 0]
    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_an_argument_that_the_dockerfile_does_not_have_is_refused(root, folder):
    done = pack(root, folder / "image.tar", "REVISON=abc")
    assert done.returncode == 1 and "REVISON" in done.stderr


# --- running in it --------------------------------------------------------------------------------


def configuration(sandbox, **changes):
    """As few settings as can be: the store is where the image says."""
    return {"listen": "127.0.0.1:0", "admin": {"listen": "127.0.0.1:0"},
            "sentry": {"url": f"https://us.localhost:{sandbox.port}"}, "log": {"format": "json"},
            "grants": [{"organization": "acme"}], **changes}


@pytest.fixture
def start(root, folder):
    """start(config, mounts) starts Postern in the root; it ends with the test."""
    reason = contained.reason_not_to()
    if reason:
        pytest.skip(reason)
    running = []

    def start_one(config, mounts=(), **options):
        running.append(contained.Contained(root, folder / f"c{len(running)}", config, mounts,
                                           **options))
        return running[-1]
    yield start_one
    for one in running:
        one.end()


@pytest.fixture
def mounts(sandbox, folder):
    """What a runtime mounts: names from /etc/hosts. And the sandbox's authority in place of
    Debian's, where OpenSSL looks for one by its hash."""
    hosts, authorities = folder / "hosts", folder / "authorities"
    hosts.write_text("127.0.0.1 localhost us.localhost\n")
    authorities.mkdir()
    shutil.copy(sandbox.ca, authorities / "sandbox.crt")
    subprocess.run(["openssl", "rehash", authorities], check=True, capture_output=True)
    return [(hosts, "/etc/hosts"), (authorities, "/etc/ssl/certs")]


def log_in(postern, sandbox):
    done = postern.run("login", "--import", "-", stdin=sandbox.grant.read_bytes())
    assert done.returncode == 0, done.stderr


def serves(postern):
    return fetch(postern.port(), target=ECHO).status == 200


def test_a_request_is_passed_on(start, sandbox, mounts):
    postern = start(configuration(sandbox), mounts)
    postern.port()
    assert postern.run("healthcheck").returncode == 1, "nobody has logged in"
    log_in(postern, sandbox)
    eventually(lambda: serves(postern), "requests are served")
    eventually(lambda: postern.run("healthcheck").returncode == 0, "it is healthy")
    doctor = postern.run("doctor")
    assert doctor.returncode == 0, doctor.stdout


def test_it_is_confined(start, sandbox, mounts):
    postern = start(configuration(sandbox), mounts)
    postern.port()
    assert {word for word in postern.status("Uid").split()} == {str(contained.USER)}
    assert postern.status("NSpid").split()[-1] == "1"
    assert postern.status("NoNewPrivs") == "1"
    assert {int(postern.status(name), 16) for name in ("CapPrm", "CapEff", "CapInh")} == {0}
    if seccomp.is_known_here():
        assert postern.status("Seccomp") == "2"
    root = next(line.split() for line in Path(f"/proc/{postern.pid}/mountinfo").read_text().splitlines()
                if line.split()[4] == "/")
    assert "ro" in root[5].split(",")


def test_the_filter_refuses_what_it_says_and_nothing_else(folder):
    """Tried by a Python, for Postern makes no such call."""
    reason = contained.reason_not_to()
    if reason or not seccomp.is_known_here():
        pytest.skip(reason or "the filter is for x86_64")
    numbers = [*seccomp.REFUSED.values(), *seccomp.NOT_THERE.values(), 39]  # the last is getpid
    code = ("import ctypes, errno\n"
            "c = ctypes.CDLL(None, use_errno=True)\n"
            f"for n in {numbers}:\n"
            "    ctypes.set_errno(0); c.syscall(n, -1, 0, 0, 0, 0, 0)\n"
            "    print(errno.errorcode.get(ctypes.get_errno(), 'none'))\n")
    filter_file = seccomp.program_file()
    done = subprocess.run(
        [*contained.AS_NOBODY, "bwrap", "--unshare-all", "--ro-bind", "/", "/", "--seccomp",
         str(filter_file), "/usr/bin/python3", "-c", code], pass_fds=[filter_file], text=True,
        capture_output=True, timeout=bound(20), check=False)
    os.close(filter_file)
    assert done.stdout.split() == [
        *["EPERM"] * len(seccomp.REFUSED), *["ENOSYS"] * len(seccomp.NOT_THERE), "none"], done.stderr


def test_a_changed_configuration_is_loaded_and_sigterm_ends_it_in_order(start, sandbox, mounts):
    postern = start(configuration(sandbox), mounts)
    postern.port()
    log_in(postern, sandbox)
    eventually(lambda: serves(postern), "requests are served")
    postern.configure(configuration(sandbox, policy={"access": "read-only"}))
    postern.signal(signal.SIGHUP)
    eventually(lambda: fetch(postern.port(), "DELETE", ECHO).status == 403, "it is read-only now")
    assert postern.stop() == 0, postern.log


def test_names_are_asked_of_the_name_server(start, sandbox, mounts, folder):
    address = f"127.{os.getpid() % 250 + 1}.53.53"
    hosts, resolver = folder / "bare", folder / "resolv.conf"
    hosts.write_text("127.0.0.1 localhost\n")
    resolver.write_text(f"nameserver {address}\n")
    with NameServer(address, "us.localhost") as server:
        postern = start(configuration(sandbox), [
            (hosts, "/etc/hosts"), (resolver, "/etc/resolv.conf"), mounts[1]])
        postern.port()
        log_in(postern, sandbox)
        eventually(lambda: serves(postern), "requests are served")
    assert "us.localhost" in server.asked


def test_without_its_authority_a_peer_is_not_trusted(start, sandbox, mounts):
    """The image's own authorities are in force, and none of them is the sandbox's."""
    postern = start(configuration(sandbox), mounts[:1])
    postern.port()
    log_in(postern, sandbox)
    done = postern.run("doctor")
    assert done.returncode == 1
    assert "certificate" in done.stdout, done.stdout


def test_all_authorities_can_be_asked_for_in_one_file(start, sandbox, mounts):
    """What `sentry.ca_file` says of the image's bundle holds."""
    bundle = {"url": f"https://us.localhost:{sandbox.port}",
              "ca_file": "/etc/ssl/certs/ca-certificates.crt"}
    postern = start(configuration(sandbox, sentry=bundle),
                    [mounts[0], (sandbox.ca, "/etc/ssl/certs/ca-certificates.crt")])
    postern.port()
    log_in(postern, sandbox)
    eventually(lambda: serves(postern), "requests are served")


def in_network_of(postern, *command):
    """What a command says that is run in the container's network, as root."""
    enter = ["nsenter", "-t", str(postern.pid), "-n"]
    return subprocess.run([*enter, *command], capture_output=True, text=True, timeout=bound(20),
                          check=True).stdout


def test_from_outside_it_is_reached_where_it_was_told_to_listen(start):
    """As by `docker run -p`: the call comes to another address, and is named as on the host."""
    config = {"listen": [{"address": "0.0.0.0:7979", "allow_remote": True}],
              "grants": [{"organization": "acme"}]}
    postern = start(config, alone=True)
    postern.port()

    def asked(host):
        told = in_network_of(postern, "curl", "-s", "-H", f"Host: {host}",
                             f"http://127.0.0.2:7979{ECHO}")
        return json.loads(told)["code"]
    assert asked("127.0.0.1:7979") == asked("localhost:7979") == "grant_missing"
    assert asked("postern:7979") == asked("10.88.0.2:7979") == "misdirected"
    postern.configure({**config, "guard": {"hosts": ["postern"]}})
    postern.signal(signal.SIGHUP)
    eventually(lambda: asked("postern:7979") == "grant_missing", "the name is good now")


def test_it_is_up_at_once_and_takes_little(start, sandbox, mounts, record_property):
    began = time.monotonic()
    postern = start(configuration(sandbox), mounts)
    postern.port()
    record_property("seconds_to_listen", round(time.monotonic() - began, 3))
    record_property("rss_mib", round(postern.rss() / (1 << 20), 1))
    assert postern.rss() < 32 << 20


# --- the Dockerfile -------------------------------------------------------------------------------


def instructions():
    """The Dockerfile as (instruction, its text), continued lines joined."""
    text = (IMAGE / "Dockerfile").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def last_stage():
    found = instructions()
    start = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def given(name, stage=None):
    return [text for instruction, text in stage or last_stage() if instruction == name]


def test_the_last_stage_is_from_scratch_and_for_one_user():
    assert given("FROM") == ["scratch"]
    assert given("USER") == [f"{contained.USER}:{contained.USER}"]
    assert given("VOLUME") == [f'["{contained.STORE}"]']
    assert given("ENV") == [f"STATE_DIRECTORY={contained.STORE}"]
    assert given("RUN") == [], "there is no shell to run anything"


def test_the_commands_of_the_image_are_postern_and_understood(root):
    (entry,) = json.loads(given("ENTRYPOINT")[0])
    command = json.loads(given("CMD")[0])
    health = json.loads(given("HEALTHCHECK")[0].partition("CMD ")[2])
    assert (root / entry.strip("/")).exists() and health[0] == entry
    for words in (command, health[1:]):
        shown = subprocess.run([binary(), words[0], "--help"], capture_output=True, text=True,
                               check=True).stdout
        assert [w for w in words if w.startswith("--") and w not in shown] == []


def test_the_ports_are_those_that_the_documents_use():
    ports = given("EXPOSE")[0].split()
    reference = (ROOT / "conf/reference.yaml").read_text(encoding="utf-8")
    assert f"listen: [127.0.0.1:{ports[0]}," in reference
    assert f'listen: "0.0.0.0:{ports[1]}"' in (
        ROOT / "deploy/kubernetes/gateway/base/postern.yaml").read_text(encoding="utf-8")


def test_the_labels_say_what_the_program_says():
    project = re.search(r"project\(postern VERSION (\S+)[^)]*DESCRIPTION \"([^\"]+)\"",
                        (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', given("LABEL")[0]))
    assert labels.keys() == {"title", "description", "licenses", "version", "revision", "created",
                             "source"}
    assert (labels["description"], labels["licenses"]) == (project[2], "Apache-2.0")
    assert f"VERSION={project[1]}" in given("ARG")
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_each_script_and_folder_that_the_build_names_is_there():
    words = " ".join(text for _, text in instructions()).split()
    named = {word for word in words if word.startswith("deploy/")}
    assert {"deploy/image/make-root", "deploy/image/sbom", "deploy/minimum-versions"} < named
    assert [name for name in named if not (ROOT / name).exists()] == []
    presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))
    assert "release" in {preset["name"] for preset in presets["configurePresets"]}


def test_what_a_stage_takes_from_another_was_made_there():
    found = instructions()
    made = " ".join(text for name, text in found if name == "RUN")
    for text in given("COPY", found):
        if "--from=build" in text:
            source = next(word for word in text.split() if word.startswith("/")).rstrip("/")
            assert source in made, source
