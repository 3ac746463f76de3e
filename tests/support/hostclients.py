# SPDX-License-Identifier: MIT
"""How known hosts talk to an agent: their exchanges, byte for byte, and their time limits."""
import json
import os
import time

from cases import Failed
from client import Refused
from guestport import GuestSilent


class TimedOut(Exception):
    """No answer within the limit that this host has."""


class Reached:
    """An agent in an arena, in the place of a guest."""

    def __init__(self, agent):
        self.port = agent.client


class Proxmox:
    """qemu-server: one connection for each command, sync and command in one write; everything up
    to the last 0xFF is thrown away, then two lines are taken."""

    LIMITS_S = {"guest-ping": 3, "guest-fsfreeze-status": 5, "guest-fsfreeze-freeze": 600,
                "guest-fsfreeze-thaw": 180}

    def __init__(self, guest):
        self.guest = guest
        self.sequence = 0

    def call(self, name, limit_s=None):
        """The answer, or the error's description in {"error": ...}, as qemu-server has it."""
        self.sequence += 1
        number = int(f"{os.getpid()}0{self.sequence}")
        with self.guest.port() as port:
            port.send(json.dumps({"execute": "guest-sync-delimited",
                                  "arguments": {"id": number}}).encode() + b"\n"
                      + json.dumps({"execute": name, "arguments": {}}).encode() + b"\n")
            return self._take(port, number, limit_s or self.LIMITS_S.get(name, 5))

    @staticmethod
    def _take(port, number, limit_s):
        deadline = time.monotonic() + limit_s
        data = b""
        while True:
            left = deadline - time.monotonic()
            part = port._read(left) if left > 0 else None
            if part is None:
                raise TimedOut(f"no answer within {limit_s} s; have {data[-200:]!r}")
            data = (data + part).split(b"\xff")[-1] if b"\xff" in data + part else data + part
            lines = data.split(b"\n")
            if len(lines) >= 3 and lines[0].endswith(b"}") and lines[1].endswith(b"}"):
                break
        try:
            sync, answer = json.loads(lines[0]), json.loads(lines[1])
        except ValueError:
            raise port.broken(f"these are no answers: {data[:200]!r}") from None
        if sync.get("return") != number:
            raise Failed(f"got wrong command id: {sync} instead of {number}")
        return answer["return"] if "return" in answer else {"error": answer["error"]["desc"]}


class Connection:
    """libvirt's client. It stays connected. It sends a sync before the first command and after each
    timeout, and skips all answers until that of the sync."""

    def __init__(self, port):
        self.port = port
        self.is_synced = False

    def _sync(self, limit_s=5):
        number = int(time.time() * 1000)
        self.port.request("guest-sync", {"id": number})
        while True:
            try:
                if self.port.answer(limit_s) == number:
                    self.is_synced = True
                    return
            except Refused:
                pass
            except GuestSilent as e:
                raise TimedOut(str(e)) from e

    def call(self, name, args=None, limit_s=10):
        if not self.is_synced:
            self._sync(min(limit_s, 5))
        self.port.request(name, args)
        try:
            return self.port.answer(limit_s)
        except GuestSilent as e:
            self.is_synced = False
            raise TimedOut(str(e)) from e

    def close(self):
        self.port.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
