# SPDX-License-Identifier: MIT
"""The queues of disks: short while data is written out before a freeze, and as before after that."""
import os
import re

import trace
from cases import case, contains, equal, within
from host import freeze, thaw
from pretend import pretend

OURS = "qemu-ga leaves the queues of disks alone"
TRACE = "/run/trace"
KNOBS = ("nr_requests", "max_sectors_kb")


def _much_to_write():
    pretend("/proc/meminfo", "MemTotal: 8000000 kB\nDirty: 1000000 kB\n")


def _path(folder, knob):
    device = os.stat(folder).st_dev
    return os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/queue/{knob}")


def _values(folder):
    values = []
    for knob in KNOBS:
        with open(_path(folder, knob)) as f:
            values.append(int(f.read()))
    return values


def _steps(world, *options):
    """Of a freeze and a thaw, in the order of the calls: s a sync, F, T; and a knob with its value."""
    agent = world.agent(program=trace.program(world.program, TRACE))
    agent.start(*options, env=trace.NO_LEAKS)
    client = agent.client()
    freeze(client, 1)
    thaw(client, 1)
    steps = []
    for call in trace.finished(TRACE, 1).calls():
        knob = re.match(r"pwrite64\(\d+<[^>]*/queue/(\w+)>, \"(\d+)\"", call.text)
        if knob:
            steps.append(f"{knob[1]}={knob[2]}")
        elif call.name == "syncfs":
            steps.append("s")
        elif "FIFREEZE" in call.text:
            steps.append("F")
        elif "FITHAW" in call.text:
            steps.append("T")
    return steps


@case(own=OURS, limit=60)
def queues_are_short_only_while_data_is_written_out(world):
    _much_to_write()
    world.disk("ext4", "/mnt/a")
    before = _values("/mnt/a")
    short = ["nr_requests=4", "max_sectors_kb=64"]
    back = [f"{knob}={value}" for knob, value in zip(KNOBS, before)]
    seen = _steps(world)
    syncs = [step for i, step in enumerate(seen) if step != "s" or seen[i - 1] != "s"]
    equal(syncs, [*short, "s", *back, *short, "s", *back, "F", "T"], "the order of all steps")
    equal(_values("/mnt/a"), before, "the queue afterwards")


@case(own=OURS, limit=60)
def a_queue_is_left_alone_where_it_is_not_wanted_or_little_is_to_be_written(world):
    world.disk("ext4", "/mnt/a")
    _much_to_write()
    equal([step for step in _steps(world, "--pace=off") if "=" in step], [], "with pace=off")
    pretend("/proc/meminfo", "MemTotal: 8000000 kB\nDirty: 400 kB\n")
    equal([step for step in _steps(world) if "=" in step], [], "with 400 kB to write")


@case(own=OURS)
def a_queue_that_cannot_be_turned_is_said_and_the_freeze_works(world):
    _much_to_write()
    world.disk("ext4", "/mnt/a")
    pretend(_path("/mnt/a", "nr_requests"), "128\n", read_only=True)
    agent, client = world.connect()
    freeze(client, 1)
    thaw(client, 1)
    within(3, lambda: "queues of disks are not kept short" in agent.log(), "the log tells of it")
    contains(agent.log(), "Read-only file system")
