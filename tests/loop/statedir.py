# SPDX-License-Identifier: MIT
"""State directories that cannot be used, and what strange files are found in them."""
import os
import resource
import shutil
import struct

import kernel
import probe
import proc
from cases import case, contains, equal, true, within
from disks import fsfreeze
from host import freeze, status, thaw
from stall import Stall

OURS = "qemu-ga keeps no ledger"
STATE = "/run/state"
LEDGER = f"{STATE}/frost-ga.ledger"
HISTORY = f"{STATE}/frost-ga.history.json"
MEMORY = "the ledger is kept in memory only"
_VERSION_AT, _BOOT_ID_AT = 4, 8


def _start(world, statedir, *options):
    agent = world.agent()
    agent.statedir = statedir
    agent.start("-v", f"-F{world.hook()}", *options)
    return agent, agent.client()


def _works(world, agent, client, points=("/mnt/a",), rounds=2):
    """Freezes and thaws, and comes free when the agent is killed."""
    for _ in range(rounds):
        freeze(client, len(points))
        writers = probe.frozen(*points)
        thaw(client, len(points))
        for writer in writers:
            writer.must_end()
    thaw(client, 0)
    freeze(client, len(points))
    writers = probe.frozen(*points)
    agent.kill()
    for writer in writers:
        writer.must_end(2)
    calls = ["freeze", "thaw"] * (rounds + 1)
    within(5, lambda: world.hook_calls() == calls, "each freeze of the hook is undone once")
    within(5, lambda: not _processes(), "nobody is left")


def _processes():
    """Agents, freezers and recoveries."""
    found = []
    for pid in proc.pids():
        try:
            if os.readlink(f"/proc/{pid}/exe").startswith("/agent/"):
                found.append(pid)
        except OSError:
            pass   # it has just ended
    return found


def _tmpfs(point, options=None):
    os.makedirs(point, exist_ok=True)
    kernel.mount("state", point, "tmpfs", 0, options)


def _fill(folder):
    with open(f"{folder}/filling", "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(4096))
        except OSError:
            pass


@case(own=OURS)
def a_full_state_directory_does_not_prevent_a_freeze(world):
    world.disk("ext4", "/mnt/a")
    _tmpfs("/run/full", "size=64k")
    _fill("/run/full")
    agent, client = _start(world, "/run/full")
    _works(world, agent, client)
    contains(agent.log(), MEMORY, "the log")


@case(own=OURS)
def a_state_directory_that_fills_up_later_does_not_prevent_a_freeze(world):
    points = [f"/mnt/{n}" for n in range(20)]   # more than the page that is there has room for
    for point in points:
        world.disk("ext4", point, size=4 << 20)
    _tmpfs("/run/full", "size=64k")
    agent, client = _start(world, "/run/full")
    _fill("/run/full")
    _works(world, agent, client, points, 1)
    contains(agent.log(), MEMORY, "the log")


@case(own=OURS)
def a_read_only_state_directory_does_not_prevent_a_freeze(world):
    world.disk("ext4", "/mnt/a")
    _tmpfs("/run/ro")
    kernel.mount(None, "/run/ro", None, kernel.MS_REMOUNT | kernel.MS_RDONLY)
    agent, client = _start(world, "/run/ro")
    _works(world, agent, client)
    contains(agent.log(), MEMORY, "the log")


@case(own=OURS)
def a_state_directory_that_is_missing_is_told_at_the_start(world):
    run = world.run("-m", "unix-listen", "-p", "/run/socket", "-t", "/run/no/such/directory")
    equal(run.returncode, 1, "exit status")
    contains(run.stderr + run.stdout, "/run/no/such/directory")


@case(own=OURS)
def a_state_directory_that_disappears_does_not_prevent_a_freeze(world):
    world.disk("ext4", "/mnt/a")
    os.mkdir("/run/going")
    agent, client = _start(world, "/run/going")
    shutil.rmtree("/run/going")
    _works(world, agent, client)
    contains(agent.log(), MEMORY, "the log")


@case(own=OURS)
def a_state_directory_among_the_frozen_is_not_touched_meanwhile(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/b")
    os.mkdir("/mnt/a/state")
    agent, client = _start(world, "/mnt/a/state", "--hold-timeout=1")
    freeze(client, 2)
    writers = probe.frozen("/mnt/a", "/mnt/b")
    for writer in writers:
        writer.must_end(3)   # the deadline: the freezer has not hung on its own ledger
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "the status is thawed")
    contains(client.refusal("guest-fsfreeze-thaw").desc, "fsfreeze is limited to 1 seconds")
    contains(agent.log(), "the state directory is itself to be frozen", "the log")
    equal(agent.stop(), 0, "exit status")


@case(own=OURS)
def a_state_directory_among_the_frozen_survives_the_death_of_the_agent(world):
    world.disk("ext4", "/mnt/a")
    os.mkdir("/mnt/a/state")
    agent, client = _start(world, "/mnt/a/state")
    _works(world, agent, client)


@case(own=OURS, limit=60)
def a_restarted_agent_says_frozen_while_a_freezer_holds_by_a_ledger_in_memory(world):
    """Its file says nothing of the freeze but that it is noted elsewhere."""
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    os.mkdir("/mnt/b/state")
    agent, client = _start(world, "/mnt/b/state")
    stall = Stall("/mnt/a")
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: probe.Writer("/mnt/b").is_blocked(), "the other one is frozen")
    agent.kill()
    probe.Writer("/mnt/b").must_end(5)   # else there is no state directory to start with
    second, client = _start(world, "/mnt/b/state")
    status(client, "frozen")
    stall.release()
    within(10, lambda: client.call("guest-fsfreeze-status") == "thawed", "the status is thawed")
    probe.writable("/mnt/a", "/mnt/b")
    # The hook is undone after all is thawed.
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the calls of the hook")
    freeze(client, 2)
    thaw(client, 2)
    equal(second.stop(), 0, "exit status")


@case(own=OURS)
def a_ledger_that_could_not_be_read_at_the_start_is_read_for_the_next_request(world):
    world.disk("ext4", "/mnt/a")
    agent, client = _start(world, STATE)
    freeze(client, 1)
    agent.kill_all()
    os.rename(LEDGER, f"{STATE}/aside")
    os.mkdir(LEDGER)
    agent, client = _start(world, STATE)
    status(client, "thawed")   # for all it knows
    os.rmdir(LEDGER)
    os.rename(f"{STATE}/aside", LEDGER)
    status(client, "frozen")
    thaw(client, 1)
    probe.writable("/mnt/a")
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    equal(agent.stop(), 0, "exit status")


@case(own=OURS)
def nothing_is_frozen_over_what_a_ledger_that_cannot_be_written_calls_frozen(world):
    world.disk("ext4", "/mnt/a")
    _tmpfs("/run/ro")
    agent, client = _start(world, "/run/ro")
    freeze(client, 1)
    agent.kill_all()
    kernel.mount(None, "/run/ro", None, kernel.MS_REMOUNT | kernel.MS_RDONLY)
    agent, client = _start(world, "/run/ro")
    status(client, "frozen")
    contains(client.refusal("guest-fsfreeze-thaw").desc, "has left /mnt/a frozen", "answer to thaw")
    client.refusal("guest-fsfreeze-freeze")
    equal(world.hook_calls(), ["freeze"], "calls of the hook")
    kernel.mount(None, "/run/ro", None, kernel.MS_REMOUNT)
    thaw(client, 1)
    probe.writable("/mnt/a")
    contains(agent.log(), "Read-only file system", "the log, which was held")
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    equal(agent.stop(), 0, "exit status")


@case(own=OURS)
def without_room_for_any_ledger_a_freeze_is_an_error_and_the_agent_goes_on(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{world.hook()}")
    status(client, "thawed")
    _, most = resource.prlimit(agent.pid, resource.RLIMIT_NOFILE)
    used = sorted(int(fd) for fd in os.listdir(f"/proc/{agent.pid}/fd"))
    lowest = next(n for n in range(len(used) + 1) if n not in used)
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, (lowest, most))
    desc = client.refusal("guest-fsfreeze-freeze").desc
    contains(desc, "cannot be read: Too many open files", "answer to freeze")
    status(client, "thawed")
    probe.writable("/mnt/a")
    equal(world.hook_calls(), [], "calls of the hook")
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, (most, most))
    freeze(client, 1)
    thaw(client, 1)
    equal(agent.stop(), 0, "exit status")


# Ledgers ----------------------------------------------------------------------------------------


def _ledger_of_a_frozen_guest(world):
    """What the file says while /mnt/a is frozen; afterwards it is thawed."""
    agent, client = _start(world, STATE)
    freeze(client, 1)
    with open(LEDGER, "rb") as f:
        data = bytearray(f.read())
    thaw(client, 1)
    equal(agent.stop(), 0, "exit status")
    os.unlink("/run/hook.log")
    return data


def _put(data):
    """A new file: nobody can have the old one mapped and lose it."""
    with open(LEDGER + ".new", "wb") as f:
        f.write(data)
    os.rename(LEDGER + ".new", LEDGER)


def _is_believed_nothing(world, data):
    """An agent that finds this file freezes as ever, and undoes nothing: not what others did."""
    _put(data)
    fsfreeze("/mnt/a")
    agent, client = _start(world, STATE)
    status(client, "thawed")
    thaw(client, 0)
    writer, = probe.frozen("/mnt/a")
    fsfreeze("/mnt/a", thaw=True)
    writer.must_end()
    equal(world.hook_calls(), [], "calls of the hook")
    _works(world, agent, client)
    return agent


@case(own=OURS)
def a_ledger_of_this_boot_is_believed(world):
    """The proof that the next ones can fail."""
    world.disk("ext4", "/mnt/a")
    data = _ledger_of_a_frozen_guest(world)
    _put(data)
    fsfreeze("/mnt/a")
    _, client = _start(world, STATE)
    status(client, "frozen")
    thaw(client, 1)
    probe.writable("/mnt/a")


@case(own=OURS)
def a_ledger_of_another_boot_is_history(world):
    world.disk("ext4", "/mnt/a")
    data = _ledger_of_a_frozen_guest(world)
    data[_BOOT_ID_AT] ^= 1
    _is_believed_nothing(world, data)


@case(own=OURS)
def a_ledger_of_another_version_is_left_alone(world):
    world.disk("ext4", "/mnt/a")
    data = _ledger_of_a_frozen_guest(world)
    version, = struct.unpack_from("=I", data, _VERSION_AT)
    for other in (version + 1, version - 1, 0, 0xFFFFFFFF):
        struct.pack_into("=I", data, _VERSION_AT, other)
        agent = _is_believed_nothing(world, data)
        with open(LEDGER, "rb") as f:
            true(f.read() == data, "the file was changed")
        contains(agent.log(), "another version", "the log")
        told = " ".join(world.run("status", "-t", agent.statedir).stdout.split())
        for text in (agent.log(), told):
            contains(text, "fsfreeze --unfreeze", "the way out")
        os.unlink("/run/hook.log")


@case(own=OURS)
def a_ledger_that_makes_no_sense_is_made_anew(world):
    world.disk("ext4", "/mnt/a")
    data = _ledger_of_a_frozen_guest(world)
    samples = {"nothing": b"", "one byte": b"F", "half": data[:len(data) // 2],
               "zeros": bytes(9999), "ones": b"\xff" * 20000, "noise": os.urandom(20000),
               "text": b"{}\n" * 5000}
    for name, sample in samples.items():
        try:
            _is_believed_nothing(world, sample)
        except Exception as e:
            raise type(e)(f"{name}: {e}") from e
        os.unlink("/run/hook.log")


@case(own=OURS)
def a_ledger_that_is_not_a_regular_file_is_not_used(world):
    world.disk("ext4", "/mnt/a")
    os.mkdir(STATE)
    with open("/run/elsewhere", "w") as f:
        f.write("another's")
    for make in (lambda: os.symlink("/run/elsewhere", LEDGER), lambda: os.mkdir(LEDGER),
                 lambda: os.mkfifo(LEDGER)):
        make()
        agent, client = _start(world, STATE)
        _works(world, agent, client, rounds=1)
        contains(agent.log(), MEMORY, "the log")
        os.rmdir(LEDGER) if os.path.isdir(LEDGER) else os.unlink(LEDGER)
        os.unlink("/run/hook.log")
    with open("/run/elsewhere") as f:
        equal(f.read(), "another's", "what the link leads to")


# The history ------------------------------------------------------------------------------------


@case(own=OURS)
def a_history_that_cannot_be_written_fails_nothing(world):
    world.disk("ext4", "/mnt/a")
    os.makedirs(HISTORY + "/not-empty")
    agent, client = _start(world, STATE)
    freeze(client, 1)
    thaw(client, 1)
    within(5, lambda: "history" in agent.log(), "the log names the history")
    equal(agent.stop(), 0, "exit status")
