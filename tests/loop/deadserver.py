# SPDX-License-Identifier: MIT
"""A filesystem below a mount whose server answers no more: its path cannot be looked up."""
import os
import signal
import time

import probe
from cases import case, contains, equal, true, within
from client import Refused
from deadserver import Server
from host import freeze, status, thaw
from trace import NO_LEAKS

OURS = "qemu-ga hangs in the look-up, deaf to everything"
BELOW = "/mnt/server/below"
UPPER = "/mnt/upper"


def _set_up(world):
    world.disk("ext4", "/mnt/a")
    server = Server("/mnt/server")
    world.disk("ext4", BELOW)
    return server


@case(own=OURS)
def a_mount_point_that_cannot_be_looked_up_fails_the_freeze_and_is_named(world):
    server = _set_up(world)
    _, client = world.connect(f"-F{world.hook()}")
    freeze(client, 2)
    thaw(client, 2)
    server.stop_answering()
    desc = client.refusal("guest-fsfreeze-freeze", limit_s=20).desc
    contains(desc, f"looking up {BELOW} has not come back within 10 seconds", "answer")
    status(client, "thawed")
    equal(world.hook_calls(), ["freeze", "thaw"])
    server.answer_again()
    freeze(client, 2)
    probe.frozen("/mnt/a", BELOW)
    server.stop_answering()
    thaw(client, 2)   # by the descriptors that are held
    server.end()
    probe.writable("/mnt/a")


@case(own=OURS)
def an_agent_that_looks_up_a_dead_mount_is_awake(world):
    server = _set_up(world)
    # The search for leaks stops all threads first, and would wait for the one that hangs.
    agent, client = world.connect("--freeze-budget=2", env=NO_LEAKS)
    server.stop_answering()
    begun = time.monotonic()
    contains(client.refusal("guest-fsfreeze-freeze").desc, "was looking up mount points", "answer")
    true(time.monotonic() - begun < 8, "the budget ends the look-up")
    client.call("guest-ping")
    client.request("guest-fsfreeze-freeze")
    equal(agent.stop(), 0, "exit status")
    server.end()


@case(own=OURS, limit=80)
def what_an_earlier_agent_left_frozen_below_a_dead_mount_does_not_hinder_the_next_one(world):
    server = _set_up(world)
    agent, client = world.connect(f"-F{world.hook()}")
    freeze(client, 2)
    freezer, = agent.freezers()
    os.kill(freezer, signal.SIGSTOP)   # else it would thaw when the agent is gone
    agent.kill()
    server.stop_answering()
    os.kill(freezer, signal.SIGKILL)
    _, client = world.restart(agent, "-F/root/hook")
    status(client, "frozen")
    client.call("guest-ping")   # while it looks the path up
    client.request("guest-fsfreeze-thaw")
    contains(client.line(30).decode(), BELOW, "answer to thaw")
    probe.Writer("/mnt/a").must_end(2)
    status(client, "frozen")
    server.answer_again()
    equal(client.call("guest-fsfreeze-thaw"), 2, "thawed")
    status(client, "thawed")
    probe.writable("/mnt/a", BELOW)
    equal(world.hook_calls(), ["freeze", "thaw"])
    server.end()


def _thawed(client):
    try:
        return client.call("guest-fsfreeze-thaw", limit_s=30) is not None
    except Refused:
        return False


@case(own=OURS, limit=110)
def a_freezer_without_its_agent_makes_way_for_who_can_open_what_its_thaw_waits_for(world):
    """FITHAW of the upper one waits for the lower one, which could not be opened."""
    server = Server("/mnt/server")
    world.disk("ext4", BELOW, size=96 << 20)
    world.disk("ext4", UPPER, image=f"{BELOW}/image")
    first, client = world.connect(f"-F{world.hook()}")
    freeze(client, 2)
    freezer, = first.freezers()
    os.kill(freezer, signal.SIGSTOP)   # else it would thaw when the agent is gone
    first.kill()
    server.stop_answering()
    os.kill(freezer, signal.SIGKILL)
    second, client = world.restart(first, "-F/root/hook")
    client.request("guest-fsfreeze-thaw")
    contains(client.line(40).decode(), f"failed to thaw {BELOW}: it could not be opened",
             "answer to thaw")
    second.kill()
    server.answer_again()
    _, client = world.restart(second, "-F/root/hook")
    within(30, lambda: _thawed(client), "the next agent opens and thaws it")
    status(client, "thawed")
    probe.writable(BELOW, UPPER)
    equal(world.hook_calls(), ["freeze", "thaw"])
    server.end()
