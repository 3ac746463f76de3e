# SPDX-License-Identifier: MIT
"""The host's ends of a guest's ports."""
import select
import socket
import struct
import threading

from cases import Failed
from client import Wire


class NotTheGuest(Exception):
    """Something other than the test's QEMU listens where the guest's port should be."""


class Port(Wire):
    """The host's end of a port of the guest."""

    def __init__(self, path, qemu_pid):
        super().__init__()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        peer = struct.unpack("=3i", self.socket.getsockopt(socket.SOL_SOCKET,
                                                           socket.SO_PEERCRED, 12))[0]
        if peer != qemu_pid:
            self.socket.close()
            raise NotTheGuest(f"{path} leads to process {peer}")

    def send(self, data):
        """Without the arena's question: whoever answers here is inside the virtual machine."""
        self._write(data)

    def _write(self, data):
        self.socket.settimeout(60)
        try:
            self.socket.sendall(data)
        except socket.timeout:
            raise Failed("the guest reads no more") from None

    def _read(self, limit_s):
        if not select.select([self.socket], [], [], limit_s)[0]:
            return None
        try:
            return self.socket.recv(1 << 20)
        except ConnectionResetError:
            return b""

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
        number, status, length = (int(n) for n in head.split())
        while len(self.port.pending) < length:
            part = self.port._read(limit_s)
            if not part:
                raise Failed("the control port broke off")
            self.port.pending += part
        said, self.port.pending = self.port.pending[:length], self.port.pending[length:]
        self.answers[number] = status, said.decode(errors="replace")

    def has_ended(self, ticket):
        with self.lock:
            while ticket not in self.answers and select.select([self.port.socket], [], [], 0)[0]:
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
