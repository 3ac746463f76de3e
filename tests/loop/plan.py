# SPDX-License-Identifier: MIT
"""frost-ga plan: what it announces is what a freeze does, and it freezes nothing."""
import json
import os

import probe
from cases import case, contains, equal, true
from disks import bind, fsfreeze
from host import freeze, thaw

OURS = "qemu-ga has no such command"


def _plan(world, *options, code=0):
    run = world.run("plan", *options)
    equal(run.returncode, code, f"exit status after {run.stdout!r}, {run.stderr!r}")
    return run


def _plan_json(world, *options, code=0):
    return json.loads(_plan(world, "--json", *options, code=code).stdout)


def _by_point(plan):
    return {fs["mount_point"]: fs for fs in plan["filesystems"]}


@case(own=OURS)
def a_freeze_holds_what_its_plan_shows(world):
    world.disk("ext4", "/mnt/lower", size=96 << 20)
    world.disk("ext4", "/mnt/upper", image="/mnt/lower/image")
    world.disk("xfs", "/mnt/x")
    world.disk("ext4", "/mnt/ro", read_only=True)
    bind("/mnt/x", "/mnt/x2")
    plan = _plan_json(world)
    found = _by_point(plan)
    equal(plan["freezable"], 3)
    equal(plan["steps"], 2)
    equal(found["/mnt/upper"]["stands_on"], ["/mnt/lower"])
    equal([found[f"/mnt/{name}"]["step"] for name in ("upper", "x", "lower", "ro")],
          [1, 1, 2, None])
    equal(found["/mnt/x"]["aliases"], ["/mnt/x2"])
    equal(found["/mnt/ro"]["verdict"], "read-only")
    _, client = world.connect()
    freeze(client, plan["freezable"])
    thaw(client, plan["freezable"])


@case(own=OURS)
def a_plan_freezes_nothing(world):
    world.disk("ext4", "/mnt/a")
    contains(_plan(world).stdout, "/mnt/a")
    probe.writable("/mnt/a")


@case(own=OURS)
def a_plan_can_be_made_while_something_is_frozen(world):
    world.disk("ext4", "/mnt/a")
    world.disk("btrfs", "/mnt/b")
    for point in ("/mnt/a", "/mnt/b"):
        fsfreeze(point)
    equal(_plan_json(world)["freezable"], 2)
    for point in ("/mnt/a", "/mnt/b"):
        fsfreeze(point, thaw=True)


@case(own=OURS)
def the_filters_of_the_config_file_count(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    with open("/root/conf", "w") as f:
        f.write("[fsfreeze]\nexclude=/mnt/b\n")
    found = _by_point(_plan_json(world, "-c", "/root/conf"))
    equal((found["/mnt/a"]["verdict"], found["/mnt/b"]["verdict"]), ("freeze", "excluded"))
    contains(found["/mnt/b"]["reason"], "/mnt/b")
    with open("/root/conf", "w") as f:
        f.write("[fsfreeze\n")
    contains(_plan(world, "-c", "/root/conf", code=1).stderr, "/root/conf")


@case(own=OURS)
def the_agents_options_count(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    found = _by_point(_plan_json(world, "--exclude", "/mnt/b", f"--mounts-of={os.getpid()}"))
    equal((found["/mnt/a"]["verdict"], found["/mnt/b"]["verdict"]), ("freeze", "excluded"))
    contains(_plan(world, "--mode=off", code=2).stdout, "mode=off")
    contains(_plan(world, "--mounts-of=0x1", code=1).stderr, "--mounts-of=0x1")


@case(own=OURS)
def an_agent_that_is_running_is_planned_for_as_it_was_started(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    world.connect("--exclude=/mnt/b")
    verdicts = [[_by_point(_plan_json(world, *words))[point]["verdict"]
                 for point in ("/mnt/a", "/mnt/b")]
                for words in ((), ("/mnt/a",), ("--exclude=/mnt/a",))]
    equal(verdicts, [["freeze", "excluded"], ["freeze", "excluded"], ["excluded", "freeze"]])


@case(own=OURS)
def mount_points_make_it_the_plan_of_a_freeze_list(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    found = _by_point(_plan_json(world, "/mnt/b"))
    equal((found["/mnt/a"]["verdict"], found["/mnt/b"]["verdict"]), ("not-listed", "freeze"))
    nothing = _plan_json(world, "/nowhere", code=2)
    equal(nothing["freezable"], 0)
    contains(nothing["notes"][0], "/nowhere")


def _dirty_after_a_write(world):
    """Not yet on its disk, unless somebody synced the whole machine in this moment."""
    with open("/mnt/a/data", "wb") as f:
        f.write(b"x" * (8 << 20))
        f.flush()
        dirty = _by_point(_plan_json(world))["/mnt/a"]["dirty_bytes"]
        os.fsync(f.fileno())
    return dirty


@case(own=OURS)
def data_that_ext4_has_not_written_is_counted(world):
    world.disk("ext4", "/mnt/a", size=64 << 20, options="commit=300")
    seen = [_dirty_after_a_write(world) for _ in range(5)]
    true(max(seen) == 8 << 20, f"{seen} bytes")
    equal(_by_point(_plan_json(world))["/mnt/a"]["dirty_bytes"], 0)
