# SPDX-License-Identifier: MIT
"""Outside: holds a descriptor of every filesystem of the playground, and thaws by deadline."""

import json
import os
import select
import signal
import socket
import time

import kernel
import page

FDS = 16
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(BaseException):
    """A signal, or the loss of the process above."""


def raise_stopped(number, frame):
    for quiet in SIGNALS:
        signal.signal(quiet, signal.SIG_IGN)
    raise Stopped()


class Guard:
    def __init__(self, keeper, control, diaries, patience, deadline):
        self.keeper = keeper
        self.control = control
        self.diaries = diaries
        self.patience = patience    # seconds that one write may wait
        self.deadline = deadline    # seconds for everything, None without end
        self.player = None
        self.loops = {}             # number: image
        self.descriptors = []
        self.thawers = []

    def watch(self):
        """Until the last process inside has gone. Returns the keeper's exit status."""
        began = time.monotonic()
        thawing = False
        while self._wait(0.5):
            was_thawing = thawing
            thawing = any(diary.waiting() > self.patience for diary in self.diaries)
            if thawing:
                if not was_thawing:
                    page.bad("A write has waited for %d s: the guard thaws." % self.patience)
                self.thaw()
            if self.deadline and time.monotonic() - began > self.deadline:
                page.bad("The deadline of %d s has passed: the guard ends it." % self.deadline)
                return self.end()
        return self._reap()

    def end(self, patience=0):
        """Ask, wait for `patience` seconds, then use force. Returns the keeper's exit status."""
        os.kill(self.keeper, signal.SIGTERM)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if not self._wait(0.2):
                break
        return self._reap()

    def _wait(self, seconds):
        """Hear what the player says for so long; False when there is none any more."""
        return not select.select([self.control], [], [], seconds)[0] or self._listen()

    def _reap(self, seconds=20):
        """A process inside that waits for a frozen filesystem cannot end: thaw until all have.

        More than once, because a FIFREEZE under way ends after the thaw that missed it.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pid, status = os.waitpid(self.keeper, os.WNOHANG)
            if pid:
                self._let_go()
                return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1
            time.sleep(0.02)
            if until - time.monotonic() < seconds - 0.5:
                self.kill()
                self.thaw()
                time.sleep(0.2)
        page.bad("Process %d does not end." % self.keeper)
        return 1

    def kill(self):
        """The keeper is our child and not yet waited for, so the player's pid is still its own."""
        if self.player:
            try:
                os.kill(self.player, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def _listen(self):
        message, descriptors, _, _ = socket.recv_fds(self.control, 4096, FDS)
        if not message:
            return False
        message = json.loads(message.decode())
        self.descriptors += descriptors
        self.player = message.get("player", self.player)
        if "loop" in message:
            self.loops[message["loop"]] = message["image"]
        if "let-go" in message:
            self._let_go()
            self.control.send(b"done")
        return True

    def _let_go(self):
        while self.descriptors:
            os.close(self.descriptors.pop())

    def thaw(self):
        """In children: FITHAW of an upper filesystem waits in the kernel for the lower one."""
        for descriptor in self.descriptors:
            self.thawers.append(kernel.fork(lambda: kernel.thaw(descriptor)))
        self.thawers = [pid for pid in self.thawers if not os.waitpid(pid, os.WNOHANG)[0]]

    def left_behind(self, seconds=5):
        """Our loop devices that are still attached after a while (a number may have a new user)."""
        until = time.monotonic() + seconds
        left = self.loops
        while left and time.monotonic() < until:
            time.sleep(0.01)
            left = {number: image for number, image in left.items()
                    if kernel.loop_image(number) == image}
        return ["/dev/loop%d" % number for number in left]
