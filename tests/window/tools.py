# SPDX-License-Identifier: MIT
"""Which of an administrator's tools wait for the thaw."""
import os

import disks
import kernel
from cases import case, contains
from doer import KERNELS, Doer, Frozen, each_type


def _split(world, point, waiting, going):
    """While point is frozen, the one wait and the others do not; all end after the thaw."""
    with Frozen(point):
        for argv in going:
            Doer(*argv).must_end()
        started = [Doer(*argv) for argv in waiting]
        for doer in started:
            doer.must_wait()
    for doer in started:
        doer.must_end()
    world.notes.append(f"{len(waiting)} wait, {len(going)} go on")


@case(own=KERNELS, limit=60)
def btrfs_looks_and_syncs_and_all_else_waits_a_scrub_that_only_reads_too(world):
    point = "/mnt/b"
    world.disk("btrfs", point, size=400 << 20)
    Doer("btrfs", "subvolume", "create", f"{point}/sub").must_end()
    with open(f"{point}/file", "wb") as f:
        f.write(os.urandom(8 << 20))
    _split(world, point,
           [("btrfs", "subvolume", "snapshot", point, f"{point}/snapshot"),
            ("btrfs", "scrub", "start", "-B", "-r", point),
            ("btrfs", "balance", "start", "-dusage=1", point),
            ("btrfs", "filesystem", "defragment", f"{point}/file"),
            ("btrfs", "property", "set", f"{point}/sub", "ro", "true"),
            ("btrfs", "filesystem", "label", point, "new")],
           [("btrfs", "filesystem", "usage", point), ("btrfs", "filesystem", "sync", point)])


@case(own=KERNELS, limit=60)
def an_xfs_waits_for_a_label_and_a_shared_copy(world):
    point = "/mnt/x"
    world.disk("xfs", point)
    for name in ("one", "two"):
        with open(f"{point}/{name}", "wb") as f:
            f.write(bytes(1 << 20))
    _split(world, point,
           [("xfs_io", "-c", "label -s new", point),
            ("xfs_io", "-c", f"reflink {point}/one", f"{point}/two")],
           [("xfs_io", "-c", "label", point), ("xfs_io", "-r", "-c", "fiemap", f"{point}/one")])


@case(own=KERNELS, limit=60)
def a_frozen_filesystem_can_be_mounted_again_and_bound_and_moved_and_not_remounted(world):
    for fs_type, point in each_type(world):
        number = [disk.number for disk in world.disks if disk.point == point][0]
        with Frozen(point):
            for name in ("second", "bound", "moved"):
                os.makedirs(f"/mnt/{fs_type}-{name}")
            kernel.mount(f"/dev/loop{number}", f"/mnt/{fs_type}-second", fs_type)
            disks.bind(point, f"/mnt/{fs_type}-bound")
            kernel.mount(f"/mnt/{fs_type}-bound", f"/mnt/{fs_type}-moved", None, kernel.MS_MOVE)
            for options in ("remount,ro", "remount,noatime"):
                doer = Doer("mount", "-o", options, point)
                doer.must_end(32)
                contains(doer.said(), "busy", "mount's error")


@case(own=KERNELS, limit=60)
def an_overlay_over_a_frozen_one_lets_nobody_read_a_new_name_once_somebody_writes(world):
    world.disk("ext4", "/mnt/upper")
    for name in ("data", "work"):
        os.mkdir(f"/mnt/upper/{name}")
    for folder in ("/run/lower", "/mnt/over"):
        os.mkdir(folder)
    for name in ("known", "new"):
        with open(f"/run/lower/{name}", "w") as f:
            f.write("text\n")
    kernel.mount("overlay", "/mnt/over", "overlay", 0,
                 "lowerdir=/run/lower,upperdir=/mnt/upper/data,workdir=/mnt/upper/work")
    Doer("cat", "/mnt/over/known").must_end()
    with Frozen("/mnt/upper"):
        writer = Doer("touch", "/mnt/over/made")
        writer.must_wait()
        Doer("cat", "/mnt/over/known").must_end()
        reader = Doer("cat", "/mnt/over/new")
        reader.must_wait()
    writer.must_end()
    reader.must_end()
