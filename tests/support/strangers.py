# SPDX-License-Identifier: MIT
"""Processes of a user that pass themselves off as database servers, inside an arena."""
import os
import shutil
import subprocess

import kernel
from cases import equal, true, within

ALICE = 1001     # a person's uid
HOME = "/home/alice"
PASSWORD = "do not tell alice"
LISTENS = b"listens\n"


def add_alice():
    """An account of a person, and a network where her ports and sockets are in no other case's way."""
    if os.path.isdir(HOME):
        return
    kernel.own_network()
    os.makedirs(HOME)
    os.chown(HOME, ALICE, ALICE)
    os.chmod("/home", 0o755)
    for file, line in (("passwd", f"alice:x:{ALICE}:{ALICE}::{HOME}:/bin/sh\n"),
                       ("group", f"alice:x:{ALICE}:\n")):
        with open(f"/etc/{file}", "a") as f:
            f.write(line)


class Stranger:
    """A process with the name and the title of a server. uid: whose it is."""

    made = 0

    def __init__(self, name, speech, *addresses, title=None, uid=ALICE):
        add_alice()
        Stranger.made += 1
        self.caught = f"{HOME}/caught{Stranger.made}"
        program = f"{HOME}/{name}"
        if not os.path.exists(program):
            shutil.copy2(os.path.realpath("/usr/bin/python3"), program)
            os.chown(program, ALICE, ALICE)
        self.process = subprocess.Popen(
            [title or name, "-B", "/tests/support/stand-in.py", self.caught, speech, *addresses],
            executable=program, user=uid, group=uid, extra_groups=[], cwd="/",
            stdin=subprocess.DEVNULL)
        within(20, lambda: os.path.exists(self.caught) and LISTENS in self.heard(), "it listens")

    @property
    def pid(self):
        return self.process.pid

    def heard(self):
        with open(self.caught, "rb") as f:
            return f.read()

    def was_left_alone(self):
        equal(self.heard(), LISTENS, "what the stranger was sent")

    def never_got(self, password=PASSWORD):
        true(password.encode() not in self.heard(),
             f"the stranger has the password: {self.heard()}")

    def kill(self):
        self.process.kill()
        self.process.wait(10)


def passed_over(text, stranger, who="alice"):
    """The hook's line about it: its pid and whose it is."""
    lines = [line for line in text.splitlines() if f"pid {stranger.pid}:" in line]
    equal(len(lines), 1, f"lines about pid {stranger.pid} in {text!r}")
    true("passed over" in lines[0] and who in lines[0], lines[0])


def secret_file(path, text, uid=0, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chown(path, uid, uid)
    os.chmod(path, mode)
