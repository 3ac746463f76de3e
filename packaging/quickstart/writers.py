# SPDX-License-Identifier: MIT
"""One process for each filesystem that writes and fsyncs without end, and its diary.

The diary is shared memory, made before anything forks: the story reads it, and so does the guard
outside, which sees there how long a write has been waiting.
"""

import collections
import mmap
import os
import signal
import struct
import time

import kernel

Write = collections.namedtuple("Write", "begun ended")

HEAD = struct.Struct("=Qd")     # writes finished; begin of the write at work, 0 between two
ENTRY = struct.Struct("=dd")    # begin and end of one write, CLOCK_MONOTONIC
ENTRIES = 16384                 # a ring; a minute of the story, more than it lasts
JOURNAL = "journal"
BLOCK = 4096
FILE_BLOCKS = 4096              # then from the beginning, so that no filesystem fills up


class Diary:
    def __init__(self):
        self._memory = mmap.mmap(-1, HEAD.size + ENTRIES * ENTRY.size)

    def begin(self, now):
        HEAD.pack_into(self._memory, 0, self.finished(), now)

    def end(self, begun, now):
        finished = self.finished()
        ENTRY.pack_into(self._memory, HEAD.size + finished % ENTRIES * ENTRY.size, begun, now)
        HEAD.pack_into(self._memory, 0, finished + 1, 0.0)

    def finished(self):
        return HEAD.unpack_from(self._memory, 0)[0]

    def waiting(self):
        """Since how many seconds the write at work has been waiting."""
        begun = HEAD.unpack_from(self._memory, 0)[1]
        return max(0.0, time.monotonic() - begun) if begun else 0.0

    def last(self):
        """The newest finished write, None before the first."""
        finished = self.finished()
        return self._entry(finished - 1) if finished else None

    def writes(self):
        """All finished writes that the ring still holds, oldest first."""
        finished = self.finished()
        return [self._entry(number) for number in range(max(0, finished - ENTRIES), finished)]

    def _entry(self, number):
        return Write(*ENTRY.unpack_from(self._memory, HEAD.size + number % ENTRIES * ENTRY.size))


def start(folder, diary, interval, name):
    """Fork a writer of `folder`; returns its pid."""
    return kernel.fork(lambda: _write_for_ever(folder, diary, interval, name))


def _write_for_ever(folder, diary, interval, name):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setsid()
    os.closerange(3, 256)
    kernel.prctl(kernel.PR_SET_NAME, ("writer-" + name).encode())
    file = os.open(os.path.join(folder, JOURNAL), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    while True:
        number = diary.finished()
        data = content(number)
        begun = time.monotonic()
        diary.begin(begun)
        os.pwrite(file, data, number % FILE_BLOCKS * BLOCK)
        os.fsync(file)
        diary.end(begun, time.monotonic())
        time.sleep(interval)


def content(number):
    return (b"write %d\n" % number).ljust(BLOCK, b".")


def intact(folder, finished):
    """(found, wanted): the newest of the first `finished` writes that a copy's journal must hold.

    The oldest block of a full journal may be just being replaced.
    """
    numbers = range(max(0, finished - FILE_BLOCKS + 1), finished)
    found = 0
    try:
        with open(os.path.join(folder, JOURNAL), "rb") as file:
            for number in numbers:
                file.seek(number % FILE_BLOCKS * BLOCK)
                found += file.read(BLOCK) == content(number)
    except OSError:
        pass    # not even the file is there
    return found, len(numbers)
