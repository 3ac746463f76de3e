# SPDX-License-Identifier: MIT
"""Runs one test in an arena and frees everything afterwards, whatever the test did.

Its arguments: [--limit S] [--bind DIR] [--number N] --tools DIR --scratch DIR -- ARGV...
ARGV is a command, or CASE and the arguments of inside.py. The guard is forked by nursery.py, and so is
who runs the case: both have all modules from there.

The guard stays outside: its own mount namespace, never a frozen file under its feet. It relays
the lines that ARGV writes on descriptor 3. When the limit has passed, or its standard input ends
(whoever started it is gone), it kills the PID namespace of the arena. Then it thaws what is still
frozen, by mounting the loop devices that carry its token once more, apart; the superblock is the
same one. Last line: {"guard": {"left": [...], "expired": bool}}.
"""
import argparse
import json
import os
import select
import signal
import sys
import time

import arena
import inside
import kernel
import killed
import loops
import proc
from cases import PATIENCE

CASE = "case"
GRACE_S = 5.0     # a namespace that ends in peace lets go of its loop devices within this
DONE_S = 3.0      # an arena whose test is done has ended within this
SWEEP_S = 20.0    # a freeze that nobody ended is ended within this
_IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
_TYPES = ("ext4", "xfs", "btrfs", "vfat")


def _run(argv, environment):
    if argv[0] != CASE:
        os.execve(argv[0], argv, environment)
    os.environ.clear()
    os.environ.update(environment)
    inside.run(*argv[1:])


def spawn(args, token, result_fd):
    """Forks the arena's parent; returns its pid and the pid of the arena's init."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        with os.fdopen(reader) as f:
            text = f.read()
        return child, int(text) if text else None
    try:
        kernel.die_with_parent(signal.SIGKILL)
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        init = os.fork()
        if init == 0:
            kernel.die_with_parent(signal.SIGKILL)
            for number in _IGNORED:   # exec would pass "ignored" on to the agents
                signal.signal(number, signal.SIG_DFL)
            arena.enter(args.tools, args.root, token, args.bind,
                        lambda environment: _run(args.argv, environment), result_fd)
        os.write(writer, str(init).encode())
        os.close(writer)
        _, status = os.waitpid(init, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    except BaseException as e:   # the child must never return into the guard's code
        os.write(2, f"the arena could not be made: {e!r}\n".encode())
        os._exit(1)


def relay(child, result_fd, deadline, out):
    """Copies lines until the arena has ended (its status) or must be ended (None)."""
    pidfd = os.pidfd_open(child)
    os.set_blocking(result_fd, False)
    poll = select.poll()
    for fd in (pidfd, result_fd):
        poll.register(fd, select.POLLIN)
    poll.register(0, select.POLLIN | select.POLLHUP)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        ready = {fd for fd, _ in poll.poll(left * 1000)}
        if result_fd in ready:
            data = os.read(result_fd, 65536)
            if not data:
                poll.unregister(result_fd)
            if b'{"done"' in data:   # what does not end now is blocked
                deadline = min(deadline, time.monotonic() + DONE_S * PATIENCE)
            out.write(data)
            out.flush()
        if 0 in ready and not os.read(0, 1):
            return None
        if pidfd in ready and result_fd not in ready:
            _, status = os.waitpid(child, 0)
            return os.waitstatus_to_exitcode(status)


def members(init):
    """Where each process of the arena's PID namespace stands: "command state wait channel"."""
    def read(pid, name):
        with open(f"/proc/{pid}/{name}") as f:
            return f.read()

    found = []
    for pid in proc.pids():
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") != os.readlink(f"/proc/{init}/ns/pid"):
                continue
            for task in os.listdir(f"/proc/{pid}/task"):
                name, rest = read(pid, f"task/{task}/stat").split("(", 1)[1].rsplit(")", 1)
                found.append(f"{name} {rest.split()[0]} {read(pid, f'task/{task}/wchan')}")
        except OSError:
            continue   # it has ended
    return found


def thaw_apart(number, scratch):
    """Child process: reaches the superblock by a mount of its own and thaws it."""
    kernel.unshare(kernel.CLONE_NEWNS)
    device = loops.node(number, scratch)
    point = f"{scratch}/thaw{number}"
    os.makedirs(point, exist_ok=True)
    for fs_type in _TYPES:
        for flags in (0, kernel.MS_RDONLY):
            try:
                kernel.mount(device, point, fs_type, flags)
            except OSError:
                continue
            fd = os.open(point, os.O_RDONLY)
            while kernel.thaw(fd):
                pass
            os.close(fd)
            kernel.umount(point, kernel.MNT_DETACH)
            return


def sweep(token, scratch):
    """Frees the loop devices of token; returns those that stayed whatever was done.

    Each in a process of its own: on a stack that was frozen in the wrong order FITHAW of the
    upper filesystem blocks until the lower one is thawed.
    """
    deadline = time.monotonic() + SWEEP_S
    working = {}
    while True:
        left = loops.owned(token, scratch)
        if not left or time.monotonic() > deadline:
            return left
        for number in left:
            if number in working:
                continue
            pid = os.fork()
            if pid == 0:
                try:
                    thaw_apart(number, scratch)
                finally:
                    os._exit(0)
            working[number] = pid
        time.sleep(0.05)
        for number, pid in list(working.items()):
            if os.waitpid(pid, os.WNOHANG)[0]:
                del working[number]


def settle(token, scratch):
    """The loop devices of the arena that are left when its namespace has had time to let go of
    them."""
    deadline = time.monotonic() + GRACE_S * PATIENCE
    while True:
        left = loops.owned(token, scratch)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.01)


def sweep_stale(scratch):
    """Frees what the guards of an earlier run, themselves killed, left behind."""
    for token in set(loops.attached(scratch).values()):
        if token.startswith(loops.PREFIX) and loops.is_stale(token):
            sweep(token, scratch)


def _arguments(given):
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--bind", action="append", default=[])
    parser.add_argument("--number", type=int)   # killed.py knows the case by it
    parser.add_argument("--tools", required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("argv", nargs="+")
    return parser.parse_args(given)


def main(given):
    args = _arguments(given)
    if args.number:
        killed.become(args.number)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)   # who wants the end closes standard input
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    token = loops.token_of(os.getpid())
    args.root = f"{args.scratch}/root"
    os.makedirs(args.root, exist_ok=True)
    kernel.mount("scratch", args.root, "tmpfs", 0, "mode=755")

    reader, writer = os.pipe()
    child, init = spawn(args, token, writer)
    os.close(writer)
    out = sys.stdout.buffer
    status = relay(child, reader, time.monotonic() + args.limit, out)
    expired = status is None
    blocked = members(init) if expired and init else []
    if expired:
        if init:
            kernel.kill(init)   # its child is blocked in wait: the pid is not reused
        left = loops.owned(token, args.scratch)
        stuck = sweep(token, args.scratch)
        os.waitpid(child, os.WNOHANG if stuck else 0)
    else:
        left = settle(token, args.scratch)
        stuck = sweep(token, args.scratch) if left else []
    out.write(json.dumps({"guard": {"left": left, "stuck": stuck, "expired": expired,
                                    "status": status, "blocked": blocked}}).encode() + b"\n")
    out.flush()
