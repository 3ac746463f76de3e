# SPDX-License-Identifier: MIT
"""A Redis server inside an arena, and its protocol."""
import os
import signal
import socket
import subprocess

from cases import Failed, true, within
from servers import REDIS_UID


class Session:
    """One connection; commands are answered in order."""

    def __init__(self, path, limit_s=30):
        self.wire = socket.socket(socket.AF_UNIX)
        self.wire.settimeout(limit_s)
        self.wire.connect(path)
        self.lines = self.wire.makefile("rb")

    def run(self, *words):
        parts = [str(word).encode() for word in words]
        self.wire.sendall(b"*%d\r\n" % len(parts)
                          + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self._answer()

    def _answer(self):
        line = self.lines.readline()
        if not line:
            raise OSError("the connection has ended")
        kind, rest = line[:1], line[1:].strip().decode()
        if kind == b"-":
            raise Failed(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == "-1" else self.lines.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self._answer() for _ in range(int(rest))]
        return rest

    def close(self):
        self.lines.close()
        self.wire.close()


class Redis:
    name = "redis"
    uid = REDIS_UID

    def __init__(self, data, options=(), tag="redis"):
        self.data = data
        self.options = options
        self.socket = f"/run/redis/{tag}.sock"
        self.log = f"/run/{tag}.log"
        self.process = None

    def start(self, limit_s=20):
        os.makedirs("/run/redis", exist_ok=True)
        os.chown("/run/redis", self.uid, self.uid)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.data,
                 *self.options], user=self.uid, group=self.uid, extra_groups=[],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        within(limit_s, self._answers, "the server lets somebody in")
        return self

    def _answers(self):
        true(self.process.poll() is None, f"the server has ended: {self.said()[-1500:]}")
        try:
            session = self.session()
        except OSError:
            return False
        try:
            return session.run("PING") == "PONG"
        except Failed as e:
            return str(e).startswith("NOAUTH")    # loading is no answer
        finally:
            session.close()

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def session(self):
        return Session(self.socket)

    def send_signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
