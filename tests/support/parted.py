# SPDX-License-Identifier: MIT
"""In a guest: filesystems on several devices, one of which lies on a file of another filesystem."""
import subprocess
import time

import selfserved
import snapshot
from cases import true
from guestdisk import Disk
from host import freeze, thaw
from vmworld import must_be_frozen, must_come_through


def _main_disk(guest):
    """What has its journal, log or second half on a file of another filesystem."""
    return Disk("vdc", None, None, guest.path("vdc.img"), size=340 << 20)


SHAPE = {"disks": ("ext4", "xfs", _main_disk), "initramfs": ("served",), "memory": 700}
OPTIONS = "-v --freeze-timeout=40"   # in the wrong order nothing but this ends the freeze
ROUNDS = 3


def tell(program, times):
    print(f"#     {program}: freeze answered after " +
          ", ".join(f"{t * 1000:.0f} ms" for t in times), flush=True)


class Parted:
    """A filesystem on vdc with a part on a loop over a file of /mnt/xfs. It is mounted first, and so
    is the carrier once more: the order of the mounts is the wrong one."""

    def __init__(self, world, make, mount, size=80):
        """make, mount: commands; %l is the loop device, %b the folder of the programs"""
        self.world = world
        self.guest = selfserved.load(world.guest)
        path = selfserved.file(self.guest, "/mnt/xfs/part", size * selfserved.MIB)
        device = selfserved.loop(self.guest, path)
        self.guest.run("mkdir -p /mnt/parted; " +
                       f"{make} && {mount} /mnt/parted".replace("%l", device)
                       .replace("%b", selfserved.BIN), limit_s=120)
        self.guest.run("mkdir /mnt/later && mount -o bind /mnt/xfs /mnt/later && "
                       "umount -l /mnt/xfs")
        world.discard_later()

    def must_be_frozen_in_order(self, look=lambda number: None):
        times = []
        points = ["/mnt/ext4", "/mnt/later", "/mnt/parted"]
        with self.world.agent(options=OPTIONS) as agent, agent.port() as port:
            for number in range(ROUNDS):
                self.guest.run("for n in 1 2 3 4 5 6 7 8; do "
                               "dd if=/dev/urandom of=/mnt/parted/junk$n bs=64k count=8; done 2>&1")
                began = time.monotonic()
                freeze(port, 3, limit_s=90)
                times.append(time.monotonic() - began)
                held = must_be_frozen(self.guest, points)
                look(number)
                thaw(port, 3, limit_s=60)
                must_come_through(self.guest, held)
        tell("frost-ga", times)

    def must_need_no_recovery(self, number):
        """The ext4 on vdc, as it is while frozen."""
        images = snapshot.by_backup(self.guest, f"parted{number}")
        copy = self.guest.path(f"parted{number}-vdc.img")
        said = subprocess.run(["dumpe2fs", "-h", copy], check=True, capture_output=True, text=True,
                              timeout=60).stdout
        true("needs_recovery" not in said, "the journal needs a replay")
        snapshot.remove({**images, "": copy})
