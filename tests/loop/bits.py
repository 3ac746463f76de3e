# SPDX-License-Identifier: MIT
"""An agent of 32 bits and one of 64 share a ledger: one is replaced by the other while frozen, or tells
what the other has done.

Only suite matrix has an agent of 32 bits (processor=i386).
"""
import json
import os

import probe
from cases import case, equal
from host import freeze, status, thaw

OF_32_BITS = "agent/frost-ga-i386"


def _replaced(world, first, second):
    agent = world.agent(program=first).start("-F/root/hook")
    with agent.client() as client:
        freeze(client, 1)
        writer, = probe.frozen("/mnt/a")
    agent.kill_all()
    writer.must_be_blocked()
    other = world.agent(program=second).start("-F/root/hook")
    with other.client() as client:
        status(client, "frozen")
        thaw(client, 1)
        writer.must_end()
        equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
        freeze(client, 1)
        thaw(client, 1)
    equal(other.stop(), 0, "exit status")
    os.unlink("/run/hook.log")


@case(own="state files of ours", needs=OF_32_BITS)
def what_one_of_other_bits_has_left_frozen_is_thawed(world):
    world.disk("ext4", "/mnt/a")
    world.hook()
    yield "what an agent of 32 bits has left frozen, one of 64 thaws", \
        lambda: _replaced(world, f"/{OF_32_BITS}", world.program)
    yield "what an agent of 64 bits has left frozen, one of 32 thaws", \
        lambda: _replaced(world, world.program, f"/{OF_32_BITS}")


def _told(world, statedir, program):
    """What `frost-ga status` reads in the ledger, but for what is counted up to this moment."""
    document = json.loads(world.run("status", "--json", "-t", statedir, program=program).stdout)
    for freeze_told in document["freezes"]:
        for name in ("clock", "ended_us", "utc_ns"):
            del freeze_told[name]
    now = document["now"]
    return document["freezes"], now["state"], now["id"], now["mount_points"]


def _both_tell_of_the_freeze(world, statedir):
    ours = _told(world, statedir, world.program)
    equal((len(ours[0]), ours[1], ours[3]), (1, "frozen", ["/mnt/a"]), "what the ledger says")
    equal(_told(world, statedir, f"/{OF_32_BITS}"), ours, "what one of 32 bits reads in it")


@case(own="state files of ours", needs=OF_32_BITS)
def an_agent_of_32_bits_knows_what_one_of_64_has_left_frozen(world):
    """No freezer of 32 bits is needed: this is asked where they are emulated, too."""
    world.disk("ext4", "/mnt/a")
    world.hook()
    first = world.agent().start("-F/root/hook")
    with first.client() as client:
        freeze(client, 1)
        writer, = probe.frozen("/mnt/a")
    first.kill_all()
    _both_tell_of_the_freeze(world, first.statedir)
    second = world.agent(program=f"/{OF_32_BITS}").start("-F/root/hook")
    with second.client() as client:
        status(client, "frozen")
    second.kill_all()
    writer.must_be_blocked()
    _both_tell_of_the_freeze(world, first.statedir)
    equal(world.run("thaw", "-t", first.statedir).returncode, 0, "exit status of frost-ga thaw")
    writer.must_end()
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
