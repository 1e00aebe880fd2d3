"""What the kernel says about running processes (/proc)."""

import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and its descendants."""
    found = [pid]
    for parent in found:
        for task in tasks(parent):
            path = pathlib.Path(f"/proc/{parent}/task/{task}/children")
            try:
                found += [int(child) for child in path.read_text().split()]
            except OSError:
                pass
    return found


def tasks(pid):
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def task_name(pid, task):
    try:
        return pathlib.Path(f"/proc/{pid}/task/{task}/comm").read_text().strip()
    except OSError:
        return "?"


def run_time(pid, task):
    """Seconds of CPU, user and system together: the scheduler's count in nanoseconds, or else
    utime+stime in clock ticks."""
    folder = f"/proc/{pid}/task/{task}"
    try:
        return int(pathlib.Path(f"{folder}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        pass
    try:
        fields = pathlib.Path(f"{folder}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    except OSError:
        return 0.0


def cpu_seconds(pids):
    return sum(run_time(pid, task) for pid in pids for task in tasks(pid))


def memory(pids):
    """Sums over the processes, in bytes: {"rss", "anon", "peak"}."""
    keys = {"VmRSS": "rss", "RssAnon": "anon", "VmHWM": "peak"}
    total = dict.fromkeys(keys.values(), 0)
    for pid in pids:
        try:
            lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition(":")
            if name in keys:
                total[keys[name]] += int(value.split()[0]) * 1024
    return total


def shared_out(pids):
    """PSS in bytes: a page that several processes of the machine use counts in parts."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total * 1024


def forget_peak(pids):
    """Starts the peak RSS (VmHWM) anew from what is resident now."""
    for pid in pids:
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
