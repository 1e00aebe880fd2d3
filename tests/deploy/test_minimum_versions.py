"""Libraries that lack fixes: the configuration ends, and install-packages fetches newer ones."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "deploy" / "check_libraries.cmake"
TABLE = ROOT / "deploy" / "minimum-versions"
FIXED = "2.1.12-stable-8+deb12u1"
LIBRARY = "/usr/lib/x86_64-linux-gnu/libevent_core.so"


def rows():
    """The table's lines, each with its five columns."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [re.split("  +", line) for line in lines if line and not line.startswith("#")]


@pytest.fixture
def fakes(tmp_path):
    """Makes commands that are found before the real ones."""
    folder = tmp_path / "fakes"
    folder.mkdir()

    def fake(name, text):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)

    def fake_package(version, owned=LIBRARY):
        """dpkg-query knows that version of libevent-dev, which has that file."""
        fake("dpkg-query", f'''case "$1" in
  -S) shift; for path; do [ "$path" != {owned} ] || echo "libevent-dev:amd64: $path"; done ;;
  *) echo {version} ;;
esac''')

    fake.package = fake_package
    fake.environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    return fake


@pytest.fixture
def configure(tmp_path, fakes):
    """Runs the check of one library, on the system that is named, as a configuration does."""

    def run(library, version, *options, system="debian 12", path=LIBRARY):
        script = tmp_path / "check.cmake"
        script.write_text(f'include({MODULE})\ncheck_library({library} "{version}" {path})\n'
                          'message("found ${POSTERN_LIBRARIES}")\n', encoding="utf-8")
        done = subprocess.run(
            ["cmake", f"-DCHECK_LIBRARIES_SYSTEM={system}", *options, "-P", script],
            env=fakes.environment, capture_output=True, text=True, timeout=20, check=False)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    return run


class TestOnDebian12:
    def test_a_package_without_the_fixes_ends_the_configuration(self, configure, fakes):
        fakes.package("2.1.12-stable-8")
        code, said = configure("libevent", "2.1.12-stable")
        assert code != 0
        assert f"libevent-dev 2.1.12-stable-8 is older than {FIXED}" in said
        assert "CVE-2026-63379" in said
        assert "apt-get install libevent-dev" in said and "-DPOSTERN_ALLOW_OLD_LIBRARIES=ON" in said

    def test_it_goes_on_with_a_warning_when_told_to(self, configure, fakes):
        fakes.package("2.1.12-stable-8")
        code, said = configure("libevent", "2.1.12-stable", "-DPOSTERN_ALLOW_OLD_LIBRARIES=ON")
        assert code == 0
        assert "Warning" in said and "Used all the same" in said and "found libevent 2.1.12" in said

    @pytest.mark.parametrize("package", [FIXED, "2.1.12-stable-8+deb12u2"])
    def test_a_package_with_the_fixes_is_good(self, configure, fakes, package):
        fakes.package(package)
        assert configure("libevent", "2.1.12-stable") == (0, "found libevent 2.1.12-stable")

    def test_a_library_that_is_not_the_package_goes_by_its_own_version(self, configure, fakes):
        fakes.package("2.1.12-stable-8")
        assert configure("libevent", "2.1.13-stable")[0] == 0
        fakes.package(FIXED)
        assert configure("libevent", "2.1.11-stable")[0] != 0
        fakes("dpkg-query", "exit 1")
        assert configure("libevent", "2.1.12-stable")[0] != 0

    @pytest.mark.parametrize("path", ["/usr/local/lib/libevent_core.so", "", "/opt/a;/opt/b"])
    def test_the_package_says_nothing_of_a_library_elsewhere(self, configure, fakes, path):
        """Of the same version, but without Debian's fixes."""
        fakes.package(FIXED)
        code, said = configure("libevent", "2.1.12-stable", path=path)
        assert code != 0 and "install libevent 2.1.13 or later" in said
        first = path.partition(";")[0]
        assert f"{first} is not a file of Debian's libevent-dev {FIXED}" in said
        assert (f"libevent 2.1.12-stable at {first} is older" in said) == bool(first)

    def test_a_file_that_dpkg_knows_in_lib_is_the_one_in_usr_lib(self, configure, fakes):
        fakes.package(FIXED, owned=LIBRARY.removeprefix("/usr"))
        assert configure("libevent", "2.1.12-stable")[0] == 0


class TestElsewhere:
    @pytest.mark.parametrize("system", ["fedora 44", "debian 13", ""])
    def test_the_version_decides(self, configure, fakes, system):
        fakes("dpkg-query", f"echo {FIXED}")
        code, said = configure("libevent", "2.1.12-stable", system=system)
        assert code != 0 and "install libevent 2.1.13 or later" in said
        assert configure("libevent", "2.1.13-stable", system=system)[0] == 0

    def test_an_untold_version_is_a_warning(self, configure):
        code, said = configure("yaml-cpp", "")
        assert code == 0 and "does not tell its version" in said

    def test_a_library_without_a_line_is_a_mistake(self, configure):
        code, said = configure("libnothing", "1.0")
        assert code != 0 and "has no line for libnothing" in said


class TestTable:
    def test_each_library_of_the_build_has_a_line_and_the_other_way_round(self):
        cmake = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
        checked = re.findall(r"^check_library\((\S+) ", cmake, re.MULTILINE)
        assert sorted(checked) == sorted(row[0] for row in rows())

    def test_a_line_has_five_columns_and_no_semicolon(self):
        for row in rows():
            assert len(row) == 5 and ";" not in "".join(row), row
            assert (row[2] == "-") == (row[3] == "-"), row


class TestInstallPackages:
    def install(self, fakes):
        return subprocess.run([ROOT / "deploy" / "install-packages", "build"], env=fakes.environment,
                              capture_output=True, text=True, timeout=20, check=False)

    def fake_versions(self, fakes, version):
        fakes("apt-get", "exit 0")
        fakes("sudo", 'exec "$@"')
        fakes("dpkg-query", f'case "$*" in *Status*) printf installed ;; *) echo {version} ;; esac')

    def test_what_is_too_old_is_installed_anew_and_named_if_that_does_not_help(self, fakes):
        self.fake_versions(fakes, "2.1.12-stable-8")
        done = self.install(fakes)
        assert done.returncode == 0, done.stderr
        assert done.stdout == "Installing Debian packages: libevent-dev\n"
        assert f"libevent-dev 2.1.12-stable-8 lacks fixes, {FIXED} or later" in done.stderr

    def test_what_is_recent_enough_is_left_alone(self, fakes):
        self.fake_versions(fakes, FIXED)
        done = self.install(fakes)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
