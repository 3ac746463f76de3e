# SPDX-License-Identifier: MIT
"""The few kernel calls that the playground needs, and nothing above them."""

import ctypes
import errno
import fcntl
import os
import stat
import struct
import subprocess
import sys
import time

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2
CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
# The call's number, by machine; programs of 32 bits have others.
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "loongarch64": 41, "ppc64le": 203,
              "s390x": 217}

FITHAW = 0xC0045878
LOOP_CONFIGURE, LOOP_CTL_REMOVE, LOOP_CTL_GET_FREE = 0x4C0A, 0x4C81, 0x4C82
LO_FLAGS_AUTOCLEAR = 4
LOOP_MAJOR = 7

libc = ctypes.CDLL(None, use_errno=True)


def _checked(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, "%s: %s" % (what, os.strerror(code)))


def unshare(flags):
    _checked(libc.unshare(flags), "unshare")


def prctl(option, value):
    _checked(libc.prctl(option, value, 0, 0, 0), "prctl")


def fork(function):
    """Run function() in a child whose exit status is its value; returns the child's pid."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = function() or 0
            sys.stdout.flush()
        except BrokenPipeError:
            pass
        except OSError as error:
            print("quickstart: %s" % error, file=sys.stderr)
        finally:
            os._exit(status)
    return pid


def mount(source, target, fstype, flags=0, data=None):
    arguments = [None if text is None else text.encode() for text in (source, target, fstype)]
    arguments += [ctypes.c_ulong(flags), None if data is None else data.encode()]
    _checked(libc.mount(*arguments), "mount %s on %s" % (fstype or source, target))


def umount(target, flags=0):
    _checked(libc.umount2(target.encode(), flags), "umount %s" % target)


def pivot_root(new_root):
    """Make new_root the root of this mount namespace and forget the old one.

    The C library has no such function, and not every system the program of this name: sid has it in
    util-linux-extra.
    """
    os.chdir(new_root)
    number = PIVOT_ROOT.get(os.uname().machine)
    if number and sys.maxsize > 2**32:
        _checked(libc.syscall(number, b".", b"."), "pivot_root")
    else:
        subprocess.run(["pivot_root", ".", "."], check=True)
    umount(".", MNT_DETACH)
    os.chdir("/")


def thaw(descriptor):
    """FITHAW; True when it was frozen."""
    try:
        fcntl.ioctl(descriptor, FITHAW, 0)
        return True
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False


def loop_numbers():
    return {int(name[4:]) for name in os.listdir("/sys/block") if name.startswith("loop")}


def _open_loop(number):
    path = "/dev/loop%d" % number
    if not os.path.exists(path):
        os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(LOOP_MAJOR, number))
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def attach_loop(image):
    """Put a loop device over a file; it goes away with its last user (autoclear).

    Returns its number and a descriptor to hold until it is mounted.
    """
    file = os.open(image, os.O_RDWR | os.O_CLOEXEC)
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(50):
            number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
            device = _open_loop(number)
            info = struct.pack("=5Q4I64s96x16x", 0, 0, 0, 0, 0, 0, 0, 0, LO_FLAGS_AUTOCLEAR,
                               image.encode()[-63:])
            try:
                fcntl.ioctl(device, LOOP_CONFIGURE, struct.pack("=2I", file, 0) + info + bytes(64))
                return number, device
            except OSError as error:
                os.close(device)
                if error.errno != errno.EBUSY:
                    raise
            time.sleep(0.02)  # somebody else took it between the two calls
        raise OSError(errno.EBUSY, "no loop device stays free for long enough")
    finally:
        os.close(control)
        os.close(file)


def loop_image(number):
    """The file below a loop device, under the name it had when it was attached; None without."""
    try:
        with open("/sys/block/loop%d/loop/backing_file" % number) as file:
            return file.read().strip()
    except OSError:
        return None


def remove_loop(number):
    """Take an unused loop device away again; one that is in use stays."""
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(control, LOOP_CTL_REMOVE, number)
    except OSError:
        pass
    finally:
        os.close(control)
