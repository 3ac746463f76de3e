# SPDX-License-Identifier: MIT
"""Which processes of a suite were killed by a filter of system calls, as the kernel's audit says.

An agent that is built to be killed for a call outside the list (seal_kills) replaces a parser or a freezer
that dies, so its host may notice nothing. The kernel notes each such death with the login number (auid) of
the process: each case has a number of its own, which its processes inherit.
"""
import collections
import ctypes
import itertools
import os
import re
import signal
import socket
import struct
import threading
import time

import kernel

_AUDIT, _READERS, _SECCOMP, _HEADER = 9, 1, 1326, 16
_RECORD = re.compile(r'auid=(\d+) .*pid=(\d+) comm=(\S+) .*sig=(\d+) arch=(\w+) syscall=(-?\d+)')
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_SEEN_WITHIN_S = 10
_KILLED_ON_PURPOSE = "test-seal"   # a unit test of the filters, which looks for itself
_CASES = 2048   # of one watch, until the numbers begin again
_watches = itertools.count()
Kill = collections.namedtuple("Kill", "number pid comm arch call")


def become(number):
    """Gives this process, and all that it starts, a login number."""
    with open("/proc/self/loginuid", "w", encoding="ascii") as f:
        f.write(str(number))


class Watch:
    """Listens from its making on. why_not: why it cannot; else "". must_hear: whether that is a failure."""

    def __init__(self, must_hear):
        self.must_hear = must_hear
        self.base = ((os.getpid() & 0x3FFFF) * 4 + next(_watches) % 4) * _CASES
        self.names = {}
        self.wanted = set()   # numbers of cases in which somebody has to be killed
        self.kills = []
        self.lost = False
        self.why_not = ""
        try:
            become(self.base)
            self.reader = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _AUDIT)
            self.reader.bind((0, _READERS))
        except OSError as e:
            self.why_not = f"the kernel's audit cannot be heard: {e}"
            return
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                data = self.reader.recv(16384)
            except OSError:   # ENOBUFS: more came than was read
                self.lost = True
                continue
            found = _RECORD.search(data[_HEADER:].decode(errors="replace"))
            if int.from_bytes(data[4:6], "little") != _SECCOMP or not found:
                continue
            number, pid, sig, call = (int(found[i]) for i in (1, 2, 4, 6))
            program = found[3].strip('"')
            if (sig == signal.SIGSYS and number // _CASES == self.base // _CASES
                    and program != _KILLED_ON_PURPOSE):
                self.kills.append(Kill(number, pid, program, found[5], call))

    def number(self, name, is_wanted=False):
        """For a new case."""
        number = self.base + 1 + len(self.names) % (_CASES - 1)
        self.names[number] = name
        self.wanted.discard(number)
        if is_wanted:
            self.wanted.add(number)
        return number

    def _must_see(self, number):
        """A process that is killed for this is seen, and so are all that were killed before it."""
        if os.fork() == 0:
            try:
                become(number)
                _be_killed()
            finally:
                os._exit(0)
        os.wait()
        deadline = time.monotonic() + _SEEN_WITHIN_S
        while all(kill.number != number for kill in self.kills):
            if time.monotonic() > deadline:
                return "a process was killed by a filter, and the kernel's audit did not say so"
            time.sleep(0.01)
        return "more was in the kernel's audit than could be read" if self.lost else ""

    def verdict(self):
        """(outcome, detail) on all that came since the last one."""
        if self.why_not:
            return "fail" if self.must_hear else "skip", self.why_not
        blind = self._must_see(self.number("the watch", is_wanted=True))
        seen = {kill.number for kill in self.kills}
        complaints = [f"{self.names.get(kill.number, 'outside of all cases')}: {kill.comm} (process {kill.pid}) "
                      f"was killed for system call {kill.call} of processor {kill.arch}"
                      for kill in self.kills if kill.number not in self.wanted]
        complaints += [f"{self.names[number]}: nobody was killed" for number in self.wanted - seen]
        self.kills, self.wanted, self.lost = [], set(), False
        found = "\n".join([*filter(None, [blind]), *complaints])
        return ("fail", found) if found else ("ok", "")


def _be_killed():
    """By a filter of one line, which allows no call at all."""
    line = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0x80000000), 8)
    program = ctypes.create_string_buffer(struct.pack("@HP", 1, ctypes.addressof(line)))
    kernel.prctl(_PR_SET_SECCOMP, _MODE_FILTER, program)
