"""A seccomp filter that refuses what Docker's default profile refuses a container without capabilities.

Docker's is a list of what may be called; this is the list of what that leaves out, for x86_64.
"""

import errno
import os
import platform
import struct
import tempfile

ARCHITECTURE = 0xC000003E  # AUDIT_ARCH_X86_64
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # words of BPF
OFFSET_OF_NUMBER, OFFSET_OF_ARCHITECTURE = 0, 4  # in struct seccomp_data
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


def instruction(code, value, if_true=0, if_false=0):
    return struct.pack("=HBBI", code, if_true, if_false, value)


def program():
    """The filter as the kernel takes it: an array of struct sock_filter."""
    numbers = [(n, 1) for n in REFUSED.values()] + [(n, 2) for n in NOT_THERE.values()]
    words = [
        instruction(LOAD, OFFSET_OF_ARCHITECTURE),
        instruction(JUMP_IF_EQUAL, ARCHITECTURE, if_true=1),
        instruction(RETURN, KILL),
        instruction(LOAD, OFFSET_OF_NUMBER),
    ]
    for place, (number, outcome) in enumerate(numbers):
        to_the_outcomes = len(numbers) - place - 1
        words.append(instruction(JUMP_IF_EQUAL, number, if_true=to_the_outcomes + outcome))
    words.append(instruction(RETURN, ALLOW))
    words.append(instruction(RETURN, ERRNO | errno.EPERM))
    words.append(instruction(RETURN, ERRNO | errno.ENOSYS))
    return b"".join(words)


def program_file():
    """A descriptor to read the filter from, for `bwrap --seccomp`. The caller closes it."""
    file = tempfile.TemporaryFile()
    file.write(program())
    file.flush()
    descriptor = os.dup(file.fileno())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
