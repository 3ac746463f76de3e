# SPDX-License-Identifier: MIT
"""What somebody who has broken into the freezer could do, tried from outside; what is left where the
kernel forbids the seal; and that the recovery has all its rights."""
import ctypes
import errno
import os
import signal

import deeds
import probe
import proc
import rights
import trace
from cases import Skipped, case, contains, equal, true, within
from forbid import forbid
from host import freeze, status, thaw

OURS = "qemu-ga is one process, with all rights"
TRACE = "/run/trace"
# call-filter.c, on x86_64; what the sanitizers call beside that.
LISTED = set("read write poll ppoll timerfd_settime restart_syscall futex recvfrom sendto sendmsg "
             "clock_gettime syncfs fstatfs pread64 pwrite64 dup3 close close_range flock wait4 exit exit_group "
             "ioctl".split())
SANITIZERS = set("mmap munmap mprotect madvise sigaltstack sched_yield getpid gettid".split())


def _frozen(world, *options, **how):
    """An agent that has two filesystems frozen, its client, and its freezer."""
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/b")
    deeds.prepare()
    agent, client = world.connect(*options, **how)
    freeze(client, 2)
    freezer, = agent.freezers()
    return agent, client, freezer


@case(own=OURS, seal="errno")
def whoever_breaks_into_a_freezer_can_do_nothing_there_but_freeze_and_thaw(world):
    _, client, freezer = _frozen(world)
    threads = deeds.threads(freezer)
    true(len(threads) in (3, 4), "threads: the first, one for each filesystem, and if the machine has "
                                 "much to write out, one for the queues of the disks")
    first, *workers = (deeds.descriptor(freezer, tid, "/mnt/a") for tid in threads)
    true(first < 0 and min(workers) >= 0, "the workers have the filesystems open, and nobody else")
    for tid in threads:
        answers, foreign = deeds.of_freezer(freezer, tid)
        equal(deeds.told(answers), {what: cells[0] for what, cells in deeds.PROMISED.items()},
              f"what thread {tid} of {freezer} can do")
        equal(foreign, -errno.ENOSYS, "open of an x32 program")
    true(not os.path.exists(deeds.MADE), "nothing was created")
    thaw(client, 2)


@case(own=OURS, seal="kill")
def a_freezer_that_is_killed_for_a_call_leaves_nothing_frozen_and_the_suite_notices(world):
    _, client, freezer = _frozen(world)
    writers = probe.frozen("/mnt/a", "/mnt/b")
    equal(deeds.killed_by(freezer), signal.SIGSYS, "the signal that ends it")
    for writer in writers:
        writer.must_end()
    within(10, lambda: client.call("guest-fsfreeze-status") == "thawed", "the status is thawed")


def _must_get_past(answers):
    """All of them, but for what this kernel does not have, or a guest's own confinement denies."""
    told = {what: answer for what, answer in deeds.told(answers).items() if what not in deeds.OPTIONAL}
    equal(told, dict.fromkeys(told, deeds.YES), "what it can do")
    true(answers["open of /etc/shadow"] >= 0, "/etc/shadow is open")


@case(own=OURS)
def without_the_seal_the_same_calls_get_past(world):
    _, client, freezer = _frozen(world, "--sandbox=off")
    for tid in deeds.threads(freezer):
        _must_get_past(deeds.of_freezer(freezer, tid)[0])
    true(os.path.exists(deeds.MADE), "a file was created")
    thaw(client, 2)


def _beside(world):
    """Something to freeze that the agent does not hold."""
    world.disk("ext4", "/mnt/c")
    deeds.prepare()


@case(own=OURS)
def an_agent_of_few_commands_can_do_less_than_one_with_all_rights(world):
    _beside(world)
    few = "--block-rpcs=exec,file,password,ssh,suspend,time,power"
    for column, options in ((1, [few]), (2, [few, "--namespaces=own", "--sandbox=require"])):
        agent, client = world.connect(*options)
        status(client, "thawed")
        for tid in deeds.threads(agent.pid):
            deeds.prepare()
            told = deeds.told(deeds.of_other(agent.pid, tid, "/mnt/c"))
            equal(told, {what: cells[column] for what, cells in deeds.PROMISED.items()},
                  f"what thread {tid} can do with {options}")
            equal(os.path.exists(deeds.MADE), column == 1, "a file was created")
        agent.stop()


@case(own=OURS)
def an_agent_that_is_told_to_keeps_all_rights(world):
    _beside(world)
    agent, client = world.connect("--block-rpcs=exec,file,password,ssh,suspend", "--sandbox=off")
    status(client, "thawed")
    for tid in deeds.threads(agent.pid):
        _must_get_past(deeds.of_other(agent.pid, tid, "/mnt/c"))


@case()
def an_agent_with_all_rights_can_do_all_of_it(world):
    """Ours with its default settings, and qemu-ga."""
    _beside(world)
    agent, client = world.connect()
    status(client, "thawed")
    for tid in deeds.threads(agent.pid):
        _must_get_past(deeds.of_other(agent.pid, tid, "/mnt/c"))


@case(own="told by a trace of two processes", limit=100)
def a_freeze_makes_no_call_that_is_not_in_the_list(world):
    points = ["/mnt/a", "/mnt/b", "/mnt/c"]
    for point in points:
        world.disk("ext4", point)
    agent = world.agent(program=trace.program(world.program, TRACE)).start(env=trace.NO_LEAKS)
    client = agent.client()
    freeze(client, len(points))
    thaw(client, len(points))
    seen = trace.finished(TRACE, len(points))
    sealed = next(line for line in seen.having("SECCOMP_SET_MODE_FILTER") if line.thread in seen.freezers)
    calls = [call for call in seen.calls(first=sealed.last) if call.freezer]
    others = sorted({call.name for call in calls} - LISTED - (SANITIZERS if world.sanitized else set()))
    equal(others, [], "calls of the sealed freezer that are not in the list")
    equal([call.text for call in calls if "ENOSYS" in call.text], [], "calls that were refused")
    true({"ioctl", "poll", "futex"} <= {call.name for call in calls}, "the freezer was seen at work")


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
        within(5, lambda wanted=number == 19: (proc.state(freezer) == "T") == wanted, "it is obeyed")
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
