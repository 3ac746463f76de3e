# SPDX-License-Identifier: MIT
"""The arena: a root in memory in which a freeze can hit nothing but the test's loop devices.

An arena is a mount and PID namespace whose root is a tmpfs with copies of the tools. No mount in
it leads to a filesystem of the machine: the tools were copied, not bound. It starts to work only
if the mount tables of all its processes agree, and if nothing leads to other ones: an agent freezes
what any mount namespace shows that it can find. guard.py makes arenas; everything here runs inside.
"""
import errno
import os
import shutil
import stat
import sys

import kernel
import loops
import mounts
import nslist
import proc

MARK = "/run/arena-token"
_NODES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9),
          "tty": (5, 0), "loop-control": (10, 237), "btrfs-control": (10, 234)}


class Unsafe(Exception):
    """The namespace shows a filesystem that is not the test's."""


def build(tools, new_root, binds=()):
    """Mounts the arena's root at new_root; the caller is pid 1 of its own namespaces."""
    kernel.mount("arena", new_root, "tmpfs", 0, "mode=755")
    for name in ("dev", "proc", "sys", "run", "tmp", "mnt", "img", "etc", "root", "var"):
        os.mkdir(f"{new_root}/{name}")
    os.chmod(f"{new_root}/tmp", 0o1777)
    os.symlink("/run", f"{new_root}/var/run")
    for entry in sorted(os.listdir(tools)):
        source, target = f"{tools}/{entry}", f"{new_root}/{entry}"
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
        elif entry == "etc":
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            os.mkdir(target)
            kernel.mount(source, target, None, kernel.MS_BIND)
            kernel.mount(None, target, None,
                         kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY)
    for i, path in enumerate(binds):
        os.mkdir(f"{new_root}/mnt/bind{i}")
        kernel.mount(path, f"{new_root}/mnt/bind{i}", None, kernel.MS_BIND)
    _devices(new_root)
    kernel.mount("proc", f"{new_root}/proc", "proc")
    kernel.mount("sysfs", f"{new_root}/sys", "sysfs")


def _devices(new_root):
    old = os.umask(0)
    kernel.mount("dev", f"{new_root}/dev", "tmpfs", 0, "mode=755")
    for name, (major, minor) in _NODES.items():
        os.mknod(f"{new_root}/dev/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
    os.mkdir(f"{new_root}/dev/pts")
    kernel.mount("devpts", f"{new_root}/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666")
    os.symlink("pts/ptmx", f"{new_root}/dev/ptmx")
    for i, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{i}", f"{new_root}/dev/{name}")
    os.umask(old)


def token():
    with open(MARK) as f:
        return f.read()


def _foreign(entries, numbers):
    """The block-device filesystems among entries that stand on no loop device of these numbers."""
    bad = []
    for m in mounts.on_block_devices(entries):
        if m.fs_type == "btrfs" and m.major == 0:
            source = os.stat(m.source).st_rdev if os.path.exists(m.source) else 0
        else:
            source = os.makedev(m.major, m.minor)
        if os.major(source) != kernel.LOOP_MAJOR or os.minor(source) not in numbers:
            bad.append(m)
    return bad


def _require_own_processes(entries, own):
    """Each /proc that is to be seen is that of our PID namespace, whose first process is the
    arena's, or of one inside it."""
    if own is None and not os.path.samefile(MARK, f"/proc/1/root{MARK}"):
        raise Unsafe("process 1 is not the arena's")
    for m in entries:
        if m.fs_type != "proc":
            continue
        try:
            with open(f"{m.point}/self/status") as f:
                pids = next(line for line in f if line.startswith("NSpid:")).split()[1:]
        except FileNotFoundError:
            continue   # we are none of its processes: it is of a PID namespace inside ours
        if len(pids) != 1:
            raise Unsafe(f"{m.point} shows processes outside the arena")


def _require_own_namespaces(numbers):
    """No process has mounts that are not the test's, and the kernel tells of no others."""
    seen = set()
    for pid in proc.pids():
        try:
            number = os.stat(f"/proc/{pid}/ns/mnt").st_ino
            entries = mounts.read(f"/proc/{pid}/mountinfo") if number not in seen else []
        except OSError as e:
            if e.errno in (errno.ENOENT, errno.ESRCH, errno.EINVAL):
                continue   # it has ended
            if e.errno == errno.EACCES and not os.path.exists(f"/proc/{pid}"):
                continue   # it has ended while the link was followed
            raise
        seen.add(number)
        _require_own(entries, numbers, f" to process {pid}")
    if nslist.is_open():
        raise Unsafe("the kernel lists the machine's mount namespaces")


def _require_own(entries, numbers, to=""):
    bad = _foreign(entries, numbers)
    if bad:
        raise Unsafe(f"foreign filesystem visible{to}: "
                     + ", ".join(f"{m.fs_type} {m.source} on {m.point}" for m in bad))


def require(own=None):
    """Raises Unsafe unless this process is in an arena that shows only the test's filesystems, and
    leads to no mount namespace but the arena's.

    Called before anything that could freeze. own: the token, while MARK is not yet written.
    """
    if own is None and not os.path.exists(MARK):
        raise Unsafe("not inside an arena")
    entries = mounts.read()
    if entries[0].point != "/" and not any(m.point == "/" for m in entries):
        raise Unsafe("mountinfo does not show the root")
    for m in entries:
        if m.point == "/" and m.fs_type != "tmpfs":
            raise Unsafe(f"the root is {m.fs_type}, not the arena's tmpfs")
    _require_own_processes(entries, own)
    numbers = set(loops.owned(own or token(), "/dev"))
    _require_own(entries, numbers)
    _require_own_namespaces(numbers)


def enter(tools, new_root, own, binds, run, result_fd):
    """As pid 1: builds the arena, goes in, and refuses, or starts a process with run(environment). Neither
    returns."""
    build(tools, new_root, binds)
    kernel.pivot_into(new_root)
    nslist.close()
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    for fd in (1, 2, 3):   # what a broken driver says must not be lost
        os.dup2(result_fd, fd)
    os.set_inheritable(3, True)
    os.closerange(4, 256)
    try:
        require(own)
    except Unsafe as e:
        os.write(3, f'{{"refused": "{e}"}}\n'.encode())
        os._exit(1)
    with open(MARK, "w") as f:
        f.write(own)
    child = os.fork()
    if child == 0:
        run({"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
             "HOME": "/root", "PATIENCE": os.environ.get("PATIENCE", "1"),
             **{name: os.environ[name] for name in ("FULL", "SEAL") if os.environ.get(name)}})
    os._exit(_reap(child))


def _reap(child):
    """An init: collects orphans until the test driver has ended."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status) & 0xFF


if __name__ == "__main__":
    sys.exit("not a program; see guard.py")
