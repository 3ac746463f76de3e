# SPDX-License-Identifier: MIT
"""Inside: the keeper, which makes the namespaces, and the player, their process 1."""

import collections
import json
import os
import signal
import socket
import subprocess

import kernel
import page
import playground
import shell
import story
import writers
from guard import FDS, SIGNALS, Stopped, raise_stopped

# What a mode has to play with; outer_pid is the player's in the machine's own pid namespace.
Stage = collections.namedtuple("Stage", "filesystems diaries agent outer_pid tell_loop")


def keep(control, options, diaries, guard):
    """Makes the namespaces; has nothing to do but to pass SIGTERM on. guard: its parent's pid."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != guard:
        return 1    # it was gone before it could tell
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    player = kernel.fork(lambda: _player(control, options, diaries))
    control.send(json.dumps({"player": player}).encode())
    control.close()
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(player, signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    status = os.waitpid(player, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1


def _player(control, options, diaries):
    """Process 1 of the namespaces. Returns the exit status."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, frame: None)   # the guard decides; not inherited
    signal.signal(signal.SIGTERM, raise_stopped)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)
    mode = shell if options["shell"] else story
    filesystems, pids, agent, status = [], [], None, 1

    def tell_loop(number, image):
        control.send(json.dumps({"loop": number, "image": image}).encode())

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
