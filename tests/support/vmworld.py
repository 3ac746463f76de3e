# SPDX-License-Identifier: MIT
"""What a case of suite `vm` gets: guests, agents in them, and the host's dialogue with them."""
import contextlib
import os
import shlex

import agent
from cases import Failed, equal, kill_form, true, within
from guest import Guest
from guestdisk import Disk

AGENT_LOG = "/run/agent.log"
# A guest has little memory for what they keep of what was freed.
SANITIZERS = " ".join(f"{name}={value}" for name, value in agent.OPTIONS.items()) \
             .replace("ASAN_OPTIONS=", "ASAN_OPTIONS=quarantine_size_mb=8:", 1)
STATEDIR = "/run/agent"


class World:
    """One module's guest, booted when a case first asks for it, and what a case adds."""

    def __init__(self, builder, full, shape, flavour="stable", overlays=(),
                 release=""):
        """shape: what _make takes, or a function that makes the shared guest; flavour: of the
        kernel (guestkernel.FLAVOURS); overlays: names in guestbuild.Parts.extra for all guests;
        release: of the Debian that a shape boots."""
        self.release = release
        self.rounds = None   # of the truth test, where its own number is too many
        self.overlays = tuple(overlays)
        self.flavour = flavour
        self.builder = builder
        self.full = full
        self.shape = shape or {}
        self.shared = None
        self.others = []
        self.spoiled = False

    # -- guests

    @property
    def guest(self):
        """The guest that all cases of a module share."""
        if self.shared is None:
            self.shared = self.shape(self) if callable(self.shape) else self._make(**self.shape)
            self._boot(self.shared)
        return self.shared

    def _boot(self, guest):
        guest.boot()
        if self.sanitized:
            guest.run("grep -q __asan_init /agent/frost-ga")   # no case runs without them unseen
        return guest

    @property
    def sanitized(self):
        """Whether the sanitizers watch the agent."""
        return "sanitized" in self.overlays

    def boot(self, **shape):
        """One more guest, for this case only."""
        return self._boot(self.prepare(**shape))

    def prepare(self, **shape):
        """The same, not yet started."""
        guest = self._make(**shape)
        self.others.append(guest)
        return guest

    def _make(self, disks=("ext4", "xfs"), root=False, initramfs=(), **more):
        """disks: types, mounted at /mnt/TYPE, or the disks themselves."""
        parts = self.builder.parts(self.flavour)
        if self.sanitized:
            more["environment"] = SANITIZERS
        guest = Guest(parts, initramfs=[parts.extra[name]()
                                        for name in (*initramfs, *self.overlays)], **more)
        letters = iter("abcdefgh")
        if root:
            guest.root = Disk("vd" + next(letters), "ext4", "/", guest.path("root.img"),
                              template=parts.root)
        for disk in disks:
            if isinstance(disk, str):
                name = "vd" + next(letters)
                guest.disks.append(Disk(name, disk, f"/mnt/{disk}", guest.path(f"{name}.img")))
            else:
                guest.disks.append(disk(guest))
        return guest

    def end_others(self):
        while self.others:
            self.others.pop().end()

    def discard_later(self):
        """Ends the guest with this case, as what the case leaves would disturb the next ones."""
        self.spoiled = True

    def discard(self):
        """The next case gets a fresh guest."""
        self.end_others()
        self.spoiled = False
        if self.shared:
            self.shared.end()
            self.shared = None

    def pull_plugs(self):
        """From another thread: ends every wait for a guest."""
        for guest in [*self.others, *([self.shared] if self.shared else [])]:
            if guest.qemu:
                guest.qemu.kill()

    # -- agents

    @contextlib.contextmanager
    def agent(self, program="frost-ga", options="-v", guest=None, wrap=""):
        """A running agent; at the end it is stopped, and must leave nothing frozen. What has failed
        before that is what counts: the guest may be another one by then."""
        guest = guest or self.guest
        started = Agent(guest, program, wrap).start(options)
        try:
            yield started
        except BaseException:
            with contextlib.suppress(Failed, OSError):
                started.end()
            raise
        started.end()
        must_not_be_frozen(guest)
        if kill_form():
            nobody_was_killed_for_a_call(guest)


class Agent:
    def __init__(self, guest, program="frost-ga", wrap=""):
        self.guest = guest
        self.program = program
        self.command = f"env {guest.environment} {wrap} /agent/{program}"
        self.pid = None
        guest.run(f"mkdir -p {STATEDIR}; rm -f {AGENT_LOG}")

    def start(self, options="-v"):
        self.pid = self.guest.spawn(f"{self.command} -t {STATEDIR} {options}", AGENT_LOG)
        return self

    def log(self):
        return self.guest.run(f"cat {AGENT_LOG}")

    def port(self, name="agent"):
        """A connection that has been answered once."""
        port = self.guest.port(name)
        number = 4711 + os.getpid()
        port.request("guest-sync", {"id": number})
        while port.answer(60) != number:
            pass
        return port

    def alive(self):
        return self.guest.run(f"kill -0 {self.pid} 2>/dev/null && echo yes || true") != ""

    def kill_all(self):
        """Kills this agent and its freezer so that neither sees the other die. As long as it is stopped, its
        children keep their pids even if they have ended: so it is the first to be stopped and the last to
        be killed."""
        children = self.guest.run(
            f"kill -STOP {self.pid}; for p in /proc/[0-9]*; do grep -q '^PPid:.{self.pid}$' $p/status && "
            "echo ${p#/proc/}; done; true").split()
        true(children, "it has a freezer")
        self.guest.run(f"kill -STOP {' '.join(children)}; kill -9 {' '.join(children)} {self.pid}")
        within(30, lambda: not self.guest.run("pidof frost-ga || true").strip(), "all have ended")

    def end(self):
        """Stops the agent. qemu-ga leaves frozen what is frozen; a case that wants to know has to
        ask."""
        self.guest.run(f"kill {self.pid} 2>/dev/null; exit 0")
        try:
            within(10, lambda: not self.alive(), "the agent ends when it is told to")
        except Failed:
            self.guest.run(f"kill -9 {self.pid}")
            raise
        said = self.log()
        true(self.program != "frost-ga" or not agent.SANITIZERS.search(said),
             f"the agent's log:\n{said[-3000:]}")


class Hook:
    """A hook in the guest's memory. script: its body, $1 is freeze or thaw. Calls are counted."""

    def __init__(self, guest, script="exit 0"):
        self.guest = guest
        self.path = "/run/hook"
        guest.run(f"rm -f /run/gate /run/calls; mkfifo /run/gate; cat >{self.path} <<'END'\n"
                  f"#!/bin/sh\necho $1 >>/run/calls\n{script}\nEND\nchmod 755 {self.path}")

    @property
    def option(self):
        return f"-F{self.path}"

    def calls(self):
        return self.guest.run("cat /run/calls 2>/dev/null; true").split()

    def wait_for(self, *calls):
        within(60, lambda: self.calls() == list(calls),
               lambda: f"the hook was called with {calls}: {self.calls()}")

    def open_gate(self):
        """Ends the `read` of WAITS."""
        self.guest.run("echo go >/run/gate")


WAITS = "[ $1 = thaw ] || read -r word </run/gate"
FAILS = "[ $1 = thaw ]"


def points(guest):
    return [d.point for d in guest.disks if d.point] + (["/"] if guest.root else [])


def has_kernel(guest, major, minor):
    """Whether its kernel is of this version or a later one."""
    release = guest.run("uname -r").split("-")[0].split("+")[0]
    return tuple(int(n) for n in release.split(".")[:2]) >= (major, minor)


def touches(guest, point):
    """Ticket of a script that ends only if point is not frozen."""
    return guest.control.begin(f"date >{shlex.quote(point)}/touched && sync "
                               f"{shlex.quote(point)}/touched")


def must_wait(guest, count, what):
    """So many processes wait for the thaw of a filesystem. Linux before 5.16 tells no wchan on x86."""
    where = "wchan" if has_kernel(guest, 5, 16) else "stack"
    stuck = f"grep -l -s percpu_rwsem_wait /proc/[0-9]*/{where} | wc -l"
    within(30, lambda: int(guest.run(stuck)) >= count, what)


def must_be_frozen(guest, wanted=None):
    """Writes to each stand still; the tickets, for must_come_through."""
    tickets = {point: touches(guest, point) for point in wanted or points(guest)}
    must_wait(guest, len(tickets), f"writers wait for the thaw of each of {sorted(tickets)}")
    for point, ticket in tickets.items():
        true(not guest.control.has_ended(ticket), f"{point} is not frozen: a write came through")
    return tickets


def must_come_through(guest, tickets, limit_s=30):
    for point, ticket in tickets.items():
        status, said = guest.control.end(ticket, limit_s)
        true(status == 0, f"write to {point}: {said}")


def must_not_be_frozen(guest, limit_s=30):
    must_come_through(guest, {p: touches(guest, p) for p in points(guest)}, limit_s)


# Of a filter of system calls that kills: the audit's record, which is in the kernel's log where no daemon is.
_KILLS = "dmesg | grep 'type=1326 .*sig=31' | sed 's/.*comm=/comm=/'; true"
KILLED_ON_PURPOSE = 'comm="test-seal"'   # as in killed.py


def killed_for_a_call(guest):
    """A line for each process, with the call's number."""
    return guest.run(_KILLS).splitlines()


def nobody_was_killed_for_a_call(guest):
    equal([line for line in killed_for_a_call(guest) if KILLED_ON_PURPOSE not in line], [],
          "killed for a call that is not in the list")
