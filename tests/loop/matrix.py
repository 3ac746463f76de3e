# SPDX-License-Identifier: MIT
"""The kill matrix: (agent, freezer, both) x each signal x each state of a freeze; some of them in the
short form.

A state is a stop point that the process itself announces and at which it is held: each signal falls
in exactly that state. Then the filesystem must come free, the hook be undone once, the grace
periods and the queue of the disk be as before, nothing be left behind, and the next freeze hold.
"""
import os
import select
import signal
import time

import kernel
import proc
from cases import Failed, case, contains, equal, true, within
from client import Refused
from host import freeze, thaw
from pretend import pretend
from stops import PROGRAM, HookStop, at
from witness import Witness

FULL = os.environ.get("FULL", "") not in ("", "0")

# In the order of a freeze. A number: held when it gets there for that time, not the first.
BEFORE_HOOK = ("agent:starting", "freezer:starting", "agent:syncing", "freezer:syncing",
               "agent:hooks")
AFTER_HOOK = ("hook:freeze", "agent:resyncing", "freezer:syncing:2", "agent:freezing",
              "freezer:freezing", "freezer:froze", "freezer:all-frozen", "agent:frozen")
AFTER_THAW = ("agent:thawing", "freezer:thaw-asked", "freezer:thawing", "freezer:thawed",
              "agent:undoing", "hook:thaw", "agent:closing", "freezer:leaving",
              "agent:thawed")
RECOVERY = ("recovery:starting", "recovery:leaving")
# The freezer has not been started yet.
WITHOUT_FREEZER = ("agent:starting",)
# No filesystem is frozen, or can be without somebody who is stopped.
NOT_HELD = BEFORE_HOOK + ("hook:freeze", "agent:resyncing", "freezer:syncing:2",
                          "freezer:thawed", "agent:undoing", "hook:thaw", "agent:closing",
                          "freezer:leaving", "agent:thawed", "recovery:starting",
                          "recovery:leaving")
# Where the thread of the freezer that takes TERM is the one that is held.
FIRST_THREAD = ("freezer:starting", "freezer:all-frozen", "freezer:thaw-asked", "freezer:leaving")
# The filesystem is frozen, and a deadline runs.
HELD = ("freezer:froze", "freezer:all-frozen", "agent:frozen")

SIGNALS = ("KILL", "TERM", "STOP", "INT", "HUP", "SEGV", "PIPE")
OFTEN = SIGNALS[:3]   # at each point; the others do what one of these does, or nothing
VICTIMS = {"agent": ("agent",), "freezer": ("freezer",), "both": ("agent", "freezer"),
           "recovery": ("recovery",)}
KILLED_BY = {"agent": ("KILL", "SEGV"), "freezer": ("KILL",), "recovery": ("KILL", "SEGV")}
ENDED_BY = {"agent": ("TERM", "INT", "HUP"), "freezer": ("TERM",), "recovery": ()}

OPTIONS = ("-F/root/hook", "--freeze-timeout=1", "--hold-timeout=1", "--sync-timeout=1")
LIMIT_S = 1.0         # each of them
LIFE_SIGN_S = 1.0     # what the agent gives a freezer that keeps no deadline
THAW_S = 5.0          # and before that one which has said that it thaws now
SOON_S = 0.1          # the promise
BUSY_S = 0.8          # later than this only a limit has freed it, not a machine with other work
TRIES = 3             # of a cell that was late, but not that late
RCU = "/sys/kernel/rcu_expedited"


def _hook():
    """Says when its thaw side begins, and when it has done its part."""
    with open("/root/hook", "w") as f:
        f.write('#!/bin/sh\necho "$1" >> /run/hook.log\n' + HookStop.HOLD +
                'if [ "$1" = thaw ]; then echo thawed >> /run/hook.log; fi\n')
    os.chmod("/root/hook", 0o755)


def _own_grace_periods():
    """The value is one for the whole machine; an arena of the matrix gets one of its own, so that
    what one cell leaves is not seen, or mended, by another."""
    with open("/run/rcu_expedited", "w") as f:
        f.write("0\n")
    kernel.mount("/run/rcu_expedited", RCU, None, kernel.MS_BIND)


def _expedited():
    with open(RCU) as f:
        return f.read(1)


def _much_to_write():
    """As far as the freezer knows: so it turns the queue of the disk."""
    pretend("/proc/meminfo", "MemTotal: 8000000 kB\nDirty: 1000000 kB\n")


def _queue_of(folder):
    device = os.stat(folder).st_dev
    values = []
    for name in ("nr_requests", "max_sectors_kb"):
        with open(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/queue/{name}") as f:
            values.append(int(f.read()))
    return values


class Late(Failed):
    """Free, but not soon. It may be the machine's fault: asked again."""


class Place:
    """What the cells of one arena share."""

    def __init__(self, world, fs_type):
        self.world = world
        self.fs_type = fs_type
        self.cells = 0
        self.folder = self.witness = self.queue = None
        _hook()
        _own_grace_periods()
        _much_to_write()
        self.control = Witness("/run")   # on no disk: what it loses is the machine's slowness
        began = time.monotonic()
        world.run("-V", program=PROGRAM)
        self.start_s = time.monotonic() - began

    def clean(self):
        """A disk; a new one if the cell before has failed on the old one."""
        self.cells += 1
        if self.witness:
            return
        self.folder = f"/mnt/{self.cells}"
        self.world.disk(self.fs_type, self.folder)
        self.queue = _queue_of(self.folder)
        self.witness = Witness(self.folder)

    def spoiled(self):
        """What a cell that has failed leaves must not fail the next one."""
        for name in ("/run/hold-freeze", "/run/hold-thaw"):
            if os.path.exists(name):
                os.unlink(name)
        for agent in self.world.agents:
            agent.kill()
        for pid in _others(self):
            kernel.kill(pid)
        fd = os.open(self.folder, os.O_RDONLY)
        within(5, lambda: not kernel.thaw(fd) and not _others(self), "the cell's processes end")
        os.close(fd)
        self.witness.end()
        self.witness = None
        kernel.umount(self.folder, kernel.MNT_DETACH)
        with open("/run/rcu_expedited", "w") as f:
            f.write("0\n")


def _others(place):
    """Processes that are neither the test's nor its witnesses."""
    known = {1, os.getpid(), place.control.pid, place.witness and place.witness.pid}
    return [pid for pid in proc.pids() if pid not in known]


def _is_pending(pid, number):
    with open(f"/proc/{pid}/status") as f:
        masks = [int(line.split()[1], 16) for line in f if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask & (1 << (number - 1)) for mask in masks)


class Cell:
    def __init__(self, place, point, victim, signal_name):
        self.place = place
        self.point = point
        self.role = point.split(":")[0]
        self.victims = VICTIMS[victim]
        self.signal = signal_name
        self.number = signal.Signals[f"SIG{signal_name}"]
        self.pids = {}
        self.dead = {v for v in self.victims if signal_name in KILLED_BY[v]}
        if self.role == "recovery":
            self.dead.add("agent")
        self.ends = {v for v in self.victims if signal_name in ENDED_BY[v]}

    def run(self):
        self.place.clean()
        if os.path.exists("/run/hook.log"):
            os.unlink("/run/hook.log")
        self._reach()
        self._strike()
        self._come_free()
        self._settle()
        self._is_undone()
        self._works_again()

    # To the state ---------------------------------------------------------------------------------

    def _start(self, agent, env=None):
        agent.start(*OPTIONS, env={"ASAN_OPTIONS": "exitcode=99:handle_segv=0:"
                                   "detect_stack_use_after_return=1", **(env or {})})
        return agent.client()

    def _reach(self):
        self.stop = at(self.point)
        self.agent = self.place.world.agent(PROGRAM, f"/run/state{self.place.cells}")
        self.client = self._start(self.agent, self.stop.environment)
        self.pending = "freeze"
        self.client.request("guest-fsfreeze-freeze")
        if self.point in AFTER_THAW or self.role == "recovery":
            equal(self.client.answer(), 1, "answer to freeze")
            self.pending = "thaw"
        if self.role == "recovery":
            self.agent.kill()
        elif self.pending == "thaw":
            self.client.request("guest-fsfreeze-thaw")
        held = self.stop.wait()
        self.pids["agent"] = self.agent.pid
        if self.role == "recovery":
            self.pids["recovery"] = held
            within(5, lambda: self.agent.freezers() == [], "the freezer, whose child it is, ends")
        freezers = self.agent.freezers()
        equal(len(freezers), 0 if self.point in WITHOUT_FREEZER or self.role == "recovery" else 1,
              "freezers")
        if freezers:
            self.pids["freezer"] = freezers[0]
        equal(held, self.pids.get(self.role, held), "the process that is held")
        true(proc.state(held) not in ("", "Z", "T"), "it lives, and waits")
        if self.point in ("freezer:freezing", "freezer:froze"):
            equal(_expedited(), "1", "grace periods while it freezes")

    # The signal -----------------------------------------------------------------------------------

    def _strike(self):
        pids = [self.pids[v] for v in self.victims]
        for pid in pids:
            within(2, lambda p=pid: proc.state(p) == "S", "the victim waits")
        ends = [os.pidfd_open(pid) for pid in pids]
        if len(pids) == 2:
            self._strike_both(pids)
        else:
            os.kill(pids[0], self.number)
        for victim, pid, pidfd in zip(self.victims, pids, ends):
            self._has_struck(victim, pid, pidfd)
            os.close(pidfd)
        if "agent" in self.dead:
            self.agent.wait()
        self.place.control.forget()
        self.stop.release()
        self.since = time.monotonic()

    def _strike_both(self, pids):
        """In the same instant: neither sees what becomes of the other before it has its own."""
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
            within(2, lambda p=pid: proc.state(p) == "T", "both stand still")
        for pid in pids:
            os.kill(pid, self.number)
        if self.signal in ("KILL", "STOP"):
            return
        for victim, pid in zip(self.victims, pids):
            true(_is_pending(pid, self.number) or (victim, self.signal) == ("agent", "PIPE"),
                 f"SIG{self.signal} waits for the {victim}")
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    def _has_struck(self, victim, pid, pidfd):
        """It fell while the process was held: what it does to it shows before the release."""
        if victim in self.dead:
            ready, _, _ = select.select([pidfd], [], [], 5)
            true(ready, f"the {victim} does not die of SIG{self.signal}")
        elif self.signal == "STOP":
            within(2, lambda: proc.state(pid) == "T", f"the {victim} is stopped")
        elif len(self.victims) == 1 and (victim not in self.ends or self.point in FIRST_THREAD):
            true(proc.state(pid) not in ("", "Z", "T"), f"the {victim} has died of SIG{self.signal}")
            if victim == "freezer":
                true(_is_pending(pid, self.number), "the signal waits while the freezer is held")

    # What must follow -----------------------------------------------------------------------------

    def _free_by(self, seconds):
        """A write comes through later than this after the release: so it is frozen no more. Slack:
        one start of the program (a lost freezer has a successor that thaws), and what a writer on
        no disk has lost at the same time."""
        due = self.since + seconds + self.place.start_s
        if not self.place.witness.moves_after(due, due + 0.02 + 2 * self.place.control.gap()):
            late = time.monotonic()
            moves = self.place.witness.moves_after(late, late + 5)
            took = self.place.witness.last() - self.since
            busy = moves and 0 < took - self.place.start_s < seconds + BUSY_S
            why = Late if busy else Failed
            raise why(f"still frozen {seconds:.1f} s after the signal; free after {took:.3f} s")

    def _come_free(self):
        if self.signal == "STOP":
            self._come_free_of_stop()
        elif self.dead >= {"agent", "freezer"}:
            pass   # left to the restart
        elif self.dead or self.ends:
            self._free_by(SOON_S)

    def _come_free_of_stop(self):
        if self.point in NOT_HELD:
            self._free_by(SOON_S)
        elif len(self.victims) == 2:
            self._sleep_until(self.since + LIMIT_S + 0.05)
        elif self.victims == ("agent",):
            self._free_by(LIMIT_S + SOON_S)
        elif self.victims == ("freezer",):
            thawing = self.point == "freezer:thawing"
            self._free_by((THAW_S if thawing else LIMIT_S) + LIFE_SIGN_S + SOON_S)
        for victim in self.victims:
            try:
                os.kill(self.pids[victim], signal.SIGCONT)
            except ProcessLookupError:
                true(victim == "freezer", f"the {victim} is gone")
        if len(self.victims) == 2 and self.point in HELD:
            self.since = time.monotonic()
            self._free_by(SOON_S)

    @staticmethod
    def _sleep_until(moment):
        """The time itself is the matter: a deadline passes while nobody can look."""
        time.sleep(max(0.0, moment - time.monotonic()))

    def _settle(self):
        """Both sides of the dialogue come to an end; self.client is then of an agent that lives."""
        if "agent" in self.dead:
            if self.dead == {"agent"}:
                self._hook_is_undone()   # by who is left, without a restart
            self._restart()
        elif "agent" in self.ends:
            equal(self.agent.wait(), 0, "exit status")
            self._restart()
        else:
            self._finish_dialogue()

    def _restart(self):
        self.client.close()
        again = self.place.world.agent(PROGRAM, self.agent.statedir)
        self.agent, self.client = again, self._start(again)
        if self.dead >= {"agent", "freezer"}:
            if self.client.call("guest-fsfreeze-status") == "frozen":
                self._thaw()
            self.since = time.monotonic()
            self._free_by(0)
        within(10, lambda: self.client.call("guest-fsfreeze-status") == "thawed", "thawed")

    def _thaw(self):
        """Its number, or the one error that a freeze that did not hold is owed."""
        try:
            return self.client.call("guest-fsfreeze-thaw")
        except Refused as e:
            contains(e.desc, "fsfreeze is limited to", "error of the thaw")
            return None

    def _finish_dialogue(self):
        try:
            got = self.client.answer(15)
        except Refused as e:
            self._free_by(SOON_S + time.monotonic() - self.since)
            if self.pending == "thaw":
                contains(e.desc, "fsfreeze is limited to", "error of the thaw")
            return
        if self.pending == "freeze":
            equal(got, 1, "answer to freeze")
            self._hold_and_thaw()
        within(5, lambda: self.client.call("guest-fsfreeze-status") == "thawed", "thawed")

    def _hold_and_thaw(self):
        """What was answered as frozen is, or its thaw tells that it was not."""
        answered = time.monotonic()
        if not self.dead and not self.ends and self.signal != "STOP":
            self.place.witness.must_stand_still()
        moved = self.place.witness.moves_after(answered, answered + 0.05)
        equal(self._thaw(), None if moved else 1,
              f"answer to the thaw of what {'did not hold' if moved else 'held'}")

    def _is_undone(self):
        self.place.witness.must_move()
        self._hook_is_undone()
        within(2, lambda: _expedited() == "0", "the grace periods are as before")
        within(5, lambda: _queue_of(self.place.folder) == self.place.queue,
               "the queue of the disk is as before")

    def _hook_is_undone(self):
        wanted = [["freeze", "thaw", "thawed"]]
        if self.point in BEFORE_HOOK and self.signal == "STOP":
            wanted.append([])   # a sync that takes too long fails the freeze
        elif self.point == "hook:thaw" and "agent" in self.dead:
            wanted = [["freeze", "thaw", "thaw", "thawed"],   # was cut off, and is run again
                      ["freeze", "thaw", "thawed", "thaw", "thawed"]]
        elif self.point == "agent:hooks" and (self.dead or self.ends) and "agent" not in self.dead:
            wanted += [[], ["thaw", "thawed"]]   # begun, and ended before it could do anything
        elif self.point in BEFORE_HOOK and (self.dead or self.ends):
            wanted = [[]]
        within(5, lambda: self.place.world.hook_calls() in wanted,
               lambda: f"the hook's calls are one of {wanted}; "
                       f"they are {self.place.world.hook_calls()}")

    def _works_again(self):
        began = time.monotonic()
        try:
            freeze(self.client, 1)
            self.place.witness.must_stand_still()
            thaw(self.client, 1)
        except (Failed, Refused) as e:
            if time.monotonic() - began < LIMIT_S:
                raise
            raise Late(f"a freeze that may last {LIMIT_S} s was over before it was looked at: {e}") from e
        self.place.witness.must_move()
        self.client.close()
        equal(self.agent.stop(), 0, "exit status")
        within(3, lambda: not _others(self.place), "no process is left")
        equal(_expedited(), "0", "grace periods")
        equal(_queue_of(self.place.folder), self.place.queue, "the queue of the disk")


# The cells ----------------------------------------------------------------------------------------

def _attempt(place, point, victim, signal_name):
    """Once; up to three times where it was late. One that is always late is too slow."""
    for left in reversed(range(TRIES)):
        try:
            Cell(place, point, victim, signal_name).run()
            return
        except Late:
            place.spoiled()
            if left == 0:
                raise
        except BaseException:
            place.spoiled()
            raise


def _run(world, fs_type, cells):
    place = Place(world, fs_type)
    for point, victim, name in cells:
        yield (f"{fs_type}: SIG{name} for {victim} at {point}",
               lambda c=(point, victim, name): _attempt(place, *c))


def _points(victim):
    if victim == "recovery":
        return RECOVERY
    return [p for p in BEFORE_HOOK + AFTER_HOOK + AFTER_THAW
            if victim == "agent" or p not in WITHOUT_FREEZER]


def _all(victim, name):
    return [(point, victim, name) for point in _points(victim)]


def _sample(victim, signals):
    """Each point once, and each signal about as often as any other."""
    return [(point, victim, signals[i % len(signals)]) for i, point in enumerate(_points(victim))]


def _add(title, fs_type, cells):
    def cell_by_cell(world):
        yield from _run(world, fs_type, cells)

    cell_by_cell.__name__ = title
    globals()[title] = case(own="qemu-ga has no states to stop at", limit=180,
                            once=True)(cell_by_cell)


def _add_all():
    for victim in VICTIMS:
        for name in SIGNALS if FULL else OFTEN:
            _add(f"ext4_{victim}_{name}", "ext4", _all(victim, name))
            if FULL:
                _add(f"xfs_{victim}_{name}", "xfs", _all(victim, name))
        if not FULL:
            _add(f"ext4_{victim}_sample", "ext4", _sample(victim, SIGNALS[len(OFTEN):]))
            _add(f"xfs_{victim}_sample", "xfs", _sample(victim, SIGNALS))


_add_all()
