# SPDX-License-Identifier: MIT
"""The kernel's own list of mount namespaces (6.11 and later), which is bound to no /proc.

Kernels until 6.18 give it to root in any PID namespace, and with it a descriptor of each
namespace. An arena closes it by a filter of system calls, which all that starts there inherits.
"""
import collections
import ctypes
import errno
import fcntl
import os
import struct

import kernel

_LISTNS = 470
_NS_MNT_GET_NEXT, _NS_MNT_GET_PREV = 0x8010B70B, 0x8010B70C
_INFO = struct.Struct("=IIQ")            # mnt_ns_info
_REQUEST = struct.Struct("=IIQIIQ")      # ns_id_req

# The numbers of a machine's own system calls, and what a filter knows the machine by.
_Machine = collections.namedtuple("_Machine", "audit ioctl open_by_handle_at")
_MACHINES = {"x86_64": _Machine(0xC000003E, 16, 304), "aarch64": _Machine(0xC00000B7, 29, 265),
             "riscv64": _Machine(0xC00000F3, 29, 265), "armv7l": _Machine(0x40000028, 54, 371)}

_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCH, _COMMAND = 0, 4, 24      # in seccomp_data; the low half on a little-endian machine
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def _filter(machine):
    """(code, value, steps over when equal, else) each; the last two are allow and refuse."""
    lines = [(_LOAD, _ARCH, 0, 0), (_EQUAL, machine.audit, 0, "allow"),
             (_LOAD, _NUMBER, 0, 0), (_EQUAL, _LISTNS, "refuse", 0),
             (_EQUAL, machine.open_by_handle_at, "refuse", 0),   # takes a namespace's number, too
             (_EQUAL, machine.ioctl, 0, "allow"), (_LOAD, _COMMAND, 0, 0),
             (_EQUAL, _NS_MNT_GET_NEXT, "refuse", 0), (_EQUAL, _NS_MNT_GET_PREV, "refuse", "allow"),
             (_RETURN, _ALLOW, 0, 0), (_RETURN, _REFUSE, 0, 0)]
    ends = {"allow": len(lines) - 2, "refuse": len(lines) - 1}
    return b"".join(struct.pack("=HBBI", code, *(ends[to] - i - 1 if to else 0 for to in (yes, no)),
                                value)
                    for i, (code, value, yes, no) in enumerate(lines)), len(lines)


def close():
    """Closes the list for this process and all that it starts, for ever. Needs root. Closes nothing
    on a machine whose numbers of system calls are not known here: is_open() tells."""
    machine = _MACHINES.get(os.uname().machine)
    if machine:
        code, length = _filter(machine)
        kernel.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_Program(length, code)))


def _steps(command):
    """Whether the kernel goes on from our own namespace to another, or says that there is none."""
    own = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    try:
        os.close(fcntl.ioctl(own, command, bytearray(_INFO.pack(_INFO.size, 0, 0))))
        return True
    except OSError as e:
        return e.errno == errno.ENOENT
    finally:
        os.close(own)


def _lists():
    request = _REQUEST.pack(_REQUEST.size, 0, 0, kernel.CLONE_NEWNS, 0, 0)
    found = (ctypes.c_uint64 * 64)()
    return kernel.syscall(_LISTNS, request, found, 64, 0) >= 0


def is_open():
    """Whether this process could find mount namespaces that its /proc does not show."""
    return _steps(_NS_MNT_GET_NEXT) or _steps(_NS_MNT_GET_PREV) or _lists()
