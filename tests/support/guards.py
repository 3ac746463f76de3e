# SPDX-License-Identifier: MIT
"""Starts guards (guard.py), each by a fork of the nursery (nursery.py)."""
import json
import os
import select
import socket
import subprocess
import threading

PYTHON = "/usr/bin/python3"
HERE = os.path.dirname(os.path.abspath(__file__))
ANSWER_MAX = 4096


class Guard:
    """As subprocess.Popen has them: pid, stdin, stdout, wait()."""

    def __init__(self, pid, pidfd, stdin, stdout):
        self.pid = pid
        self.stdin = os.fdopen(stdin, "wb", buffering=0)
        self.stdout = os.fdopen(stdout, "rb")
        self._pidfd = pidfd

    def wait(self):
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        poll.poll()
        os.close(self._pidfd)


class Nursery:
    """env: of all guards."""

    def __init__(self, env):
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [PYTHON, "-B", f"{HERE}/nursery.py", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], start_new_session=True, env=env)

    def start(self, arguments):
        """The guard ends everything when its standard input is closed."""
        input_end, stdin = os.pipe()
        stdout, output_end = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._socket, [json.dumps(arguments).encode()], [input_end, output_end])
                answer, fds, _, _ = socket.recv_fds(self._socket, ANSWER_MAX, 1)
        finally:
            os.close(input_end)
            os.close(output_end)
        if not answer:
            raise RuntimeError("the process that forks the guards of the arenas has died")
        return Guard(int(answer), fds[0], stdin, stdout)

    def close(self):
        self._socket.close()
        self._process.wait()
