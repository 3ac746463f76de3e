# SPDX-License-Identifier: MIT
"""A sandbox as packaging/microvm/README.md builds it, in QEMU's microvm machine: one disk, no
service manager, the static agent as the only child of pid 1; by a virtio port, and by a vsock."""
import os

from cases import case, equal, true, within
from guestbare import MicroGuest, journal_is_used
from guestdisk import copy_sparse
from host import freeze, status, thaw


def GUEST(world):
    return MicroGuest(world.builder, world.flavour)


def _copied_while_paused(guest):
    """A snapshot of a sandbox: freeze, pause, copy, resume, thaw. The path of the copy."""
    copy = guest.path("copy.img")
    within(120, lambda: guest.written() > 10, "the guest writes to its disk")
    true(guest.needs_recovery(), "the disk looks frozen before it is: no test")
    with guest.port() as port:
        port.request("guest-sync", {"id": 7})
        equal(port.answer(60), 7, "answer to guest-sync")
        freeze(port, 1, limit_s=60)
        status(port, "frozen")
        guest.qmp.call("stop")
        copy_sparse(guest.disks[0].image, copy)
        guest.qmp.call("cont")
        status(port, "frozen")
        held = guest.written() + 1   # one may have been done before the freeze and be told after it
        thaw(port, 1)
        within(60, lambda: guest.written() > held + 10, "the guest writes on")
    return copy


def _must_be_clean(copy):
    true(not journal_is_used(copy), "the copy has a journal to replay")
    equal(os.system(f"e2fsck -fn '{copy}' >/dev/null 2>&1"), 0, "e2fsck of the copy")


@case(limit=300)
def a_sandbox_is_frozen_and_copied_by_its_virtio_port(world):
    for _ in range(2):
        _must_be_clean(_copied_while_paused(world.guest))


@case(limit=300)
def a_sandbox_is_frozen_and_copied_by_a_vsock(world):
    """By the vsock's loopback inside the guest: the host need not have vhost-vsock."""
    guest = MicroGuest(world.builder, world.flavour, "vsock")
    world.others.append(guest)
    guest.boot()
    _must_be_clean(_copied_while_paused(guest))
