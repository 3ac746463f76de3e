# SPDX-License-Identifier: MIT
"""A frozen guest that is saved with its memory, or whose host dies."""
import os
import time

import snapshot
from cases import case, contains, equal, true
from client import Refused
from guestdisk import copy_sparse
from host import freeze, status
from vmload import Load
from vmworld import must_be_frozen, must_come_through

GUEST = {"disks": ("ext4", "xfs")}


def copies(guest):
    images = {d.point: guest.path(f"saved-{d.name}.img") for d in guest.disks}
    for disk in guest.disks:
        copy_sparse(disk.image, images[disk.point])
    return images


@case(limit=180)
def saved_while_frozen_its_disks_are_clean_and_it_thaws_after_the_time_that_remained(world):
    guest = world.guest
    with world.agent(options="-v --hold-timeout=20") as agent, Load(guest) as load:
        with agent.port() as port:
            freeze(port, 2)
            notes = load.notes()
            held = must_be_frozen(guest)
            images = guest.save(lambda: copies(guest))
        equal(snapshot.faults(guest, images, notes), {"/mnt/ext4": [], "/mnt/xfs": []},
              "faults of the disks that were saved with the memory")
        snapshot.remove(images)
        if world.full:
            time.sleep(120)   # far beyond the limit, were it to go on without the guest
        guest.restore()
        with guest.port() as port:
            status(port, "frozen")
            must_be_frozen(guest)
            must_come_through(guest, held, 90)
            status(port, "thawed")
            try:
                true(False, f"thaw: {port.call('guest-fsfreeze-thaw')}")
            except Refused as e:
                contains(e.desc, "fsfreeze is limited", "the thaw that comes too late")
    os.unlink(guest.path("memory"))


@case(limit=180)
def a_host_that_dies_while_its_guest_is_frozen_leaves_clean_disks(world):
    guest = world.guest
    agent = world.agent()
    with agent as running, Load(guest) as load:
        with running.port() as port:
            freeze(port, 2)
            notes = load.notes()
            guest.pull_the_plug()
        equal(snapshot.faults(guest, copies(guest), notes), {"/mnt/ext4": [], "/mnt/xfs": []},
              "faults of the disks")
        guest.boot()
        load.pids = []
        # The copies had no journal to replay. ext4 calls it a recovery, too, when it only deletes
        # what was deleted and still open (seen on 6.1).
        contains(guest.run("dmesg | grep EXT4"), "3 orphan inodes deleted", "what ext4 had to do")
        guest.run("mkdir -p /run/agent; : >/run/agent.log; : >/run/writers.log")
        running.start()
        with running.port() as port:
            status(port, "thawed")   # the ledger was in memory, and is of another boot
