# SPDX-License-Identifier: MIT
"""Filesystems on a volume of a given speed, inside an arena (slowdisk.c)."""
import os
import stat
import subprocess

import arena
import kernel
import loops
from cases import Failed

MIB = 1 << 20
_FUSE = os.makedev(10, 229)
# Nothing that the kernel would still do later, by itself.
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"],
        "xfs": ["mkfs.xfs", "-q", "-f", "-K"]}
FREE = (0, 0)     # a speed without limit


class Volume:
    """Some filesystems of one type on one volume. folders: where they are mounted; numbers: of their
    loop devices."""

    def __init__(self, fs_type, count, mebibytes):
        if not os.path.exists("/dev/fuse"):
            os.mknod("/dev/fuse", stat.S_IFCHR | 0o600, _FUSE)
        os.makedirs("/run/volume")
        self.process = subprocess.Popen(["/agent/slowdisk", "/run/volume", str(count), str(mebibytes)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._hear("ready")
        self.folders = [f"/mnt/slow{n}" for n in range(count)]
        self.numbers = [self._make(n, fs_type, folder) for n, folder in enumerate(self.folders)]

    def _hear(self, word):
        if self.process.stdout.readline() != f"{word}\n":
            raise Failed(f"slowdisk has ended with {self.process.wait()}")

    def _make(self, n, fs_type, folder):
        image = f"/run/volume/disk{n}"
        run = subprocess.run([*MAKE[fs_type], image], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise Failed(f"{MAKE[fs_type][0]}: {run.stderr}")
        number, fd = loops.attach(image, arena.token(), direct=True)
        with open(f"/sys/block/loop{number}/loop/dio") as f:
            if f.read() != "1\n":
                raise Failed(f"loop{number} does not write directly")
        os.makedirs(folder)
        kernel.mount(f"/dev/loop{number}", folder, fs_type)
        os.close(fd)
        return number

    def set_speed(self, bytes_per_s, operations_per_s):
        self.process.stdin.write(f"{bytes_per_s} {operations_per_s}\n")
        self.process.stdin.flush()
        self._hear("set")

    def written(self):
        """(writes, bytes) of all its disks so far."""
        found = []
        for number in self.numbers:
            with open(f"/sys/block/loop{number}/stat") as f:
                found.append(f.read().split())
        return sum(int(of[4]) for of in found), sum(int(of[6]) for of in found) * 512

    def close(self):
        self.set_speed(*FREE)
        for folder in self.folders:
            kernel.umount(folder)
        self.process.stdin.close()
        self.process.wait()
