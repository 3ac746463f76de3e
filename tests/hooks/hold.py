# SPDX-License-Identifier: MIT
"""Hooks that are one process from the freeze to the thaw (NAME.hold)."""
import os
import signal
import time

import probe
import proc
from cases import case, contains, equal, true, within
from hookfolder import Folder, calls, connect, last_freeze, pid_in, told, wait_call
from host import freeze, status, thaw

OWN = "hold hooks"
PID = "/run/20-b.hold.pid"


def _alive(pid):
    return not proc.has_ended(pid)


@case(own=OWN)
def a_holder_holds_from_the_freeze_to_the_thaw(world):
    folder = Folder()
    folder.add("10-a")
    folder.hold("20-b.hold")
    folder.add("30-c")
    _, client = connect(world, folder)
    freeze(client, 1)
    equal(calls(), ["10-a freeze", "20-b.hold freeze", "30-c freeze"])
    pid = pid_in(PID)
    true(_alive(pid), "the holder lives")
    thaw(client, 1)
    true(not _alive(pid), "the holder has ended")
    equal(calls()[3:], ["30-c thaw", "20-b.hold ends", "10-a thaw"])
    record = told(last_freeze(world, client))
    equal(record["20-b.hold freeze"], "ready")
    equal(record["20-b.hold thaw"], "exit 0")
    freeze(client, 1)
    thaw(client, 1)


@case(own=OWN)
def its_output_before_and_after_ready_does_not_matter(world):
    folder = Folder()
    folder.hold("20-b.hold", before="echo not READY; printf 'REA'; sleep 0.1; echo DY; echo READY; "
                                    "sleep 0.1; echo READY")
    _, client = connect(world, folder)
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), ["20-b.hold freeze", "20-b.hold ends"])


@case(own=OWN)
def a_holder_that_is_never_ready_is_ended(world):
    folder = Folder()
    folder.hold("20-b.hold", before="echo not yet")
    folder.add("30-c")
    _, client = connect(world, folder, "--hook-timeout=1")
    freeze(client, 1)
    true(not _alive(pid_in(PID)), "the holder is ended")
    thaw(client, 1)
    equal(calls(), ["20-b.hold freeze", "30-c freeze", "30-c thaw"])
    equal(told(last_freeze(world, client))["20-b.hold freeze"], "timed out: not yet")


@case(own=OWN)
def a_required_holder_that_is_never_ready_fails_the_freeze(world):
    folder = Folder()
    folder.add("10-a")
    folder.hold("20-b.hold", before="echo not yet")
    _, client = connect(world, folder, "--hook-timeout=1", "--required-hooks=20-b.hold")
    contains(client.refusal("guest-fsfreeze-freeze").desc, "20-b.hold")
    equal(calls(), ["10-a freeze", "20-b.hold freeze", "10-a thaw"])
    true(not _alive(pid_in(PID)), "the holder is ended")


@case(own=OWN)
def a_holder_that_ends_without_being_ready_has_failed(world):
    folder = Folder()
    folder.hold("20-b.hold", before="echo access denied; exit 0")
    _, client = connect(world, folder, "--required-hooks=20-b.hold")
    refusal = client.refusal("guest-fsfreeze-freeze")
    for part in ("20-b.hold", "without holding", "access denied"):
        contains(refusal.desc, part, "error")


@case(own=OWN)
def a_failed_freeze_lets_go_of_what_is_held(world):
    folder = Folder()
    folder.hold("20-b.hold")
    folder.add("30-c", freeze="exit 1")
    _, client = connect(world, folder, "--required-hooks=30-c")
    client.refusal("guest-fsfreeze-freeze")
    equal(calls(), ["20-b.hold freeze", "30-c freeze", "30-c thaw", "20-b.hold ends"])
    true(not _alive(pid_in(PID)), "the holder has ended")


@case(own=OWN)
def a_required_holder_that_dies_while_frozen_makes_the_thaw_an_error_once(world):
    folder = Folder()
    folder.hold("20-b.hold")
    _, client = connect(world, folder, "--required-hooks=20-b.hold")
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    os.kill(pid_in(PID), signal.SIGKILL)
    within(5, lambda: not _alive(pid_in(PID)), "the holder is dead")
    refusal = client.refusal("guest-fsfreeze-thaw")
    for part in ("20-b.hold", "before the thaw"):
        contains(refusal.desc, part, "error")
    writer.must_end()
    status(client, "thawed")
    thaw(client, 0)
    equal(told(last_freeze(world, client))["20-b.hold thaw"], "did not hold: signal 9: READY")
    freeze(client, 1)
    thaw(client, 1)


@case(own=OWN)
def another_holder_that_dies_while_frozen_is_in_the_history_only(world):
    folder = Folder()
    folder.hold("20-b.hold", before="echo READY; until [ -e /run/die ]; do sleep 0.02; done; "
                                    "exit 3")
    _, client = connect(world, folder)
    freeze(client, 1)
    open("/run/die", "w").close()
    within(5, lambda: not _alive(pid_in(PID)), "the holder is dead")
    thaw(client, 1)
    contains(told(last_freeze(world, client))["20-b.hold thaw"], "did not hold: exit 3")


@case(own=OWN)
def a_holder_that_dies_takes_its_children_with_it(world):
    folder = Folder()
    folder.hold("20-b.hold", before="sleep 1000 & echo $! > /run/child; echo READY")
    _, client = connect(world, folder)
    freeze(client, 1)
    child = pid_in("/run/child")
    true(_alive(child), "the session lives")
    os.kill(pid_in(PID), signal.SIGKILL)
    within(5, lambda: not _alive(child), "the session ends with its holder")
    thaw(client, 1)


@case(own=OWN)
def a_holder_that_does_not_end_at_the_thaw_is_ended(world):
    folder = Folder()
    folder.add("10-a")
    folder.hold("20-b.hold", after="trap '' TERM; while :; do sleep 1; done")
    _, client = connect(world, folder, "--hook-timeout=1", "--thaw-reply-timeout=30")
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    client.request("guest-fsfreeze-thaw")
    writer.must_end()
    equal(client.answer(25), 1)
    true(not _alive(pid_in(PID)), "the holder is ended")
    equal(calls()[-1], "10-a thaw")
    equal(told(last_freeze(world, client))["20-b.hold thaw"], "timed out: READY")


@case(own=OWN)
def no_other_process_keeps_the_input_of_a_hold_hook_open(world):
    """The agent dies while everything else of it is stopped, other hooks' children included."""
    folder = Folder()
    folder.hold("20-b.hold")
    folder.add("30-c", freeze="sleep 1000 &")
    folder.hold("40-d.hold")
    agent, client = connect(world, folder)
    freeze(client, 1)
    pid, other = pid_in(PID), pid_in("/run/40-d.hold.pid")
    freezer, = agent.freezers()
    os.kill(freezer, signal.SIGSTOP)
    os.kill(other, signal.SIGSTOP)
    agent.kill()
    within(5, lambda: not _alive(pid), "the holder ends with its agent")
    os.kill(other, signal.SIGCONT)
    within(5, lambda: not _alive(other), "the other one, too")
    os.kill(freezer, signal.SIGCONT)
    within(10, lambda: agent.freezers() == [], "the freezer recovers")
    probe.writable("/mnt/a")


@case(own=OWN)
def a_killed_agent_leaves_no_holder_and_the_history_says_so(world):
    folder = Folder()
    folder.add("10-a")
    folder.hold("20-b.hold")
    agent, client = connect(world, folder)
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    agent.kill()
    writer.must_end()
    wait_call("10-a thaw")
    equal(calls(), ["10-a freeze", "20-b.hold freeze", "20-b.hold ends", "10-a thaw"])
    within(5, lambda: told(last_freeze(world)).get("20-b.hold thaw") == "ended with the agent",
           "the history tells of the holder")


@case(own=OWN)
def a_holder_that_outlives_its_agent_is_ended_by_the_recovery(world):
    folder = Folder()
    folder.add("10-a")
    folder.hold("20-b.hold", after="while :; do sleep 0.1; done")
    agent, client = connect(world, folder, "--hook-timeout=1")
    freeze(client, 1)
    pid = pid_in(PID)
    agent.kill()
    probe.writable("/mnt/a")
    wait_call("10-a thaw", 15)
    true(not _alive(pid), "the holder is ended")


@case(own=OWN)
def when_agent_and_freezer_are_killed_the_holder_ends_and_the_next_agent_knows(world):
    folder = Folder()
    folder.add("10-a")
    folder.hold("20-b.hold")
    agent, client = connect(world, folder)
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    agent.kill_all()
    within(5, lambda: not _alive(pid_in(PID)), "the holder ends with its agent")
    time.sleep(0.1)
    writer.must_be_blocked()
    again = world.agent()
    again.socket_path, again.statedir = agent.socket_path, agent.statedir
    again.start(folder.option())
    with again.client() as second:
        status(second, "frozen")
        thaw(second, 1)
        writer.must_end()
        equal(calls()[-1], "10-a thaw")
        freeze(second, 1)
        thaw(second, 1)


@case(own=OWN)
def a_killed_freezer_lets_the_holder_go(world):
    folder = Folder()
    folder.hold("20-b.hold")
    agent, client = connect(world, folder)
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    freezer, = agent.freezers()
    os.kill(freezer, signal.SIGKILL)
    writer.must_end()
    wait_call("20-b.hold ends")
    within(5, lambda: not _alive(pid_in(PID)), "the holder has ended")
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
