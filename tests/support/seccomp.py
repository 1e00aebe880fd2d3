"""Seccomp filters, for x86_64: how one is put together, and one that refuses what Docker's default profile
refuses a container without capabilities.

Docker's is a list of what may be called; REFUSED and NOT_THERE are the list of what that leaves out.
"""

import errno
import os
import platform
import struct
import tempfile

ARCHITECTURE = 0xC000003E  # AUDIT_ARCH_X86_64
OFFSET_OF_NUMBER, OFFSET_OF_ARCHITECTURE, OFFSET_OF_ARGUMENTS = 0, 4, 16  # in struct seccomp_data
KILL, ALLOW, ERRNO = 0x80000000, 0x7FFF0000, 0x00050000

REFUSED = {
    "ptrace": 101, "syslog": 103, "uselib": 134, "personality": 135, "ustat": 136, "sysfs": 139,
    "vhangup": 153, "pivot_root": 155, "_sysctl": 156, "chroot": 161, "acct": 163,
    "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
    "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "create_module": 174,
    "init_module": 175, "delete_module": 176, "get_kernel_syms": 177, "query_module": 178,
    "quotactl": 179, "nfsservctl": 180, "lookup_dcookie": 212, "clock_settime": 227, "mbind": 237,
    "set_mempolicy": 238, "get_mempolicy": 239, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "migrate_pages": 256, "unshare": 272, "move_pages": 279,
    "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303,
    "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310,
    "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "kexec_file_load": 320, "bpf": 321,
    "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
    "fspick": 433, "mount_setattr": 442, "quotactl_fd": 443,
}
# Its flags lie in memory, where a filter cannot see them; so libraries are told to use the older one.
NOT_THERE = {"clone3": 435}


def is_known_here():
    return platform.machine() == "x86_64"


class Filter:
    """A program of the kernel's packet filter, statement by statement. Begins with what every one asks:
    only calls of this architecture go on, with the number of the call loaded."""

    def __init__(self):
        self.code = b""  # as the kernel takes it: an array of struct sock_filter
        self.load(OFFSET_OF_ARCHITECTURE)
        self.skip_if(ARCHITECTURE, 1)
        self.answer(KILL)
        self.load(OFFSET_OF_NUMBER)

    def _add(self, operation, value, if_true=0, if_false=0):
        self.code += struct.pack("=HBBI", operation, if_true, if_false, value)

    def load(self, offset):
        self._add(0x20, offset)

    def mask(self, bits):
        self._add(0x54, bits)

    def skip_if(self, value, count):
        self._add(0x15, value, if_true=count)

    def skip_unless(self, value, count):
        self._add(0x15, value, if_false=count)

    def answer(self, value):
        self._add(0x06, value)

    def refuse(self, number):
        self.answer(ERRNO | number)


def program():
    """The filter that refuses what Docker's does."""
    made = Filter()
    for calls, error in ((REFUSED, errno.EPERM), (NOT_THERE, errno.ENOSYS)):
        for number in calls.values():
            made.skip_unless(number, 1)
            made.refuse(error)
    made.answer(ALLOW)
    return made.code


def program_file():
    """A descriptor to read the filter from, for `bwrap --seccomp`. The caller closes it."""
    file = tempfile.TemporaryFile()
    file.write(program())
    file.flush()
    descriptor = os.dup(file.fileno())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
