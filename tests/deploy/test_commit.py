"""How a build finds out which commit it is: the script that each build runs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "proxy" / "base" / "commit.cmake"


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True,
                   timeout=20)


@pytest.fixture
def repository(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = tmp_path / "repository"
    (folder / "proxy").mkdir(parents=True)
    (folder / "proxy" / "main.cc").write_text("int main() {}\n", encoding="utf-8")
    (folder / "README.md").write_text("words\n", encoding="utf-8")
    git(tmp_path, "init", "-q", folder)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def look(folder, commit=""):
    """What the script writes: (commit, modified)."""
    output = folder.parent / "commit.cc"
    subprocess.run(["cmake", "-D", f"SOURCE={folder}", "-D", f"OUTPUT={output}", "-D",
                    f"COMMIT={commit}", "-P", SCRIPT], check=True, capture_output=True, timeout=20)
    found = re.search(r'return \{"(.*)", (true|false)\};', output.read_text(encoding="utf-8"))
    return found[1], found[2] == "true"


def test_the_commit_is_cut_to_twelve_digits(repository):
    head = subprocess.run(["git", "-C", repository, "rev-parse", "HEAD"], check=True,
                          capture_output=True, text=True, timeout=20).stdout
    assert look(repository) == (head[:12], False)


def test_a_change_of_the_program_counts_and_one_of_a_document_does_not(repository):
    (repository / "README.md").write_text("other words\n", encoding="utf-8")
    assert look(repository)[1] is False
    (repository / "proxy" / "main.cc").write_text("int main() { return 1; }\n", encoding="utf-8")
    assert look(repository)[1] is True


def test_sources_inside_of_another_repository_are_not_at_its_commit(repository):
    assert look(repository / "proxy") == ("", False)


def test_without_a_repository_it_is_unknown_or_what_the_packager_says(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    assert look(folder) == ("", False)
    assert look(folder, "v0.1.0-1") == ("v0.1.0-1", False)
    assert look(folder, "0123456789abcdef0123456789abcdef01234567") == ("0123456789ab", False)


def test_what_would_end_a_string_is_refused(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        look(tmp_path, 'a"; }')


def test_an_answer_that_stays_is_not_written_again(repository):
    look(repository)
    before = (repository.parent / "commit.cc").stat().st_mtime_ns
    look(repository)
    assert (repository.parent / "commit.cc").stat().st_mtime_ns == before
