# SPDX-License-Identifier: MIT
"""One QEMU process and its monitor (QMP)."""
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from cases import PATIENCE, Failed, Skipped, within
from guestport import GuestLost, GuestSilent

CONNECT_LIMIT_S = 60


def binary():
    """$QEMU: another one than Debian's."""
    return os.environ.get("QEMU") or "qemu-system-x86_64"


class Monitor:
    """QMP: one answer for each command; events are kept aside."""

    def __init__(self, path, ending):
        """ending() tells how QEMU ended, or that it lives."""
        self.ending = ending
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")
        self.events = []
        self.lock = threading.Lock()
        self._next(30)
        self.call("qmp_capabilities")

    def _lost(self, what, kind=GuestLost):
        return kind(f"{what}; {self.ending()}")

    def _next(self, limit_s):
        limit_s *= PATIENCE
        self.socket.settimeout(limit_s)
        try:
            line = self.lines.readline()
        except socket.timeout:
            raise self._lost(f"QEMU's monitor says nothing for {limit_s} s", GuestSilent) from None
        except OSError as e:
            raise self._lost(f"QEMU's monitor cannot be read: {e.strerror}") from None
        try:
            return dict(json.loads(line))
        except (ValueError, TypeError):
            raise self._lost(f"QEMU's monitor broke off after {line[-200:]!r}") from None

    def _ask(self, message):
        try:
            self.socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as e:
            raise self._lost(f"QEMU's monitor cannot be written to: {e.strerror}") from None

    def call(self, name, /, limit_s=60, **arguments):
        with self.lock:
            self._ask({"execute": name, "arguments": arguments})
            while True:
                said = self._next(limit_s)
                if "event" in said:
                    self.events.append(said)
                elif "error" in said:
                    raise Failed(f"QEMU: {name}: {said['error']['desc']}")
                else:
                    return said["return"]

    def seen(self, event):
        """The data of all events of this name since forget()."""
        self.call("query-status")   # collects what has come meanwhile
        return [e.get("data", {}) for e in self.events if e["event"] == event]

    def wait_for(self, event, limit_s=60):
        return within(limit_s, lambda: self.seen(event), f"QEMU's event {event}")[-1]

    def forget(self):
        self.events.clear()

    def close(self):
        self.socket.close()


class Qemu:
    """Started at once; connect() gives its monitor."""

    def __init__(self, argv, folder, name="qemu", program=None):
        """program: another one than binary()."""
        program = program or binary()
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed")
        self.name = name
        self.path = f"{folder}/{name}.qmp"
        self.log_path = f"{folder}/{name}.log"
        self.qmp = None
        command = ["setpriv", "--pdeathsig", "KILL", program, *argv,
                   "-qmp", f"unix:{self.path},server=on,wait=off"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def connect(self):
        self.qmp = within(CONNECT_LIMIT_S, self._connected, "QEMU's monitor can be reached")
        return self

    def _connected(self):
        if not self.alive():
            raise GuestLost(self.ending())
        try:
            return Monitor(self.path, self.ending)
        except (FileNotFoundError, ConnectionRefusedError):   # not yet
            time.sleep(0.02)
            return None

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()[-3000:]

    def alive(self):
        return self.process.poll() is None

    def ending(self):
        """How it ended, in words, or that it lives. It may be ending just now."""
        try:
            status = self.process.wait(2)
        except subprocess.TimeoutExpired:
            return "QEMU lives"
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return f"QEMU has ended, {how}; it said: {self.log().strip() or 'nothing'}"

    def fate(self):
        """What has become of it, in words: how it ended, or what it does."""
        if not self.alive() or not self.qmp:
            return self.ending()
        try:
            return f"QEMU lives; its guest is {self.qmp.call('query-status', 5)['status']}"
        except Failed as e:
            return str(e)

    def kill(self):
        """From any thread: ends every wait for the guest."""
        self.process.kill()

    def end(self):
        """As if the plug were pulled."""
        self.kill()
        self.process.wait()
        if os.path.exists(self.path):
            os.unlink(self.path)
