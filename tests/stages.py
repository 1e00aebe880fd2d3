"""The stages of ./tests/run: what is run in which order, and how its tests are counted.

A stage is a function that runs commands and returns a Count. Everything it prints goes to a log file
below build/logs; the terminal sees one line per stage, and the end of the log when something failed.

Stages are in lanes: those of a lane run one after the other, the lanes COMPUTES and WAITS beside each other.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import traceback
import xml.etree.ElementTree

import units

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
JOBS = os.cpu_count() or 2
MINUTES = 60  # seconds
WAITERS = 2 * JOBS  # at a time, of what waits more than it computes
SHOWN_LINES = 60  # of a failed command's output
PATIENCE = 10  # seconds, with a process that was asked to end


@dataclasses.dataclass
class Count:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.note = "; ".join(note for note in (self.note, other.note) if note)


class Failure(Exception):
    """A command failed before any test could be counted, such as a build."""


class Processes:
    """All commands under way, so that they end when we are told to."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.over = False

    def start(self, command, env):
        with self.lock:
            if self.over:
                raise Failure()
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # so that its own children can be ended with it
            )
            self.running.add(process)
            return process

    def forget(self, process):
        with self.lock:
            self.running.discard(process)

    def end(self):
        """Ends them: first so that they can end what they have started, then for good."""
        with self.lock:
            self.over = True
            for process in self.running:
                process.send_signal(signal.SIGINT)
            latest = time.monotonic() + PATIENCE
            for process in self.running:
                try:
                    process.wait(max(latest - time.monotonic(), 0))
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)


PROCESSES = Processes()


class Commands:
    """Runs commands into one log file, and remembers what to show of those that failed."""

    def __init__(self, stage, priority=()):
        self.log = LOGS / f"{stage}.log"
        self.log.unlink(missing_ok=True)
        self.priority = priority
        self.complaints = []

    def run(self, command, timeout, env=None):
        """Returns (succeeded, output). Never raises for a command that fails or takes too long."""
        succeeded, output = self.attempt(command, timeout, env)
        if not succeeded:
            self.complaints.append((words_of(command, env), output))
        return succeeded, output

    def attempt(self, command, timeout, env=None):
        """The same for a command that may fail: nothing of it is shown."""
        words = [*self.priority, *map(str, command)]
        try:
            process = PROCESSES.start(words, env or {})
            output, status = finish(process, timeout), process.returncode
            PROCESSES.forget(process)
        except OSError as error:  # not there, or not executable
            output, status = str(error), 127
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {words_of(command, env)}\n{output}\n")
        return status == 0, output

    def shorten_last(self, output):
        """Shows `output` of the command that failed last, in place of all that it said."""
        self.complaints[-1] = (self.complaints[-1][0], output)

    def must(self, command, timeout, env=None):
        """The same for a command without tests of its own."""
        succeeded, output = self.run(command, timeout, env)
        if not succeeded:
            raise Failure()
        return output


def finish(process, timeout):
    """Waits for the end of a command, at most `timeout` seconds; returns what it printed."""
    try:
        return process.communicate(timeout=timeout)[0]
    except subprocess.TimeoutExpired:
        return f"{end(process)}\n(ended after {timeout} s)\n"


def end(process):
    """Ends a command that takes too long, as Processes.end does."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]


def words_of(command, env):
    """The command as one would type it."""
    words = [f"{name}={value}" for name, value in (env or {}).items()]
    for word in map(str, command):
        word = word.replace(f"{ROOT}/", "")
        words.append(f"'{word}'" if any(c in " *|()$;&" for c in word) else word)
    return " ".join(words)


# --- checks: what a reviewer would have to remember -----------------------------------------------


def checks(commands):
    count = Count()
    for check in sorted((ROOT / "tests/checks").iterdir()):
        if not os.access(check, os.X_OK) or check.is_dir():
            continue
        succeeded, _ = commands.run([check], timeout=2 * MINUTES)
        count.add(Count(passed=int(succeeded), failed=int(not succeeded)))
    return count


# --- builds ---------------------------------------------------------------------------------------

def build(preset, *options):
    def stage(commands):
        commands.must(["cmake", "--preset", preset, *options], timeout=2 * MINUTES)
        command = ["cmake", "--build", "--preset", preset, "--", "-k", "0", f"-j{JOBS}"]
        succeeded, output = commands.run(command, timeout=30 * MINUTES)
        if not succeeded:
            commands.shorten_last(compiler_errors(output))
            raise Failure()
        return Count(note="built")

    return stage


def build_in_units(preset, *options):
    """The same, several sources compiled as one."""
    groups = BUILD / f"{preset}-units.cmake"

    def stage(commands):
        sources = sorted(path for top in ("proxy", "tests") for path in (ROOT / top).rglob("*.cc"))
        units.write_groups(units.units_of(sources, units.defined_names), groups)
        return build(preset, f"-DPOSTERN_UNITS={groups}", *options)(commands)

    return stage


def compiler_errors(output):
    """Ninja's output without its progress lines."""
    lines = [line for line in output.splitlines() if not line.startswith("[")]
    return "\n".join(lines[:SHOWN_LINES])


# --- GoogleTest programs --------------------------------------------------------------------------

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def unit(preset):
    def stage(commands):
        programs = sorted((BUILD / preset / "bin").glob("*_test"))
        if not programs:
            raise Failure()
        env = SANITIZERS if preset == "asan" else {}
        count = Count()
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for one in pool.map(lambda program: run_googletest(commands, program, env), programs):
                count.add(one)
        return count

    return stage


def run_googletest(commands, program, env):
    report = LOGS / f"{program.parent.parent.name}-{program.name}.json"
    report.unlink(missing_ok=True)
    command = [program, "--gtest_brief=1", f"--gtest_output=json:{report}"]
    succeeded, _ = commands.run(command, timeout=10 * MINUTES, env=env)
    if not report.exists():  # it crashed, or was ended
        return Count(failed=1)
    told = json.loads(report.read_text(encoding="utf-8"))
    skipped = sum(
        test.get("result") == "SKIPPED" for suite in told["testsuites"] for test in suite["testsuite"]
    )
    ran = told["tests"] - told.get("disabled", 0) - skipped
    # A leak is found after the report has been written.
    failed = told["failures"] or int(not succeeded)
    return Count(passed=max(ran - failed, 0), failed=failed, skipped=skipped)


# --- pytest ---------------------------------------------------------------------------------------


def pytest(folder, preset, at_once=1, marked=None):
    """`at_once`: how many tests run beside each other. `marked`: only those, as pytest's -m has it."""

    def stage(commands):
        report = LOGS / f"{folder}-{at_once}.xml"
        report.unlink(missing_ok=True)
        command = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-n", at_once] if at_once > 1 else []
        command += ["-m", marked] if marked else []
        command += ["--tb=short", f"--junitxml={report}", f"tests/{folder}"]
        env = {"POSTERN_BIN_DIR": str(BUILD / preset / "bin")}
        succeeded, _ = commands.run(command, timeout=15 * MINUTES, env={**env, **SANITIZERS})
        if not report.exists():
            raise Failure()
        suite = next(xml.etree.ElementTree.parse(report).iter("testsuite"))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        passed = int(suite.get("tests", 0)) - failed - skipped
        return Count(passed, failed or int(not succeeded), skipped)

    return stage


# --- fuzzing, clang-tidy, benches -----------------------------------------------------------------


def fuzz(commands):
    seconds = os.environ.get("POSTERN_FUZZ_SECONDS", "60")
    succeeded, output = commands.run(["tests/fuzz/run", seconds], timeout=15 * MINUTES)
    return counted(output, succeeded)


# Precompiled headers make this no faster: the checks look at all that is in them.
def tidy(commands):
    commands.must(["cmake", "--preset", "clang"], timeout=2 * MINUTES)
    compiled = json.loads((BUILD / "clang/compile_commands.json").read_text(encoding="utf-8"))
    known = {entry["file"] for entry in compiled}
    sources = sorted((ROOT / "proxy").rglob("*.cc"))
    together = units.units_of([source for source in sources if str(source) in known], units.all_names)
    folder = BUILD / "tidy"
    folder.mkdir(exist_ok=True)
    texts = units.write_texts(together, folder, compiled)

    def look(unit, text):
        """Whether each source is in order; what is said of one is said of it alone."""
        command = ["clang-tidy-14", "--quiet", "-p"]
        if commands.attempt([*command, folder, text], timeout=10 * MINUTES)[0]:
            return [True] * len(unit.sources)
        command.append(BUILD / "clang")
        return [commands.run([*command, source.path], timeout=5 * MINUTES)[0] for source in unit.sources]

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = [result for one in pool.map(look, together, texts) for result in one]
    return Count(passed=results.count(True), failed=results.count(False))


def quickstart(commands):
    tried = [commands.run([f"deploy/{name}", "--once"], timeout=10 * MINUTES)[0] for name in ("quickstart", "fleet")]
    return Count(passed=tried.count(True), failed=tried.count(False))


def bench(commands):
    succeeded, output = commands.run(["bench/smoke"], timeout=10 * MINUTES)
    return counted(output, succeeded)


def soak(commands):
    command = ["bench/soak", "--minutes", os.environ.get("POSTERN_SOAK_MINUTES", "2")]
    succeeded, output = commands.run(command, timeout=60 * MINUTES)
    return counted(output, succeeded)


def counted(output, succeeded):
    """The count that a script of ours says in its last line, `N passed, N failed`."""
    words = (output.strip().splitlines() or [""])[-1].replace(",", "").split()
    if len(words) == 4 and words[1] == "passed" and words[3] == "failed":
        failed = int(words[2])
        return Count(passed=int(words[0]), failed=failed or int(not succeeded))
    return Count(failed=1, note="said no count")


# --- the order ------------------------------------------------------------------------------------


# Lanes. What computes has the lowest priority, so that it takes the time that the others leave.
COMPUTES, WAITS, ALONE = "computes", "waits", "alone"
PRIORITY = {COMPUTES: ("nice", "-n", "19")}


@dataclasses.dataclass
class Stage:
    name: str
    lane: str
    purpose: str
    run: object
    needs: tuple = ()  # stages that must have been run without a Failure


# Cheap and telling first. A stage of COMPUTES needs none of WAITS, and neither any of ALONE.
STAGES = [
    Stage("checks", COMPUTES, "format, layers, sizes, lists, scripts, links, events", checks),
    Stage("dev", COMPUTES, "debug build with g++, headers without a source alone", build_in_units("dev", "-DPOSTERN_BENCH=ON")),
    Stage("unit", COMPUTES, "unit tests", unit("dev"), ("dev",)),
    Stage("model", COMPUTES, "the refresh protocol of a fleet, every state of it", pytest("model", "dev", JOBS)),
    Stage("release", COMPUTES, "optimised, hardened build", build("release", "-DPOSTERN_ALLOW_OLD_LIBRARIES=ON")),
    Stage("asan", COMPUTES, "clang build: sanitizers, thread-safety analysis, fuzz targets", build_in_units("asan")),
    Stage("asan-unit", COMPUTES, "unit tests under the sanitizers", unit("asan"), ("asan",)),
    Stage("tidy", COMPUTES, "clang-tidy on proxy/", tidy),
    Stage("fuzz", COMPUTES, "fuzz targets, 60 s each (POSTERN_FUZZ_SECONDS)", fuzz, ("asan",)),
    Stage("quickstart", WAITS, "deploy/quickstart and deploy/fleet, as a newcomer runs them", quickstart, ("release",)),
    Stage("system", WAITS, "the release binary from outside",
          pytest("system", "release", WAITERS, "not alone"), ("release",)),
    Stage("upgrade", WAITS, "started with what earlier releases left on disk",
          pytest("upgrade", "release", JOBS), ("release",)),
    Stage("deploy", WAITS, "what is in deploy/: built, installed, rendered, run",
          pytest("deploy", "release", WAITERS), ("release",)),
    Stage("sandbox", WAITS, "the pretend Sentry keeps its word", pytest("sandbox", "asan", WAITERS), ("asan",)),
    Stage("redis", WAITS, "the Redis client against real servers, by a sanitized probe",
          pytest("redis", "asan", WAITERS), ("asan",)),
    Stage("conformance", WAITS, "HTTP/1.1 cases against the sanitized binary", pytest("conformance", "asan"), ("asan",)),
    Stage("soak", WAITS, "the long run, two minutes of it (POSTERN_SOAK_MINUTES)", soak, ("release",)),
    Stage("system-alone", ALONE, "of the system tests, those that a busy machine disturbs",
          pytest("system", "release", 1, "alone"), ("release",)),
    Stage("bench", ALONE, "each benchmark once, briefly; instructions per request", bench, ("release",)),
]
QUICK = ("checks", "dev", "unit")


class Run:
    """Runs stages, prints what became of each, and adds up their counts."""

    def __init__(self, stages):
        self.stages = stages
        self.usable = {stage.name: concurrent.futures.Future() for stage in stages}
        self.printing = threading.Lock()
        self.total = Count()

    def all(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            try:
                list(pool.map(self.lane, (COMPUTES, WAITS)))
                self.lane(ALONE)
            except BaseException:  # we are told to stop
                PROCESSES.end()
                raise
        return self.total

    def lane(self, name):
        for stage in self.stages:
            if stage.lane == name:
                self.usable[stage.name].set_result(self.stage(stage))

    def stage(self, stage):
        """Runs a stage when those that it needs are done. Returns whether others may build on it."""
        for need in stage.needs:
            if not self.usable[need].result():
                self.say(f"{stage.name:<12} not run: {need} failed")
                return False
        commands = Commands(stage.name, PRIORITY.get(stage.lane, ()))
        began = time.monotonic()
        count, usable = outcome_of(stage, commands)
        seconds = time.monotonic() - began
        self.say(f"{stage.name:<12} {line_of(count):<44} {seconds:7.1f} s", count, commands)
        return usable

    def say(self, line, count=Count(), commands=None):
        with self.printing:
            if PROCESSES.over:
                return
            print(line, flush=True)
            self.total.add(count)
            if count.failed:
                show(commands)


def outcome_of(stage, commands):
    """Returns (count, whether other stages may build on it)."""
    try:
        return stage.run(commands), True
    except Failure:
        return Count(failed=1), False
    except Exception:  # a fault of ours; the other lane must not wait for ever
        commands.complaints.append((f"tests/run --only {stage.name}", traceback.format_exc()))
        return Count(failed=1), False


def line_of(count):
    parts = []
    if count.passed or not (count.failed or count.note):
        parts.append(f"{count.passed} passed")
    if count.failed:
        parts.append(f"{count.failed} FAILED")
    if count.skipped:
        parts.append(f"{count.skipped} skipped")
    return ", ".join(parts + ([count.note] if count.note else []))


def show(commands):
    for repeat, output in commands.complaints:
        lines = output.rstrip().splitlines()
        if len(lines) > SHOWN_LINES:
            print(f"    … {len(lines) - SHOWN_LINES} lines more in {commands.log.relative_to(ROOT)}")
        for line in lines[-SHOWN_LINES:]:
            print(f"    {line}")
        print(f"    repeat with: {repeat}\n", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="tests/run",
        description="Installs what the tests need, builds everything and runs every check and test.",
    )
    parser.add_argument("--list", action="store_true", help="print the stages and stop")
    parser.add_argument(
        "--only",
        action="append",
        metavar="STAGE",
        help="run this stage, and the builds it needs; may be given more than once",
    )
    parser.add_argument("--quick", action="store_true", help=f"run {', '.join(QUICK)} only")
    return parser.parse_args()


def choose(arguments):
    names = [stage.name for stage in STAGES]
    wanted = QUICK if arguments.quick else (arguments.only or names)
    for name in wanted:
        if name not in names:
            print(f"tests/run: no stage '{name}'; there are: {' '.join(names)}", file=sys.stderr)
            sys.exit(2)
    needed = {need for stage in STAGES if stage.name in wanted for need in stage.needs}
    return [stage for stage in STAGES if stage.name in wanted or stage.name in needed]


def main():
    arguments = parse_arguments()
    if arguments.list:
        for stage in STAGES:
            print(f"{stage.name:<12} {stage.purpose}")
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    total = Run(choose(arguments)).all()
    print(f"took {(time.monotonic() - began) / MINUTES:.1f} minutes")
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
