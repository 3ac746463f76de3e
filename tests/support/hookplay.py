# SPDX-License-Identifier: MIT
"""The ready-made hooks one at a time, run as the agent does, and in the agent's directory."""
import os
import select
import shutil
import subprocess
import time

import kernel
import proc
from cases import Failed, equal, within

SHIPPED = "/hooks"
FOLDER = "/etc/qemu/fsfreeze-hook.d"


def install(*names):
    """Copies shipped hooks into the agent's hook directory; returns that."""
    os.makedirs(FOLDER, exist_ok=True)
    for name in (*names, "servers.sh"):
        shutil.copy2(f"{SHIPPED}/{name}", f"{FOLDER}/{name}")
        os.chown(f"{FOLDER}/{name}", 0, 0)
    return FOLDER


def write(name, text):
    """Adds a hook of the test itself."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/{name}", "w") as f:
        f.write(f"#!/bin/sh\n{text}\n")
    os.chmod(f"{FOLDER}/{name}", 0o755)


def configure(name, **settings):
    """/etc/frost-ga/NAME.conf"""
    os.makedirs("/etc/frost-ga", exist_ok=True)
    with open(f"/etc/frost-ga/{name}.conf", "w") as f:
        f.writelines(f"{key}='{value}'\n" for key, value in settings.items())


def run(name, phase, env=None, limit_s=60, where=SHIPPED):
    """Runs a hook that is no hold hook to its end. Returns (status, output)."""
    done = subprocess.run([f"{where}/{name}", phase], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=limit_s, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout


class Holder:
    """A hold hook that runs from its start to the end of its input."""

    def __init__(self, name, env=None):
        self.process = subprocess.Popen(
            [f"{SHIPPED}/{name}", "freeze"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, **(env or {})})
        self.text = ""
        os.set_blocking(self.process.stdout.fileno(), False)

    def _read(self, limit_s):
        """Reads more of the output. False: it has ended, or the time is over."""
        poll = select.poll()
        poll.register(self.process.stdout, select.POLLIN)
        if not poll.poll(max(limit_s, 0) * 1000):
            return False
        data = os.read(self.process.stdout.fileno(), 4096)
        self.text += data.decode()
        return bool(data)

    def ready(self, limit_s=60):
        until = time.monotonic() + limit_s
        while "READY\n" not in self.text and self._read(until - time.monotonic()):
            pass
        return "READY\n" in self.text

    def must_be_ready(self):
        if not self.ready():
            raise Failed(f"the hook is not ready: {self.text}")
        return self

    def ended(self, limit_s=60):
        """Waits for its end and returns its status. All of its output is in text."""
        until = time.monotonic() + limit_s
        try:
            status = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise Failed(f"the hook has not ended within {limit_s} s: {self.text}") from None
        while self._read(min(0.2, until - time.monotonic())):
            pass
        return status

    def release(self):
        """Ends the input, as the thaw does. The hook must succeed; returns the seconds until its
        end."""
        began = time.monotonic()
        self.process.stdin.close()
        equal(self.ended(), 0, f"status of the hook ({self.text})")
        return time.monotonic() - began

    def pids(self):
        """The pids of all processes of its session."""
        return [pid for pid, stat in proc.stats()
                if stat.session == self.process.pid and stat.state != "Z"]

    def command_lines(self):
        """{pid: words of its command line} of all processes of its session."""
        found = {}
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/cmdline") as f:
                    found[pid] = f.read().split("\0")
            except OSError:     # it has ended meanwhile
                pass
        return found

    def leaves_nothing(self):
        within(20, lambda: not self.pids(), "all processes of the hook have ended")

    def close(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        for pid in self.pids():
            kernel.kill(pid)
        self.process.wait(10)
        self.process.stdout.close()
