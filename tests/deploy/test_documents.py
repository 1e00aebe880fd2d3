"""What deploy/ holds is named in its README."""

from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def test_the_readme_names_each_file_and_folder():
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    found = [path.name for path in DEPLOY.iterdir() if path.name != "README.md"]
    assert [name for name in found if f"]({name}" not in readme] == []
