# SPDX-License-Identifier: MIT
"""The queues of disks: short while data is written out before a freeze, and as before after that."""
import os
import re
import time

import trace
from cases import case, contains, equal, true, within
from disks import fsfreeze
from host import freeze, thaw
from pretend import pretend
from receipts import ask
from stops import PROGRAM, Stop

OURS = "qemu-ga leaves the queues of disks alone"
TRACE = "/run/trace"
KNOBS = ("nr_requests", "max_sectors_kb")
NORMAL = [128, 1280]
SHORT = ["nr_requests=4", "max_sectors_kb=64"]
BACK = [f"{knob}={value}" for knob, value in zip(KNOBS, NORMAL)]


def _dirty(kib):
    return f"MemTotal: 8000000 kB\nDirty: {kib} kB\n"


def _much_to_write():
    """Returns the file that says so. The disks of a freeze write none of it."""
    return pretend("/proc/meminfo", _dirty(1000000))


def _path(folder, knob):
    device = os.stat(folder).st_dev
    return os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/queue/{knob}")


def _values(folder):
    values = []
    for knob in KNOBS:
        with open(_path(folder, knob)) as f:
            values.append(int(f.read()))
    return values


def _set(folder, knob, value):
    with open(_path(folder, knob), "w") as f:
        f.write(str(value))


def _disk(world, *how, **more):
    """Of a loop device that an earlier test may have left with other values; and these values."""
    disk = world.disk(*how, **more)
    for knob, value in zip(KNOBS, NORMAL):
        _set(disk.point, knob, value)
    equal(_values(disk.point), NORMAL, "the queue at first")


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


def _course(steps):
    """Each sync once, however many rounds it took."""
    return [step for i, step in enumerate(steps) if step != "s" or steps[i - 1] != "s"]


@case(own=OURS, limit=60)
def queues_are_short_only_while_data_is_written_out(world):
    text = _much_to_write()
    _disk(world, "ext4", "/mnt/a")
    hook = world.hook(freeze=f"printf '{_dirty(2000000)}' >{text}")
    equal(_course(_steps(world, f"-F{hook}")), [*SHORT, "s", *BACK, *SHORT, "s", *BACK, "F", "T"],
          "the order of all steps")
    equal(_values("/mnt/a"), NORMAL, "the queue afterwards")


@case(own=OURS, limit=60)
def what_the_first_sync_shows_to_be_other_disks_turns_no_queue_again(world):
    _much_to_write()
    _disk(world, "ext4", "/mnt/a")
    equal([step for step in _steps(world) if "=" in step], [*SHORT, *BACK], "how the queue is turned")


@case(own=OURS, limit=60)
def a_queue_is_left_alone_where_it_is_not_wanted_or_little_is_to_be_written(world):
    world.disk("ext4", "/mnt/a")
    _much_to_write()
    equal([step for step in _steps(world, "--pace=off") if "=" in step], [], "with pace=off")
    pretend("/proc/meminfo", _dirty(400))
    equal([step for step in _steps(world) if "=" in step], [], "with 400 kB to write")


def _told(client):
    """What the host is told of how data was written out before a freeze."""
    freeze(client, 1)
    thaw(client, 1)
    return ask(client)["freezes"][0]["write_out"]


@case(own=OURS, limit=60)
def the_host_is_told_how_data_was_written_out(world):
    _much_to_write()
    _disk(world, "ext4", "/mnt/a")
    agent, client = world.connect()
    told = _told(client)
    equal((told["dirty_bytes"], told["end"]), (1000000 * 1024, "done"))
    true(told["rounds"] >= 2, f"one round before the hooks, one after them: {told}")
    true(told["paced_us"] > 0, f"so long queues were short: {told}")
    pretend("/proc/meminfo", _dirty(400))
    told = _told(client)
    equal((told["dirty_bytes"], told["paced_us"], told["end"]), (400 * 1024, None, "little"))
    client.close()
    agent.stop()
    told = _told(world.again(agent, "--pace=off").client())
    equal((told["paced_us"], told["end"]), (None, "off"))


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
    equal(ask(client)["freezes"][0]["write_out"]["end"], "no-queues")


def _held_in_the_sync(world):
    """A freeze whose queue is short: the agent's client, and the stop."""
    stop = Stop("freezer:syncing")
    client = world.agent(PROGRAM).start(env=stop.environment).client()
    client.request("guest-fsfreeze-freeze")
    stop.wait()
    equal(_values("/mnt/a"), [4, 64], "the queue while data is written out")
    return client, stop


@case(own=OURS, limit=60)
def what_another_program_raises_meanwhile_stays(world):
    _much_to_write()
    _disk(world, "ext4", "/mnt/a")
    _set("/mnt/a", "max_sectors_kb", 512)
    client, stop = _held_in_the_sync(world)
    _set("/mnt/a", "max_sectors_kb", NORMAL[1])
    stop.release()
    equal(client.answer(), 1, "answer to freeze")
    equal(_values("/mnt/a"), NORMAL, "the queue while frozen")
    thaw(client, 1)
    equal(_values("/mnt/a"), NORMAL, "the queue afterwards")


def _append(folder, megabytes):
    with open(f"{folder}/data", "ab") as f:
        f.write(os.urandom(megabytes << 20))
        return os.dup(f.fileno())


def _held_after_one_sync(world):
    """Two filesystems with much to write; one has been synced, the other one has not."""
    _much_to_write()
    folders = ["/mnt/a", "/mnt/b"]
    for folder in folders:
        _disk(world, "ext4", folder, size=256 << 20)
        os.close(_append(folder, 40))
    stop = Stop("freezer:syncing:2")
    client = world.agent(PROGRAM).start(env=stop.environment).client()
    client.request("guest-fsfreeze-freeze")
    stop.wait()
    return client, stop, folders


def _end(client, stop):
    """How the host is told that data was written out."""
    stop.release()
    equal(client.answer(), 2, "answer to freeze")
    thaw(client, 2)
    return ask(client)["freezes"][0]["write_out"]["end"]


@case(own=OURS, limit=60)
def what_grows_on_other_disks_does_not_make_requests_long(world):
    """The machine's dirty memory stays as it is, although 40 MB were written."""
    client, stop, folders = _held_after_one_sync(world)
    within(5, lambda: all(_values(folder)[1] > 64 for folder in folders), "the disks were looked at")
    time.sleep(0.3)
    equal(_end(client, stop), "done")


@case(own=OURS, limit=60)
def requests_get_as_long_as_before_beside_a_fast_writer(world):
    client, stop, folders = _held_after_one_sync(world)
    for folder in folders:
        fd = _append(folder, 30)
        os.fsync(fd)
        os.close(fd)
    for folder in folders:
        within(5, lambda at=folder: _values(at) == [4, NORMAL[1]], f"the queue of {folder}")
    equal(_end(client, stop), "outrun")


def _keep_busy(path):
    """A process that asks often for more requests than there are: refused, but first heard."""
    pid = os.fork()
    if pid != 0:
        return pid
    fd = os.open(path, os.O_WRONLY)
    for _ in range(20000):
        try:
            os.pwrite(fd, b"1000000", 0)
        except OSError:
            pass
    os._exit(0)


@case(own=OURS, limit=60)
def a_queue_that_the_kernel_is_busy_with_is_turned_again(world):
    _much_to_write()
    _disk(world, "ext4", "/mnt/a")
    client, stop = _held_in_the_sync(world)
    others = [_keep_busy(_path("/mnt/a", "nr_requests")) for _ in range(3)]
    stop.release()
    for pid in others:
        os.waitpid(pid, 0)
    equal(client.answer(), 1, "answer to freeze")
    equal(_values("/mnt/a"), NORMAL, "the queue while frozen")
    thaw(client, 1)


@case(own=OURS, limit=60)
def two_agents_that_make_one_queue_short_leave_it_as_before(world):
    _much_to_write()
    _disk(world, "ext4", "/mnt/a")
    client, stop = _held_in_the_sync(world)
    second = Stop("freezer:syncing", "/run/other.sock")
    other = world.agent(PROGRAM, statedir="/run/other").start(env=second.environment)
    client_of_other = other.client()
    client_of_other.request("guest-fsfreeze-freeze")
    second.wait()
    stop.release()
    equal(client.answer(), 1, "answer to freeze")
    thaw(client, 1)
    second.release()
    equal(client_of_other.answer(), 1, "answer of the other one")
    thaw(client_of_other, 1)
    equal(_values("/mnt/a"), NORMAL, "the queue afterwards")


@case(own=OURS, limit=90)
def a_disk_that_hangs_does_not_hang_the_answer_and_gets_its_queue_back(world):
    _much_to_write()
    world.disk("ext4", "/mnt/store", size=64 << 20)
    _disk(world, "ext4", "/mnt/a", image="/mnt/store/image")
    agent, client = world.connect("--sync-timeout=2")
    fsfreeze("/mnt/store")
    try:
        with open("/mnt/a/data", "wb") as f:
            f.write(bytes(4 << 20))
        for _ in range(2):
            error = client.refusal("guest-fsfreeze-freeze-list", {"mountpoints": ["/mnt/a"]})
            equal(error.desc, "syncing /mnt/a took longer than 2 seconds")
    finally:
        fsfreeze("/mnt/store", thaw=True)
    within(10, lambda: agent.freezers() == [], "the freezers end")
    within(5, lambda: _values("/mnt/a") == NORMAL, "the queue is as before")
    freeze(client, 1, ["/mnt/a"])
    thaw(client, 1)
    equal(_values("/mnt/a"), NORMAL, "the queue afterwards")
