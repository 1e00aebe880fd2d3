"""Playing the service manager that opens sockets for a Postern, and keeps them."""

import socket

# Runs a program with the descriptors argv[1] (comma-separated) as 3, 4…, named as argv[2] says.
AS_SERVICE = """
import os, sys
fds = [os.dup(int(fd)) for fd in sys.argv[1].split(",")]
high = [os.dup2(fd, 100 + i, inheritable=False) for i, fd in enumerate(fds)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=sys.argv[2])
os.execvp(sys.argv[3], sys.argv[3:])
"""


class Sockets:
    """Listening sockets by name, as a .socket unit has them."""

    def __init__(self, **addresses):
        """Of each name: a port (0 picks one) on 127.0.0.1, or the path of a unix socket."""
        self.sockets = {name: self.listen(where) for name, where in addresses.items()}

    @staticmethod
    def listen(where):
        if isinstance(where, int):
            return socket.create_server(("127.0.0.1", where), backlog=512)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(where))
        listening.listen(512)
        return listening

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets.values():
            one.close()

    def port(self, name):
        return self.sockets[name].getsockname()[1]

    @property
    def start_options(self):
        """For the fixture start(): the program gets the sockets."""
        numbers = [one.fileno() for one in self.sockets.values()]
        wrapper = ["/usr/bin/python3", "-c", AS_SERVICE, ",".join(map(str, numbers)),
                   ":".join(self.sockets)]
        return {"wrapper": wrapper, "pass_fds": numbers}
