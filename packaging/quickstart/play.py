# SPDX-License-Identifier: MIT
"""play.py AGENT DISPATCHER FOLDER [--shell]: the guard outside, and the playground inside.

Three processes: the guard stays in the machine's own namespaces, holds a descriptor of every
filesystem, and thaws by deadline. A keeper makes the namespaces and waits. The player, process 1
of the new ones, builds the playground and plays. Whoever dies, the others end it in order: the
guard tells the keeper by SIGTERM, the kernel tells a child that its parent is gone.
"""

import collections
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

import kernel
import page
import playground
import shell
import story
import writers

FDS = 16
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


# What a mode has to play with; outer_pid is the player's in the machine's own pid namespace.
Stage = collections.namedtuple("Stage", "filesystems diaries agent outer_pid tell_loop")


class Stopped(BaseException):
    """A signal, or the loss of the process above."""


def _raise_stopped(number, frame):
    for quiet in SIGNALS:
        signal.signal(quiet, signal.SIG_IGN)
    raise Stopped()


# --- inside ---------------------------------------------------------------------------------

def _player(control, options, diaries):
    """Process 1 of the namespaces. Returns the exit status."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, frame: None)   # the guard decides; not inherited
    signal.signal(signal.SIGTERM, _raise_stopped)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)
    mode = shell if options["shell"] else story
    filesystems, pids, agent, status = [], [], None, 1

    def tell_loop(number):
        control.send(json.dumps({"loop": number}).encode())

    try:
        outer_pid = int(os.readlink("/proc/self"))  # still the machine's /proc
        filesystems = playground.build(
            options["folder"], options["agent"], options["dispatcher"], mode.PROGRAMS,
            tell_loop)
        socket.send_fds(control, [b'{"ready": true}'], [fs.descriptor for fs in filesystems])
        pids = [writers.start(fs.folder, diaries[fs.index], mode.WRITE_EVERY, fs.name)
                for fs in filesystems]
        agent = playground.Agent()
        agent.wait_for_socket()
        status = mode.play(Stage(filesystems, diaries, agent, outer_pid, tell_loop))
    except Stopped:
        status = 130
    except (OSError, RuntimeError, subprocess.SubprocessError, playground.Unsafe) as error:
        page.bad("%s: %s" % (type(error).__name__, error))
        if agent and agent.log():
            page.bad("The agent's log: " + agent.log())
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        status = _tidy(control, filesystems, pids, agent) or status
    return status


def _tidy(control, filesystems, pids, agent):
    """Undo everything inside. 0, or 1 when the agent left work to us."""
    status = 0
    if agent and agent.stop() != 0:
        page.bad("The agent did not end by itself as it should.")
        status = 1
    left = playground.thaw_all(filesystems)
    if left:
        page.bad("Still frozen after the agent's end, thawed by us: " + ", ".join(left))
        status = 1
    playground.end_processes(pids)
    try:
        control.send(b'{"let-go": true}')   # the guard's descriptors would keep the mounts busy
        control.settimeout(5)
        control.recv(FDS)
    except OSError:
        pass                                # no guard any more
    playground.leave(filesystems)
    return status


def _keeper(control, options, diaries):
    """Makes the namespaces; has nothing to do but to pass SIGTERM on."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    player = os.fork()
    if player == 0:
        _exit_with(lambda: _player(control, options, diaries))
    control.send(json.dumps({"player": player}).encode())
    control.close()
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(player, signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    status = os.waitpid(player, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1


def _exit_with(function):
    """The end of a forked process, whatever happens in it."""
    status = 1
    try:
        status = function()
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        page.bad(str(error))
    finally:
        os._exit(status)


# --- outside --------------------------------------------------------------------------------

class Guard:
    def __init__(self, keeper, control, diaries, patience, deadline):
        self.keeper = keeper
        self.control = control
        self.diaries = diaries
        self.patience = patience    # seconds that one write may wait
        self.deadline = deadline    # seconds for everything, None without end
        self.player = None
        self.loops = []
        self.descriptors = []
        self.thawers = []

    def watch(self):
        """Until the last process inside has gone. Returns the keeper's exit status."""
        began = time.monotonic()
        while self._wait(0.5):
            if any(diary.waiting() > self.patience for diary in self.diaries):
                page.bad("A write has been waiting for %d s: the guard thaws." % self.patience)
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
            self.loops.append(message["loop"])
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
            pid = os.fork()
            if pid == 0:
                _exit_with(lambda: kernel.thaw(descriptor))
            self.thawers.append(pid)
        self.thawers = [pid for pid in self.thawers if not os.waitpid(pid, os.WNOHANG)[0]]

    def left_behind(self, seconds=5):
        """Our loop devices that are still attached after a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not any(kernel.loop_is_attached(number) for number in self.loops):
                return []
            time.sleep(0.02)
        return ["/dev/loop%d" % number for number in self.loops if kernel.loop_is_attached(number)]


def _guard(options):
    mode = shell if options["shell"] else story
    loops_before = kernel.loop_numbers()
    diaries = [writers.Diary() for _ in playground.NAMES]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    keeper = os.fork()
    if keeper == 0:
        ours.close()
        _exit_with(lambda: _keeper(theirs, options, diaries))
    theirs.close()
    guard = Guard(keeper, ours, diaries, mode.PATIENCE, mode.DEADLINE)
    for number in SIGNALS:
        signal.signal(number, _raise_stopped)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        status = guard.watch()
    except Stopped:
        page.line("\nStopping: thawing and removing everything.")
        status = guard.end(patience=20) or 130
    return _look_behind(guard, options, loops_before) or status


def _look_behind(guard, options, loops_before):
    """The promise of the last line, checked."""
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
        self.modes = termios.tcgetattr(0) if os.isatty(0) else None

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
