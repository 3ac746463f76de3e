# SPDX-License-Identifier: MIT
"""A program that is started while a filesystem is frozen, and waits for the thaw or does not."""
import os
import subprocess

import disks
import proc
from cases import Failed, equal, within

KERNELS = "what the kernel does, whoever freezes"
TYPES = {"ext4": None, "xfs": None, "btrfs": 300 << 20}   # and the size of an image


class Doer:
    def __init__(self, *argv):
        self.words = " ".join(argv)
        self.output = f"/run/doer-{os.urandom(4).hex()}"
        with open(self.output, "wb") as f:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=f, stderr=f)

    @property
    def pid(self):
        return self.process.pid

    def said(self):
        with open(self.output, errors="replace") as f:
            return f.read()

    def waiting(self):
        """Names of its threads whose wait in the kernel no signal can end."""
        found = []
        for task in os.listdir(f"/proc/{self.pid}/task"):
            if proc.state(f"{self.pid}/task/{task}") == "D":
                with open(f"/proc/{self.pid}/task/{task}/comm") as f:
                    found.append(f.read().strip())
        return found

    def has_ended(self, limit_s=0):
        try:
            self.process.wait(limit_s)
            return True
        except subprocess.TimeoutExpired:
            return False

    def must_wait(self):
        within(20, lambda: self.has_ended() or self.waiting(), f"{self.words} waits")
        if self.has_ended(1):
            raise Failed(f"{self.words} did not wait: {self.process.returncode}: {self.said()}")

    def must_end(self, status=0, limit_s=20):
        if not self.has_ended(limit_s):
            raise Failed(f"{self.words} waits: {self.waiting()}")
        equal(self.process.returncode, status, f"status of {self.words}: {self.said()}")


class Frozen:
    """A point that is frozen while the block runs, by util-linux's program."""

    def __init__(self, point):
        self.point = point

    def __enter__(self):
        disks.fsfreeze(self.point)
        return self

    def __exit__(self, *_):
        disks.fsfreeze(self.point, True)


def each_type(world, make=lambda point: None):
    """(type, mount point) of one filesystem of each."""
    for fs_type, size in TYPES.items():
        point = f"/mnt/{fs_type}"
        world.disk(fs_type, point, size=size)
        make(point)
        yield fs_type, point
