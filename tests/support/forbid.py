# SPDX-License-Identifier: MIT
"""Has the kernel refuse some of its calls to a process, as an older one would, or a container."""
import ctypes
import errno
import platform
import struct

from cases import Skipped


def forbid(*calls):
    """For preexec: from now on these calls answer ENOSYS, as in an old kernel."""
    if platform.machine() != "x86_64":
        raise Skipped("numbers of calls are known of x86_64 only")

    def install():
        code = struct.pack("=HBBI", 0x20, 0, 0, 0)
        for number in calls:
            code += struct.pack("=HBBI", 0x15, 0, 1, number)
            code += struct.pack("=HBBI", 0x06, 0, 0, 0x00050000 | errno.ENOSYS)
        code += struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
        text = ctypes.create_string_buffer(code, len(code))
        program = ctypes.create_string_buffer(
            struct.pack("@HP", len(code) // 8, ctypes.addressof(text)))
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(22, 2, program) != 0:   # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
            raise OSError(ctypes.get_errno(), "prctl")
    return install
