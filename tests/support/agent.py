# SPDX-License-Identifier: MIT
"""One started agent: ours or the reference."""
import os
import re
import signal
import subprocess

import kernel
import proc
from cases import PATIENCE, Failed, within
from client import Client

# What they and GLib say in the log of an agent that has a defect.
SANITIZERS = re.compile(r"(AddressSanitizer|LeakSanitizer|runtime error:|-CRITICAL \*\*|"
                        r"GLib-CRITICAL)")
OPTIONS = {
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
}


class Agent:
    def __init__(self, program, statedir, log, socket_path=None):
        self.program = program
        self.statedir = statedir
        self.log_path = log
        self.socket_path = socket_path
        self.process = None

    def environment(self, extra=None):
        return {**os.environ, **OPTIONS, **(extra or {})}

    def start(self, *options, env=None, method="unix-listen", path=None, preexec=None,
              pass_fds=(), stdin=subprocess.DEVNULL):
        """Its options begin with -m, -p and -t; with method None, -m and -p are left out."""
        argv = [self.program]
        if method:
            argv += ["-m", method, "-p", path or self.socket_path]
        argv += ["-t", self.statedir, *options]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(argv, stdin=stdin, stdout=log, stderr=log,
                                            env=self.environment(env), preexec_fn=preexec,
                                            pass_fds=pass_fds)
        return self

    @property
    def pid(self):
        return self.process.pid

    def client(self, limit_s=10):
        """Connects as soon as the agent listens."""
        def connected():
            if self.process and self.process.poll() not in (None, 0):
                raise Failed(f"the agent ended with {self.process.returncode}: {self.log()}")
            try:
                return Client(self.socket_path)
            except OSError:
                return None
        return within(limit_s, connected, "the agent accepts a connection")

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()[-3000:]
        except FileNotFoundError:
            return ""

    def alive(self):
        return self.process.poll() is None

    def wait(self, limit_s=10):
        limit_s *= PATIENCE
        try:
            return self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise Failed(f"the agent has not ended within {limit_s} s") from None

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, limit_s=10):
        self.send_signal(number)
        return self.wait(limit_s)

    def kill(self):
        if self.process and self.alive():
            self.process.kill()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass   # blocked in the kernel; the guard ends it

    def kill_all(self):
        """Kills this agent and its freezer so that neither sees the other die; returns their
        pids. A freezer that ends just now keeps its pid as long as its agent is stopped."""
        self.send_signal(signal.SIGSTOP)
        processes = [*self.freezers(), self.pid]
        family = self._family()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in processes:
                kernel.kill(pid, number)
        self.wait()
        within(5, lambda: all(proc.has_ended(pid) for pid in (*processes, *family)),
               "parser, freezer and heir end, and let go of what they had open")
        return processes

    def _family(self):
        """Pids of the processes of the same program that it has started, and that these have started."""
        parents = {pid: stat.parent for pid, stat in proc.stats()}
        found, more = set(), {self.pid}
        while more:
            found |= more
            more = {pid for pid, parent in parents.items()
                    if parent in more and proc.program(pid) == proc.program(self.pid)}
        return found

    def complaints(self):
        """What a sanitizer or GLib has reported in the log. Asked after every case that has
        passed."""
        text = self.log()
        return text if SANITIZERS.search(text) else ""

    def switches(self):
        """How often its threads have left the processor. Each wait and each timer adds to this
        number."""
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/status") as f:
                total += sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)
        return total

    def cpu_ticks(self):
        return proc.stat(self.pid).ticks

    def parser(self):
        """The pid of the process that parses for it; 0: there is none now."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as f:
            children = f.read().split()
        for pid in children:
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                    if re.search(r"\(frost-ga-parser\) [^Z]", f.read()):
                        return int(pid)
            except OSError:
                continue
        return 0

    def parser_after(self, last):
        """The pid of the process that has taken the place of this parser, which may be seen while it ends."""
        def is_another():
            return (pid := self.parser()) != last and pid
        return within(10, is_another, "another one parses")

    def freezers(self):
        """Pids of the freezer processes of any agent in this arena, without their heirs (heir.h)."""
        return self._begun_as(b"--freezer")

    def recoveries(self):
        """Pids of the processes in this arena that undo the hooks of a dead agent."""
        return self._begun_as(b"--recover")

    def _begun_as(self, option):
        found = []
        for pid in proc.pids():
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    words = f.read().split(b"\0")
                with open(f"/proc/{pid}/comm", "rb") as f:
                    is_heir = f.read() == b"frost-ga-heir\n"
            except OSError:
                continue
            if is_heir:
                continue
            if any(word.startswith(option) for word in words):
                found.append(pid)
        return found
