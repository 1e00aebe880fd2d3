"""The commands for people: help, completion, the manual page, and what a terminal shows."""

import re
import shutil
import subprocess

import pytest
from support.processes import BIN, binary, clean_environment, run
from support.terminals import Terminal
from support.waiting import bound, eventually

COMMANDS = ("serve", "check", "show", "login", "logout", "status", "doctor", "explain", "scopes",
            "run", "healthcheck", "wait", "shutdown", "completion", "man", "version")


def tool(name):
    """A program that may not be there."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def check_with(argv, text):
    return subprocess.run(argv, input=text.encode(), capture_output=True, timeout=bound(30),
                          env=clean_environment(), check=False)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_screen_and_ends_in_an_example(command):
    done = run(*command.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80, done.stdout
    assert lines[-1].startswith("Example: ") and f"postern {command}" in lines[-1]
    assert "\x1b" not in done.stdout


def test_every_command_is_in_this_list():
    assert f"there are {', '.join(COMMANDS)}" in run("qqqqqqqqqq").stderr


class TestBashCompletion:
    @pytest.fixture(scope="class")
    def script(self):
        return run("completion", "bash").stdout

    def complete(self, script, line, folder):
        """What Tab offers at the end of `line`, as bash would ask for it."""
        words = re.findall(r"=|[^\s=]+", line) + ([""] if line[-1] in " =" else [])
        array = " ".join(f"'{word}'" for word in words)
        done = check_with(["bash", "--norc", "-s"], f"""
            cd {folder}
            PATH={BIN}:$PATH
            {script}
            COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}
            _postern postern '' ''
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """)
        assert done.stderr == b"", done.stderr
        return sorted(done.stdout.decode().split())

    @pytest.mark.parametrize("line, offered", [
        ("postern st", ["status"]),
        ("postern he", ["healthcheck"]),
        ("postern --config x sta", ["status"]),
        ("postern status --w", ["--watch"]),
        ("postern status --watch --js", ["--json"]),
        ("postern status --color a", ["always", "auto"]),
        ("postern status --color=ne", ["never"]),
        ("postern explain P", ["PATCH", "POST", "PUT"]),
        ("postern explain GET P", []),
        ("postern completion z", ["zsh"]),
        ("postern completion ", ["bash", "fish", "zsh"]),
        ("postern check --config post", ["postern.yaml"]),
        ("postern run -- printen", ["printenv"]),
        ("postern run -- cat post", ["postern.yaml"]),
        ("postern login --grant ", ["acme", "eu"]),
        ("postern login --config postern.yaml --grant e", ["eu"]),
        ("postern login --grant=", ["acme", "eu"]),
        ("postern wait --timeout ", []),
        ("postern nonsense --", ["--color", "--config", "--help", "--set"]),
    ])
    def test_offers(self, script, folder, line, offered):
        (folder / "postern.yaml").write_text(
            "grants: [{organization: acme}, {name: eu, organization: acme-eu}]\n")
        found = self.complete(script, line, folder)
        assert found == sorted(offered) or (line.endswith("printen") and "printenv" in found)

    def test_every_command_is_offered(self, script, folder):
        assert set(COMMANDS) <= set(self.complete(script, "postern ", folder))

    def test_is_loaded_as_readme_says(self, folder):
        done = check_with(["bash", "--norc", "-s"],
                          f"PATH={BIN}:$PATH\n"
                          "source <(postern completion bash) && complete -p postern\n")
        assert done.stdout.decode().strip() == "complete -F _postern postern", done.stderr

    def test_shellcheck_finds_nothing(self, script):
        done = check_with([tool("shellcheck"), "-s", "bash", "-"], script)
        assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("shell, argv", [("zsh", ["zsh", "-f", "-n"]), ("fish", ["fish", "-n"])])
def test_the_other_shells_can_read_theirs(shell, argv, folder):
    tool(shell)
    script = folder / f"postern.{shell}"
    script.write_text(run("completion", shell).stdout)
    done = check_with([*argv, str(script)], "")
    assert (done.returncode, done.stderr) == (0, b""), done.stderr


def test_fish_offers_commands_options_and_grants(folder):
    tool("fish")
    (folder / "postern.yaml").write_text("grants: [{organization: acme}]\n")
    for line, offered in (("postern sta", "status"), ("postern status --wa", "--watch"),
                          ("postern login --grant ", "acme")):
        done = check_with(["fish", "-N", "-c", f"cd {folder}; set PATH {BIN} $PATH; "
                           f"postern completion fish | source; complete -C '{line}'"], "")
        assert offered in [found.split("\t")[0] for found in done.stdout.decode().splitlines()], line


class TestManualPage:
    @pytest.fixture(scope="class")
    def page(self):
        done = run("man")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def test_man_shows_it_without_a_warning(self, page, folder):
        (folder / "postern.1").write_text(page)
        done = subprocess.run([tool("man"), "--warnings", "-l", folder / "postern.1"],
                              capture_output=True, timeout=bound(30), check=False,
                              env=clean_environment(MANWIDTH="80", LC_ALL="C.UTF-8"))
        assert (done.returncode, done.stderr) == (0, b""), done.stderr
        text = re.sub(".\b", "", done.stdout.decode())
        for section in ("EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES"):
            assert f"\n{section}\n" in text
        for command in COMMANDS:
            assert f"postern {command}" in text
        assert "--redirect-uri URI" in text

    def test_mandoc_finds_nothing_to_complain_of(self, page, folder):
        (folder / "postern.1").write_text(page)
        done = check_with([tool("mandoc"), "-T", "lint", "-W", "warning",
                           str(folder / "postern.1")], "")
        assert done.returncode == 0, done.stdout.decode()


class TestStatus:
    def test_a_terminal_gets_a_table_with_colours(self, postern):
        with Terminal("status", "--config", postern.config_path) as terminal:
            assert terminal.wait() == 0
            shown = terminal.output
        assert re.search(r"GRANT\S*\s+\S*STATE", shown), shown
        assert "\x1b[32mfresh\x1b[0m" in shown and re.search(r"in \d+ days", shown)

    @pytest.mark.parametrize("environment, options", [
        ({"NO_COLOR": "1"}, []), ({"TERM": "dumb"}, []), ({}, ["--color", "never"])])
    def test_colours_can_be_declined(self, postern, environment, options):
        with Terminal("status", "--config", postern.config_path, *options,
                      **environment) as terminal:
            assert terminal.wait() == 0
            assert "fresh" in terminal.output and "\x1b" not in terminal.output

    def test_elsewhere_it_is_plain(self, postern):
        done = run("status", "--config", postern.config_path)
        assert "acme: fresh" in done.stdout and "\x1b" not in done.stdout
        colored = run("status", "--config", postern.config_path, "--color", "always")
        assert "\x1b[32mfresh" in colored.stdout

    def test_what_to_do_has_a_line_of_its_own(self, start, upstream):
        postern = start(upstream, grants=(), config={"grants": [{"organization": "acme"}]})
        with Terminal("status", "--config", postern.config_path) as terminal:
            assert terminal.wait() == 1
            lines = re.sub(r"\x1b\[\d*m", "", terminal.output).splitlines()
        assert any(line.strip().startswith("run: postern login") for line in lines), lines

    def test_watch_goes_on_until_ctrl_c_and_puts_the_terminal_back(self, postern):
        with Terminal("status", "--watch", "--config", postern.config_path) as terminal:
            terminal.eventually_shows("fresh")
            first = len(terminal.read())
            terminal.eventually_shows("\x1b[?1049h")
            eventually(lambda: "fresh" in terminal.read()[first:], "a second frame")
            terminal.type("\x03")
            assert terminal.wait() == 0
            assert terminal.output.endswith("\x1b[?7h\x1b[?25h\x1b[?1049l")
            assert terminal.has_its_old_settings()

    def test_watch_tells_when_the_instance_has_gone(self, postern):
        with Terminal("status", "--watch", "--config", postern.config_path) as terminal:
            terminal.eventually_shows("fresh")
            assert postern.stop() == 0
            terminal.eventually_shows("this is what the store says")
            terminal.process.terminate()
            assert terminal.wait() == 0

    def test_watch_into_a_file_follows_line_by_line(self, postern, folder):
        with open(folder / "out", "wb") as out:
            process = subprocess.Popen([str(binary()), "status", "--watch", "--config",
                                        str(postern.config_path)], stdout=out)
            try:
                    eventually(lambda: (folder / "out").read_text().count("acme: fresh") >= 2, "two")
            finally:
                process.terminate()
                assert process.wait(bound(10)) == 0
        assert "\x1b" not in (folder / "out").read_text()
