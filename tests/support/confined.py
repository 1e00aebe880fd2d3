"""Runs a program as far under the confinement of a unit of systemd's as can be had without systemd:

    python3 confined.py UNIT ROOT UID WORD…

in the folder ROOT, read-only but for the unit's state and runtime folders (ProtectSystem=strict), as the
user UID without capabilities, behind a system call filter made of SystemCallFilter=, RestrictAddressFamilies=
and MemoryDenyWriteExecute=. UID 0 and ROOT / leave out all but the filter. x86-64 only.
"""

import ctypes
import errno
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.seccomp import ALLOW, OFFSET_OF_ARGUMENTS, Filter  # noqa: E402

UNISTD = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
PROT_WRITE, PROT_EXEC = 2, 4
CLONE_NEWNS = 0x20000
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 22, 38, 24


def settings(unit):
    """The (name, value) pairs of a unit file, in order."""
    lines = Path(unit).read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if not line.startswith(("#", "["))]
    return [(name, value) for name, sign, value in pairs if sign]


def values(unit, wanted):
    """All words that a setting has been given."""
    return [word for name, value in settings(unit) if name == wanted for word in value.split()]


def call_sets():
    """systemd's sets of system calls, by name."""
    told = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True,
                          check=True, timeout=30).stdout
    found, current = {}, None
    for line in told.splitlines():
        word = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if word.startswith("@"):
            current = found.setdefault(word.strip(), [])
        elif word.strip() and not word.strip().startswith("#") and current is not None:
            current.append(word.strip())
    return found


def expand(words, sets):
    for word in words:
        if word.startswith("@"):
            yield from expand(sets[word], sets)
        else:
            yield word


def allowed_calls(unit):
    """What SystemCallFilter= lets through."""
    sets, allowed = call_sets(), set()
    for name, value in settings(unit):
        if name != "SystemCallFilter":
            continue
        named = set(expand(value.removeprefix("~").split(), sets))
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


def numbers():
    """Of the kernel's system calls, by name."""
    found = re.findall(r"#define __NR_(\w+) (\d+)", UNISTD.read_text(encoding="utf-8"))
    return {name: int(number) for name, number in found}


def filter_of(unit):
    program, number = Filter(), numbers()
    families = [FAMILIES[name] for name in values(unit, "RestrictAddressFamilies")]
    program.skip_unless(number["socket"], 2 + 2 * len(families))
    program.load(OFFSET_OF_ARGUMENTS)
    for family in families:
        program.skip_unless(family, 1)
        program.answer(ALLOW)
    program.refuse(errno.EAFNOSUPPORT)
    for call, refused in (("mmap", PROT_WRITE | PROT_EXEC), ("mprotect", PROT_EXEC)):
        program.skip_unless(number[call], 5)
        program.load(OFFSET_OF_ARGUMENTS + 2 * 8)
        program.mask(refused)
        program.skip_unless(refused, 1)
        program.refuse(errno.EPERM)
        program.answer(ALLOW)
    for call in sorted(allowed_calls(unit) & number.keys()):
        program.skip_unless(number[call], 1)
        program.answer(ALLOW)
    program.refuse(errno.EPERM)
    return program.code


def must(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def enter(libc, root, writable):
    """A namespace of our own in which `root` is read-only, then into it."""
    def mount(*words):
        subprocess.run(["mount", *words], check=True, timeout=30)
    must(libc.unshare(CLONE_NEWNS), "unshare")
    mount("--make-rprivate", "/")
    mount("--bind", root, root)
    for folder in writable:
        mount("--bind", f"{root}{folder}", f"{root}{folder}")
    mount("-o", "remount,bind,ro", root)
    mount("-t", "proc", "proc", f"{root}/proc")
    os.chroot(root)
    os.chdir("/")


def main():
    unit, root, uid, *words = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    code = filter_of(unit)
    if root != "/":
        name = values(unit, "StateDirectory")[0]
        enter(libc, root, [f"/var/lib/private/{name}", f"/run/{name}"])
    if int(uid) != 0:
        for capability in range(64):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        os.setgroups([])
        os.setresgid(int(uid), int(uid), int(uid))
        os.setresuid(int(uid), int(uid), int(uid))
    os.umask(0o077)
    must(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    must(libc.prctl(PR_SET_SECCOMP, 2, program, 0, 0), "seccomp")
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
