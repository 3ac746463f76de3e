# SPDX-License-Identifier: MIT
"""A FUSE filesystem with one folder, whose server can stop answering: then every look-up hangs."""
import os
import signal
import stat
import struct

import arena
import kernel
import proc
from cases import Skipped, within

_LOOKUP, _FORGET, _GETATTR, _INIT, _INTERRUPT, _BATCH_FORGET = 1, 2, 3, 26, 36, 42
_UNANSWERED = (_FORGET, _INTERRUPT, _BATCH_FORGET)
_ENOSYS = 38
_FOLDER = 2   # its number; the root's is 1


def _attributes(node):
    return struct.pack("=6Q10I", node, 0, 0, 0, 0, 0, 0, 0, 0, stat.S_IFDIR | 0o755, 2, 0, 0, 0,
                       4096, 0)


def _answer(opcode, node):
    """(error, body) of an answer. The kernel must keep no answer: each look-up asks the server
    again."""
    if opcode == _INIT:
        return 0, struct.pack("=4I2H2I2HI28x", 7, 31, 0, 0, 1, 1, 4096, 1, 1, 0, 0)
    if opcode == _LOOKUP:
        return 0, struct.pack("=4Q2I", _FOLDER, 0, 0, 0, 0, 0) + _attributes(_FOLDER)
    if opcode == _GETATTR:
        return 0, struct.pack("=Q2I", 0, 0, 0) + _attributes(node)
    return -_ENOSYS, b""


def _serve(fd):
    while True:
        request = os.read(fd, 1 << 17)
        _, opcode, unique, node = struct.unpack_from("=2I2Q", request)
        if opcode in _UNANSWERED:
            continue
        error, body = _answer(opcode, node)
        os.write(fd, struct.pack("=IiQ", 16 + len(body), error, unique) + body)


def _open_device():
    path = "/dev/fuse"
    try:
        if not os.path.exists(path):
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(10, 229))
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as e:
        raise Skipped(f"the kernel has no FUSE: {e}") from None


class Server:
    """Mounted at `point`; every name in it is the same folder."""

    def __init__(self, point):
        arena.require()
        os.makedirs(point)
        fd = _open_device()
        kernel.mount("server", point, "fuse", 0,
                     f"fd={fd},rootmode=40000,user_id=0,group_id=0")
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _serve(fd)
            finally:
                os._exit(1)
        os.close(fd)

    def stop_answering(self):
        os.kill(self.pid, signal.SIGSTOP)
        within(5, lambda: proc.state(self.pid) == "T", "the server stands still")

    def answer_again(self):
        os.kill(self.pid, signal.SIGCONT)

    def end(self):
        """Ends the server. Each process that waits for it gets an error."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
