# SPDX-License-Identifier: MIT
"""A process that writes all the time, and says when: what is frozen shows in its progress."""
import mmap
import os
import signal
import struct
import time

import kernel
from cases import Failed

_PAUSE_S = 0.001
_FIELDS = struct.Struct("=3d")   # when the last write began, when one last ended, longest gap


class Witness:
    def __init__(self, folder):
        self.folder = folder
        self.shared = mmap.mmap(-1, mmap.PAGESIZE)
        fd = os.open(f"{folder}/witness", os.O_WRONLY | os.O_CREAT, 0o600)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._write(fd)
            finally:
                os._exit(1)
        os.close(fd)

    def _write(self, fd):
        """Runs in the child, which keeps no other descriptor of its parent open."""
        kernel.close_all_but(fd)
        parent, last = os.getppid(), time.monotonic()
        while os.getppid() == parent:
            struct.pack_into("=d", self.shared, 0, time.monotonic())
            os.pwrite(fd, b"x", 0)
            now = time.monotonic()
            struct.pack_into("=d", self.shared, 8, now)
            if now - last > struct.unpack_from("=d", self.shared, 16)[0]:
                struct.pack_into("=d", self.shared, 16, now - last)
            last = now
            time.sleep(_PAUSE_S)

    def last(self):
        """The time of the last write that returned."""
        return _FIELDS.unpack_from(self.shared)[1]

    def gap(self):
        """The longest time between two writes since the last forget()."""
        return _FIELDS.unpack_from(self.shared)[2]

    def forget(self):
        struct.pack_into("=d", self.shared, 16, 0.0)

    def moves_after(self, moment, until):
        """Whether a write has returned after moment; waits for one until the time `until`."""
        while self.last() <= moment:
            if time.monotonic() > until:
                return self.last() > moment
            time.sleep(0.001)
        return True

    def must_move(self, limit_s=5):
        now = time.monotonic()
        if not self.moves_after(now, now + limit_s):
            raise Failed(f"{self.folder} is frozen: no write for {limit_s} s")

    def must_stand_still(self):
        """The kernel's own word where it gives one (K7), else a pause far above any other."""
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            try:
                with open(f"/proc/{self.pid}/wchan") as f:
                    if "percpu_rwsem_wait" in f.read():
                        return
            except OSError:
                pass
            time.sleep(0.002)
        if self.last() > until - 0.25:
            raise Failed(f"{self.folder} is not frozen: a write came through")

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
