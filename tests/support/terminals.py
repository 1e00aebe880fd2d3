"""A program on a terminal of its own, watched and typed at by a test."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from .processes import binary, clean_environment
from .waiting import bound, eventually


class Terminal:
    """`postern ARGS` with its three descriptors on a pseudo terminal of 24 lines and 80 columns."""

    def __init__(self, *args, **environment):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment.setdefault("TERM", "xterm")
        self.before = termios.tcgetattr(theirs)
        self.output = ""
        # The first terminal that the leader of a new session opens becomes its own: Ctrl-C works.
        self.process = subprocess.Popen(
            [str(binary()), *map(str, args)], stdin=theirs, stdout=theirs, stderr=theirs,
            env=clean_environment(**environment), start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(theirs), os.O_RDWR)))
        self.theirs = theirs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)

    def read(self):
        """All that has been written so far, escapes included."""
        while select.select([self.ours], [], [], 0)[0]:
            self.output += os.read(self.ours, 65536).decode()
        return self.output

    def eventually_shows(self, text, seconds=10):
        return eventually(lambda: text in self.read(), f"{text!r} in {self.output!r}", seconds)

    def type(self, text):
        os.write(self.ours, text.encode())

    def wait(self, seconds=20):
        """Its exit status, once it has ended by itself."""
        end = time.monotonic() + bound(seconds)
        while self.process.poll() is None:
            assert time.monotonic() < end, f"still runs: {self.read()!r}"
            self.read()
            time.sleep(0.01)
        self.read()
        return self.process.returncode

    def has_its_old_settings(self):
        return termios.tcgetattr(self.theirs) == self.before
