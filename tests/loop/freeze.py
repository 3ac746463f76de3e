# SPDX-License-Identifier: MIT
"""Freeze, status and thaw on real filesystems, seen by a writer that is no part of the agent."""
import os

import kernel
import probe
from cases import case, contains, equal, true, within
from disks import fsfreeze
from host import freeze, status, thaw

WHILE_FROZEN = {"guest-ping", "guest-info", "guest-sync", "guest-sync-delimited",
                "guest-fsfreeze-status", "guest-fsfreeze-thaw"}


@case()
def a_writer_is_blocked_while_frozen_and_done_after_the_thaw(world):
    def one(fs_type):
        disk = world.disk(fs_type, f"/mnt/{fs_type}")
        agent, client = world.connect()
        probe.writable(disk.point)
        status(client, "thawed")
        freeze(client, 1)
        status(client, "frozen")
        writers = probe.frozen(disk.point, disk.point)
        thaw(client, 1)
        status(client, "thawed")
        for writer in writers:
            writer.must_end()
        probe.writable(disk.point)
        equal(agent.stop(), 0, "exit status")
        kernel.umount(disk.point)

    for fs_type in ("ext4", "xfs", "btrfs"):
        yield f"a writer on {fs_type} is blocked while frozen and done after", \
            lambda t=fs_type: one(t)


@case()
def several_filesystems_are_frozen_by_one_request(world):
    points = ["/mnt/ext4", "/mnt/xfs", "/mnt/btrfs", "/mnt/with space"]
    for fs_type, point in zip(("ext4", "xfs", "btrfs", "ext4"), points):
        world.disk(fs_type, point)
    _, client = world.connect()
    freeze(client, 4)
    writers = probe.frozen(*points)
    thaw(client, 4)
    for writer in writers:
        writer.must_end()


@case()
def twenty_filesystems_are_frozen_by_one_request(world):
    points = [f"/mnt/{n}" for n in range(20)]
    for point in points:
        world.disk("ext4", point, size=4 << 20)
    _, client = world.connect()
    freeze(client, 20)
    writers = probe.frozen(*points)
    thaw(client, 20)
    for writer in writers:
        writer.must_end()


def _needs_recovery(image):
    """ext4's own flag in the image: a freeze clears it, a thaw sets it (K18)."""
    with open(image, "rb") as f:
        f.seek(1024 + 0x60)
        return bool(int.from_bytes(f.read(4), "little") & 0x4)


def _blocks(path):
    with open(path, "rb") as f:
        data = f.read()
    return [data[i:i + 1024] for i in range(0, len(data), 1024)]


@case()
def the_image_of_a_frozen_filesystem_is_clean(world):
    disk = world.disk("ext4", "/mnt/a", size=64 << 20)
    with open("/mnt/a/data", "wb") as f:
        f.write(os.urandom(8 << 20))
    true(_needs_recovery(disk.image), "the image was clean before")
    _, client = world.connect()
    freeze(client, 1)
    true(not _needs_recovery(disk.image), "the image needs a recovery")
    lost = set(_blocks("/mnt/a/data")) - set(_blocks(disk.image))
    equal(len(lost), 0, "blocks written before the freeze that are not in the image")
    thaw(client, 1)


@case()
def without_a_filesystem_freeze_answers_0_and_stays_thawed(world):
    _, client = world.connect()
    freeze(client, 0)
    status(client, "thawed")
    thaw(client, 0)


@case()
def thaw_when_thawed_is_0(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    thaw(client, 0)
    freeze(client, 1)
    thaw(client, 1)
    thaw(client, 0)
    status(client, "thawed")
    probe.writable("/mnt/a")


@case()
def an_empty_list_freezes_nothing(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 0, [])
    status(client, "thawed")
    probe.writable("/mnt/a")


@case()
def a_list_freezes_what_it_names(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    _, client = world.connect()
    freeze(client, 1, ["/mnt/x", "/no/such/path", "/mnt/x"])
    writer, = probe.frozen("/mnt/x")
    probe.writable("/mnt/a")
    thaw(client, 1)
    writer.must_end()


@case()
def a_list_without_its_argument_means_everything(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    equal(client.call("guest-fsfreeze-freeze-list", {}), 1)
    writer, = probe.frozen("/mnt/a")
    thaw(client, 1)
    writer.must_end()


@case()
def a_list_of_unknown_paths_freezes_nothing(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 0, ["/no/such/path", "/mnt"])
    status(client, "thawed")
    probe.writable("/mnt/a")


@case(differs="7.2 gives another reason", of="7.2", cheap=False)
def while_frozen_all_but_six_commands_are_refused(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 1)
    for name, args in (("guest-fsfreeze-freeze", None), ("guest-fsfreeze-freeze-list", {})):
        refusal = client.refusal(name, args)
        equal(refusal.error_class, "CommandNotFound")
        equal(refusal.desc, f"Command {name} has been disabled: the command is not allowed")
    equal(client.refusal("no-such").desc, "The command no-such has not been found")
    equal(client.call("guest-ping"), {})
    equal(client.call("guest-sync", {"id": 8}), 8)
    client.request("guest-sync-delimited", {"id": 9})
    equal(client.line(), b'\xff{"return": 9}\n')
    listed = client.call("guest-info")["supported_commands"]
    enabled = {c["name"] for c in listed if c["enabled"]}
    equal({name for name in enabled if name.startswith("guest-")}, WHILE_FROZEN)
    thaw(client, 1)
    listed = client.call("guest-info")["supported_commands"]
    true(all(c["enabled"] for c in listed), "a command stayed disabled")


@case()
def a_second_freeze_while_frozen_changes_nothing(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 1)
    equal(client.refusal("guest-fsfreeze-freeze").error_class, "CommandNotFound")
    status(client, "frozen")
    writer, = probe.frozen("/mnt/a")
    thaw(client, 1)
    writer.must_end()


@case(differs="D12: a blocked thaw stays blocked while frozen")
def the_lists_do_not_hold_while_frozen(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect("-b", "guest-ping,guest-fsfreeze-thaw")
    contains(client.refusal("guest-fsfreeze-thaw").desc, "has been disabled")
    contains(client.refusal("guest-ping").desc, "has been disabled")
    freeze(client, 1)
    equal(client.call("guest-ping"), {})
    thaw(client, 1)
    contains(client.refusal("guest-ping").desc, "has been disabled")


@case(differs="a read-only filesystem is frozen, too, and pinned")
def a_read_only_filesystem_is_left_alone(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/ro", read_only=True)
    _, client = world.connect()
    freeze(client, 1)
    kernel.mount(None, "/mnt/ro", None, kernel.MS_REMOUNT)   # EBUSY if it were frozen
    thaw(client, 1)


@case(differs="D9: what another tool froze is thawed, too")
def a_foreign_freeze_is_neither_counted_nor_undone(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/foreign")
    fsfreeze("/mnt/foreign")
    _, client = world.connect()
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    thaw(client, 1)
    writer.must_end()
    kept, = probe.frozen("/mnt/foreign")
    thaw(client, 0)
    probe.Writer("/mnt/foreign").must_be_blocked()
    fsfreeze("/mnt/foreign", thaw=True)
    kept.must_end()


@case()
def with_nothing_but_a_foreign_freeze_the_answer_is_0(world):
    world.disk("ext4", "/mnt/foreign")
    fsfreeze("/mnt/foreign")
    _, client = world.connect()
    freeze(client, 0)
    status(client, "thawed")
    fsfreeze("/mnt/foreign", thaw=True)
    probe.writable("/mnt/foreign")


@case()
def a_thaw_by_another_hand_harms_nobody(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    _, client = world.connect()
    freeze(client, 2)
    fsfreeze("/mnt/a", thaw=True)
    probe.writable("/mnt/a")
    client.request("guest-fsfreeze-thaw")
    client.line()
    status(client, "thawed")
    probe.writable("/mnt/a", "/mnt/x")
    freeze(client, 2)
    thaw(client, 2)


@case()
def log_and_state_on_the_frozen_filesystem_do_not_block_it(world):
    world.disk("ext4", "/mnt/a")
    agent = world.agent(statedir="/mnt/a/state")
    agent.start("-v", "-l", "/mnt/a/ga.log")
    with agent.client() as client:
        for _ in range(3):
            freeze(client, 1)
            writer, = probe.frozen("/mnt/a")
            for _ in range(50):
                equal(client.call("guest-ping"), {})
            thaw(client, 1)
            writer.must_end()
    equal(agent.stop(), 0, "exit status")
    with open("/mnt/a/ga.log") as f:
        true(f.read(), "the log is empty")


@case(own="options of ours")
def globs_leave_filesystems_out(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    for options, frozen, free in ((["--exclude=/mnt/x"], "/mnt/a", "/mnt/x"),
                                  (["--exclude=xfs"], "/mnt/a", "/mnt/x"),
                                  (["--include=/mnt/x*"], "/mnt/x", "/mnt/a"),
                                  (["--include=/mnt/*", "--exclude=/mnt/a"], "/mnt/x", "/mnt/a")):
        agent, client = world.connect(*options)
        freeze(client, 1)
        writer, = probe.frozen(frozen)
        probe.writable(free)
        thaw(client, 1)
        writer.must_end()
        client.close()
        equal(agent.stop(), 0, "exit status")


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return f.read().split()


def _open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@case(limit=300, cheap=False)
def many_cycles_leave_nothing_behind(world):
    for fs_type, point in (("ext4", "/mnt/a"), ("xfs", "/mnt/x"), ("btrfs", "/mnt/b")):
        world.disk(fs_type, point)
    agent, client = world.connect()
    points = ("/mnt/a", "/mnt/x", "/mnt/b")
    status(client, "thawed")
    files, children = _open_files(agent.pid), _children(agent.pid)
    for n in range(400 if os.environ.get("FULL") else 20):
        writers = [probe.Writer(point) for point in points]
        freeze(client, 3)
        if n % 10 == 0:
            writers += probe.frozen(*points)
        thaw(client, 3)
        for writer in writers:
            writer.must_end()
    within(5, lambda: _open_files(agent.pid) == files, "all files are closed again")
    within(5, lambda: _children(agent.pid) == children, "all children but the parser are gone")
    equal(agent.stop(), 0, "exit status")
