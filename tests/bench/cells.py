# SPDX-License-Identifier: MIT
"""What is measured of programs that write before, during and after a freeze: a cell is a volume and
what is done to it."""
import collections

from slowvolume import MIB

# speed: of the volume, bytes and operations a second; disks: filesystems on it, and dirty_mb on all of
# them together; stream: whether a program writes 40 MB a second to the first beside the others;
# server: the database whose clients commit, in place of programs that write (commits.py).
Cell = collections.namedtuple("Cell", "fs_type speed disks dirty_mb stream label server", defaults=[None])

SLOW = (60 * MIB, 2000)         # as the volume of a cloud is
FAST = (1000 * MIB, 200000)
_KINDS = {"slow": (SLOW, 1, False, "60 MB/s"),
          "stream": (SLOW, 1, True, "60 MB/s, a writer of 40 MB/s beside"),
          "fast": (FAST, 1, False, "1 GB/s"),
          "four": (SLOW, 4, False, "four filesystems on one volume of 60 MB/s")}
CELLS = {f"{kind}-{fs_type}": Cell(fs_type, speed, disks, 300, stream, f"{fs_type}, {label}")
         for kind, (speed, disks, stream, label) in _KINDS.items() for fs_type in ("ext4", "xfs")}
# On a virtio disk of a guest, which QEMU throttles (guestgentle.py).
IN_GUEST = {f"guest-{fs_type}": Cell(fs_type, SLOW, 1, 300, False, f"{fs_type}, a guest's disk of 60 MB/s")
            for fs_type in ("ext4", "xfs")}
CELLS.update(IN_GUEST)
WITH_SERVER = {f"{server}-{fs_type}": Cell(fs_type, SLOW, 1, 300, False, f"commits of {label}, {fs_type}, 60 MB/s",
                                           server)
               for server, label in (("mariadb", "MariaDB"), ("postgres", "PostgreSQL"))
               for fs_type in ("ext4", "xfs")}
CELLS.update(WITH_SERVER)
DISK_MIB = 2048
QUICK_MB = 12


def of(name, size_name):
    cell = CELLS[name]
    return cell._replace(dirty_mb=QUICK_MB) if size_name == "quick" else cell
