# SPDX-License-Identifier: MIT
"""A filesystem that stands on another in a way that nothing tells: the freeze stands still, backs off
and begins once more, one filesystem at a time."""
import json
import os
import signal

import probe
from cases import case, contains, equal, true, within
from client import Refused
from host import freeze, status, thaw
from stall import Stall, Unseen
from stops import PROGRAM, Stop

OURS = "qemu-ga has no second try: it hangs, or freezes them by chance"
UPPER, LOWER = "/mnt/upper", "/mnt/lower"
FULL = os.environ.get("FULL", "") not in ("", "0")
LIMIT_S = 60   # of the freeze, and more than it needs


def _stack(world):
    world.disk("xfs", LOWER)
    world.disk("ext4", UPPER)
    return Unseen(UPPER, LOWER)


def _options(world):
    return f"-F{world.hook()}", f"--freeze-timeout={LIMIT_S}"


def _last(world, agent):
    def found():
        freezes = json.loads(world.run("status", "--json", "-t", agent.statedir).stdout)["freezes"]
        return freezes and freezes[0]

    return within(5, found, "the history has the freeze")


def _must_hold(client):
    freeze(client, 2, limit_s=LIMIT_S)
    writers = probe.frozen(LOWER, UPPER)
    status(client, "frozen")
    thaw(client, 2)
    for writer in writers:
        writer.must_end()


@case(own=OURS, limit=120)
def a_filesystem_that_waits_for_a_frozen_one_is_frozen_by_a_repeat(world):
    _stack(world)
    agent, client = world.connect(*_options(world))
    _must_hold(client)
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    last = _last(world, agent)
    equal((last["repeated_for"], last["count"], last["end"], last["error"]), (UPPER, 2, "host", None),
          "what the history says")
    true(last["repeated_us"] - last["freeze_begun_us"] >= 1000000, f"repeated too early: {last}")
    contains(world.run("status", "-t", agent.statedir).stdout, f"{UPPER} had not come back", "status")
    within(5, lambda: f"{UPPER} had not come back" in agent.log(), "the log tells")
    _must_hold(client)


def _come_to(world, point):
    """A freeze whose freezer is held there: stop, the agent, a client that waits for the answer, the
    freezer."""
    stop = Stop(point)
    agent = world.agent(PROGRAM).start(*_options(world), env=stop.environment)
    client = agent.client()
    client.request("guest-fsfreeze-freeze")
    return stop, agent, client, stop.wait(LIMIT_S)


@case(own=OURS, limit=120, once=True)
def while_one_is_waited_for_the_others_are_free(world):
    """It is not for a frozen one that it waits: nothing helps but that it comes back."""
    world.disk("xfs", LOWER)
    world.disk("ext4", UPPER)
    stall = Stall(UPPER)
    stop, agent, client, _ = _come_to(world, "freezer:backing-off")
    stop.release()
    probe.Writer(LOWER).must_end(20)
    stall.release()
    equal(client.answer(20), 2, "answer to freeze")
    writers = probe.frozen(LOWER, UPPER)
    thaw(client, 2)
    for writer in writers:
        writer.must_end()
    equal(_last(world, agent)["repeated_for"], UPPER, "what the history says")


def _held(client):
    return client.call("guest-fsfreeze-status")


def _thaws(client):
    try:
        client.call("guest-fsfreeze-thaw", limit_s=20)
    except Refused:
        pass   # what has been ended by a death is told once


def _killed_at(world, point, *victims):
    """Whoever of the two is killed there: all comes free, and the next freeze holds."""
    stack = _stack(world)
    stop, agent, client, freezer = _come_to(world, point)
    if "agent" in victims:
        agent.kill()
    if "freezer" in victims:
        os.kill(freezer, signal.SIGKILL)
    stop.release()
    if "agent" in victims:
        agent = world.restart(agent, *_options(world))[0]
        client = agent.client()
        within(20, lambda: _held(client) == "thawed" or _thaws(client), "the status is thawed")
    else:
        contains(client.line(30).decode(), "the freezer process was lost", "answer to freeze")
    probe.writable(LOWER, UPPER)
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
    _must_hold(client)
    stack.end()


@case(own=OURS, limit=120, once=True)
def a_freezer_killed_when_it_backs_off_leaves_nothing_frozen(world):
    _killed_at(world, "freezer:backing-off", "freezer")


if FULL:
    @case(own=OURS, limit=120, once=True)
    def a_freezer_killed_between_the_thaw_and_the_second_freeze_leaves_nothing_frozen(world):
        _killed_at(world, "freezer:repeating", "freezer")


if FULL:
    @case(own=OURS, limit=120, once=True)
    def an_agent_killed_while_its_freezer_backs_off_leaves_nothing_frozen(world):
        _killed_at(world, "freezer:backing-off", "agent")


if FULL:
    @case(own=OURS, limit=120, once=True)
    def both_killed_when_the_freezer_backs_off_leave_nothing_frozen(world):
        _killed_at(world, "freezer:backing-off", "agent", "freezer")


@case(own=OURS, limit=120, once=True)
def both_killed_between_the_thaw_and_the_second_freeze_leave_nothing_frozen(world):
    _killed_at(world, "freezer:repeating", "agent", "freezer")
