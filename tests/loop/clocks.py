# SPDX-License-Identifier: MIT
"""Deadlines stand on CLOCK_BOOTTIME alone: no other clock, and no jump of one, ends or prolongs a
freeze. The clock itself cannot be made to jump here, nor can the machine be suspended: that a timer
on it rings at once after a suspend is the kernel's promise, and that ours is such a timer is seen."""
import ctypes
import glob
import json
import os
import time

import probe
from cases import Skipped, case, contains, equal, true, within
from host import freeze, status, thaw

OURS = "qemu-ga has no deadline"
CLOCK_BOOTTIME = 7
TFD_TIMER_ABSTIME = 1
JUMPING = "/agent/jumping-clock.so"
YEAR_S = 365 * 24 * 3600
_CLONE_NEWTIME = 0x80


def _timers(pid):
    """What /proc says of the timers of a process."""
    found = []
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        with open(path) as f:
            lines = dict(line.split(": ", 1) for line in f.read().splitlines() if ": " in line)
        if "clockid" in lines:
            found.append(lines)
    return found


def _frozen(world, *options, **how):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{world.hook()}", *options, **how)
    freeze(client, 1)
    return agent, client, probe.frozen("/mnt/a")[0]


@case(own=OURS)
def the_freezer_has_one_timer_and_it_goes_on_while_the_guest_is_suspended(world):
    agent, client, writer = _frozen(world, "--hold-timeout=300")
    freezer, = agent.freezers()
    timer, = _timers(freezer)
    equal(int(timer["clockid"]), CLOCK_BOOTTIME, "clock of the timer")
    equal(int(timer["settime flags"], 8), TFD_TIMER_ABSTIME, "flags of the timer")
    left = int(timer["it_value"].strip("()").split(",")[0])
    true(200 < left <= 300, f"seconds left of 300: {left}")
    thaw(client, 1)
    writer.must_end()


def _jumping():
    if not os.path.exists(JUMPING):
        raise Skipped("no clock that jumps was built")
    return {"LD_PRELOAD": JUMPING, "ASAN_OPTIONS": "exitcode=99:verify_asan_link_order=0"}


def _is_in_a_year_or_was_a_year_ago(world, agent):
    """The proof that the clock jumped for the agent: what the history calls the beginning."""
    def began():
        run = world.run("status", "--json", "-t", agent.statedir)
        freezes = json.loads(run.stdout)["freezes"]
        return freezes and freezes[0]["began_us"] / 1e6
    off = abs(within(5, began, "the history has the freeze") - time.time())
    true(off > YEAR_S / 2, f"the clock was only {off:.0f} s off")


@case(own=OURS, limit=20)
def a_clock_that_jumps_by_years_does_not_end_a_freeze(world):
    agent, client, writer = _frozen(world, "--hold-timeout=300", "--freeze-timeout=10",
                                    "--sync-timeout=10", env=_jumping())
    time.sleep(1.0)   # what must not happen has no event to wait for
    writer.must_be_blocked()
    status(client, "frozen")
    thaw(client, 1)
    writer.must_end()
    thaw(client, 0)
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    _is_in_a_year_or_was_a_year_ago(world, agent)


@case(own=OURS, limit=30)
def a_clock_that_jumps_by_years_does_not_prolong_a_freeze(world):
    agent, client, writer = _frozen(world, "--hold-timeout=1", env=_jumping())
    writer.must_end(10)
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "the status is thawed")
    contains(client.refusal("guest-fsfreeze-thaw").desc, "fsfreeze is limited to 1 seconds")
    _is_in_a_year_or_was_a_year_ago(world, agent)


def _in_other_time(offset_s):
    """For preexec: what is started then lives in a time namespace of its own."""
    def enter():
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWTIME) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        with open("/proc/self/timens_offsets", "w", encoding="ascii") as f:
            f.write(f"boottime {offset_s} 0\nmonotonic {offset_s} 0\n")
    return enter


@case(own=OURS, limit=30)
def a_container_with_another_boot_time_keeps_its_limits(world):
    if not os.path.exists("/proc/self/timens_offsets"):
        raise Skipped("this kernel has no time namespaces")
    agent, client, writer = _frozen(world, "--hold-timeout=1", preexec=_in_other_time(10 ** 6))
    writer.must_end(10)
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "the status is thawed")
    contains(client.refusal("guest-fsfreeze-thaw").desc, "fsfreeze is limited to 1 seconds")
    true(agent.alive(), "the agent ended")
