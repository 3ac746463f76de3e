# SPDX-License-Identifier: MIT
"""Deadlines, and the one error that tells the host of a freeze that did not hold."""
import os
import signal
import time

import probe
from cases import case, contains, equal, true, within
from disks import fsfreeze
from host import freeze, status, thaw
from pretend import pretend

OURS = "qemu-ga has no limit, and owes nothing"
LIMIT = "--hold-timeout=1"


def _frozen(world, *options):
    """Two frozen filesystems with a hook; agent, client, blocked writers."""
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    agent, client = world.connect(f"-F{world.hook()}", *options)
    freeze(client, 2)
    return agent, client, probe.frozen("/mnt/a", "/mnt/b")


def _again(world, agent, *options):
    """An agent over the state of one that has ended; a client of it."""
    other, client = world.restart(agent, "-F/root/hook", *options)
    within(10, lambda: client.call("guest-fsfreeze-status") == "thawed", "it comes up thawed")
    return other, client


def _is_undone(world, client, writers, limit_s=2):
    for writer in writers:
        writer.must_end(limit_s)
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "the status is thawed")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")


def _is_owed(client, reason, seconds=1):
    """The next thaw is told once; the one after it finds nothing to do."""
    desc = client.refusal("guest-fsfreeze-thaw").desc
    contains(desc, f"fsfreeze is limited to {seconds} seconds", "error of the thaw")
    contains(desc, reason, "error of the thaw")
    thaw(client, 0)


def _works_again(client, count=2):
    freeze(client, count)
    probe.frozen("/mnt/a")
    thaw(client, count)
    thaw(client, 0)


@case(own=OURS, limit=20)
def a_freeze_ends_when_its_time_has_passed(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/b")
    agent, client = world.connect(f"-F{world.hook()}", LIMIT)
    freeze(client, 2)
    began = time.monotonic()
    writers = probe.frozen("/mnt/a", "/mnt/b")
    _is_undone(world, client, writers)
    took = time.monotonic() - began
    true(0.9 < took < 1.8, f"thawed after {took:.2f} s of 1 s")
    _is_owed(client, "this time had passed")
    _works_again(client)
    equal(agent.stop(), 0, "exit status")


@case(own=OURS, limit=20)
def a_new_freeze_clears_what_is_owed(world):
    _, client, writers = _frozen(world, LIMIT)
    _is_undone(world, client, writers)
    freeze(client, 2)
    thaw(client, 2)
    thaw(client, 0)


@case(own=OURS, limit=20)
def also_a_freeze_that_finds_nothing_clears_what_is_owed(world):
    _, client, writers = _frozen(world, LIMIT)
    _is_undone(world, client, writers)
    freeze(client, 0, ["/no/such/place"])
    thaw(client, 0)


@case(own=OURS, limit=20)
def an_agent_started_later_tells_of_a_time_that_had_passed(world):
    agent, client, writers = _frozen(world, LIMIT)
    _is_undone(world, client, writers)
    equal(agent.stop(), 0, "exit status")
    agent, client = _again(world, agent)
    equal(agent.stop(), 0, "exit status")   # one that was not asked keeps it
    _, client = _again(world, agent)
    _is_owed(client, "this time had passed")
    _works_again(client)


@case(own=OURS, limit=20)
def an_owed_error_that_was_reported_is_not_reported_by_the_next_agent(world):
    agent, client, writers = _frozen(world, LIMIT)
    _is_undone(world, client, writers)
    _is_owed(client, "this time had passed")
    equal(agent.stop(), 0, "exit status")
    _, client = _again(world, agent)
    thaw(client, 0)


@case(own=OURS, limit=20)
def an_agent_started_later_tells_of_a_signal(world):
    agent, client, writers = _frozen(world, "--hold-timeout=30")
    equal(agent.stop(), 0, "exit status")
    agent, client = _again(world, agent)
    _is_undone(world, client, writers)
    _is_owed(client, "told to end", 30)


@case(own=OURS, limit=20)
def an_agent_started_later_tells_of_one_that_was_killed(world):
    agent, client, writers = _frozen(world, "--hold-timeout=30")
    agent.kill()
    agent, client = _again(world, agent)
    _is_undone(world, client, writers)
    _is_owed(client, "the agent was lost", 30)
    _works_again(client)


@case(own=OURS, limit=20)
def a_freezer_that_was_killed_is_told(world):
    agent, client, writers = _frozen(world, "--hold-timeout=30")
    os.kill(agent.freezers()[0], signal.SIGKILL)
    _is_undone(world, client, writers)
    _is_owed(client, "the freezer process was lost", 30)
    _works_again(client)


@case(own=OURS, limit=20)
def a_freezer_that_was_told_to_end_is_told(world):
    agent, client, writers = _frozen(world, "--hold-timeout=30")
    os.kill(agent.freezers()[0], signal.SIGTERM)
    _is_undone(world, client, writers)
    _is_owed(client, "thawed the filesystems", 30)
    _works_again(client)


@case(own=OURS, limit=20)
def a_thaw_by_somebody_else_is_told_by_the_hosts_thaw(world):
    agent, client, writers = _frozen(world, "--hold-timeout=30")
    fsfreeze("/mnt/b", thaw=True)
    writers[1].must_end()
    status(client, "frozen")
    writers[0].must_be_blocked()
    desc = client.refusal("guest-fsfreeze-thaw").desc
    contains(desc, "fsfreeze is limited to 30 seconds", "error of the thaw")
    contains(desc, "somebody else", "error of the thaw")
    contains(desc, "/mnt/b", "error of the thaw")
    _is_undone(world, client, writers)
    thaw(client, 0)
    _works_again(client)


@case(own=OURS, limit=20)
def a_kernel_that_panics_over_waiting_tasks_limits_the_freeze(world):
    pretend("/proc/sys/kernel/hung_task_panic", "1\n")
    pretend("/proc/sys/kernel/hung_task_timeout_secs", "2\n")
    _, client, writers = _frozen(world, "--hold-timeout=0")
    _is_undone(world, client, writers)
    _is_owed(client, "this time had passed")


@case(own=OURS, limit=20)
def a_kernel_that_panics_but_never_looks_limits_nothing(world):
    pretend("/proc/sys/kernel/hung_task_panic", "1\n")
    pretend("/proc/sys/kernel/hung_task_timeout_secs", "0\n")
    _, client, writers = _frozen(world, "--hold-timeout=0")
    time.sleep(1.2)   # what must not happen has no event to wait for
    for writer in writers:
        writer.must_be_blocked()
    thaw(client, 2)
