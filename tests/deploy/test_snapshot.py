"""deploy/image/use-snapshot: apt is pointed at Debian's packages of one moment."""

import subprocess

from support.processes import ROOT
from support.waiting import bound

SCRIPT = ROOT / "deploy" / "image" / "use-snapshot"


def use_snapshot(*args):
    return subprocess.run([SCRIPT, *map(str, args)], capture_output=True, text=True,
                          timeout=bound(10), check=False)


def test_apt_is_pointed_at_one_moment(tmp_path):
    (tmp_path / "sources.list").write_text("deb http://deb.debian.org/debian bookworm main\n")
    assert use_snapshot("20261128T000000Z", tmp_path).returncode == 0
    assert not (tmp_path / "sources.list").exists()
    text = (tmp_path / "sources.list.d/debian.sources").read_text()
    found = [dict(line.split(": ", 1) for line in paragraph.splitlines())
             for paragraph in text.strip().split("\n\n")]
    assert [one["Suites"] for one in found] == ["bookworm bookworm-updates", "bookworm-security"]
    assert all("/20261128T000000Z/" in one["URIs"] and one["Signed-By"] for one in found)
    # apt itself understands it.
    shown = subprocess.run(["apt-get", "update", "--print-uris", "-o", f"Dir::Etc={tmp_path}"],
                           capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[4] for line in shown.split() if "://" in line} == {
        "debian", "debian-security"}


def test_without_a_moment_apt_stays_as_it_is(tmp_path):
    assert use_snapshot("", tmp_path).returncode == 0
    assert list(tmp_path.iterdir()) == []
    refused = use_snapshot("yesterday", tmp_path)
    assert refused.returncode == 2 and "yesterday" in refused.stderr
    assert use_snapshot().returncode == 2
