# SPDX-License-Identifier: MIT
"""The system calls that Python's library lacks: mounts, namespaces, loop devices, FITHAW.

FIFREEZE is not here. Only the agent under test and util-linux's fsfreeze freeze anything, and
they run inside an arena (see arena.py).
"""
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct

_libc = ctypes.CDLL(None, use_errno=True)

MS_RDONLY = 0x1
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_MOVE = 0x2000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2
CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1

FITHAW = 0xC0045878

LOOP_CLR_FD = 0x4C01
LOOP_GET_STATUS64 = 0x4C05
LOOP_CONFIGURE = 0x4C0A
LOOP_CTL_GET_FREE = 0x4C82
LO_FLAGS_READ_ONLY = 1
LO_FLAGS_AUTOCLEAR = 4
LO_FLAGS_DIRECT_IO = 16
LOOP_MAJOR = 7
_LOOP_INFO = struct.Struct("=5Q4I64s64s32s2Q")

_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "armv7l": 218}


def _check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)


def mount(source, target, fs_type=None, flags=0, data=None):
    def text(value):
        return value.encode() if value is not None else None

    _check(_libc.mount(text(source), text(target), text(fs_type), ctypes.c_ulong(flags),
                       text(data)), target)


def umount(target, flags=0):
    _check(_libc.umount2(target.encode(), flags), target)


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def own_network():
    """Gives this process, and those it starts, a network of their own with a loopback only."""
    unshare(CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH", b"lo", _IFF_UP))


def prctl(option, *values):
    _check(_libc.prctl(option, *values, *[0] * (4 - len(values))), "prctl")


def syscall(number, *values):
    """The result of the system call; -1: an error."""
    return _libc.syscall(number, *values)


def die_with_parent(signal_number):
    prctl(PR_SET_PDEATHSIG, signal_number)


def adopt_orphans():
    """Makes this process the parent of the processes that its descendants leave behind."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def close_all_but(fd):
    """And but the standard streams: for a child that keeps nothing open of its parent's."""
    for other in [int(name) for name in os.listdir("/proc/self/fd")]:
        if other > 2 and other != fd:
            try:
                os.close(other)
            except OSError:
                pass   # the descriptor of the listing itself


def kill(pid, number=signal.SIGKILL):
    """For who may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def pivot_into(new_root):
    """Makes new_root the root and lets go of the old one."""
    os.chdir(new_root)
    _check(_libc.syscall(_SYS_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    umount(".", MNT_DETACH)
    os.chdir("/")


def thaw(fd):
    """One FITHAW; False when the kernel says that nothing (more) is frozen."""
    try:
        fcntl.ioctl(fd, FITHAW, 0)
        return True
    except OSError:
        return False


def loop_configure(loop_fd, backing_fd, name, flags):
    info = _LOOP_INFO.pack(0, 0, 0, 0, 0, 0, 0, 0, flags, name.encode(), b"", b"", 0, 0)
    fcntl.ioctl(loop_fd, LOOP_CONFIGURE,
                struct.pack("=II", backing_fd, 0) + info + bytes(64))


def loop_name(loop_fd):
    """The name given to loop_configure, or None for a loop device that is not attached."""
    data = bytearray(_LOOP_INFO.size)
    try:
        fcntl.ioctl(loop_fd, LOOP_GET_STATUS64, data)
    except OSError as e:
        if e.errno in (errno.ENXIO, errno.ENODEV):
            return None
        raise
    return _LOOP_INFO.unpack(data)[9].rstrip(b"\0").decode(errors="replace")
