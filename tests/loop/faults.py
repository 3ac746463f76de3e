# SPDX-License-Identifier: MIT
"""Each system call of a freeze fails once, at each of its occurrences: all or nothing every time.

strace lets the N-th call of each process and thread fail. The agent is idle when strace comes, so
only what a freeze and its thaw ask for is counted; the freezer is followed from its first call.
"""
import collections
import os
import re
import shutil
import signal
import subprocess

import probe
from cases import Failed, Skipped, case, contains, equal, true, within
from client import Refused
from host import thaw

OURS = "the calls are those of this agent"
TRACE = "/run/faults.trace"
POINTS = ("/mnt/a", "/mnt/b")
FULL = bool(os.environ.get("FULL"))
LIMITS = ("--sync-timeout=1", "--freeze-timeout=1", "--hold-timeout=4")   # a lost word ends there
AT_MOST = None if FULL else 5   # occurrences of one call that are tried



# What each call may plausibly say. Not among them: calls that cannot fail, or only of a wrong
# argument, and futex(), of which the C library believes that. Memory comes last, see below.
ERRORS = {
    "openat": "EMFILE", "socketpair": "EMFILE", "socket": "EMFILE", "eventfd2": "EMFILE",
    "timerfd_create": "EMFILE", "signalfd4": "EMFILE", "pidfd_open": "EMFILE", "pipe2": "EMFILE",
    "memfd_create": "EMFILE", "clone": "EAGAIN", "clone3": "EAGAIN", "vfork": "EAGAIN",
    "execve": "ENOMEM", "flock": "ENOLCK", "fallocate": "ENOSPC", "ftruncate": "ENOSPC",
    "renameat": "ENOSPC", "unlinkat": "EIO", "read": "EIO", "pread64": "EIO", "pwrite64": "EIO",
    "newfstatat": "EIO", "fstat": "EIO", "fstatfs": "EIO", "readlink": "EIO", "close": "EIO",
    "getdents64": "EIO", "syncfs": "EIO", "ioctl": "EIO", "sendto": "ENOBUFS",
    "recvfrom": "ENOMEM", "poll": "EINTR", "ppoll": "EINTR", "epoll_wait": "EINTR",
    "wait4": "EINTR", "connect": "EAGAIN", "setsockopt": "ENOMEM", "prctl": "EPERM",
    "setsid": "EPERM", "unshare": "ENOMEM", "fcntl": "EINVAL", "timerfd_settime": "ECANCELED",
    "dup2": "EBUSY", "fsync": "EIO", "write": "EIO", "statx": "EIO",
    "mlockall": "ENOMEM", "mmap": "ENOMEM", "mprotect": "ENOMEM",
}
# The sanitizers' own memory: they end the process.
MEMORY = ("mmap", "mprotect")


class Faulty:
    """An agent in which one call is going to fail."""

    def __init__(self, world, hook):
        if not shutil.which("strace"):
            raise Skipped("strace is not installed")
        self.world = world
        for point in POINTS:
            world.disk("ext4", point, size=4 << 20)
        self.hook = hook
        self.agent = self.client = self.strace = None

    def ready(self):
        """An agent that runs, thawed, and a client of it."""
        if not (self.agent and self.agent.alive()):
            self.agent = self.world.agent()
            options = [f"-F{self.hook}"] if self.hook else []
            self.agent.start("-v", *LIMITS, *options,
                             env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"})
            self.client = self.agent.client()
        within(10, lambda: self.status() == "thawed", "the status is thawed")

    def status(self):
        try:
            return self.client.call("guest-fsfreeze-status")
        except (Failed, OSError):
            self.client.close()
            self.client = self.agent.client()
            return None

    def attach(self, pid, *options):
        self.strace = subprocess.Popen(
            ["strace", "-f", "-p", str(pid), "-o", TRACE, *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

        def attached():
            if self.strace.poll() is not None:
                raise Failed(f"strace: {self.strace.stderr.read()}")
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/status") as f:
                    if "TracerPid:\t0\n" in f.read():
                        return False
            return True
        within(5, attached, "strace is attached")

    def detach(self):
        """strace that is told to go while a process ends may wait for that process's first thread,
        which waits for the others, which wait for strace. The kernel lets all go when it is killed."""
        self.strace.send_signal(signal.SIGINT)
        try:
            self.strace.wait(3)
        except subprocess.TimeoutExpired:
            self.strace.kill()
            self.strace.wait(10)
        self.strace.stderr.close()

    def ask(self, name):
        self.client.request(name)
        return self.hear()

    def hear(self):
        """The number or text that is answered; None: the connection was closed without."""
        try:
            return self.client.answer(8)
        except Refused as e:
            return e.desc
        except (OSError, Failed) as e:
            if "no answer" in str(e) and "error writing to channel" not in self.agent.log():
                raise
            self.client.close()
            self.client = self.agent.client()
            return None

    def judge(self, answer):
        """All are frozen, or nothing."""
        if answer is None and self.agent.alive():
            answer = 2 if self.status() == "frozen" else 0
        if isinstance(answer, int) and answer > 0:
            equal(answer, len(POINTS), "answer to freeze")
            probe.frozen(*POINTS)
        else:
            probe.writable(*POINTS)

    def is_over(self):
        """Thawed and undone; and the next freeze is as any other."""
        probe.writable(*POINTS)
        self.ready()
        self.client.request("guest-fsfreeze-freeze")
        if os.path.exists("/run/gate"):
            _let_go_on()
        equal(self.client.answer(15), len(POINTS), "answer to the next freeze")
        writers = probe.frozen(*POINTS)
        thaw(self.client, len(POINTS))
        for writer in writers:
            writer.must_end()


def _let_go_on(before=None):
    gate = os.open("/run/gate", os.O_WRONLY)   # waits for the hook
    if before:
        before()
    os.write(gate, b"go on\n")
    os.close(gate)


def _counts(threads=None):
    """{call: how often at most one thread made it} in the trace."""
    found = collections.defaultdict(collections.Counter)
    with open(TRACE, errors="replace") as f:
        for line in f:
            match = re.match(r"(\d+) +(\w+)\(", line)
            if match and (threads is None or match[1] in threads):
                found[match[2]][match[1]] += 1
    return {name: max(of.values()) for name, of in found.items()}


def _occurrences(count):
    """All, or the first, the last and some between."""
    if AT_MOST is None or count <= AT_MOST:
        return range(1, count + 1)
    return sorted({1, 2, count, 1 + count // 3, 1 + 2 * count // 3})


def _faults(world, counts):
    """(call, error, how often it is made) of what can fail here."""
    for name, error in ERRORS.items():
        if name in counts and not (name in MEMORY and world.sanitized):
            yield name, error, counts[name]


def _injection(name, error, when):
    return ("-e", f"trace={name}", "-e", f"inject={name}:error={error}:when={when}")


def _each(name, error, count, one):
    """Runs one(n) for each occurrence; says which failed."""
    for n in _occurrences(count):
        try:
            one(n)
        except (Failed, OSError) as e:
            with open(TRACE, errors="replace") as f:
                hit = [line.strip()[:150] for line in f if "INJECTED" in line]
            raise Failed(f"{name} {n} of {count} fails with {error}: {e}; {hit}") from e


@case(own=OURS, limit=300)
def a_call_of_the_agent_that_fails_leaves_all_or_nothing(world):
    """The agent and what it forks, until they start another program."""
    faulty = Faulty(world, world.hook())

    def once(*options):
        faulty.ready()
        if os.path.exists("/run/hook.log"):
            os.unlink("/run/hook.log")
        faulty.attach(faulty.agent.pid, "-b", "execve", *options)
        faulty.judge(faulty.ask("guest-fsfreeze-freeze"))
        faulty.ask("guest-fsfreeze-thaw")
        probe.writable(*POINTS)
        faulty.detach()
        # A thaw whose answer is lost is still under way, or was never read: the limit thaws then.
        within(5, lambda: world.hook_calls() in ([], ["freeze", "thaw"], ["thaw"]),
               lambda: f"the hook is undone once; its calls are {world.hook_calls()}")
        true(faulty.agent.alive(), "the agent ended")
        faulty.is_over()

    once()
    for name, error, count in _faults(world, _counts()):
        yield f"{name} of the agent fails", lambda n=name, e=error, c=count: _each(
            n, e, c, lambda when: once(*_injection(n, e, when)))


@case(own=OURS, limit=300)
def a_call_of_the_starting_freezer_that_fails_leaves_all_or_nothing(world):
    """Without a hook: what the agent itself does not call is the freezer's."""
    faulty = Faulty(world, None)

    def once(*options):
        faulty.ready()
        faulty.attach(faulty.agent.pid, *options)
        faulty.judge(faulty.ask("guest-fsfreeze-freeze"))
        faulty.ask("guest-fsfreeze-thaw")
        probe.writable(*POINTS)
        faulty.detach()
        faulty.is_over()

    once()
    of_all = _counts()
    of_agent = _counts({str(faulty.agent.pid)})
    counts = {name: count for name, count in of_all.items() if name not in of_agent}
    for name, error, count in _faults(world, counts):
        yield f"{name} of the starting freezer fails", lambda n=name, e=error, c=count: _each(
            n, e, c, lambda when: once(*_injection(n, e, when)))


@case(own=OURS, limit=300)
def a_call_of_the_freezer_that_fails_leaves_all_or_nothing(world):
    """From the moment its hook runs; on all filesystems, or only on one of them."""
    os.mkfifo("/run/gate")
    faulty = Faulty(world, world.hook(freeze="read x < /run/gate"))

    def once(*options):
        faulty.ready()
        if os.path.exists("/run/hook.log"):
            os.unlink("/run/hook.log")
        faulty.client.request("guest-fsfreeze-freeze")
        _let_go_on(lambda: faulty.attach(*faulty.agent.freezers(), *options))
        faulty.judge(faulty.hear())
        faulty.ask("guest-fsfreeze-thaw")
        probe.writable(*POINTS)
        faulty.detach()
        within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
        true(faulty.agent.alive(), "the agent ended")
        faulty.is_over()

    once()
    for name, error, count in _faults(world, _counts()):
        yield f"{name} of the freezer fails", lambda n=name, e=error, c=count: _each(
            n, e, c, lambda when: once(*_injection(n, e, when)))
        if name in ("ioctl", "syncfs"):
            yield f"{name} of the freezer fails on one filesystem", \
                lambda n=name, e=error, c=count: _each(
                    n, e, c, lambda when: once("-P", POINTS[1], *_injection(n, e, when)))


# A thaw that the kernel refuses, and refuses again -----------------------------------------------


def _frozen_and_refused(world):
    """While strace is there /mnt/b cannot be thawed: each FITHAW says EIO. A faulty agent, the
    blocked writers of both."""
    faulty = Faulty(world, world.hook())
    faulty.ready()
    equal(faulty.ask("guest-fsfreeze-freeze"), 2, "answer to freeze")
    writers = probe.frozen(*POINTS)
    freezer, = faulty.agent.freezers()
    faulty.attach(freezer, "-P", POINTS[1], "-e", "trace=ioctl", "-e", "inject=ioctl:error=EIO")
    return faulty, writers


def _stays_frozen(faulty, writers, answer):
    contains(answer, "failed to thaw /mnt/b: Input/output error", "answer to thaw")
    contains(answer, "the next thaw tries again", "answer to thaw")
    writers[0].must_end()
    writers[1].must_be_blocked()
    equal(faulty.status(), "frozen", "status")
    equal(faulty.world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    told = faulty.world.run("status", "-t", faulty.agent.statedir).stdout
    contains(told, "Now: 1 filesystem is frozen", "frost-ga status")
    contains(told, "/mnt/b", "frost-ga status")


def _is_in_history(world, agent):
    within(5, lambda: "failed to thaw /mnt/b" in " ".join(
        world.run("status", "-t", agent.statedir).stdout.split()), "the history names it")


@case(own=OURS, limit=60)
def where_no_task_can_be_started_the_host_is_told_and_nothing_is_frozen(world):
    """As in a unit that has as many tasks as it may have."""
    faulty = Faulty(world, None)
    faulty.ready()
    parser = faulty.agent.parser()
    faulty.attach(faulty.agent.pid, "-e", "inject=clone,?clone3,?fork,?vfork:error=EAGAIN")
    os.kill(parser, signal.SIGKILL)
    equal(faulty.ask("guest-fsfreeze-status"), "thawed", "status without a parser")
    contains(faulty.agent.log(), "no process can be started to parse what the host sends", "the log")
    contains(faulty.ask("guest-fsfreeze-freeze"), "Resource temporarily unavailable",
             "what the host is told")
    probe.writable(*POINTS)
    faulty.detach()
    faulty.is_over()


@case(own=OURS, limit=40)
def a_thaw_that_is_refused_twice_is_named_and_the_next_one_thaws(world):
    faulty, writers = _frozen_and_refused(world)
    _stays_frozen(faulty, writers, faulty.ask("guest-fsfreeze-thaw"))
    faulty.detach()
    with open(TRACE) as f:
        equal(f.read().count("FITHAW"), 2, "how often it was tried")
    equal(faulty.ask("guest-fsfreeze-thaw"), 2, "answer to the next thaw")
    writers[1].must_end()
    equal(faulty.status(), "thawed", "status")
    _is_in_history(world, faulty.agent)
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    faulty.is_over()


@case(own=OURS, limit=40)
def a_thaw_that_is_refused_once_is_told(world):
    """As of a disk that has gone while it was frozen: nothing stays frozen, but the host hears of it."""
    faulty = Faulty(world, world.hook())
    faulty.ready()
    equal(faulty.ask("guest-fsfreeze-freeze"), 2, "answer to freeze")
    writers = probe.frozen(*POINTS)
    freezer, = faulty.agent.freezers()
    faulty.attach(freezer, "-P", POINTS[1], "-e", "trace=ioctl", "-e",
                  "inject=ioctl:error=EIO:when=1")
    said = "/mnt/b is thawed, but the first FITHAW failed: Input/output error"
    contains(faulty.ask("guest-fsfreeze-thaw"), said, "answer to thaw")
    for writer in writers:
        writer.must_end()
    equal(faulty.status(), "thawed", "status")
    within(5, lambda: said in faulty.agent.log(), "the log tells")
    within(5, lambda: "the first FITHAW failed: Input/output error" in " ".join(world.run(
        "status", "-t", faulty.agent.statedir).stdout.split()), "the history names it")
    equal(faulty.ask("guest-fsfreeze-thaw"), 0, "answer to the next thaw")
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    faulty.is_over()


@case(own=OURS, limit=40)
def a_thaw_that_is_refused_is_tried_again_by_a_person(world):
    faulty, writers = _frozen_and_refused(world)
    for _ in range(2):
        _stays_frozen(faulty, writers, faulty.ask("guest-fsfreeze-thaw"))
    faulty.detach()
    run = world.run("thaw", "-t", faulty.agent.statedir)
    equal(run.returncode, 0, f"exit status after {run.stdout!r}")
    contains(run.stdout, "Thawed: /mnt/b", "output of frost-ga thaw")
    writers[1].must_end()
    within(5, lambda: faulty.status() == "thawed", "the status is thawed")
    faulty.is_over()


@case(own=OURS, limit=40)
def a_thaw_that_is_refused_is_tried_again_by_the_agent_that_ends_and_by_the_next(world):
    faulty, writers = _frozen_and_refused(world)
    _stays_frozen(faulty, writers, faulty.ask("guest-fsfreeze-thaw"))
    old = faulty.agent
    equal(old.stop(), 0, "exit status")
    within(5, lambda: not old.freezers(), "the freezer ends")
    faulty.strace.wait(10)
    faulty.strace.stderr.close()
    writers[1].must_be_blocked()

    faulty.agent = world.agent()
    faulty.agent.start("-v", *LIMITS, "-F/root/hook")
    faulty.client = faulty.agent.client()
    # What was released already waits for nobody: the new agent thaws of its own accord.
    writers[1].must_end(5)
    within(5, lambda: faulty.status() == "thawed", "the status is thawed")
    _is_in_history(world, faulty.agent)
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    faulty.is_over()
