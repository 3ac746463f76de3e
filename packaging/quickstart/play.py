# SPDX-License-Identifier: MIT
"""play.py AGENT DISPATCHER FOLDER [--shell]: the guard outside, and the playground inside.

Three processes: the guard stays in the machine's own namespaces, holds a descriptor of every
filesystem, and thaws by deadline. A keeper makes the namespaces and waits. The player, process 1
of the new ones, builds the playground and plays. Whoever dies, the others end it in order: the
guard tells the keeper by SIGTERM, the kernel tells a child that its parent is gone.
"""

import os
import signal
import socket
import sys
import tempfile
import termios

import kernel
import page
import player
import playground
import shell
import story
import writers
from guard import SIGNALS, Guard, Stopped, raise_stopped


def _guard(options):
    mode = shell if options["shell"] else story
    loops_before = kernel.loop_numbers()
    diaries = [writers.Diary() for _ in playground.NAMES]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    pid = os.getpid()

    def keep():
        ours.close()
        return player.keep(theirs, options, diaries, pid)

    keeper = kernel.fork(keep)
    theirs.close()
    guard = Guard(keeper, ours, diaries, mode.PATIENCE, mode.DEADLINE)
    for number in SIGNALS:
        signal.signal(number, raise_stopped)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        status = guard.watch()
    except Stopped:
        page.line("\nStopping: thawing and removing everything.")
        status = guard.end(patience=20) or 130
    return _look_behind(guard, options, loops_before) or status


def _look_behind(guard, options, loops_before):
    """The promise of the last line, checked."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    left = guard.left_behind()
    for number in set(guard.loops) - loops_before:
        kernel.remove_loop(number)
    os.rmdir(options["folder"])
    if left:
        page.bad("Left behind: " + ", ".join(left))
        return 1
    return 0


class Terminal:
    """A shell inside changes the terminal's modes and owner; afterwards they are ours again."""

    def __enter__(self):
        ours = os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()     # not in the background
        self.modes = termios.tcgetattr(0) if ours else None

    def __exit__(self, *ignored):
        if self.modes:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(0, os.getpgrp())
            termios.tcsetattr(0, termios.TCSADRAIN, self.modes)


def main():
    agent, dispatcher, folder = sys.argv[1:4]
    folder = tempfile.mkdtemp(prefix="playground-", dir=os.path.abspath(folder))
    options = {"agent": agent, "dispatcher": dispatcher, "folder": folder,
               "shell": "--shell" in sys.argv[4:]}
    try:
        with Terminal():
            status = _guard(options)
        if status == 0:
            (shell if options["shell"] else story).epilogue()
        return status
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
