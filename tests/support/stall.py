# SPDX-License-Identifier: MIT
"""A writer that stands still in the middle of write(2), so that FIFREEZE waits for it (K5).

It writes from memory that userfaultfd owns: the kernel is in the write, counted among the
filesystem's writers, and waits for a page that nobody gives it.
"""
import ctypes
import fcntl
import mmap
import os
import signal
import struct

from cases import Failed, within
from probe import state

_SYS_USERFAULTFD = {"x86_64": 323, "aarch64": 282, "riscv64": 282, "armv7l": 388}
_UFFD_API = 0xAA
_UFFDIO_API = 0xC018AA3F
_UFFDIO_REGISTER = 0xC020AA00
_MODE_MISSING = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _memory_that_never_comes(length):
    memory = mmap.mmap(-1, length)
    fd = _libc.syscall(_SYS_USERFAULTFD[os.uname().machine], os.O_CLOEXEC)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "userfaultfd")
    fcntl.ioctl(fd, _UFFDIO_API, struct.pack("=3Q", _UFFD_API, 0, 0))
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    fcntl.ioctl(fd, _UFFDIO_REGISTER, struct.pack("=4Q", address, length, _MODE_MISSING, 0))
    return memory


class Stall:
    """Holds back every freeze of the filesystem of `folder` until it is released."""

    def __init__(self, folder, direct=False):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._write(folder, os.O_DIRECT if direct else 0)
            finally:
                os._exit(1)
        within(5, self._stands_still, "a writer stands still inside write(2)")

    @staticmethod
    def _write(folder, flags):
        fd = os.open(f"{folder}/stalled", os.O_RDWR | os.O_CREAT | flags, 0o600)
        os.ftruncate(fd, 1 << 20)
        os.fsync(fd)
        os.write(fd, memoryview(_memory_that_never_comes(1 << 16)))

    def _stands_still(self):
        if state(self.pid) in ("", "Z"):
            raise Failed("the writer that should stand still has ended")
        with open(f"/proc/{self.pid}/wchan") as f:
            return "userfault" in f.read()

    def release(self):
        """The write fails; the filesystem has one writer less."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
