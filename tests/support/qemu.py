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

from cases import Failed, Skipped, within

BINARY = "qemu-system-x86_64"


class Monitor:
    """QMP: one answer for each command; events are kept aside."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")
        self.events = []
        self.lock = threading.Lock()
        self._next(30)
        self.call("qmp_capabilities")

    def _next(self, limit_s):
        self.socket.settimeout(limit_s)
        try:
            line = self.lines.readline()
        except socket.timeout:
            raise Failed(f"QEMU's monitor says nothing for {limit_s} s") from None
        if not line:
            raise Failed("QEMU has ended")
        return json.loads(line)

    def call(self, name, /, limit_s=60, **arguments):
        message = {"execute": name, "arguments": arguments}
        with self.lock:
            self.socket.sendall(json.dumps(message).encode() + b"\n")
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
    def __init__(self, argv, folder, name="qemu"):
        if not shutil.which(BINARY):
            raise Skipped(f"{BINARY} is not installed")
        self.path = f"{folder}/{name}.qmp"
        self.log_path = f"{folder}/{name}.log"
        command = ["setpriv", "--pdeathsig", "KILL", BINARY, *argv,
                   "-qmp", f"unix:{self.path},server=on,wait=off"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.qmp = within(20, self._connect, "QEMU's monitor can be reached")
        except Failed:
            self.end()
            raise

    def _connect(self):
        if self.process.poll() is not None:
            raise Failed(self.fate())
        try:
            return Monitor(self.path)
        except OSError:
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

    def fate(self):
        """What has become of it, in words: how it ended, or what it does."""
        try:
            if self.alive():
                return f"QEMU lives; its guest is {self.qmp.call('query-status', 5)['status']}"
        except (Failed, OSError, ValueError) as e:   # it may be ending just now
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                return f"QEMU lives; its monitor: {e}"
        status = self.process.wait()
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return f"QEMU has ended, {how}; it said: {self.log().strip() or 'nothing'}"

    def end(self):
        """As if the plug were pulled."""
        if self.alive():
            self.process.kill()
        self.process.wait()
        if os.path.exists(self.path):
            os.unlink(self.path)
