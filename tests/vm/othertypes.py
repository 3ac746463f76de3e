# SPDX-License-Identifier: MIT
"""Filesystems that only the kernel for every machine has, and disks in memory."""
import re
import subprocess

import selfserved
import snapshot
from cases import case, contains, equal, true
from guestserved import program
from host import freeze, status, thaw
from parted import SHAPE, Parted
from vmworld import must_be_frozen, must_come_through

KERNEL = "generic"
# All that fsck.gfs2 -n may say of a copy on its standard error.
OF_STATFS = re.compile(r"The statfs file (is wrong|was not fixed)|(Current|Calculated) statfs values:|"
                       r"(blocks|free|dinodes): +\d+ \(0x[0-9a-f]+\)$|$")
GUEST = SHAPE


def _plan(guest):
    return " ".join(guest.run("/agent/frost-ga plan; true").split())


@case(limit=240)
def a_jfs_is_synced_and_named_but_not_counted(world):
    guest = selfserved.load(world.guest)
    guest.run(f"{selfserved.BIN}/mkfs.jfs -q /dev/vdc && mkdir -p /mnt/jfs && "
              "mount -t jfs /dev/vdc /mnt/jfs")
    world.discard_later()
    contains(_plan(guest), "a frozen jfs is not consistent on its disk: it is only synced (1): "
                           "/mnt/jfs", "plan")
    with world.agent() as agent, agent.port() as port:
        freeze(port, 2, limit_s=60)
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/xfs"])
        guest.run("date >/mnt/jfs/written")
        thaw(port, 2, limit_s=60)
        must_come_through(guest, held)
    # The day that this fails it can be frozen and counted.
    guest.run("cp /bin/busybox /mnt/jfs; mkdir /mnt/jfs/d; fsfreeze --freeze /mnt/jfs")
    snapshot.by_backup(guest, "jfs")
    guest.run("fsfreeze --unfreeze /mnt/jfs")
    said = subprocess.run([program(world.builder.folder, "jfs_fsck"), "-n", guest.path("jfs-vdc.img")],
                          capture_output=True, text=True, check=False, timeout=60)
    contains(said.stdout + said.stderr, "dirty", f"jfs_fsck of a frozen copy: {said.returncode}")


@case(limit=300)
def a_copy_of_a_frozen_gfs2_lacks_nothing_but_its_own_count_of_blocks(world):
    guest = selfserved.load(world.guest)
    guest.run(f"{selfserved.BIN}/mkfs.gfs2 -q -O -p lock_nolock -J 8 /dev/vdc && mkdir -p /mnt/gfs2 && "
              "mount -t gfs2 /dev/vdc /mnt/gfs2")
    world.discard_later()
    guest.spawn("writer buffered /mnt/gfs2/w /run/note", "/run/writer.log")
    with world.agent() as agent, agent.port() as port:
        freeze(port, 3, limit_s=60)
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/xfs", "/mnt/gfs2"])
        snapshot.by_backup(guest, "gfs2")
        thaw(port, 3, limit_s=60)
        must_come_through(guest, held)
    said = subprocess.run([program(world.builder.folder, "fsck.gfs2"), "-n",
                           guest.path("gfs2-vdc.img")],
                          capture_output=True, text=True, check=False, timeout=60)
    strange = [line for line in said.stderr.splitlines() if not OF_STATFS.match(line)]
    true(said.returncode in (0, 4) and "(level 1 passed)" in said.stdout and not strange,
         f"fsck.gfs2: {said}")


@case(limit=240)
def an_f2fs_is_frozen_before_what_carries_its_second_device(world):
    Parted(world, "%b/mkfs.f2fs -q -f -c %l /dev/vdc", "mount -t f2fs /dev/vdc", size=100) \
        .must_be_frozen_in_order()


@case(limit=240)
def an_f2fs_on_one_device_is_of_no_unknown_order(world):
    guest = selfserved.load(world.guest)
    guest.run(f"{selfserved.BIN}/mkfs.f2fs -q -f /dev/vdc && mkdir -p /mnt/f2fs && "
              "mount -t f2fs /dev/vdc /mnt/f2fs")
    world.discard_later()
    said = _plan(guest)
    true("/mnt/f2fs f2fs" in said and "unknown order" not in said, f"plan: {said}")


@case(limit=240)
def a_filesystem_on_zram_is_left_out(world):
    guest = selfserved.load(world.guest)
    guest.run("echo 32M >/sys/block/zram0/disksize; cat /sys/block/zram0/disksize")
    guest.run(f"{selfserved.BIN}/mke2fs -q -F -t ext4 /dev/zram0 && mkdir -p /mnt/zram && "
              "mount -t ext4 /dev/zram0 /mnt/zram")
    world.discard_later()
    contains(_plan(guest), "in memory only: no snapshot of a disk has it (1): /mnt/zram", "plan")
    with world.agent() as agent, agent.port() as port:
        freeze(port, 2, limit_s=60)
        guest.run("date >/mnt/zram/written")
        status(port, "frozen")
        thaw(port, 2, limit_s=60)
    equal(guest.run("grep -c /mnt/zram /proc/mounts").strip(), "1", "mounts")


FULL_ONLY = (an_f2fs_on_one_device_is_of_no_unknown_order,
             a_copy_of_a_frozen_gfs2_lacks_nothing_but_its_own_count_of_blocks)
