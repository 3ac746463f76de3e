# SPDX-License-Identifier: MIT
"""The independent witness: a process that writes, and either comes through or stands still."""
import os
import select
import signal
import time

import kernel
import proc
from cases import Failed

BLOCKED_MS = 400   # without a look into the kernel: a write that takes longer is taken for blocked


class Writer:
    """Creates a file under `folder` with O_SYNC, in a process of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.began = time.monotonic()
        where = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                self._write(where)
                status = 0
            finally:
                os._exit(status)
        os.close(where)
        self.pidfd = os.pidfd_open(self.pid)
        self.status = None

    @staticmethod
    def _write(where):
        """In the child, which keeps nothing open of its parent's but the folder."""
        kernel.close_all_but(where)
        fd = os.open(f"probe-{os.getpid()}",
                     os.O_WRONLY | os.O_CREAT | os.O_SYNC, 0o600, dir_fd=where)
        os.write(fd, b"probe\n")
        os.close(fd)

    def ended(self, limit_s=0):
        if self.status is None:
            poll = select.poll()
            poll.register(self.pidfd, select.POLLIN)
            if poll.poll(limit_s * 1000):
                _, status = os.waitpid(self.pid, 0)
                self.status = os.waitstatus_to_exitcode(status)
                os.close(self.pidfd)
        return self.status is not None

    def _waits_for_thaw(self):
        """The kernel's own word, where it gives one: K7."""
        try:
            with open(f"/proc/{self.pid}/wchan") as f:
                return "percpu_rwsem_wait" in f.read()
        except OSError:
            return False

    def is_blocked(self):
        while not self.ended():
            if self._waits_for_thaw():
                return True
            if time.monotonic() - self.began > BLOCKED_MS / 1000:
                return True
            time.sleep(0.002)
        return False

    def must_be_blocked(self):
        if not self.is_blocked():
            raise Failed(f"a write to {self.folder} went through; it is not frozen")

    def must_end(self, limit_s=5):
        if not self.ended(limit_s):
            raise Failed(f"a write to {self.folder} has not come through within {limit_s} s")
        if self.status != 0:
            raise Failed(f"a write to {self.folder} failed")

    def kill(self):
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)


def waits_in_the_kernel(pid):
    """A thread of the process is inside a call that no signal ends."""
    return any(proc.state(f"{pid}/task/{task}") == "D" for task in os.listdir(f"/proc/{pid}/task"))


def blocked_processes():
    """For a failure: who waits in the kernel, and where."""
    text = ""
    for pid in sorted(proc.pids()):
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                if proc.state(f"{pid}/task/{task}") != "D":
                    continue
                with open(f"/proc/{pid}/cmdline") as f:
                    command = f.read().replace("\0", " ")[:60]
                with open(f"/proc/{pid}/task/{task}/stack") as f:
                    calls = [line.split()[-1].split("+")[0] for line in f]
                text += f"\n--- blocked: {pid}/{task} {command}: {' < '.join(calls[:8])}"
        except OSError:
            pass
    return text


def frozen(*folders):
    """Each folder is frozen: returns the writers, which still wait."""
    writers = [Writer(folder) for folder in folders]
    for writer in writers:
        writer.must_be_blocked()
    return writers


def writable(*folders):
    """Each folder is not frozen."""
    for writer in [Writer(folder) for folder in folders]:
        writer.must_end()
