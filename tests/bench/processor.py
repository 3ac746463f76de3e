# SPDX-License-Identifier: MIT
"""Processor time of processes, in milliseconds, by the kernel's clock of each: of all threads that it
has had, and as fine on a busy machine as on an idle one."""
import glob
import time

_OF_PROCESS = 2    # CPUCLOCK_SCHED


def used_ms(pid):
    return time.clock_gettime(~pid << 3 | _OF_PROCESS) * 1000


def _children(pid):
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path) as f:
            found += [int(word) for word in f.read().split()]
    return [below for child in found for below in (child, *_children(child))]


def of_all(pid):
    """{process: ms} of this one and all below it."""
    return {one: used_ms(one) for one in (pid, *_children(pid))}


def growth_ms(before, after):
    """Of all that are there afterwards."""
    return sum(ms - before.get(pid, 0) for pid, ms in after.items())
