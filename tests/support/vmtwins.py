# SPDX-License-Identifier: MIT
"""frost-ga and Debian's qemu-ga side by side in one guest, each on a port of its own.

    GUEST = {..., "ports": (TWIN,)}

    with VmTwins(world) as twins:
        twins.same("guest-get-vcpus")
"""
import contextlib

from cases import Skipped
from twins import Pair

TWIN = "twin"   # the port of qemu-ga


class VmTwins(Pair):
    def __init__(self, world):
        if "qemu-ga" not in world.builder.agents:
            raise Skipped("Debian's qemu-ga is not there")
        world.guest.run(f"mkdir -p /run/{TWIN}")
        options = f"-v -t /run/{TWIN} -p /dev/virtio-ports/frost.{TWIN}"
        with contextlib.ExitStack() as stack:
            theirs = stack.enter_context(world.agent("qemu-ga", options=options))
            ours = stack.enter_context(world.agent())
            super().__init__(stack.enter_context(ours.port()),
                             stack.enter_context(theirs.port(TWIN)))
            self.agents = stack.pop_all()

    def __exit__(self, *raised):
        return self.agents.__exit__(*raised)
