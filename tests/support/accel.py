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


def _boot_id():
    with open("/proc/sys/kernel/random/boot_id") as f:
        return f.read().strip()


def _ask(fault):
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    why = fault("kvm")
    if why:
        print("# /dev/kvm is there, but " + why.strip().replace("\n", "\n#   "), flush=True)
    return "tcg" if why else "kvm"


def choose(folder, fault):
    """Chooses once for each boot of this machine, and keeps the choice in folder. fault(name): why
    no guest runs under this accelerator; None: guests do."""
    note = f"{folder}/accel"
    with _lock:
        try:
            with open(note) as f:
                chosen, boot = f.read().split()
        except (OSError, ValueError):
            chosen = boot = None
        if boot != _boot_id():
            chosen = _ask(fault)
            with open(note, "w") as f:
                f.write(f"{chosen} {_boot_id()}\n")
        use(chosen)
    return chosen
