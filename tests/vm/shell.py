# SPDX-License-Identifier: MIT
"""`sh tests/run.sh shell`: the guest that a person gets."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from cases import Failed, case, equal, within
from client import Client
from guest import BOOT_LIMIT_S, FOLDERS


class Terminal:
    """The command, with a pipe as its keyboard and a file as its screen."""

    def __init__(self, tree, folder):
        self.path = f"{folder}/screen"
        with open(self.path, "wb") as screen:
            self.process = subprocess.Popen(
                [sys.executable, "-B", f"{tree}/tests/support/guestshell.py", tree], bufsize=0,
                stdin=subprocess.PIPE, stdout=screen, stderr=screen, start_new_session=True)

    def shows(self):
        with open(self.path, errors="replace") as f:
            return f.read()

    def type(self, line):
        if self.process.poll() is not None:
            raise Failed(f"it has ended: {self.shows()[-3000:]}")
        self.process.stdin.write(f"{line}\n".encode())

    def answers(self, line, wanted):
        """Whether wanted comes on the screen soon after line was typed."""
        self.type(line)
        for _ in range(20):
            if wanted in self.shows():
                return True
            time.sleep(0.1)
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()


@case(limit=180)
def one_command_gives_a_person_a_shell_and_an_agent_to_talk_to(world):
    with tempfile.TemporaryDirectory(prefix=f"{FOLDERS}{os.getpid()}-") as folder, \
            Terminal(world.builder.tree, folder) as terminal:
        within(BOOT_LIMIT_S, lambda: terminal.answers("echo shell-$((6 * 7))", "shell-42"),
               lambda: f"the shell answers: {terminal.shows()[-3000:]}")
        path = re.search(r"UNIX-CONNECT:(\S+)", terminal.shows()).group(1)
        with Client(path) as client:
            equal(client.call("guest-ping", limit_s=60), {}, "answer of the agent in the guest")
        terminal.type("poweroff -f")
        equal(terminal.process.wait(60), 0, "exit status once the guest is off")
