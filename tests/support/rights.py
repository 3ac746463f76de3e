# SPDX-License-Identifier: MIT
"""The rights of a process, as the kernel tells them of each of its threads."""
import os

_NUMBERS = {"DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "KILL": 5, "SETPCAP": 8, "IPC_LOCK": 14, "SYS_CHROOT": 18,
            "SYS_PTRACE": 19, "SYS_ADMIN": 21, "SYS_BOOT": 22, "SYS_RESOURCE": 24, "SYS_TIME": 25,
            "SYSLOG": 34}
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def mask(*names):
    return sum(1 << _NUMBERS[name] for name in names)


def of_text(text):
    """{"CapEff": a number, ...} of the text of a file /proc/PID/status."""
    lines = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    return {**{name: int(lines[name], 16) for name in SETS},
            "NoNewPrivs": int(lines["NoNewPrivs"]), "Seccomp": int(lines["Seccomp"])}


def of_threads(pid):
    """{number of a thread: its rights}"""
    found = {}
    for tid in sorted(int(name) for name in os.listdir(f"/proc/{pid}/task")):
        with open(f"/proc/{pid}/task/{tid}/status", encoding="ascii") as f:
            found[tid] = of_text(f.read())
    return found


def own():
    """Those of this process, which an agent that gives up nothing has, too."""
    return of_threads(os.getpid())[os.getpid()]


def promised(kept, no_new_privs=0, bounding=None, filtered=False, before=None):
    """The rights of a thread that has given up all but these; in an arena some are missing before."""
    before = before or own()
    bounding = kept if bounding is None else bounding
    return {"CapInh": 0, "CapPrm": before["CapPrm"] & kept, "CapEff": before["CapEff"] & kept,
            "CapBnd": before["CapBnd"] & bounding, "CapAmb": 0,
            "NoNewPrivs": max(no_new_privs, before["NoNewPrivs"]),
            "Seccomp": 2 if filtered else before["Seccomp"]}

