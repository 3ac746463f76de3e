# SPDX-License-Identifier: MIT
"""A disk is pulled out while its filesystem is frozen: nobody may wait for it for ever, and the next
freeze is one of the others."""
import selfserved
from cases import case, contains, true, within
from guestdisk import Disk
from host import freeze, status, thaw
from vmworld import Agent, must_wait


def _btrfs_disk(guest):
    return Disk("vdc", None, None, guest.path("vdc.img"), size=130 << 20)


GUEST = {"disks": ("ext4", "xfs", _btrfs_disk), "initramfs": ("served",), "memory": 700}
NAMES = {"ext4": "vda", "xfs": "vdb", "btrfs": "vdc"}


def with_btrfs(world):
    guest = selfserved.load(world.guest)
    guest.run(f"{selfserved.BIN}/mkfs.btrfs -q -f /dev/vdc && mkdir -p /mnt/btrfs && "
              "mount -t btrfs /dev/vdc /mnt/btrfs")
    world.discard_later()
    return guest


def pull_out(guest, fs_type):
    guest.qmp.call("device_del", id=f"dev-{NAMES[fs_type]}")
    within(30, lambda: guest.run(f"ls /sys/block | grep -c {NAMES[fs_type]} || true").strip() == "0",
           "the disk is gone")


def writers_that_wait(guest):
    """Tickets of writers, one on each filesystem, that wait for the thaw. They only write: a sync is
    one of all filesystems, those without a disk too."""
    tickets = {f"/mnt/{name}": guest.control.begin(f"date >/mnt/{name}/touched") for name in NAMES}
    must_wait(guest, len(tickets), "the writers wait for the thaw")
    return tickets


def must_end(guest, tickets):
    """Whether with EIO or not."""
    for point, ticket in tickets.items():
        within(90, lambda: guest.control.has_ended(ticket), f"the writer on {point} ends")


def the_next_freeze_is_one_of_the_others(guest, port, fs_type):
    freeze(port, 2, limit_s=60)
    status(port, "frozen")
    thaw(port, 2, limit_s=60)
    said = " ".join(guest.run("/agent/frost-ga plan; true").split())
    true("2 filesystems would be frozen" in said, f"plan: {said}")
    true("has gone: nothing is written to it any more" in said or
         "has shut it down" in said or f"read-only: there is nothing to freeze (1): /mnt/{fs_type}"
         in said, f"plan: {said}")


def thawed_though_pulled_out(world, fs_type):
    guest = with_btrfs(world)
    with world.agent() as agent, agent.port() as port:
        freeze(port, 3, limit_s=60)
        held = writers_that_wait(guest)
        pull_out(guest, fs_type)
        thaw(port, 3, limit_s=60)
        must_end(guest, held)
        the_next_freeze_is_one_of_the_others(guest, port, fs_type)
        if fs_type != "btrfs":   # which is read-only by then
            contains(agent.log(), f"/mnt/{fs_type} is not frozen: ", "the log")
        guest.disks[:] = [d for d in guest.disks if d.point != f"/mnt/{fs_type}"]


@case(limit=240)
def an_ext4_whose_disk_is_pulled_out_is_thawed_and_then_left_out(world):
    thawed_though_pulled_out(world, "ext4")


@case(limit=240)
def an_xfs_whose_disk_is_pulled_out_is_thawed_and_then_left_out(world):
    thawed_though_pulled_out(world, "xfs")


@case(limit=240)
def a_btrfs_whose_disk_is_pulled_out_is_thawed_and_then_left_out(world):
    thawed_though_pulled_out(world, "btrfs")


@case(limit=240)
def what_has_lost_its_disks_is_thawed_though_the_agent_is_killed(world):
    guest = with_btrfs(world)
    agent = Agent(guest).start()
    with agent.port() as port:
        freeze(port, 3, limit_s=60)
        held = writers_that_wait(guest)
        for fs_type in NAMES:
            pull_out(guest, fs_type)
        guest.run(f"kill -9 {agent.pid}")
        must_end(guest, held)


NEWEST_KERNEL_FULL = (an_ext4_whose_disk_is_pulled_out_is_thawed_and_then_left_out,
                      an_xfs_whose_disk_is_pulled_out_is_thawed_and_then_left_out)
