# SPDX-License-Identifier: MIT
"""What somebody tries who has broken into a process, in each of its threads, and what is promised of it.

None of the calls does harm if it gets past: those that would be carried out are wrong in an argument
that the kernel looks at last.
"""
import errno
import os

from puppet import Puppet

FIFREEZE, FITHAW, FITRIM = 0xC0045877, 0xC0045878, 0xC0185879
SHADOW = (-100, b"/etc/shadow", os.O_RDONLY)
MADE, PROGRAM = "/root/made", "/run/program"
OPTIONAL = ("bpf", "process_vm_writev")   # a kernel may be built without

YES = "yes"
# Of a sealed freezer, of an agent of few commands, and of one that also keeps to its own mount namespace
# (namespaces=own). An agent that keeps all rights, as one with
# sandbox=off, and Debian's qemu-ga do all of them. agent/README.md has the table; format compares it.
PROMISED = {
    "open of /etc/shadow": ("ENOSYS", YES, YES),
    "creation of a file": ("ENOSYS", YES, "EACCES"),
    "execve": ("ENOSYS", YES, "EACCES"),
    "mount": ("ENOSYS", YES, "EPERM"),
    "umount": ("ENOSYS", YES, "EPERM"),
    "socket": ("ENOSYS", YES, YES),
    "connect": ("ENOSYS", YES, YES),
    "signal to pid 1": ("ENOSYS", YES, YES),
    "ptrace": ("ENOSYS", YES, YES),
    "bpf": ("ENOSYS", YES, YES),
    "FITRIM": ("ENOSYS", YES, YES),
    "FIFREEZE of what was not handed over": ("ENOSYS", YES, YES),
    "setting the clock": ("ENOSYS", "EPERM", "EPERM"),
    "reboot": ("ENOSYS", "EPERM", "EPERM"),
    "chown to another user": ("ENOSYS", "EPERM", "EPERM"),
    "setuid": ("ENOSYS", "EPERM", "EPERM"),
    "raw packets": ("ENOSYS", "EPERM", "EPERM"),
    "making of a device": ("ENOSYS", "EPERM", "EACCES"),
    "process_vm_writev": ("ENOSYS", YES, YES),
    "unshare": ("ENOSYS", YES, YES),
}


# What each of them meets in the parser, the first column.
IN_PARSER = "ENOSYS"
# The headings of that table. The last two columns are "yes" throughout.
HEAD = "| tried from outside, in each thread | parser | freezer | agent of few commands | and `namespaces=own` | with all rights | qemu-ga 7.2 |"


def table():
    """The table of the README, as it must be."""
    rows = [f"| {what} | {' | '.join([IN_PARSER, *cells, YES, YES])} |" for what, cells in PROMISED.items()]
    return "\n".join([HEAD, "|---" * 7 + "|", *rows]) + "\n"


def threads(pid):
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))


def descriptor(pid, tid, target):
    """The number of an open file of a thread, by a part of what /proc calls it; -1: it has none."""
    folder = f"/proc/{pid}/task/{tid}/fd"
    return next((int(name) for name in os.listdir(folder)
                 if target in os.readlink(f"{folder}/{name}")), -1)


def _calls(held, other, point):
    """(what, number of the call on x86_64, arguments). held, other: descriptors; point: a mount point."""
    return [
        ("open of /etc/shadow", 257, SHADOW),
        ("creation of a file", 257, (-100, MADE.encode(), os.O_WRONLY | os.O_CREAT, 0o600)),
        ("execve", 59, (PROGRAM.encode(), 0, 0)),
        ("mount", 165, (b"none", b"/mnt", b"no-such-type", 0, 0)),
        ("umount", 166, (point.encode(), 5)),   # MNT_FORCE and MNT_EXPIRE exclude each other
        ("socket", 41, (2, 1, 0)),
        ("connect", 42, (-1, 0, 0)),
        ("signal to pid 1", 62, (1, 0)),
        ("ptrace", 101, (7, 2**31 - 1, 0, 0)),
        ("bpf", 321, (0, 0, 0)),
        ("FITRIM", 16, (held, FITRIM, 0)),
        ("FIFREEZE of what was not handed over", 16, (other, FIFREEZE, 0)),
        ("setting the clock", 164, (0, b"\x10\x27\0\0\0\0\0\0")),   # a zone of 10,000 minutes
        ("reboot", 169, (0, 0, 0, 0)),
        ("chown to another user", 260, (-100, b"/run/chown", 1, 1, 0)),
        ("setuid", 117, (1, 2**32 - 1, 2**32 - 1)),
        ("raw packets", 41, (17, 3, 0)),
        ("making of a device", 259, (-100, b"/run/device", 0o20600, 0x103)),
        ("process_vm_writev", 311, (1, 0, 0, 0, 0, 0)),
        ("unshare", 272, (0,)),
    ]


def prepare():
    """What the deeds are done to, in the arena."""
    for path in ("/etc/shadow", "/run/chown"):
        with open(path, "a", encoding="ascii"):
            pass
    with open(PROGRAM, "wb") as f:   # the kernel can execute no such file
        f.write(bytes(64))
    os.chmod(PROGRAM, 0o755)
    if os.path.exists(MADE):
        os.unlink(MADE)


def of_freezer(pid, tid):
    """What a thread of a freezer is answered: {deed: a number, or a negative errno}."""
    with Puppet(pid, tid) as thread:
        found = {what: thread.call(number, *arguments) for what, number, arguments in
                 _calls(descriptor(pid, tid, "/mnt/a"), descriptor(pid, tid, "timerfd"), "/mnt/a")}
        foreign = thread.call(2**30 + 257, *SHADOW)   # of an x32 program
    return found, foreign


def of_other(pid, tid, point):
    """The same of a process that has no filesystem open: it opens point first, if it can."""
    with Puppet(pid, tid) as thread:
        fd = thread.call(257, -100, point.encode(), os.O_RDONLY | os.O_DIRECTORY)
        found = {}
        for what, number, arguments in _calls(fd, fd, point):
            found[what] = thread.call(number, *arguments)
            if what.startswith("FIFREEZE") and found[what] >= 0:
                thread.call(16, fd, FITHAW, 0)
            if what == "setuid" and found[what] >= 0:
                thread.call(117, 0, 0, 2**32 - 1)
    return found


def killed_by(pid):
    """The signal that ends a process for getpgrp, a call that no filter allows and nothing needs."""
    with Puppet(pid, pid) as thread:
        return thread.last_call(111)


def told(answers):
    """{deed: "yes", or the name of the errno by which it is refused}"""
    refusals = {errno.ENOSYS, errno.EPERM, errno.EACCES}
    return {what: errno.errorcode[-answer] if -answer in refusals else YES
            for what, answer in answers.items()}
