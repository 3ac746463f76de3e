# SPDX-License-Identifier: MIT
"""A process with mounts of its own, as a container has beside the system that runs it."""
import os
import signal

import arena
import kernel


class Neighbour:
    """Has all mounts that there were when it began. It keeps those that are unmounted here
    later."""

    def __init__(self, checked=True):
        """checked: refuse to start it outside of an arena."""
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
        """From now on only the neighbour has these mounts. No path of ours leads to them, even if a
        loop device keeps a file there open."""
        for point in points:
            kernel.umount(point, kernel.MNT_DETACH)
        return self

    def path(self, point):
        """The path by which we reach what the neighbour calls point."""
        return f"/proc/{self.pid}/root{point}"

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
