# SPDX-License-Identifier: MIT
"""otherroot.py ROOT PROGRAM...: runs a program (its path) with another system's root, in mount and
PID namespaces of its own; everything in them ends with it.

Not a chroot: what runs there changes its root itself.
"""
import os
import signal
import sys

import kernel

_PASSED_ON = ("ONLY", "http_proxy", "https_proxy", "no_proxy")


def _enter(root):
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount(root, root, None, kernel.MS_BIND)
    kernel.mount("/dev", f"{root}/dev", None, kernel.MS_BIND | kernel.MS_REC)
    kernel.mount("proc", f"{root}/proc", "proc")
    kernel.mount("sysfs", f"{root}/sys", "sysfs")
    for name in ("tmp", "run"):
        kernel.mount(name, f"{root}/{name}", "tmpfs", 0, f"mode={'1777' if name == 'tmp' else '755'}")
    kernel.pivot_into(root)


def _as_init(command):
    """The first process of the namespace: when it ends, all do."""
    kernel.die_with_parent(signal.SIGKILL)
    _enter(os.path.realpath(sys.argv[1]))
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME="/root", LC_ALL="C.UTF-8")
    worker = os.fork()
    if worker == 0:
        os.execve(command[0], command, environment)
    ended = None
    while ended != worker:   # of orphans, too
        ended, status = os.wait()
    os._exit(os.waitstatus_to_exitcode(status) & 0xff)


def main():
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        _as_init(sys.argv[2:])
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xff)


if __name__ == "__main__":
    main()
