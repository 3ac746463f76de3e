# SPDX-License-Identifier: MIT
"""The host's ends of a guest's ports.

A guest may die at any moment, and QEMU with it. Whatever then becomes of a connection is a GuestLost,
which says how QEMU ended and what the guest's console said last.
"""
import select
import socket
import struct
import threading
import time

from cases import PATIENCE, Failed
from client import Wire

SAID_MAX = 4 << 20   # as in tests/vm/guest/control.c


class GuestLost(Failed):
    """A guest's port, or QEMU's monitor, broke off, or what came is no answer."""


class GuestSilent(GuestLost):
    """No whole answer came in time."""


class Port(Wire):
    """The host's end of a port of the guest."""

    def __init__(self, path, qemu_pid, scene=lambda: ""):
        """scene(): a function that says how the guest has ended."""
        super().__init__()
        self.scene = scene
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(path)
            peer = struct.unpack("=3i", self.socket.getsockopt(socket.SOL_SOCKET,
                                                               socket.SO_PEERCRED, 12))[0]
        except OSError as e:
            self.socket.close()
            raise self.broken(f"{path} cannot be reached: {e.strerror}") from None
        if peer != qemu_pid:
            self.socket.close()
            raise self.broken(f"{path} leads to process {peer}, not to the guest's QEMU")

    def broken(self, what):
        return GuestLost(f"{what}\n{self.scene()}")

    def late(self, what):
        return GuestSilent(f"{what}\n{self.scene()}")

    def send(self, data):
        """Does not ask whether this is an arena: what answers here is inside the virtual
        machine."""
        self._write(data)

    def _write(self, data):
        self.socket.settimeout(60 * PATIENCE)
        try:
            self.socket.sendall(data)
        except socket.timeout:
            raise self.late("the guest reads no more") from None
        except OSError as e:
            raise self.broken(f"the guest cannot be written to: {e.strerror}") from None

    def readable(self, limit_s):
        try:
            return bool(select.select([self.socket], [], [], max(limit_s, 0))[0])
        except (OSError, ValueError) as e:   # ours is closed: the plug was pulled
            raise self.broken(f"the port is closed: {e}") from None

    def _read(self, limit_s):
        """The bytes that have come, or None. QEMU keeps the connection as long as it lives."""
        if not self.readable(limit_s):
            return None
        try:
            data = self.socket.recv(1 << 20)
        except OSError as e:
            raise self.broken(f"the port cannot be read: {e.strerror}") from None
        if not data:
            raise self.broken(f"the port broke off after {self.pending[-200:]!r}")
        return data

    def exactly(self, length, limit_s):
        """The next bytes, this many."""
        limit_s *= PATIENCE
        deadline = time.monotonic() + limit_s
        while len(self.pending) < length:
            part = self._read(deadline - time.monotonic())
            if part is None:
                raise self.late(f"{len(self.pending)} of {length} bytes within {limit_s} s")
            self.pending += part
        taken, self.pending = self.pending[:length], self.pending[length:]
        return taken

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Control:
    """Scripts for the guest's shell; they may be answered in another order than they were sent."""

    def __init__(self, port, number=0):
        """number: of the last script of an earlier connection; its answers may still come."""
        self.port = port
        self.number = number
        self.answers = {}
        self.lock = threading.Lock()

    def begin(self, script):
        """Starts a script; the ticket is for end()."""
        with self.lock:
            self.number += 1
            body = script.encode()
            self.port.send(b"%d %d\n" % (self.number, len(body)) + body)
            return self.number

    def _take_one(self, limit_s):
        head = self.port.line(limit_s)
        try:
            number, status, length = (int(n) for n in head.split())
        except ValueError:
            raise self.port.broken(f"this heads no answer: {head[:200]!r}") from None
        if not 0 <= length <= SAID_MAX:
            raise self.port.broken(f"no answer has {length} bytes")
        said = self.port.exactly(length, limit_s)
        self.answers[number] = status, said.decode(errors="replace")

    def has_ended(self, ticket):
        with self.lock:
            # What came with an earlier answer is no longer in the socket.
            while ticket not in self.answers and (self.port.pending or self.port.readable(0)):
                self._take_one(10)
            return ticket in self.answers

    def end(self, ticket, limit_s=60):
        """(status, output) of a script."""
        with self.lock:
            while ticket not in self.answers:
                self._take_one(limit_s)
            return self.answers.pop(ticket)

    def run(self, script, limit_s=60):
        """Output of a script that must succeed."""
        status, said = self.end(self.begin(script), limit_s)
        if status != 0:
            raise Failed(f"in the guest: {script.strip()[:200]}: status {status}: {said[-2000:]}")
        return said
