# SPDX-License-Identifier: MIT
"""A filesystem below a mount whose server answers no more: its path cannot be looked up."""
import os
import signal
import time

import probe
from cases import case, contains, equal, true
from deadserver import Server
from host import freeze, status, thaw
from trace import NO_LEAKS

OURS = "qemu-ga hangs in the look-up, deaf to everything"
BELOW = "/mnt/server/below"


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
