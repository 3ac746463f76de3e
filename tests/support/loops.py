# SPDX-License-Identifier: MIT
"""Loop devices that carry their owner's name, so that whoever cleans up touches no other's."""
import errno
import fcntl
import os
import stat

import kernel
import proc

PREFIX = "frost-arena/"


def token_of(pid):
    """Name for the loop devices of the guard PID: a reused pid gives another token."""
    return f"{PREFIX}{pid}/{proc.stat(pid).start}"


def is_stale(token):
    try:
        return token_of(token[len(PREFIX):].split("/")[0]) != token
    except OSError:
        return True


def node(number, directory):
    """A device node of our own: no need to trust or wait for udev's."""
    path = f"{directory}/loop{number}"
    try:
        os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(kernel.LOOP_MAJOR, number))
    except FileExistsError:
        pass
    return path


def attach(image, token, read_only=False, directory="/dev", direct=False):
    """Returns (number, descriptor). The device detaches itself when the descriptor is closed
    and no filesystem uses it. direct: it reads and writes the image past the page cache."""
    flags = (kernel.LO_FLAGS_AUTOCLEAR | (kernel.LO_FLAGS_READ_ONLY if read_only else 0)
             | (kernel.LO_FLAGS_DIRECT_IO if direct else 0))
    backing = os.open(image, os.O_RDONLY if read_only else os.O_RDWR)
    control = os.open("/dev/loop-control", os.O_RDWR)
    try:
        while True:
            number = fcntl.ioctl(control, kernel.LOOP_CTL_GET_FREE)
            fd = os.open(node(number, directory), os.O_RDWR)
            try:
                kernel.loop_configure(fd, backing, token, flags)
                return number, fd
            except OSError as e:
                os.close(fd)
                if e.errno != errno.EBUSY:   # EBUSY: another test took this number
                    raise
    finally:
        os.close(control)
        os.close(backing)


def attached(directory):
    """{number: name} of all loop devices in use on this machine."""
    found = {}
    for entry in os.listdir("/sys/block"):
        if not entry.startswith("loop") or not os.path.isdir(f"/sys/block/{entry}/loop"):
            continue
        number = int(entry[4:])
        try:
            fd = os.open(node(number, directory), os.O_RDONLY)
        except OSError:
            continue   # detached at this moment
        try:
            name = kernel.loop_name(fd)
        finally:
            os.close(fd)
        if name is not None:
            found[number] = name
    return found


def owned(token, directory):
    return sorted(n for n, name in attached(directory).items() if name == token)
