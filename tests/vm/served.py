# SPDX-License-Identifier: MIT
"""Disks that the guest serves to itself: a filesystem on one is frozen before the one that carries
it, though nothing in sysfs leads from the one to the other. The images of both are the witness."""
import json
import os
import subprocess
import sys
import time

import selfserved
import snapshot
from cases import case, equal, true, within
from host import freeze, status, thaw
from parted import OPTIONS, ROUNDS, SHAPE, Parted, tell
from vmworld import must_be_frozen, must_come_through

GUEST = SHAPE


def _faults(image, fs_type="ext4"):
    done = subprocess.run([sys.executable, "-B", snapshot.VERIFY, image, fs_type, "{}"],
                          capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def _taken_out(guest, image, inner):
    """The file inner of the ext4 in image, as a file of the host."""
    target = guest.path(f"inner-{os.path.basename(inner)}.img")
    subprocess.run(["debugfs", "-R", f"dump {inner} {target}", image], check=True,
                   capture_output=True, timeout=120)
    return target


class Stack:
    """Filesystems on files of each other; the first file is on /mnt/ext4."""

    def __init__(self, world, *servers, program="frost-ga"):
        self.world = world
        self.program = program
        self.guest = selfserved.load(world.guest)
        self.files = []    # each inside the filesystem below it
        self.points = []
        below = "/mnt/ext4"
        for number, serve in enumerate(servers):
            size = (40 >> number) * selfserved.MIB
            self.files.append(f"/file{number}")
            path = selfserved.file(self.guest, f"{below}/file{number}", size)
            below = selfserved.ext4(self.guest, serve(self.guest, path, number),
                                    f"/mnt/upper{number}")
            self.points.append(below)
        for point in ["/mnt/ext4", *self.points]:
            self.guest.spawn(f"writer buffered {point}/w /run/note-{point.rsplit('/', 1)[1]}",
                             "/run/writers.log")
        world.discard_later()

    def _one_round(self, port, number):
        count = len(self.points) + 2
        self.guest.run("".join(f"echo {number} >{p}/mark; dd if=/dev/urandom of={p}/junk bs=64k "
                               f"count=20 2>/dev/null; " for p in self.points))
        began = time.monotonic()
        freeze(port, count, limit_s=90)
        took = time.monotonic() - began
        held = must_be_frozen(self.guest, ["/mnt/ext4", "/mnt/xfs", *self.points])
        images = snapshot.by_backup(self.guest, f"round{number}")
        status(port, "frozen")
        thaw(port, count, limit_s=60)
        must_come_through(self.guest, held)
        self._must_be_clean(images, number)
        return took

    def _must_be_clean(self, images, number):
        image = images["/mnt/ext4"]
        equal(_faults(image), [], "faults of the carrier")
        for inner, point in zip(self.files, self.points):
            image = _taken_out(self.guest, image, inner)
            equal(_faults(image), [], f"faults of {point}")
            said = subprocess.run(["debugfs", "-R", "cat /mark", image], check=True,
                                  capture_output=True, text=True, timeout=60).stdout
            equal(said, f"{number}\n", f"what was written on {point} before the freeze")
        snapshot.remove(images)

    def must_be_frozen_in_order(self, look=lambda: None):
        """look: after each round, while the agent runs"""
        times = []
        with self.world.agent(self.program, OPTIONS if self.program == "frost-ga" else "-v") \
                as agent, agent.port() as port:
            for number in range(ROUNDS):
                times.append(self._one_round(port, number))
                look()
        tell(self.program, times)


@case(limit=240)
def a_disk_served_by_a_process_is_frozen_before_its_carrier(world):
    Stack(world, selfserved.nbd).must_be_frozen_in_order()


@case(limit=300)
def a_disk_that_nothing_in_sysfs_tells_of_is_frozen_by_a_repeat(world):
    stack = Stack(world, selfserved.nbd)
    selfserved.disguise(stack.guest, "/dev/nbd0")
    said = stack.guest.run("/agent/frost-ga plan; true")
    true("unknown order" not in said, f"it is still known: {said}")
    stack.must_be_frozen_in_order(look=lambda: _must_be_repeated(stack))


def _must_be_repeated(stack):
    def last():
        freezes = json.loads(stack.guest.run("/agent/frost-ga status --json; true"))["freezes"]
        return freezes and freezes[0]

    found = within(30, last, "the history has the freeze")
    equal(found["repeated_for"], "/mnt/upper0", f"what the history says in {found}")


@case(limit=240)
def qemu_ga_freezes_it_by_the_order_of_the_mounts(world):
    Stack(world, selfserved.nbd, program="qemu-ga").must_be_frozen_in_order()


@case(limit=240)
def a_disk_of_the_kernels_own_target_is_frozen_before_its_carrier(world):
    Stack(world, selfserved.lio).must_be_frozen_in_order()


@case(limit=240)
def a_disk_by_iscsi_from_the_machine_itself_is_frozen_before_its_carrier(world):
    Stack(world, selfserved.iscsi).must_be_frozen_in_order()


@case(limit=240)
def a_disk_by_nvme_from_the_machine_itself_is_frozen_before_its_carrier(world):
    """Here nothing hangs in the wrong order: the carrier would go on changing."""
    Stack(world, selfserved.nvme).must_be_frozen_in_order()


@case(limit=240)
def a_drbd_on_a_file_is_frozen_before_its_carrier(world):
    stack = Stack(world, selfserved.drbd)
    equal(stack.guest.run("ls /sys/block/drbd0/slaves").split(), ["loop0"], "what it stands on")
    stack.must_be_frozen_in_order()


@case(limit=300)
def a_process_serves_a_file_on_a_disk_of_the_kernels_target(world):
    Stack(world, selfserved.lio, selfserved.nbd).must_be_frozen_in_order()


@case(limit=240)
def an_ext4_is_frozen_before_what_carries_its_external_journal(world):
    parted = Parted(world, "%b/mke2fs -q -F -b 4096 -O journal_dev %l && "
                           "%b/mke2fs -q -F -b 4096 -t ext4 -J device=%l /dev/vdc",
                    "mount -t ext4 /dev/vdc")
    parted.must_be_frozen_in_order(parted.must_need_no_recovery)


@case(limit=240)
def an_xfs_is_frozen_before_what_carries_its_log(world):
    Parted(world, "%b/mkfs.xfs -q -f -l logdev=%l /dev/vdc",
           "mount -t xfs -o logdev=%l /dev/vdc").must_be_frozen_in_order()


@case(limit=240)
def a_btrfs_is_frozen_before_what_carries_its_second_device(world):
    Parted(world, "%b/mkfs.btrfs -q -f -d raid0 -m raid1 /dev/vdc %l", size=150,
           mount="mount -t btrfs -o device=%l /dev/vdc").must_be_frozen_in_order()


@case(limit=200)
def plan_and_check_say_why_the_order_is_unknown(world):
    stack = Stack(world, selfserved.nbd)
    said = stack.guest.run("/agent/frost-ga plan; true")
    true("of unknown order (nbd0 may be served by this machine itself)" in " ".join(said.split()),
         f"plan: {said}")
    said = stack.guest.run("/agent/frost-ga check; true")
    true("/mnt/upper0 is of unknown order" in " ".join(said.split()), f"check: {said}")


NEWEST_KERNEL = (an_ext4_is_frozen_before_what_carries_its_external_journal,)
NEWEST_KERNEL_FULL = (a_disk_served_by_a_process_is_frozen_before_its_carrier,
                      a_disk_of_the_kernels_own_target_is_frozen_before_its_carrier,
                      an_xfs_is_frozen_before_what_carries_its_log)
FULL_ONLY = (a_disk_that_nothing_in_sysfs_tells_of_is_frozen_by_a_repeat,
             qemu_ga_freezes_it_by_the_order_of_the_mounts,
             a_disk_by_iscsi_from_the_machine_itself_is_frozen_before_its_carrier,
             a_disk_by_nvme_from_the_machine_itself_is_frozen_before_its_carrier,
             a_process_serves_a_file_on_a_disk_of_the_kernels_target,
             a_drbd_on_a_file_is_frozen_before_its_carrier,
             a_btrfs_is_frozen_before_what_carries_its_second_device)
