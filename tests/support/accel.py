# SPDX-License-Identifier: MIT
"""KVM where a guest starts under it, else QEMU's emulation."""
import os
import threading

_CHOSEN = None
_lock = threading.Lock()
# Without cx16: emulated by QEMU 7.2, cmpxchg16b corrupts the free lists of Linux 6.12.
_OPTIONS = {"kvm": ["-machine", "pc,accel=kvm", "-cpu", "host"],
            "tcg": ["-machine", "pc", "-accel", "tcg,thread=multi,tb-size=256",
                    "-cpu", "max,-cx16"]}


# On a busy host Linux finds out late that an emulated TSC cannot be trusted, and patches its code
# for that while the other processor runs it: QEMU 7.2 does not bear that, and the guest panics in
# sched_clock_cpu. So it is told at once.
_KERNEL_WORDS = {"kvm": "", "tcg": " tsc=unstable"}


def kernel_words():
    """For the kernel's command line, after a blank."""
    return _KERNEL_WORDS[_CHOSEN or "tcg"]


def options():
    return _OPTIONS[_CHOSEN or "tcg"]


def name():
    return _CHOSEN or "tcg"


def use(chosen):
    global _CHOSEN
    _CHOSEN = chosen


def choose(folder, boots):
    """Asks once and remembers: boots(name) says whether a guest answers in time under it."""
    note = f"{folder}/accel"
    with _lock:
        try:
            with open(note) as f:
                chosen = f.read().strip()
        except FileNotFoundError:
            chosen = "kvm" if os.access("/dev/kvm", os.R_OK | os.W_OK) and boots("kvm") else "tcg"
            with open(note, "w") as f:
                f.write(chosen + "\n")
        use(chosen)
    return chosen
