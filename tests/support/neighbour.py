# SPDX-License-Identifier: MIT
"""A process with mounts of its own, as a container has beside the system that runs it."""
import os
import signal

import arena
import kernel


class Neighbour:
    """Has all that was mounted when it began; what is unmounted here then, only it sees."""

    def __init__(self, checked=True):
        """checked: beside what may be frozen only."""
        if checked:
            arena.require()
        ready, told = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                kernel.unshare(kernel.CLONE_NEWNS)
                kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
                os.write(told, b"r")
                while True:
                    signal.pause()
            finally:
                os._exit(1)
        os.close(told)
        if os.read(ready, 1) != b"r":
            raise RuntimeError("the process with mounts of its own has failed")
        os.close(ready)

    def keeps(self, *points):
        """These are its alone from now on. No path of ours leads there any more, even where an
        image that a loop device has open kept the mount busy."""
        for point in points:
            kernel.umount(point, kernel.MNT_DETACH)
        return self

    def path(self, point):
        """By which we reach what it calls point."""
        return f"/proc/{self.pid}/root{point}"

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
