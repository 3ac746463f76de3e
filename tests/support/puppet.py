# SPDX-License-Identifier: MIT
"""Makes a thread of a living process call the kernel, as somebody would who has broken into it."""
import ctypes
import os
import platform
import signal

from cases import Skipped

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_libc.ptrace.restype = ctypes.c_long

_SINGLESTEP, _GETREGS, _SETREGS, _DETACH = 9, 12, 13, 17
_SEIZE, _INTERRUPT = 0x4206, 0x4207
_WALL = 0x40000000
_SYSCALL = b"\x0f\x05"
# struct user_regs_struct of this processor.
_NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
          "fs_base gs_base ds es fs gs").split()
_ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
_BELOW_STACK = 4096   # nobody uses memory there while the thread is stopped


class _Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in _NAMES]


def _ptrace(request, tid, data=None):
    if _libc.ptrace(request, tid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {tid}")


class Puppet:
    """with Puppet(pid, tid) as thread: thread.call(number, arguments); it waits in the kernel."""

    def __init__(self, pid, tid):
        if platform.machine() != "x86_64":
            raise Skipped("registers are known of x86_64 only")
        self.pid, self.tid = pid, tid
        self.has_ended = False

    def __enter__(self):
        _ptrace(_SEIZE, self.tid)
        _ptrace(_INTERRUPT, self.tid)
        os.waitpid(self.tid, _WALL)
        self.before = _Registers()
        _ptrace(_GETREGS, self.tid, ctypes.addressof(self.before))
        # The call in which it waits has stopped it: the instruction before is that call's.
        assert self._memory(self.before.rip - 2, length=2) == _SYSCALL
        return self

    def __exit__(self, *_):
        if self.has_ended:
            return
        _ptrace(_SETREGS, self.tid, ctypes.addressof(self.before))
        _ptrace(_DETACH, self.tid)

    def _memory(self, address, length=0, write=None):
        with open(f"/proc/{self.pid}/mem", "r+b", buffering=0) as memory:
            memory.seek(address)
            return memory.read(length) if write is None else memory.write(write)

    def call(self, number, *arguments):
        """What the kernel answers: a number, or a negative errno. A text becomes its address."""
        status = self._begin(number, *arguments)
        assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTRAP, f"status {status:#x}"
        registers = _Registers()
        _ptrace(_GETREGS, self.tid, ctypes.addressof(registers))
        return ctypes.c_longlong(registers.rax).value

    def last_call(self, number, *arguments):
        """The signal by which the process ends for it, 0: it did not."""
        status = self._begin(number, *arguments)
        self.has_ended = os.WIFSIGNALED(status)
        return os.WTERMSIG(status) if self.has_ended else 0

    def _begin(self, number, *arguments):
        registers = _Registers.from_buffer_copy(self.before)
        free = self.before.rsp - _BELOW_STACK
        for name, value in zip(_ARGUMENTS, arguments):
            if isinstance(value, bytes):
                self._memory(free, write=value + b"\0")
                value, free = free, free + len(value) + 1
            setattr(registers, name, value % 2**64)
        registers.rax, registers.orig_rax = number, 2**64 - 1
        registers.rip -= 2
        _ptrace(_SETREGS, self.tid, ctypes.addressof(registers))
        _ptrace(_SINGLESTEP, self.tid)
        return os.waitpid(self.tid, _WALL)[1]
