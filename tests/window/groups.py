# SPDX-License-Identifier: MIT
"""The freezer of control groups (`systemctl freeze`, a container's pause) beside FIFREEZE: version 2,
and version 1, where a kernel still has it."""
import os
import signal
import time

import kernel
import probe
from cases import Skipped, case, contains, equal, within
from doer import KERNELS, Doer, Frozen
from host import freeze

OURS = "qemu-ga has no limit, and no command for a person"


class Group:
    """A control group of this case; it is thawed and its processes are ended at the end. (Nothing else
    ends them in a frozen one of version 1.)"""

    def __init__(self, version):
        self.version = version
        self.root = f"/run/groups{version}"
        os.makedirs(self.root, exist_ok=True)
        try:
            kernel.mount("groups", self.root, "cgroup2" if version == 2 else "cgroup", 0,
                         None if version == 2 else "freezer")
        except OSError as e:
            raise Skipped(f"no control groups of version {version} here: {e.strerror}") from None
        self.folder = f"{self.root}/frost-{os.urandom(6).hex()}"
        os.mkdir(self.folder)
        self.switch, self.on, self.off = {
            2: ("cgroup.freeze", "1", "0"), 1: ("freezer.state", "FROZEN", "THAWED")}[version]

    def _write(self, name, text):
        with open(f"{self.folder}/{name}", "w") as f:
            f.write(text)

    def _read(self, name):
        with open(f"{self.folder}/{name}") as f:
            return f.read()

    def add(self, *pids):
        for pid in pids:
            self._write("cgroup.procs", str(pid))

    def freeze(self):
        self._write(self.switch, self.on)

    def thaw(self):
        self._write(self.switch, self.off)

    def is_frozen(self):
        if self.version == 2:
            return "frozen 1" in self._read("cgroup.events")
        return self._read("freezer.state").strip() == "FROZEN"

    def processes(self):
        return [int(pid) for pid in self._read("cgroup.procs").split()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thaw()
        for pid in self.processes():
            kernel.kill(pid)
        within(10, lambda: not self.processes(), "the group is empty")
        os.rmdir(self.folder)


def _writer_in(world, version, seems_frozen):
    world.disk("ext4", "/mnt/a")
    with Group(version) as group:
        doer = Doer("sh", "-c", "until [ -e /run/go ]; do sleep 0.1; done; echo x >/mnt/a/file")
        group.add(doer.pid)
        with Frozen("/mnt/a"):
            open("/run/go", "w").close()
            doer.must_wait()
            group.freeze()
            time.sleep(1)
            equal(group.is_frozen(), seems_frozen, "whether the group is called frozen")
        within(10, group.is_frozen, "the group is frozen after the thaw of the disk")
        group.thaw()
        doer.must_end()


@case(own=KERNELS, limit=60)
def a_group_with_a_writer_that_waits_is_frozen_only_after_the_thaw(world):
    _writer_in(world, 2, False)


@case(own=KERNELS, limit=60)
def one_of_version_1_is_called_frozen_at_once(world):
    _writer_in(world, 1, True)


def _held_without_limit(world, group):
    """An agent and its freezer that sleep in a group, for longer than hold-timeout; both."""
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect("--hold-timeout=3", "-v")
    freeze(client, 1)
    pids = [agent.pid, *agent.freezers()]
    group.add(*pids)
    group.freeze()
    within(10, group.is_frozen, "the group is frozen")
    time.sleep(6)
    probe.frozen("/mnt/a")
    return agent, pids


@case(own=OURS, limit=120)
def an_agent_in_a_frozen_group_keeps_no_limit_and_once_it_is_killed_a_person_can_thaw(world):
    with Group(2) as group:
        agent, pids = _held_without_limit(world, group)
        person = Doer(world.program, "thaw", "-t", agent.statedir)
        person.must_end(1, limit_s=80)
        contains(person.said(), "or end it and the agent with SIGKILL", "what a person is told")
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        agent.wait()
        Doer(world.program, "thaw", "-t", agent.statedir).must_end(limit_s=30)
        probe.writable("/mnt/a")


@case(own=OURS, limit=60)
def in_one_of_version_1_it_cannot_be_killed_and_keeps_its_limit_when_the_group_is_thawed(world):
    with Group(1) as group:
        agent, pids = _held_without_limit(world, group)
        os.kill(pids[1], signal.SIGKILL)
        time.sleep(2)
        probe.frozen("/mnt/a")
        group.thaw()
        within(20, lambda: not agent.freezers(), "the freezer ends")
        within(20, lambda: probe.Writer("/mnt/a").ended(1), "it is thawed")


def _left_by_a_sleeping_hook(world, group):
    """How many processes its group has after its time limit; the freeze has failed."""
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze=f"echo $$ >{group.folder}/cgroup.procs\n"
                             f"echo {group.on} >{group.folder}/{group.switch}\nsleep 1")
    _, client = world.connect("--hook-timeout=2", "-v", f"-F{hook}")
    contains(client.refusal("guest-fsfreeze-freeze", limit_s=30).desc, "was ended", "the error")
    probe.writable("/mnt/a")
    return len(group.processes())


@case(own=OURS, limit=60)
def a_hook_in_a_frozen_group_is_ended_by_its_limit(world):
    with Group(2) as group:
        equal(_left_by_a_sleeping_hook(world, group), 0, "processes of the group")


@case(own=OURS, limit=60)
def one_in_a_group_of_version_1_stays_behind_and_the_freeze_fails_all_the_same(world):
    with Group(1) as group:
        equal(_left_by_a_sleeping_hook(world, group), 1, "processes of the group")
