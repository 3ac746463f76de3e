# SPDX-License-Identifier: MIT
"""uring.py FILE: one write of a page by io_uring; says when it is submitted, and its result."""
import ctypes
import mmap
import os
import struct
import sys

_SETUP, _ENTER = 425, 426   # the same on all processors
_WRITE = 23
_GETEVENTS = 1
_RINGS, _ENTRIES = 0, 0x10000000   # where the mappings begin
# struct io_uring_params: seven numbers and three spare ones, then the offsets of both rings
_PARAMS = struct.Struct("=10I 8IQ 8IQ")
_libc = ctypes.CDLL(None, use_errno=True)


def _call(number, *arguments):
    result = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def main():
    params = ctypes.create_string_buffer(_PARAMS.size)
    ring = _call(_SETUP, 4, params)
    fields = _PARAMS.unpack(params.raw)
    tail, array, cqes = fields[11], fields[16], fields[24]
    rings = mmap.mmap(ring, mmap.PAGESIZE, offset=_RINGS)
    entries = mmap.mmap(ring, mmap.PAGESIZE, offset=_ENTRIES)
    page = ctypes.create_string_buffer(b"u" * 4096, 4096)
    with open(sys.argv[1], "r+b") as f:
        struct.pack_into("=BBHiQQI", entries, 0, _WRITE, 0, 0, f.fileno(), 0,
                         ctypes.addressof(page), len(page))
        struct.pack_into("=I", rings, array, 0)
        struct.pack_into("=I", rings, tail, 1)
        print("submitted", _call(_ENTER, ring, 1, 0, 0, None, 0), flush=True)
        _call(_ENTER, ring, 0, 1, _GETEVENTS, None, 0)
        print("result", struct.unpack_from("=i", rings, cqes + 8)[0], flush=True)


if __name__ == "__main__":
    main()
