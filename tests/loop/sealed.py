# SPDX-License-Identifier: MIT
"""What somebody who has broken into the freezer could do, tried from outside; what is left where the
kernel forbids the seal; and that the recovery has all its rights."""
import ctypes
import errno
import os

import probe
import rights
from cases import Skipped, case, contains, equal, true, within
from forbid import forbid
from host import freeze, thaw
from puppet import Puppet

OURS = "qemu-ga is one process, with all rights"
FIFREEZE, FITRIM = 0xC0045877, 0xC0185879
NOWHERE = b"/nonexistent"
OPTIONAL = ("bpf", "process_vm_writev")   # a kernel may be built without


def _frozen(world, *options, **how):
    """An agent that has two filesystems frozen, its client, and its freezer."""
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/b")
    with open("/etc/shadow", "a", encoding="ascii"):   # the arena has none
        pass
    agent, client = world.connect(*options, **how)
    freeze(client, 2)
    freezer, = agent.freezers()
    return agent, client, freezer


def _threads(pid):
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))


def _descriptor(pid, tid, target):
    """The number of an open file of a thread, by a part of what /proc calls it; -1: it has none."""
    folder = f"/proc/{pid}/task/{tid}/fd"
    return next((int(name) for name in os.listdir(folder)
                 if target in os.readlink(f"{folder}/{name}")), -1)


def _deeds(pid, tid):
    """(what, number of the call on x86_64, arguments): none does harm if it gets past the filter."""
    return [
        ("open of /etc/shadow", 257, (-100, b"/etc/shadow", os.O_RDONLY)),
        ("creation of a file", 257, (-100, b"/run/made", os.O_WRONLY | os.O_CREAT, 0o600)),
        ("execve", 59, (NOWHERE, 0, 0)),
        ("mount", 165, (NOWHERE, NOWHERE, b"ext4", 0, 0)),
        ("umount", 166, (NOWHERE, 0)),
        ("socket", 41, (2, 1, 0)),
        ("connect", 42, (-1, 0, 0)),
        ("signal to pid 1", 62, (1, 0)),
        ("ptrace", 101, (7, 2**31 - 1, 0, 0)),
        ("bpf", 321, (0, 0, 0)),
        ("FITRIM of a frozen filesystem", 16, (_descriptor(pid, tid, "/mnt/a"), FITRIM, 0)),
        ("FIFREEZE of something else", 16, (_descriptor(pid, tid, "timerfd"), FIFREEZE, 0)),
        ("clock_settime", 227, (-1, 0)),
        ("reboot", 169, (0, 0, 0, 0)),
        ("unshare", 272, (0,)),
        ("process_vm_writev", 311, (1, 0, 0, 0, 0, 0)),
        ("open of an x32 program", 2**30 + 257, (-100, b"/etc/shadow", os.O_RDONLY)),
    ]


def _answers(pid, tid):
    with Puppet(pid, tid) as thread:
        return {what: thread.call(number, *arguments) for what, number, arguments in _deeds(pid, tid)}


def _told(answers):
    return {what: errno.errorcode.get(-answer, answer) for what, answer in answers.items()}


@case(own=OURS)
def whoever_breaks_into_a_freezer_can_do_nothing_there_but_freeze_and_thaw(world):
    _, client, freezer = _frozen(world)
    threads = _threads(freezer)
    equal(len(threads), 3, "threads: the first, and one for each filesystem")
    first, *workers = (_descriptor(freezer, tid, "/mnt/a") for tid in threads)
    true(first < 0 and min(workers) >= 0, "the workers have the filesystems open, and nobody else")
    for tid in threads:
        told = _told(_answers(freezer, tid))
        equal(told, dict.fromkeys(told, "ENOSYS"), f"what thread {tid} of {freezer} can do")
    true(not os.path.exists("/run/made"), "nothing was created")
    thaw(client, 2)


@case(own=OURS)
def without_the_seal_the_same_calls_get_past(world):
    _, client, freezer = _frozen(world, "--sandbox=off")
    for tid in _threads(freezer):
        told = _told(_answers(freezer, tid))
        foreign = told.pop("open of an x32 program")   # of a kernel that has such programs
        true(foreign == "ENOSYS" or isinstance(foreign, int), foreign)
        true(all(answer != "ENOSYS" for what, answer in told.items() if what not in OPTIONAL),
             f"a call is refused: {told}")
        equal((told["signal to pid 1"], told["unshare"]), (0, 0), f"calls that succeed in {told}")
        true(isinstance(told["open of /etc/shadow"], int), f"/etc/shadow is open: {told}")
    true(os.path.exists("/run/made"), "a file was created")
    thaw(client, 2)


@case(own=OURS)
def each_thread_has_the_rights_that_are_promised(world):
    _, client, freezer = _frozen(world)
    wanted = rights.promised(rights.mask("SYS_ADMIN"), no_new_privs=1, bounding=0, filtered=True)
    for tid, found in rights.of_threads(freezer).items():
        equal(found, wanted, f"thread {tid}")
    thaw(client, 2)


@case(own=OURS)
def a_stopped_freezer_goes_on_under_the_seal(world):
    _, client, freezer = _frozen(world)
    for number in (19, 18, 19, 18):   # SIGSTOP, SIGCONT: the kernel restarts the call that waits
        os.kill(freezer, number)
        within(5, lambda wanted=number == 19: (probe.state(freezer) == "T") == wanted, "it is obeyed")
    thaw(client, 2)


@case(own=OURS)
def the_recovery_has_all_rights(world):
    hook = world.hook(thaw="cat /proc/self/status > /run/rights")
    agent, _, freezer = _frozen(world, f"-F{hook}")
    writers = probe.frozen("/mnt/a", "/mnt/b")
    own = rights.own()
    agent.kill()
    for writer in writers:
        writer.must_end()
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"] and os.path.exists("/run/rights") and
           os.path.getsize("/run/rights") > 500, "the hook is undone")
    with open("/run/rights", encoding="ascii") as f:
        equal(rights.of_text(f.read()), own, "rights of the hook, and of the agent that is gone")
    within(10, lambda: not os.path.exists(f"/proc/{freezer}"), "the freezer has ended")


# Where it is forbidden --------------------------------------------------------------------------

_SECCOMP, _LANDLOCK = 317, 444


@case(own=OURS)
def where_the_seal_is_forbidden_a_freeze_works_and_says_so_once(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(preexec=forbid(_SECCOMP, _LANDLOCK))
    for _ in range(2):
        freeze(client, 1)
        writer, = probe.frozen("/mnt/a")
        thaw(client, 1)
        writer.must_end()
    told = " ".join(world.run("status", "-t", agent.statedir).stdout.split())
    for text in ("the freezer can open files: this kernel has no Landlock",
                 "the freezer can make any system call: this kernel has no seccomp filters"):
        equal(agent.log().count(text), 1, f"lines of the log with {text!r} in\n{agent.log()}\n")
        contains(told, text, "frost-ga status")


@case(own=OURS)
def a_freeze_that_requires_the_seal_fails_without_it(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook()
    _, client = world.connect("--sandbox=require", f"-F{hook}", preexec=forbid(_LANDLOCK))
    contains(str(client.refusal("guest-fsfreeze-freeze")), "sandbox=require, but the freezer can open files: this kernel has no Landlock")
    equal(world.hook_calls(), [], "calls of hooks")
    probe.writable("/mnt/a")


@case(own=OURS)
def a_freeze_that_requires_the_seal_works_with_it(world):
    if ctypes.CDLL(None).syscall(_LANDLOCK, None, 0, 1) < 0:   # its version
        raise Skipped("this kernel has no Landlock")
    _, client, _ = _frozen(world, "--sandbox=require")
    thaw(client, 2)
