"""Runs the model: Spin makes a C program of it, which searches every state there is."""

import dataclasses
import pathlib
import re
import subprocess
import tempfile

MODEL = pathlib.Path(__file__).with_name("refresh.pml")
MOST_MEMORY = 1800  # MiB
LONGEST = 240  # s


class Trouble(Exception):
    """The search could not be made, or not to its end."""


@dataclasses.dataclass
class Outcome:
    """`broken`: the property that does not hold, such as "P1", and the story that shows it."""

    states: int
    seconds: float
    mebibytes: float
    broken: str = ""
    story: str = ""


def search(settings, shortest=False):
    """Searches the model with `settings`, a dictionary of its #defines. `shortest`: for the shortest story, which takes
    more memory."""
    with tempfile.TemporaryDirectory(prefix="postern-model-") as folder:
        defines = [f"-D{name}={value}" for name, value in settings.items()]
        command(["spin", *defines, "-a", MODEL], folder)
        kind = ["-DBFS"] if shortest else []
        flags = ["-O0", "-w", "-DSAFETY", "-DNOREDUCE", f"-DMEMLIM={MOST_MEMORY}", "-DVECTORSZ=512"]
        command(["gcc", *flags, *kind, "-o", "pan", "pan.c"], folder)
        said = command([pathlib.Path(folder, "pan"), "-m10000", "-w20"], folder)
        outcome = read(said)
        if "errors: 0" not in said:
            story = command(["spin", *defines, "-t", "-k", f"{MODEL.name}.trail", MODEL], folder)
            outcome.broken, outcome.story = explain(story)
        return outcome


def command(words, folder):
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except FileNotFoundError as error:
        raise Trouble(f"{error.filename} is not there; deploy/install-packages test") from error
    if done.returncode != 0:
        raise Trouble(f"{' '.join(map(str, words))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def read(said):
    """What the search says of itself."""
    unfinished = "Search not completed" in said and "errors: 0" in said
    if unfinished or "out of memory" in said or "max search depth too small" in said:
        raise Trouble(f"the search did not come to its end:\n{said}")

    def number(pattern):
        found = re.search(pattern, said)
        return float(found.group(1)) if found else 0.0

    return Outcome(
        states=int(number(r"([0-9.e+]+) states, stored")),
        seconds=number(r"elapsed time ([0-9.]+) seconds"),
        mebibytes=number(r"([0-9.]+)\s+total actual memory usage"),
    )


def explain(story):
    """Which property a story breaks: the one named at the end of the line of its assertion."""
    found = re.search(r"refresh\.pml:(\d+), Error: assertion violated", story)
    if not found:
        raise Trouble(f"not a broken property:\n{story}")
    line = MODEL.read_text(encoding="utf-8").splitlines()[int(found.group(1)) - 1]
    name = re.search(r"/\* (P\d) \*/", line)
    if not name:
        raise Trouble(f"{MODEL.name}:{found.group(1)} names no property")
    is_end = re.compile(r"\s*\d+:\s+proc ").match  # where each process stands then
    steps = [text.strip() for text in story.splitlines() if text.startswith(" ") and not is_end(text)]
    return name.group(1), "\n".join(steps)
