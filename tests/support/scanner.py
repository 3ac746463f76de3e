# SPDX-License-Identifier: MIT
"""scanner.py MOUNT [LOG]: looks at each file and folder that somebody opens on a mount, before it is
opened, as virus scanners do (fanotify). It lets each be opened, once it has noted it in LOG; without
one it answers nobody."""
import ctypes
import os
import struct
import sys
import time

_CLASS_CONTENT, _CLOEXEC = 4, 1
_MARK_ADD, _MARK_MOUNT = 1, 0x10
_OPEN_PERM, _ONDIR = 0x10000, 0x40000000
_ALLOW = 1
_AT_FDCWD = -100
_EVENT = struct.Struct("=IBBHQii")   # of fanotify_event_metadata
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _watch(point):
    group = _check(_libc.fanotify_init(_CLASS_CONTENT | _CLOEXEC, os.O_RDONLY))
    _check(_libc.fanotify_mark(group, _MARK_ADD | _MARK_MOUNT, ctypes.c_uint64(_OPEN_PERM | _ONDIR),
                               _AT_FDCWD, point.encode()))
    return group


def _answer(group, log):
    data = os.read(group, 4096)
    while data:
        length, _, _, _, _, opened, pid = _EVENT.unpack_from(data)
        os.write(log, f"{pid}\n".encode())
        os.write(group, struct.pack("=iI", opened, _ALLOW))
        os.close(opened)
        data = data[length:]


def main():
    log = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND) if len(sys.argv) > 2 else None
    group = _watch(sys.argv[1])
    print("watches", flush=True)
    while True:
        if log is None:
            time.sleep(3600)
        else:
            _answer(group, log)


if __name__ == "__main__":
    main()
