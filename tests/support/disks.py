# SPDX-License-Identifier: MIT
"""Small real filesystems on loop devices, inside an arena."""
import os
import subprocess

import arena
import kernel
import loops
from cases import Skipped

_MIB = 1 << 20
_MAKE = {
    "ext4": (16 * _MIB, ["mkfs.ext4", "-q", "-F"]),
    "xfs": (300 * _MIB, ["mkfs.xfs", "-q", "-f"]),
    "btrfs": (128 * _MIB, ["mkfs.btrfs", "-q", "-f"]),
    "vfat": (16 * _MIB, ["mkfs.vfat"]),
}


def supported(fs_type):
    with open("/proc/filesystems") as f:
        return any(line.split()[-1] == fs_type for line in f)


def make_image(path, fs_type, size=None):
    default, argv = _MAKE[fs_type]
    with open(path, "wb") as f:
        f.truncate(size or default)
    run = subprocess.run([*argv, path], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{argv[0]}: {run.stderr}")


class Disk:
    """One filesystem: image, loop device, mount point."""

    def __init__(self, fs_type, point, image=None, size=None, read_only=False, options=None):
        if not supported(fs_type):
            raise Skipped(f"the kernel has no {fs_type}")
        self.fs_type = fs_type
        self.point = point
        self.image = image or f"/img/{fs_type}{point.replace('/', '-')}"
        make_image(self.image, fs_type, size)
        self.number, self.fd = loops.attach(self.image, arena.token())
        self.device = f"/dev/loop{self.number}"
        self.mount(point, read_only, options)

    def mount(self, point, read_only=False, options=None):
        os.makedirs(point, exist_ok=True)
        kernel.mount(self.device, point, self.fs_type,
                     kernel.MS_RDONLY if read_only else 0, options)


def bind(source, target):
    os.makedirs(target, exist_ok=True)
    kernel.mount(source, target, None, kernel.MS_BIND)


def cover(point):
    """A tmpfs over point: what is below can be reached by no path any more."""
    kernel.mount("cover", point, "tmpfs")


def fsfreeze(point, thaw=False):
    """util-linux's tool, the other hand in the guest."""
    arena.require()
    subprocess.run(["fsfreeze", "-u" if thaw else "-f", point], check=True, timeout=20,
                   capture_output=True)
