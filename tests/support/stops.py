# SPDX-License-Identifier: MIT
"""The test's end of the stop points (agent/stop/stop.h): holds a process exactly in one state."""
import os
import select
import socket

from cases import Failed, equal, within

PROGRAM = "/agent/frost-ga-stops"   # the one build that has them


class Stop:
    """One point: the first process that comes to it is held, and no later one."""

    def __init__(self, point, path="/run/stop.sock"):
        self.role, self.name = point.split(":")[:2]
        self.path = path
        self.environment = {"FROST_STOP": point, "FROST_STOP_CHANNEL": path}
        if os.path.exists(path):
            os.unlink(path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        self.listener.listen(16)
        self.peers = []
        self.held = None

    def wait(self, limit_s=10):
        """The pid of the process that is held now."""
        while True:
            ready, _, _ = select.select([self.listener, *self.peers], [], [], limit_s)
            if not ready:
                raise Failed(f"nobody has come to {self.role}:{self.name} within {limit_s} s")
            for end in ready:
                if end is self.listener:
                    self.peers.append(end.accept()[0])
                    continue
                text = end.recv(64).decode()
                if not text:   # ended, or became another program
                    self.peers.remove(end)
                    end.close()
                    continue
                pid, role, name = text.split()
                equal((role, name), (self.role, self.name), "what was announced")
                self.held = end
                self.listener.close()
                return int(pid)

    def release(self):
        for peer in self.peers:
            peer.close()
        self.peers = []
        self.listener.close()


class HookStop:
    """The same for a side of the hook: hook:freeze and hook:thaw. HOLD is its first line."""

    HOLD = ('if [ -e "/run/hold-$1" ]; then echo $$ > /run/held\n'
            'while [ -e "/run/hold-$1" ]; do sleep 0.01; done; fi\n')
    environment = {}

    def __init__(self, point):
        self.path = f"/run/hold-{point.split(':')[1]}"
        if os.path.exists("/run/held"):
            os.unlink("/run/held")
        open(self.path, "w").close()

    @staticmethod
    def _held():
        try:
            with open("/run/held") as f:
                return int(f.read() or 0)
        except FileNotFoundError:
            return 0

    def wait(self, limit_s=10):
        return within(limit_s, self._held, "the hook is held")

    def release(self):
        if os.path.exists(self.path):
            os.unlink(self.path)


def at(point):
    return HookStop(point) if point.startswith("hook:") else Stop(point)
