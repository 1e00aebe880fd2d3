"""What deploy/security.md names is there: settings, tests, and the links to it."""

import re
import subprocess
from pathlib import Path

import pytest
from support.processes import binary

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "deploy" / "security.md").read_text(encoding="utf-8")
SECTIONS = ("admin", "cache", "client", "grants", "guard", "limits", "log", "policy", "probes",
            "refresh", "sentry", "server", "store", "upstream")


def settings(text):
    """`section.key` of each setting in the text that `postern show --reference` prints."""
    section = ""
    for line in text.splitlines():
        match = re.match(r"(#?)( *)(?:- )?([a-z_]+):", line)
        if not match:
            continue
        if not match[1] and not match[2]:
            section = match[3]
            yield section
        else:
            yield f"{section}.{match[3]}"


@pytest.fixture(scope="module")
def known():
    done = subprocess.run([binary("postern"), "show", "--reference"], capture_output=True, text=True,
                          check=True, timeout=20)
    return set(settings(done.stdout))


def named():
    """The settings that stand in the page as `section.key`, perhaps with a value."""
    quoted = re.findall(r"`([a-z_]+\.[a-z_]+)(?::[^`]*)?`", PAGE)
    return sorted({name for name in quoted if name.split(".")[0] in SECTIONS} - {"admin.token"})


def test_each_setting_exists(known):
    assert len(named()) > 15
    assert [name for name in named() if name not in known] == []


def test_what_an_entry_of_listen_may_say_exists(known):
    assert {"listen", "listen.mode", "listen.uids", "listen.allow_remote"} <= known


def test_each_test_exists():
    tests = set(re.findall(r"tests/[\w/]+\.(?:py|cc)\b", PAGE))
    assert len(tests) > 25
    assert sorted(name for name in tests if not (ROOT / name).is_file()) == []


def test_each_threat_has_an_answer_and_a_test():
    table = PAGE.split("## What stops what")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 15
    assert [row for row in rows if row.count(" | ") != 2 or "tests/" not in row] == []


def test_the_front_page_leads_here():
    assert "(deploy/security.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_address_is_made_up():
    assert not re.search(r"[\w.]+@[\w.]+", PAGE)
