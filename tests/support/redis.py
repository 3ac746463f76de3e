# SPDX-License-Identifier: MIT
"""A Redis or Valkey server inside an arena, and its protocol."""
import os
import socket

from cases import Failed
from dbserver import Server
from servers import REDIS_UID

VALKEY = "/usr/bin/valkey-server"


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


class Redis(Server):
    name = "redis"
    program = "redis-server"
    uid = REDIS_UID

    def __init__(self, data, options=(), tag="redis"):
        super().__init__(data, options, f"/run/redis/{tag}.sock", f"/run/{tag}.log")

    def command(self):
        return [self.program, "--port", "0", "--unixsocket", self.socket, "--dir", self.data,
                *self.options]

    def surroundings(self):
        return {"env": {**os.environ, "LC_ALL": "C"}}    # since 7.2 it ends without its locale

    def _lets_in(self):
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

    def session(self):
        return Session(self.socket)


class Valkey(Redis):
    name = "valkey"
    program = VALKEY

    def __init__(self, data, options=(), tag="valkey"):
        super().__init__(data, options, tag)
