"""Which sources are compiled or looked at together, as one text. Most of the time goes into headers and templates,
and those are then read and instantiated once for all of them.

Sources of a unit are of one folder and have no private name in common; the names are guessed from the lines on which
they stand.
"""

import dataclasses
import json
import pathlib
import re

MOST = 12  # sources of a unit

UNNAMED = re.compile(r"^namespace \{\n(.*?)^\}  // namespace$", re.DOTALL | re.MULTILINE)
TYPE = re.compile(r"^(?:class|struct|enum(?: class)?) (\w+)|^using (\w+) =")
DEFINITION = re.compile(r"^(?!TEST|using )[a-z].*?(\w+)(?:\[\w*\])? ?[({=;]", re.IGNORECASE)
WORD = re.compile(r"\w+")
SAID = re.compile(r"//.*|\"(?:\\.|[^\"\\\n])*\"")  # comments, texts
USING = re.compile(r"^using (?:[\w:]+::)?(\w+)\b(?! *::)", re.MULTILINE)


@dataclasses.dataclass
class Source:
    path: pathlib.Path
    private: set  # names
    words: set


@dataclasses.dataclass
class Unit:
    name: str
    sources: list = dataclasses.field(default_factory=list)

    def takes(self, source):
        if self.sources[0].path.parent != source.path.parent or len(self.sources) == MOST:
            return False
        return not any(source.private & one.words or one.private & source.words for one in self.sources)


def defined_names(text):
    """What unnamed namespaces hold."""
    names = set()
    for body in UNNAMED.findall(text):
        for line in body.splitlines():
            found = TYPE.match(line) or DEFINITION.match(line)
            if found:
                names.add(found[found.lastindex])
    return names


def all_names(text):
    """And what using-declarations bring: one source could leave it unused, and another use it."""
    return defined_names(text) | set(USING.findall(text))


def units_of(paths, names_of):
    units = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        source = Source(path, names_of(text), set(WORD.findall(SAID.sub("", text))))
        unit = next((unit for unit in units if unit.takes(source)), None)
        if unit is None:
            unit = Unit(f"{path.parent.name}_{len(units)}")
            units.append(unit)
        unit.sources.append(source)
    return units


def write_groups(units, file):
    """Writes what CMakeLists.txt takes as POSTERN_UNITS."""
    lines = []
    for unit in units:
        if len(unit.sources) == 1:
            continue
        folder = unit.sources[0].path.parent
        lines.append(f"set_source_files_properties({' '.join(str(source.path) for source in unit.sources)}")
        lines.append(f"  DIRECTORY {folder} PROPERTIES UNITY_GROUP {unit.name})")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_texts(units, folder, compiled):
    """Writes the text of each unit into `folder` and, beside them, how they are compiled: as their sources are by
    `compiled`, which is what cmake's compile_commands.json holds. Returns their paths."""
    commands = {entry["file"]: entry for entry in compiled}
    entries = []
    for unit in units:
        path = str(folder / f"{unit.name}.cc")
        text = "".join(source.path.read_text(encoding="utf-8") for source in unit.sources)
        pathlib.Path(path).write_text(text, encoding="utf-8")
        one = commands[str(unit.sources[0].path)]
        entries.append({**one, "file": path, "command": one["command"].replace(one["file"], path)})
    (folder / "compile_commands.json").write_text(json.dumps(entries, indent=1), encoding="utf-8")
    return [entry["file"] for entry in entries]
