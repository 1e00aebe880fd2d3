"""What a program takes on the disk of a Debian that has nothing but what every Debian has."""

import os
import re
import subprocess

FIELDS = "${Package}\t${Installed-Size}\t${Priority}\t${Essential}\t${Provides}\t${Pre-Depends}, ${Depends}\n"


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def names_of(field):
    """The package names of a field like `Depends`: every alternative, without versions."""
    words = (re.split(r"[ (:\[]", word.strip())[0] for word in re.split(r"[,|]", field))
    return [word for word in words if word]


class Packages:
    """The installed packages, as dpkg knows them. All sizes are in bytes."""

    def __init__(self):
        self._size, self._needs, self._giver, self._everywhere = {}, {}, {}, set()
        for line in said("dpkg-query", "-W", "-f", FIELDS).splitlines():
            name, size, priority, essential, provides, needs = line.split("\t")
            self._size[name] = int(size or 0) * 1024
            self._needs[name] = names_of(needs)
            for given in names_of(provides):
                self._giver.setdefault(given, name)
            if priority == "required" or essential == "yes":
                self._everywhere.add(name)
        self._everywhere = self._with_needs(self._everywhere, set())

    def _with_needs(self, names, left_out):
        found, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            name = name if name in self._size else self._giver.get(name)
            if name is None or name in found or name in left_out:
                continue
            found.add(name)
            waiting += self._needs[name]
        return found

    def size_with_needs(self, names):
        """Installed size of the packages and of what they depend on, without what every Debian has."""
        return sum(self._size[name] for name in self._with_needs(names, self._everywhere))

    def libraries_of(self, program):
        """The packages of the shared libraries that `program` is linked with."""
        paths = re.findall(r"=> (/\S+)", said("ldd", str(program)))
        owners = set()
        for path in paths:
            for candidate in dict.fromkeys((path, os.path.realpath(path), f"/usr{path}")):
                done = subprocess.run(
                    ["dpkg-query", "-S", candidate], capture_output=True, text=True, check=False
                )
                if done.returncode == 0:
                    owners.add(done.stdout.split(":")[0])
                    break
        return owners
