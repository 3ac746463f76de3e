# SPDX-License-Identifier: MIT
"""What a freeze has to do without is said: once in the log, whatever its level, and in the history."""
import ctypes
import os
import resource

import kernel
import probe
from cases import case, contains, equal, true, within
from host import freeze, status, thaw
from pretend import pretend
from trace import NO_LEAKS, program

OURS = "qemu-ga has none of it"
CAP_IPC_LOCK, CAP_SYS_ADMIN, CAP_SYS_RESOURCE = 14, 21, 24
_PR_CAPBSET_DROP = 24


def _cycles(client, point="/mnt/a", count=1):
    for _ in range(2):
        freeze(client, count)
        writer, = probe.frozen(point)
        thaw(client, count)
        writer.must_end()


def _machine_denies_protection():
    """This one lets nobody, root included, keep from being killed when memory runs out."""
    with open("/proc/self/oom_score_adj", "r+", encoding="ascii") as f:
        before = f.read()
        try:
            os.pwrite(f.fileno(), b"-1000", 0)
        except OSError:
            return True
        os.pwrite(f.fileno(), before.encode(), 0)
    return False


def _machine_lacks_landlock():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(444, None, 0, 1) < 0   # landlock_create_ruleset, for its version


def _is_said_once(world, agent, *texts):
    log = agent.log()
    for text in texts:
        equal(log.count(text), 1, f"lines of the log with {text!r} in\n{log}\n")
    run = world.run("status", "-t", agent.statedir)
    told = " ".join(run.stdout.split())
    for text in texts:
        contains(told, text, "frost-ga status")


def _dropping(*capabilities):
    """For preexec: what root cannot get back by an exec."""
    def drop():
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in capabilities:
            if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl")
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    return drop


@case(own=OURS)
def a_freeze_that_lacks_nothing_says_nothing(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    _cycles(client)
    lacks = (["not protected from the out-of-memory killer"] if _machine_denies_protection() else []) + (
        ["the freezer can open files"] if _machine_lacks_landlock() else [])
    if lacks:
        _is_said_once(world, agent, *lacks)
        equal(agent.log().count("\n"), len(lacks), "lines of the log")
        return
    equal(agent.log(), "", "the log")
    run = world.run("status", "-t", agent.statedir)
    true("without" not in run.stdout, f"frost-ga status: {run.stdout}")


@case(own=OURS)
def a_kernel_that_is_set_to_normal_grace_periods_is_said_once(world):
    pretend("/sys/kernel/rcu_normal", "1\n")
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    _cycles(client)
    _is_said_once(world, agent, "grace periods are not expedited", "normal grace periods")


@case(own=OURS)
def a_sysfs_that_is_read_only_is_said_once(world):
    pretend("/sys/kernel/rcu_expedited", "0\n", read_only=True)
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    _cycles(client)
    _is_said_once(world, agent, "grace periods are not expedited", "Read-only file system")


@case(own=OURS)
def a_right_that_the_freezer_lacks_is_logged_once(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(preexec=_dropping(CAP_IPC_LOCK, CAP_SYS_RESOURCE))
    _cycles(client)
    texts = ["not protected from the out-of-memory killer"]
    if not world.sanitized:
        texts.append("memory is not locked")
    _is_said_once(world, agent, *texts)


@case(own=OURS)
def a_ledger_in_memory_is_said_at_the_start_and_once(world):
    world.disk("ext4", "/mnt/a")
    os.makedirs("/run/ro")
    kernel.mount("state", "/run/ro", "tmpfs", kernel.MS_RDONLY, None)
    agent = world.agent()
    agent.statedir = "/run/ro"
    agent.start()
    client = agent.client()
    within(5, lambda: "the ledger is in memory only" in agent.log(), "it is said at the start")
    _cycles(client)
    equal(agent.log().count("the ledger is in memory only"), 1, "lines of the log")


@case(own=OURS)
def a_state_directory_that_is_frozen_itself_is_said_with_that_reason(world):
    world.disk("ext4", "/mnt/a")
    os.mkdir("/mnt/a/state")
    agent = world.agent()
    agent.statedir = "/mnt/a/state"
    agent.start()
    _cycles(agent.client())
    _is_said_once(world, agent, "the state directory is itself to be frozen")


@case(own=OURS)
def without_the_right_to_freeze_it_is_said_and_every_freeze_fails(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{world.hook()}", preexec=_dropping(CAP_SYS_ADMIN))
    within(5, lambda: "it lacks CAP_SYS_ADMIN" in agent.log(), "it is said at the start")
    for _ in range(2):
        desc = client.refusal("guest-fsfreeze-freeze").desc
        contains(desc, "/mnt/a", "answer to freeze")
        contains(desc, "this needs CAP_SYS_ADMIN", "answer to freeze")
        status(client, "thawed")
        probe.writable("/mnt/a")
    equal(world.hook_calls(), ["freeze", "thaw"] * 2, "calls of the hook")
    equal(agent.log().count("CAP_SYS_ADMIN"), 1, "lines of the log")


def _with_threads(world, made):
    """An agent whose freezer gets no more threads than these."""
    for n in range(4):
        world.disk("ext4", f"/mnt/{n}", size=4 << 20)
    # The C library makes a thread by clone3(), and forks by clone().
    starter = program(world.program, "/run/trace", "-e", "trace=clone3", "-e",
                      f"inject=clone3:error=EAGAIN:when={made + 1}+")
    agent = world.agent(starter)
    agent.start(env=NO_LEAKS)
    return agent, agent.client(20)


@case(own=OURS)
def with_fewer_threads_than_filesystems_all_are_frozen_and_it_is_said(world):
    agent, client = _with_threads(world, 2)
    for _ in range(2):
        freeze(client, 4)
        writers = probe.frozen(*(f"/mnt/{n}" for n in range(4)))
        thaw(client, 4)
        for writer in writers:
            writer.must_end()
    _is_said_once(world, agent, "the freezer has fewer threads than filesystems")


def _fails_for_threads(world, made, what):
    agent, client = _with_threads(world, made)
    desc = client.refusal("guest-fsfreeze-freeze").desc
    contains(desc, f"{what}: Resource temporarily unavailable")
    probe.writable(*(f"/mnt/{n}" for n in range(4)))
    status(client, "thawed")
    true(agent.alive(), "the agent ended")


@case(own=OURS)
def without_threads_the_freeze_fails_and_nothing_is_frozen(world):
    _fails_for_threads(world, 0, "planning the freeze: cannot start a thread")


@case(own=OURS)
def with_a_single_thread_for_several_filesystems_the_freeze_fails(world):
    _fails_for_threads(world, 1, "could not make its threads")


def _few_open_files(count):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


@case(own=OURS)
def with_the_fewest_open_files_it_freezes_and_with_fewer_it_does_not_start(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect("--sandbox=require", preexec=_few_open_files(32))
    _cycles(client)
    agent.stop()
    for count in (9, 31):
        other = world.start(preexec=_few_open_files(count))
        equal(other.wait(), 1, f"exit status with {count}")
        contains(other.log(), f"this process may have {count} open files, and needs 32: raise the limit", "the log")
