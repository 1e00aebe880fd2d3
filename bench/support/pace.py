"""The CPU time of processes that have little to do."""

import http.client
import os
import time

from support import proc
from support.backend import SMALL
from support.client import HEADERS
from support.errors import BenchError
from support.workspace import LOAD_CORE


def share(pids, seconds):
    """Percent of a core that the processes use in the next `seconds`."""
    before, began = proc.cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    return 100 * (proc.cpu_seconds(pids) - before) / (time.monotonic() - began)


def share_at(rate, proxy, seconds):
    """The same of a proxy while it is sent `rate` requests a second, evenly spread, over one
    kept connection."""
    os.sched_setaffinity(0, {LOAD_CORE % os.cpu_count()})
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20)
    before, began = proc.cpu_seconds(proxy.pids()), time.monotonic()
    for number in range(int(rate * seconds)):
        connection.request("GET", SMALL, headers=HEADERS)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise BenchError(f"{proxy.name}: answered {answer.status}")
        early = began + (number + 1) / rate - time.monotonic()
        time.sleep(max(0.0, early))
    spent = proc.cpu_seconds(proxy.pids()) - before
    connection.close()
    return 100 * spent / (time.monotonic() - began)
