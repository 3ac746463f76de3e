# SPDX-License-Identifier: MIT
"""The host's end of the wire."""
import json
import select
import socket
import time

import arena
from cases import PATIENCE, Failed


class Refused(Exception):
    """An error answer."""

    def __init__(self, answer):
        super().__init__(f"{answer['class']}: {answer['desc']}")
        self.error_class = answer["class"]
        self.desc = answer["desc"]


class Wire:
    """Sends and receives lines over a descriptor. A Client does so over a unix socket."""

    def __init__(self):
        self.pending = b""

    def _write(self, data):
        raise NotImplementedError

    def _read(self, limit_s):
        raise NotImplementedError

    def broken(self, what):
        """Makes the exception for a connection that has ended, or for bytes that are no answer."""
        return Failed(what)

    def late(self, what):
        """Makes the exception for an answer that has not come in time."""
        return Failed(what)

    def send(self, data):
        if b"freeze" in data:
            arena.require()
        self._write(data)

    def line(self, limit_s=10):
        """Next line with its newline; b"" at the end of the connection."""
        limit_s *= PATIENCE
        deadline = time.monotonic() + limit_s
        parts, self.pending = [self.pending], b""   # each is looked through once: lines may be large
        while b"\n" not in parts[-1]:
            left = deadline - time.monotonic()
            data = self._read(left) if left > 0 else None
            if data is None:
                self.pending = b"".join(parts)
                raise self.late(f"no answer within {limit_s} s (have {self.pending[-200:]!r})")
            if not data:
                return b"".join(parts)
            parts.append(data)
        line, _, self.pending = b"".join(parts).partition(b"\n")
        return line + b"\n"

    def lines(self, count, limit_s=10):
        return [self.line(limit_s) for _ in range(count)]

    def silent(self, seconds):
        """Requires that the agent sends nothing for so many seconds."""
        if self.pending:
            raise Failed(f"unexpected {self.pending!r}")
        data = self._read(seconds)
        if data is not None:
            raise Failed(f"unexpected {data!r}")

    def request(self, name, args=None, **members):
        message = {"execute": name, **members}
        if args is not None:
            message["arguments"] = args
        self.send(json.dumps(message).encode() + b"\n")

    def answer(self, limit_s=10):
        line = self.line(limit_s)
        if not line:
            raise self.broken("the connection was closed without an answer")
        try:
            message = json.loads(line.lstrip(b"\xff"))
            if "error" in message:
                raise Refused(message["error"])
            return message["return"]
        except (ValueError, KeyError, TypeError):
            raise self.broken(f"this is no answer: {line[:200]!r}") from None

    def call(self, name, args=None, limit_s=10):
        self.request(name, args)
        return self.answer(limit_s)

    def refusal(self, name, args=None, limit_s=10):
        """The error of a request that must be refused."""
        try:
            value = self.call(name, args, limit_s)
        except Refused as e:
            return e
        raise Failed(f"{name} answered {value!r} instead of an error")


class Client(Wire):
    def __init__(self, path):
        super().__init__()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    def _write(self, data):
        self.socket.settimeout(20 * PATIENCE)
        try:
            self.socket.sendall(data)
        except socket.timeout:
            raise Failed("the agent reads no more") from None

    def _read(self, limit_s):
        ready, _, _ = select.select([self.socket], [], [], limit_s)
        if not ready:
            return None
        try:
            return self.socket.recv(1 << 20)
        except ConnectionResetError:
            return b""

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def rest(self, limit_s=10):
        """All bytes until the agent closes the connection."""
        data = b""
        while True:
            part = self.line(limit_s)
            if not part:
                return data
            data += part

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
