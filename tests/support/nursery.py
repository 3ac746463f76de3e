# SPDX-License-Identifier: MIT
"""Forks guards, after it has loaded what these and the cases need: nursery.py DESCRIPTOR

To start Python and to load all that, for the guard and once more inside the arena, is a quarter of what a
short case costs. A message on the socket is the arguments of a guard, with its standard input and output;
the answer is the guard's pid, with a pidfd. The end of the socket ends the nursery; a guard sees by its
standard input that whoever started it is gone.
"""
import gc
import json
import os
import signal
import socket
import sys
import traceback

import guard

MESSAGE_MAX = 65536


def _reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _become_guard(arguments, ours, fds):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.setsid()
    ours.close()
    for target, fd in enumerate(fds):
        os.dup2(fd, target)
        os.close(fd)
    guard.main(arguments)


def _serve(ours):
    data, fds, _, _ = socket.recv_fds(ours, MESSAGE_MAX, 2)
    if not data:
        return False
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})   # nobody reaps it before it has a pidfd
    pid = os.fork()
    if pid == 0:
        try:
            _become_guard(json.loads(data), ours, fds)
        except BaseException:   # it must never return into the nursery's code
            traceback.print_exc()
        finally:
            os._exit(0)
    pidfd = os.pidfd_open(pid)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    socket.send_fds(ours, [str(pid).encode()], [pidfd])
    for fd in [*fds, pidfd]:
        os.close(fd)
    return True


def main():
    ours = socket.socket(fileno=int(sys.argv[1]))
    ours.set_inheritable(False)
    signal.signal(signal.SIGCHLD, _reap)
    gc.freeze()   # the forks share these pages for as long as nobody writes to them
    while _serve(ours):
        pass


if __name__ == "__main__":
    main()
