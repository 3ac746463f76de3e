# SPDX-License-Identifier: MIT
"""The static agent as the only program of an initramfs, beside the first one that starts it."""
from cases import case, equal, true, within
from guestbare import BareGuest
from host import freeze, status, thaw


def GUEST(world):
    return BareGuest(world.builder, world.flavour)


@case(limit=300)
def the_static_agent_freezes_an_initramfs_that_has_nothing_else(world):
    guest = world.guest
    equal([f for f in guest.files if not f.startswith("lib/modules/")], ["frost-ga", "init"],
          "files of the guest")
    within(120, lambda: guest.written() > 10, "the guest writes to its disk")
    with guest.port() as port:
        port.request("guest-sync", {"id": 7})
        equal(port.answer(60), 7, "answer to guest-sync")
        for _ in range(3):
            true(guest.needs_recovery(), "the disk looks frozen before it is: no test")
            freeze(port, 1, limit_s=60)
            status(port, "frozen")
            true(not guest.needs_recovery(), "a frozen disk has a journal to replay")
            # One write may have been done before the freeze and be told after it.
            held = guest.written() + 1
            for _ in range(200):
                equal(port.call("guest-ping"), {}, "answer to guest-ping")
            true(guest.written() <= held, "a write came through")
            thaw(port, 1)
            within(60, lambda: guest.written() > held + 10, "the guest writes on")
