# SPDX-License-Identifier: MIT
"""A second initramfs for guests that serve disks to themselves: the kernel's modules for it, and
programs of Debian's that are neither installed nor part of other guests."""
import os
import shutil

import debs
import guestkernel
import guesttree
from cases import Skipped

# What a kernel does not have as a module it has built in, or not at all.
MODULES = ("nbd", "sd_mod", "target_core_mod", "target_core_file", "tcm_loop", "iscsi_target_mod",
           "iscsi_tcp", "nvme-core", "nvmet", "nvmet-tcp", "nvme-tcp", "nvme-loop", "ublk_drv",
           "zram", "brd", "drbd", "btrfs", "jfs", "gfs2", "crc32_generic", "f2fs", "fuse", "overlay",
           "crc32c_generic", "libcrc32c", "xfs", "ext4", "loop")
# PACKAGE: the programs of it.
PROGRAMS = {"qemu-utils": ("qemu-nbd",), "open-iscsi": ("iscsistart",),
            "jfsutils": ("mkfs.jfs", "jfs_fsck"), "gfs2-utils": ("mkfs.gfs2", "fsck.gfs2"),
            "f2fs-tools": ("mkfs.f2fs",), "drbd-utils": ("drbdsetup-84", "drbdmeta"),
            "btrfs-progs": ("btrfs", "mkfs.btrfs"), "e2fsprogs": ("mke2fs", "e2fsck"),
            "xfsprogs": ("mkfs.xfs",)}
LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
BINARIES = ("sbin", "usr/sbin", "bin", "usr/bin", "lib/drbd", "usr/lib/drbd")


def _unpack(folder):
    wanted = tuple(PROGRAMS)
    debs.unpack(folder, dict.fromkeys((*wanted, *debs.all_libraries(*wanted))))


def _is_made_of(stamp):
    """Whether what has this stamp was made with the lists above."""
    try:
        with open(stamp) as f:
            return f.read() == repr((MODULES, PROGRAMS))
    except OSError:
        return False


def _note(stamp):
    with open(stamp, "w") as f:
        f.write(repr((MODULES, PROGRAMS)))


def _unpacked(folder):
    if not _is_made_of(f"{folder}/complete"):
        shutil.rmtree(folder, ignore_errors=True)
        debs.renewing(lambda: _unpack(folder))
        _note(f"{folder}/complete")
    return folder


def program(folder, name):
    """Path of one of the programs, for the machine outside."""
    path = shutil.which(name, path=":".join(f"{_unpacked(f'{folder}/served-debs')}/{f}"
                                            for f in BINARIES))
    if not path:
        raise Skipped(f"no package has {name}")
    return path


def build(folder, flavour):
    """Path of the initramfs, made once a kernel."""
    target = f"{folder}/served-{flavour}"
    if os.path.exists(target) and _is_made_of(f"{target}.of"):
        return target
    libraries = ":".join(f"{_unpacked(f'{folder}/served-debs')}/{f}" for f in LIBRARIES)
    tree = f"{folder}/served-tree-{flavour}"
    shutil.rmtree(tree, ignore_errors=True)
    extra = guesttree.Tree(tree)
    for name in (name for names in PROGRAMS.values() for name in names):
        extra.program(program(folder, name), f"/served/bin/{name}", libraries)
    _, modules = guestkernel.fetch(f"{folder}/kernel-{flavour}", flavour, MODULES)
    for path in modules:
        extra.copy(path, f"/served/modules/{os.path.basename(path)}")
    extra.text("/served/modules/order", "".join(f"{os.path.basename(p)}\n" for p in modules))
    extra.cpio(f"{target}.new")
    os.rename(f"{target}.new", target)
    _note(f"{target}.of")
    return target
