# SPDX-License-Identifier: MIT
"""Filesystems on filesystems, and the many names one filesystem can have."""
import errno
import fcntl
import os
import struct

import kernel
import probe
from cases import case, equal, true
from disks import bind, cover
from host import freeze, status, thaw

MIB = 1 << 20
FEW = 6


def _show_later(point):
    """Gives the filesystem at point a new mount, later in mountinfo; the old one goes."""
    bind(point, point + "-later")
    kernel.umount(point, kernel.MNT_DETACH)
    return point + "-later"


def _dirty(point):
    with open(f"{point}/dirty", "wb") as f:
        f.write(os.urandom(MIB))


def _freeze_and_thaw(client, points):
    for point in points:
        _dirty(point)
    freeze(client, len(points))
    writers = probe.frozen(*points)
    thaw(client, len(points))
    for writer in writers:
        writer.must_end()
    status(client, "thawed")


def _image_on(world, lower_type, upper_type):
    size = {"ext4": 96, "xfs": 400, "btrfs": 300}[lower_type] * MIB
    world.disk(lower_type, "/mnt/lower", size=size)
    world.disk(upper_type, "/mnt/upper", image="/mnt/lower/image")


@case()
def a_stack_in_the_order_of_its_mounts_is_frozen(world):
    _image_on(world, "ext4", "ext4")
    _, client = world.connect()
    _freeze_and_thaw(client, ["/mnt/lower", "/mnt/upper"])


WRONG = "M9: it freezes the lower one first and hangs in the kernel"


@case(differs=WRONG, limit=25)
def a_stack_whose_mounts_are_the_wrong_way_round_is_frozen(world):
    _image_on(world, "ext4", "ext4")
    lower = _show_later("/mnt/lower")
    _, client = world.connect()
    for _ in range(3):
        _freeze_and_thaw(client, [lower, "/mnt/upper"])


@case(differs=WRONG, limit=25)
def a_stack_on_xfs_the_wrong_way_round_is_frozen(world):
    _image_on(world, "xfs", "ext4")
    lower = _show_later("/mnt/lower")
    _, client = world.connect()
    _freeze_and_thaw(client, [lower, "/mnt/upper"])


@case(differs=WRONG, limit=25)
def a_stack_on_btrfs_the_wrong_way_round_is_frozen(world):
    _image_on(world, "btrfs", "ext4")
    lower = _show_later("/mnt/lower")
    _, client = world.connect()
    _freeze_and_thaw(client, [lower, "/mnt/upper"])


@case(differs=WRONG, limit=25)
def a_btrfs_on_a_stack_the_wrong_way_round_is_frozen(world):
    world.disk("ext4", "/mnt/lower", size=200 * MIB)
    world.disk("btrfs", "/mnt/upper", image="/mnt/lower/image")
    lower = _show_later("/mnt/lower")
    _, client = world.connect()
    _freeze_and_thaw(client, [lower, "/mnt/upper"])


@case(differs=WRONG, limit=25)
def a_stack_whose_lower_mount_was_moved_is_frozen(world):
    """mount --move keeps the mount's number and loses its place in the tree."""
    _image_on(world, "ext4", "ext4")
    bind("/mnt/lower", "/mnt/second")
    kernel.umount("/mnt/lower", kernel.MNT_DETACH)
    os.makedirs("/mnt/third")
    kernel.mount("/mnt/second", "/mnt/third", None, kernel.MS_MOVE)
    _, client = world.connect()
    _freeze_and_thaw(client, ["/mnt/third", "/mnt/upper"])


@case(differs=WRONG, limit=25)
def three_levels_the_wrong_way_round_are_frozen(world):
    world.disk("xfs", "/mnt/1", size=400 * MIB)
    world.disk("ext4", "/mnt/2", image="/mnt/1/image", size=64 * MIB)
    world.disk("ext4", "/mnt/3", image="/mnt/2/image", size=8 * MIB)
    second = _show_later("/mnt/2")
    first = _show_later("/mnt/1")
    _, client = world.connect()
    for _ in range(3):
        _freeze_and_thaw(client, [first, second, "/mnt/3"])


@case(limit=25)
def the_upper_one_alone_can_be_frozen(world):
    _image_on(world, "ext4", "ext4")
    _, client = world.connect()
    freeze(client, 1, ["/mnt/upper"])
    writer, = probe.frozen("/mnt/upper")
    probe.writable("/mnt/lower")
    thaw(client, 1)
    writer.must_end()


@case(differs="it freezes the lower one by the name that is left, and hangs", limit=25)
def a_stack_whose_lower_path_is_covered_is_not_frozen_into_a_deadlock(world):
    """The lower filesystem cannot be reached by the path that the loop driver tells."""
    _image_on(world, "ext4", "ext4")
    bind("/mnt/lower", "/mnt/other-name")
    cover("/mnt/lower")
    _, client = world.connect()
    _freeze_and_thaw(client, ["/mnt/other-name", "/mnt/upper"])


@case()
def bind_mounts_are_counted_once(world):
    world.disk("ext4", "/mnt/a")
    os.mkdir("/mnt/a/inside")
    with open("/mnt/a/file", "w") as f:
        f.write("x")
    bind("/mnt/a", "/mnt/b")
    bind("/mnt/a/inside", "/mnt/c")
    with open("/mnt/file", "w") as f:
        f.write("")
    kernel.mount("/mnt/a/file", "/mnt/file", None, kernel.MS_BIND)
    _, client = world.connect()
    freeze(client, 1)
    writers = probe.frozen("/mnt/a", "/mnt/b", "/mnt/c")
    thaw(client, 1)
    for writer in writers:
        writer.must_end()


@case()
def a_bind_mount_in_a_list_means_its_filesystem(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/other")
    bind("/mnt/a", "/mnt/alias")
    _, client = world.connect()
    freeze(client, 1, ["/mnt/alias"])
    writer, = probe.frozen("/mnt/a")
    probe.writable("/mnt/other")
    thaw(client, 1)
    writer.must_end()


def _subvolume(point, name):
    """BTRFS_IOC_SUBVOL_CREATE"""
    fd = os.open(point, os.O_RDONLY)
    fcntl.ioctl(fd, 0x5000940E, bytearray(struct.pack("=q4088s", 0, name.encode())))
    os.close(fd)


@case()
def subvolumes_are_counted_once(world):
    disk = world.disk("btrfs", "/mnt/top")
    for name in ("one", "two"):
        _subvolume("/mnt/top", name)
        disk.mount(f"/mnt/{name}", options=f"subvol={name}")
    world.disk("btrfs", "/mnt/another")
    points = ("/mnt/top", "/mnt/one", "/mnt/two", "/mnt/another")
    _, client = world.connect()
    freeze(client, 2)
    writers = probe.frozen(*points)
    thaw(client, 2)
    for writer in writers:
        writer.must_end()


@case(differs="D7: one hidden mount fails the whole freeze")
def a_filesystem_hidden_below_another_does_not_fail_the_freeze(world):
    world.disk("ext4", "/mnt/p/q")
    hidden = os.open("/mnt/p/q", os.O_RDONLY)
    cover("/mnt/p")
    world.disk("ext4", "/mnt/b")
    _, client = world.connect()
    freeze(client, 1)
    writer, = probe.frozen("/mnt/b")
    probe.writable(f"/proc/self/fd/{hidden}")
    thaw(client, 1)
    writer.must_end()


@case(differs="D7: one hidden mount fails the whole freeze")
def a_filesystem_hidden_at_one_name_is_frozen_by_another(world):
    world.disk("ext4", "/mnt/p/q")
    bind("/mnt/p/q", "/mnt/open")
    cover("/mnt/p")
    _, client = world.connect()
    freeze(client, 1)
    writer, = probe.frozen("/mnt/open")
    thaw(client, 1)
    writer.must_end()


@case()
def of_two_filesystems_on_one_directory_the_upper_is_counted(world):
    world.disk("ext4", "/mnt/a", image="/img/below")
    below = os.open("/mnt/a", os.O_RDONLY)
    world.disk("ext4", "/mnt/a", image="/img/above")
    _, client = world.connect()
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    probe.writable(f"/proc/self/fd/{below}")
    thaw(client, 1)
    writer.must_end()


@case()
def a_tmpfs_over_a_filesystem_is_not_taken_for_it(world):
    world.disk("ext4", "/mnt/a")
    below = os.open("/mnt/a", os.O_RDONLY)
    cover("/mnt/a")
    _, client = world.connect()
    freeze(client, 0)
    status(client, "thawed")
    probe.writable("/mnt/a", f"/proc/self/fd/{below}")


@case(differs="it looks for mount points again at the thaw, and misses this one")
def a_filesystem_lazily_unmounted_while_frozen_is_thawed(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    held = [os.open(point, os.O_RDONLY) for point in ("/mnt/a", "/mnt/x")]
    _, client = world.connect()
    freeze(client, 2)
    writers = probe.frozen("/mnt/a", "/mnt/x")
    for point in ("/mnt/a", "/mnt/x"):
        kernel.umount(point, kernel.MNT_DETACH)
    thaw(client, 2)
    for writer in writers:
        writer.must_end()
    probe.writable(*(f"/proc/self/fd/{fd}" for fd in held))


@case(differs="it looks for mount points again at the thaw, and misses this one")
def a_filesystem_covered_while_frozen_is_thawed(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    cover("/mnt/a")
    thaw(client, 1)
    writer.must_end()


@case(differs="K14: the umount succeeds and strands the filesystem")
def a_frozen_filesystem_cannot_be_unmounted(world):
    points = [world.disk(fs_type, f"/mnt/{fs_type}").point for fs_type in ("ext4", "xfs", "btrfs")]
    _, client = world.connect()
    freeze(client, 3)
    for point in points:
        try:
            kernel.umount(point)
            true(False, f"the umount of {point} succeeded")
        except OSError as e:
            equal(e.errno, errno.EBUSY, f"errno of umount {point}")
    thaw(client, 3)
    for point in points:
        kernel.umount(point)


@case()
def after_the_thaw_nothing_is_held(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 1)
    thaw(client, 1)
    kernel.umount("/mnt/a")
    freeze(client, 0)


@case(limit=60)
def loops_over_files_of_one_hidden_filesystem_are_frozen(world):
    """Their files are on a tmpfs that no mount shows any more, as those of another namespace are;
    they may stand on anything, but not on each other (tests/unit/fsfreeze/plan)."""
    os.makedirs("/hidden")
    kernel.mount("hidden", "/hidden", "tmpfs", 0, "size=80%")
    world.disk("ext4", "/mnt/other")
    points = [world.disk("ext4", f"/mnt/{n}", image=f"/hidden/{n}").point for n in range(FEW)]
    kernel.umount("/hidden", kernel.MNT_DETACH)
    _, client = world.connect()
    _freeze_and_thaw(client, [*points, "/mnt/other"])
