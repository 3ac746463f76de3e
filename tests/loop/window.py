# SPDX-License-Identifier: MIT
"""Between the first FIFREEZE and the last FITHAW: what agent and freezer do, and what they do not."""
import ctypes
import json
import os
import re
import subprocess

import kernel
import probe
import proc
import trace
from cases import case, contains, equal, true, within
from host import freeze, status, thaw
from pretend import content, pretend
from stall import Stall

OURS = "qemu-ga has no freezer, and no promise what it does while frozen"
TRACE = "/run/trace"
_libc = ctypes.CDLL(None, use_errno=True)
EXPEDITED = "/sys/kernel/rcu_expedited"

# Of either process; each is for a descriptor that is no file, or for none.
_WAKE = [r"futex\(", r"p?poll\(", r"clock_gettime\(", r"restart_syscall\(", r"sched_yield\(",
         r"(read|write)\(\d+<anon_inode:\[(eventfd|timerfd|signalfd)\]>",
         r"(sendto|recvfrom)\(\d+<(socket|UNIX)[^>]*>"]
# The freezer neither looks up a path nor allocates.
_FREEZER = [*_WAKE, r"ioctl\(\d+<[^>]*>, (FIFREEZE|FITHAW)", r"timerfd_settime\(",
            rf"pwrite64\(\d+<{EXPEDITED}>, \"[01]\", 1, 0"]
# The agent serves the host, with its parser: memory for that, connections, and the processor that both
# use. The kernel's messages, of other cases' disks too, may tell that the machine was restored.
_AGENT = [*_WAKE, r"epoll_(p?wait2?|ctl)\(",
          r"(read|write|sendmsg|accept4|close|shutdown)\(\d+<(socket|UNIX)[^>]*>",
          r"sched_setaffinity\(", r"read\(\d+</dev/kmsg", r"mmap\([^)]*MAP_ANONYMOUS",
          r"(munmap|madvise|brk|getrandom)\("]


def _not_listed(calls):
    found = []
    for call in calls:
        allowed = _FREEZER if call.freezer else _AGENT
        if not any(re.match(pattern, call.text) for pattern in allowed):
            found.append(("freezer: " if call.freezer else "agent: ") + call.text[:160])
    return found


def _traced(world, *options, **how):
    program = trace.program(world.program, TRACE)
    agent = world.agent(program=program)
    agent.start(*options, env=trace.NO_LEAKS, **how)
    return agent, agent.client()


@case(own=OURS, limit=60)
def only_few_system_calls_are_made_while_frozen(world):
    """With all that a host does meanwhile, a talkative log and the log file on a frozen disk."""
    for fs_type, point in (("ext4", "/mnt/a"), ("xfs", "/mnt/b"), ("ext4", "/mnt/c")):
        world.disk(fs_type, point)
    agent, client = _traced(world, f"-F{world.hook()}", "-v", "-l/mnt/a/log")
    freeze(client, 3)
    for _ in range(20):
        status(client, "frozen")
        client.refusal("guest-get-osinfo")
        client.send(b"garbage\n")
        client.line()
    client.close()
    client = agent.client()
    thaw(client, 3)
    seen = trace.finished(TRACE, 3)
    calls = seen.calls(*seen.window())
    equal(_not_listed(calls), [], "system calls that are not on the list")
    for freezer in (True, False):
        true(any(call.freezer == freezer for call in calls), "a process is missing in the trace")
    contains(content("/mnt/a/log"), "frozen", "the log, after the thaw")


@case(own=OURS, limit=60)
def each_freeze_that_succeeds_is_thawed_once_and_through_the_same_descriptor(world):
    for point in ("/mnt/a", "/mnt/b"):
        world.disk("ext4", point)
    _, client = _traced(world)
    freeze(client, 2)
    thaw(client, 2)
    calls = [call.text for call in trace.finished(TRACE, 2).calls() if call.name == "ioctl"]
    for kind in ("FIFREEZE", "FITHAW"):
        fds = sorted(re.match(r"ioctl\((\d+<[^>]*>)", text)[1] for text in calls if kind in text)
        equal(len(fds), 2, kind)
        if kind == "FIFREEZE":
            frozen = fds
    equal(fds, frozen, "descriptors of the thaws")


@case(own=OURS, limit=60)
def the_freezer_asks_only_the_clock_that_nobody_sets(world):
    world.disk("ext4", "/mnt/a")
    _, client = _traced(world)
    freeze(client, 1)
    thaw(client, 1)
    seen = trace.finished(TRACE, 1)
    _, thawed = seen.window()   # after it the freezer waits for the end of its heir, but no longer than a second
    calls = [call for call in seen.calls(last=thawed) if call.freezer]
    timers = [call.text for call in calls if call.name == "timerfd_create"]
    equal(len(timers), 1, "timers of the freezer")
    contains(timers[0], "CLOCK_BOOTTIME", "timer of the freezer")
    for call in calls:
        if call.name == "timerfd_settime":
            contains(call.text, "TFD_TIMER_ABSTIME")
        if call.name == "futex" and "WAIT" in call.text:
            contains(call.text, "NULL", "a wait without an end")
        if call.name in ("poll", "ppoll"):
            true(re.search(r"\], \d+, (-1|NULL)", call.text), f"a wait with an end: {call.text}")


# Expedited grace periods ------------------------------------------------------------------------


def _expedites(world, *options):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    _, client = _traced(world, *options)
    freeze(client, 2)
    thaw(client, 2)
    return trace.finished(TRACE, 2)


@case(own=OURS, limit=60)
def grace_periods_are_expedited_only_while_freezing(world):
    stand_in = pretend(EXPEDITED, "0\n")
    pretend("/sys/kernel/rcu_normal", "0\n")
    seen = _expedites(world)
    order = [call.text for call in seen.calls() if "FIFREEZE" in call.text or "FITHAW" in call.text
             or call.name == "pwrite64" and EXPEDITED in call.text]
    shape = re.sub(r"(.)\1+", r"\1", "".join(
        "1" if '"1"' in text else "0" if '"0"' in text else "F" if "FIFREEZE" in text else "T"
        for text in order))
    equal(shape, "1F0T", "the order of on, FIFREEZE, off, FITHAW")
    equal(content(stand_in), "0", "rcu_expedited afterwards")


def _never_written(world, *options):
    seen = _expedites(world, *options)
    written = [call.text for call in seen.calls()
               if "rcu_expedited" in call.text and re.search(r"O_(WRONLY|RDWR)|^pwrite", call.text)
               and ") = -1" not in call.text]
    return written


@case(own=OURS, limit=60)
def without_expedite_grace_periods_are_left_alone(world):
    equal(_never_written(world, "--expedite=0"), [], "calls that touch it")


@case(own=OURS, limit=60)
def a_kernel_set_to_normal_grace_periods_is_left_alone(world):
    pretend("/sys/kernel/rcu_normal", "1\n")
    equal(_never_written(world), [], "calls that touch it")


@case(own=OURS, limit=60)
def grace_periods_that_were_expedited_before_stay_so(world):
    stand_in = pretend(EXPEDITED, "1\n")
    pretend("/sys/kernel/rcu_normal", "0\n")
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 1)
    equal(content(stand_in), "1", "rcu_expedited while frozen")
    thaw(client, 1)
    equal(content(stand_in), "1", "rcu_expedited afterwards")


@case(own=OURS)
def where_sysfs_is_read_only_the_freeze_works_and_the_log_says_why_it_is_slower(world):
    pretend(EXPEDITED, "0\n", read_only=True)
    pretend("/sys/kernel/rcu_normal", "0\n")
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect("-v")
    freeze(client, 1)
    thaw(client, 1)
    contains(agent.log(), "30 ms longer: Read-only file system", "the log")


def _put_back(world, end):
    stand_in = pretend(EXPEDITED, "0\n")
    pretend("/sys/kernel/rcu_normal", "0\n")
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    agent, client = world.connect("--freeze-timeout=1")
    stall = Stall("/mnt/a")
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: probe.Writer("/mnt/b").is_blocked(), "the other one is frozen")
    equal(content(stand_in), "1", "rcu_expedited while freezing")
    end(agent)
    within(3, lambda: content(stand_in) == "0", "rcu_expedited is put back")
    stall.release()
    probe.writable("/mnt/a", "/mnt/b")


@case(own=OURS)
def a_freeze_that_takes_too_long_puts_grace_periods_back(world):
    _put_back(world, lambda agent: None)


@case(own=OURS)
def a_freezer_that_is_killed_while_freezing_has_grace_periods_put_back(world):
    _put_back(world, lambda agent: os.kill(agent.freezers()[0], 9))


@case(own=OURS)
def an_agent_that_is_killed_while_freezing_has_grace_periods_put_back(world):
    _put_back(world, lambda agent: agent.kill())


# The agent's own root ---------------------------------------------------------------------------


def _libraries(program):
    run = subprocess.run([program, "-V"], env={"LD_TRACE_LOADED_OBJECTS": "1"},
                         capture_output=True, text=True, check=True)
    return re.findall(r"(?:=> |^\s+)(/\S+) \(0x", run.stdout, re.M)


def _copy(path, root):
    os.makedirs(root + os.path.dirname(path), exist_ok=True)
    with open(path, "rb") as source, open(root + path, "wb") as target:
        target.write(source.read())
    os.chmod(root + path, 0o755)


def _faults(pid):
    """Major faults of a process, whose threads count as one."""
    return proc.stat(pid).major_faults


def _locked_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmLck:\s*(\d+)", f.read())[1])


def _is_sanitized(program):
    """The sanitizers make mlockall() do nothing."""
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


_SYS_PROCESS_MADVISE = 440
_MADV_PAGEOUT = 21


def _page_out(pid):
    """Asks the kernel to drop from memory whatever this process has not locked."""
    pidfd = os.pidfd_open(pid)
    with open(f"/proc/{pid}/maps") as f:
        for line in f:
            low, high = (int(part, 16) for part in line.split()[0].split("-"))
            if high - low < 1 << 30 and "[v" not in line:
                area = (ctypes.c_size_t * 2)(low, high - low)
                _libc.syscall(_SYS_PROCESS_MADVISE, pidfd, area, 1, _MADV_PAGEOUT, 0)
    os.close(pidfd)


def _let_go_on(fifo):
    """The hook waits at the other end."""
    def opened():
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None
    fd = within(10, opened, "the hook waits")
    os.write(fd, b"go on\n")
    os.close(fd)


def _rooted(world, root):
    """An agent whose root, program, state, socket and hook are on the filesystem at root."""
    world.disk("ext4", root, size=128 << 20)
    for path in (world.program, *_libraries(world.program), "/usr/bin/sh",
                 *_libraries("/usr/bin/sh")):
        _copy(path, root)
    os.symlink("usr/bin", f"{root}/bin")
    for name in ("proc", "sys", "dev", "run/state", "tmp", "root"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    for name in ("proc", "sys", "dev"):
        kernel.mount(f"/{name}", f"{root}/{name}", None, kernel.MS_BIND | kernel.MS_REC)
    os.mkfifo(f"{root}/run/gate")
    open(f"{root}/run/hook.log", "w").close()
    hook = world.hook(path=f"{root}/root/hook", freeze="read x < /run/gate", thaw="read x < /run/gate")
    agent = world.agent(statedir=f"{root}/run/state")
    agent.statedir = "/run/state"
    agent.start(f"-F{hook[len(root):]}", "-v", path="/run/ga.sock", preexec=lambda: os.chroot(root))
    agent.socket_path = f"{root}/run/ga.sock"
    return agent, agent.client()


@case(own=OURS, limit=60)
def with_its_own_root_frozen_the_freezer_reads_nothing_from_it(world):
    root = "/mnt/root"
    gate = f"{root}/run/gate"
    agent, client = _rooted(world, root)
    client.request("guest-fsfreeze-freeze")
    within(10, lambda: agent.freezers(), "the freezer is there")
    freezer, = agent.freezers()
    within(10, lambda: content(f"{root}/run/hook.log") == "freeze", "the hook runs")
    if not _is_sanitized(world.program):
        true(_locked_kib(freezer) > 0, "the freezer has not locked its memory")
    before = _faults(freezer)
    _let_go_on(gate)
    equal(client.answer(15), 1, "answer to freeze")
    writer, = probe.frozen(root)
    for pid in (freezer, agent.pid):
        _page_out(pid)
    status(client, "frozen")
    client.request("guest-fsfreeze-thaw")
    writer.must_end()
    equal(_faults(freezer), before, "major faults of the freezer")
    _let_go_on(gate)
    equal(client.answer(15), 1, "answer to thaw")
    contains(agent.log(), "the state directory is itself to be frozen", "the log")
    equal(agent.stop(), 0, "exit status")


def _freeze_with(world, inside):
    """The record of a freeze during which this happens."""
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    freeze(client, 1)
    inside()
    thaw(client, 1)

    def last():
        found = json.loads(world.run("status", "--json", "-t", agent.statedir).stdout)["freezes"]
        return found and found[0]
    return within(5, last, "the history has the freeze")


@case(own=OURS)
def a_mount_inside_the_window_is_in_the_history(world):
    os.makedirs("/run/mounted")
    record = _freeze_with(world, lambda: kernel.mount("m", "/run/mounted", "tmpfs", 0, None))
    true(record["mounts_changed"], "mounts_changed")


@case(own=OURS)
def a_window_in_which_nothing_was_mounted_is_told_as_such(world):
    record = _freeze_with(world, lambda: os.stat("/mnt/a"))
    true(not record["mounts_changed"], "mounts_changed")
