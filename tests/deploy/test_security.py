"""What deploy/security.md names is there: settings, tests, and the links to it."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "deploy" / "security.md").read_text(encoding="utf-8")
REFERENCE = yaml.safe_load((ROOT / "conf" / "reference.yaml").read_text(encoding="utf-8"))
FILES = {("admin", "token")}  # of the store; no setting


def test_each_setting_exists():
    named = set(re.findall(r"`([a-z_]+)\.([a-z_]+)(?::[^`]*)?`", PAGE)) - FILES
    assert len(named) > 15
    assert [name for name in named if name[1] not in REFERENCE.get(name[0], {})] == []


def test_each_test_exists():
    tests = set(re.findall(r"tests/[\w/]+\.(?:py|cc)\b", PAGE))
    assert len(tests) > 25
    assert sorted(name for name in tests if not (ROOT / name).is_file()) == []


def test_each_threat_has_an_answer_and_a_test():
    table = PAGE.split("## What stops what")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 15
    assert [row for row in rows if row.count(" | ") != 2 or "tests/" not in row] == []
