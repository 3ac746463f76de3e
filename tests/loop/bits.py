# SPDX-License-Identifier: MIT
"""An agent of 32 bits and one of 64 share a ledger: one is replaced by the other while frozen.

Only suite matrix has an agent of 32 bits (processor=i386).
"""
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
