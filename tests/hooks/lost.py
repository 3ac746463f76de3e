# SPDX-License-Identifier: MIT
"""Deaths while several hooks are up: each is undone once, in reverse."""
import os
import signal

import probe
from cases import case, equal, within
from hookfolder import Folder, calls, connect, wait_call
from host import freeze, status, thaw

OWN = "a folder of hooks"
UP = ["10-a freeze", "20-b freeze", "30-c freeze"]
DOWN = ["30-c thaw", "20-b thaw", "10-a thaw"]


def _folder(**of_20):
    folder = Folder()
    folder.add("10-a")
    folder.add("20-b", **of_20)
    folder.add("30-c")
    return folder


def _pids():
    """Of the hook that writes them down, one by each call."""
    try:
        with open("/run/pids") as f:
            return [int(line) for line in f.read().splitlines()]
    except FileNotFoundError:
        return []


@case(own=OWN)
def a_killed_agent_s_hooks_are_undone_by_the_recovery(world):
    folder = _folder()
    agent, client = connect(world, folder)
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    agent.kill()
    writer.must_end()
    wait_call("10-a thaw")
    equal(calls(), UP + DOWN)


@case(own=OWN)
def a_killed_freezer_s_hooks_are_undone_by_the_agent(world):
    folder = _folder()
    agent, client = connect(world, folder)
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    freezer, = agent.freezers()
    os.kill(freezer, signal.SIGKILL)
    writer.must_end()
    wait_call("10-a thaw")
    equal(calls(), UP + DOWN)
    within(10, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")


@case(own=OWN)
def after_both_were_killed_the_next_agent_s_thaw_undoes_them(world):
    folder = _folder()
    agent, client = connect(world, folder)
    freeze(client, 1)
    agent.kill_all()
    second = world.again(agent, folder.option())
    with second.client() as other:
        status(other, "frozen")
        equal(calls(), UP)
        thaw(other, 1)
        equal(calls(), UP + DOWN)


@case(own=OWN)
def an_agent_killed_in_the_second_hook_has_both_undone_and_no_other(world):
    folder = _folder(freeze="sleep 1000")
    agent, client = connect(world, folder)
    client.request("guest-fsfreeze-freeze")
    wait_call("20-b freeze")
    agent.kill()
    wait_call("10-a thaw", 15)
    equal(calls(), UP[:2] + DOWN[1:])


@case(own=OWN)
def a_thaw_hook_that_was_cut_off_by_a_death_is_run_again_and_no_other(world):
    folder = _folder(thaw="if [ ! -e /run/second ]; then sleep 1000; fi")
    agent, client = connect(world, folder)
    freeze(client, 1)
    client.request("guest-fsfreeze-thaw")
    wait_call("20-b thaw")
    agent.kill_all()
    open("/run/second", "w").close()
    second = world.again(agent, folder.option())
    with second.client() as other:
        wait_call("10-a thaw", 15)
        equal(calls(), UP + DOWN[:2] + DOWN[1:])
        within(10, lambda: other.call("guest-fsfreeze-status") == "thawed", "thawed")
        freeze(other, 1)
        thaw(other, 1)
        equal(calls(), UP + DOWN[:2] + DOWN[1:] + UP + DOWN)


@case(own=OWN)
def a_thaw_hook_that_is_ended_with_its_agent_is_run_again_by_the_agent_that_leaves(world):
    """A service manager sends TERM to all of a service, one process after the other."""
    folder = _folder(thaw="echo $$ >>/run/pids; until [ -e /run/go ]; do sleep 0.1; done")
    agent, client = connect(world, folder)
    freeze(client, 1)
    agent.send_signal(signal.SIGTERM)
    for times in (1, 2):    # the second one is deaf to it
        within(15, lambda times=times: len(_pids()) == times, f"the hook runs, time {times}")
        os.kill(_pids()[-1], signal.SIGTERM)
    open("/run/go", "w").close()
    equal(agent.wait(30), 0, "status of the agent that leaves")
    equal(calls(), UP + DOWN[:2] + DOWN[1:])


@case(own=OWN)
def a_hook_that_was_called_is_undone_whatever_hooks_the_next_agent_has(world):
    folder = _folder()
    agent, client = connect(world, folder)
    freeze(client, 1)
    agent.kill_all()
    second = world.again(agent, Folder("/etc/others.d").option())
    with second.client() as other:
        thaw(other, 1)
        equal(calls(), UP + DOWN)
