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
import threading
import time

import proc
from cases import Failed, within

_SYS_USERFAULTFD = {"x86_64": 323, "aarch64": 282, "riscv64": 282, "armv7l": 388}
_UFFD_API = 0xAA
_UFFDIO_API = 0xC018AA3F
_UFFDIO_REGISTER = 0xC020AA00
_UFFDIO_ZEROPAGE = 0xC020AA04
_MODE_MISSING = 1
_PAGE = mmap.PAGESIZE

_libc = ctypes.CDLL(None, use_errno=True)


def _memory_on_demand(length):
    """(memory whose pages are missing, the userfaultfd that is told)"""
    memory = mmap.mmap(-1, length, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    fd = _libc.syscall(_SYS_USERFAULTFD[os.uname().machine], os.O_CLOEXEC)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "userfaultfd")
    fcntl.ioctl(fd, _UFFDIO_API, struct.pack("=3Q", _UFFD_API, 0, 0))
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    fcntl.ioctl(fd, _UFFDIO_REGISTER, struct.pack("=4Q", address, length, _MODE_MISSING, 0))
    return memory, fd


def _memory_that_never_comes(length):
    return _memory_on_demand(length)[0]


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
        if proc.has_ended(self.pid):
            raise Failed("the writer that should stand still has ended")
        with open(f"/proc/{self.pid}/wchan") as f:
            return "userfault" in f.read()

    def release(self):
        """Lets the write fail: then the filesystem has one writer less."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Unseen:
    """One process writes to `upper`, and each page of what it writes comes only when something has been
    written to `lower`: so upper stands on lower, and nothing in the guest tells. PAUSE_S before
    that: at any time there is a writer inside write(2)."""

    PAUSE_S = 0.3

    def __init__(self, upper, lower):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._run(upper, lower)
            finally:
                os._exit(1)
        within(5, lambda: self._pages(lower) > 1, "the writer writes")

    @staticmethod
    def _pages(lower):
        try:
            return os.path.getsize(f"{lower}/pages")
        except FileNotFoundError:
            return 0

    def _run(self, upper, lower):
        memory, uffd = _memory_on_demand(_PAGE)
        threading.Thread(target=self._serve, args=(uffd, lower), daemon=True).start()
        fd = os.open(f"{upper}/written", os.O_RDWR | os.O_CREAT, 0o600)
        while True:
            os.pwrite(fd, memoryview(memory), 0)
            memory.madvise(mmap.MADV_DONTNEED)

    def _serve(self, uffd, lower):
        fd = os.open(f"{lower}/pages", os.O_RDWR | os.O_CREAT, 0o600)
        while True:
            event = os.read(uffd, 32)
            address, = struct.unpack_from("=Q", event, 16)
            time.sleep(self.PAUSE_S)
            os.write(fd, b".")
            fcntl.ioctl(uffd, _UFFDIO_ZEROPAGE,
                        struct.pack("=4Q", address & ~(_PAGE - 1), _PAGE, 0, 0))

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
