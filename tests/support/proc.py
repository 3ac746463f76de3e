# SPDX-License-Identifier: MIT
"""What /proc says of processes. pid: a number, or PID/task/THREAD."""
import collections
import os

Stat = collections.namedtuple("Stat", "state parent session major_faults ticks start")


def pids():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def stat(pid):
    """Raises OSError when it is gone."""
    with open(f"/proc/{pid}/stat", errors="replace") as f:
        fields = f.read().rpartition(")")[2].split()
    number = [int(field) for field in fields[1:]]   # of proc(5)'s fields from the fourth on
    return Stat(fields[0], parent=number[0], session=number[2], major_faults=number[8],
                ticks=number[10] + number[11], start=number[18])


def stats():
    """(pid, what stat says) of all that have not gone meanwhile."""
    for pid in pids():
        try:
            yield pid, stat(pid)
        except OSError:
            pass


def state(pid):
    """Its letter; "" when it is gone."""
    try:
        return stat(pid).state
    except OSError:
        return ""


def has_ended(pid):
    return state(pid) in ("", "Z", "X")


def program(pid):
    """The path of what it runs; None when it has ended."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None
