# SPDX-License-Identifier: MIT
"""mounts-of: the filesystems are those that another process sees, and the agent does not."""
import json
import os

import probe
from cases import case, contains, equal, true
from host import freeze, status, thaw
from neighbour import Neighbour

OURS = "qemu-ga has no such setting"


def _neighbour(world, *points):
    """It alone sees an ext4 at each of the points, the second of them in an image on the first."""
    world.disk("ext4", points[0], size=96 << 20)
    for i, point in enumerate(points[1:]):
        world.disk("ext4", point, image=f"{points[0]}/image{i}")
    return Neighbour().keeps(*reversed(points))


@case(own=OURS)
def filesystems_that_only_another_process_sees_are_frozen_in_the_right_order(world):
    theirs = _neighbour(world, "/mnt/lower", "/mnt/upper")
    world.disk("ext4", "/mnt/ours")
    _, client = world.connect(f"--mounts-of={theirs.pid}", f"-F{world.hook()}", "--exclude=/mnt/ours")
    freeze(client, 2)
    status(client, "frozen")
    writers = probe.frozen(theirs.path("/mnt/lower"), theirs.path("/mnt/upper"))
    probe.writable("/mnt/ours")
    thaw(client, 2)
    for writer in writers:
        writer.must_end()
    equal(world.hook_calls(), ["freeze", "thaw"])


@case(own=OURS)
def hooks_and_lists_have_the_names_that_it_knows(world):
    theirs = _neighbour(world, "/mnt/a", "/mnt/b")
    hook = world.hook(freeze='printf "%s" "$FROST_GA_MOUNTS" > /run/mounts')
    _, client = world.connect(f"--mounts-of={theirs.pid}", f"-F{hook}")
    freeze(client, 1, ["/mnt/b"])
    writer, = probe.frozen(theirs.path("/mnt/b"))
    probe.writable(theirs.path("/mnt/a"))
    with open("/run/mounts") as f:
        equal(f.read().split(), ["/mnt/b"])
    thaw(client, 1)
    writer.must_end()
    named = [fs["mountpoint"] for fs in client.call("guest-get-fsinfo")]
    true({"/mnt/a", "/mnt/b"} <= set(named), f"the filesystems {named}")


@case(own=OURS)
def one_name_may_be_two_filesystems(world):
    """Theirs is meant, whatever is mounted under that name here."""
    theirs = _neighbour(world, "/mnt/a")
    world.disk("ext4", "/mnt/a", image="/img/ours")
    _, client = world.connect(f"--mounts-of={theirs.pid}", "--namespaces=own")
    freeze(client, 1)
    writer, = probe.frozen(theirs.path("/mnt/a"))
    probe.writable("/mnt/a")
    thaw(client, 1)
    writer.must_end()


@case(own=OURS)
def without_being_told_all_that_anybody_sees_is_frozen(world):
    """A volume that only another process has, and one in an image on it: no mount of ours shows them."""
    theirs = _neighbour(world, "/mnt/lower", "/mnt/upper")
    world.disk("xfs", "/mnt/ours")
    agent, client = world.connect()
    freeze(client, 3)
    writers = probe.frozen("/mnt/ours", theirs.path("/mnt/lower"), theirs.path("/mnt/upper"))
    agent.kill_all()
    _, client = world.restart(agent)
    status(client, "frozen")
    thaw(client, 3)
    for writer in writers:
        writer.must_end()


@case(own=OURS)
def filesystems_that_only_others_see_are_named_if_they_are_left_out(world):
    theirs = _neighbour(world, "/mnt/a")
    world.disk("ext4", "/mnt/ours")
    agent, client = world.connect("-v", "--namespaces=own")
    where = theirs.path("/mnt/a")
    freeze(client, 1)
    probe.writable(where)
    thaw(client, 1)
    # Beside those of other arenas, which the kernel knows as well.
    contains(agent.log(), "not frozen, being mounted in other namespaces only (namespaces=own): ",
             "the log")
    said = json.loads(world.run("status", "--json", "-t", agent.statedir).stdout)
    left = {fs["mount_point"]: fs for fs in said["freezes"][0]["filesystems"]}
    contains(left[where]["reason"], "namespaces=own", "the record")
    with open("/root/conf", "w") as f:
        f.write("[general]\nstatedir=/run/other\n[fsfreeze]\nnamespaces=own\n")
    for command in ("plan", "check"):
        contains(world.run(command, "-c", "/root/conf").stdout, where, command)


@case(own=OURS)
def without_that_process_the_freeze_fails_and_says_so(world):
    theirs = _neighbour(world, "/mnt/a")
    _, client = world.connect(f"--mounts-of={theirs.pid}", f"-F{world.hook()}")
    theirs.end()
    desc = client.refusal("guest-fsfreeze-freeze").desc
    contains(desc, f"/proc/{theirs.pid}/mountinfo", "error of the freeze")
    status(client, "thawed")
    equal(world.hook_calls(), [])


@case(own=OURS, limit=30)
def when_agent_and_freezer_are_killed_the_next_agent_finds_them_there(world):
    theirs = _neighbour(world, "/mnt/a", "/mnt/b")
    agent, client = world.connect(f"--mounts-of={theirs.pid}")
    freeze(client, 2)
    writers = probe.frozen(theirs.path("/mnt/a"), theirs.path("/mnt/b"))
    agent.kill_all()
    other, client = world.restart(agent, f"--mounts-of={theirs.pid}")
    status(client, "frozen")
    thaw(client, 2)
    for writer in writers:
        writer.must_end()
    freeze(client, 2)
    thaw(client, 2)
    equal(other.stop(), 0, "exit status")


@case(own=OURS, limit=30)
def a_person_thaws_them_without_knowing_whose_they_are(world):
    theirs = _neighbour(world, "/mnt/a")
    agent, client = world.connect(f"--mounts-of={theirs.pid}")
    freeze(client, 1)
    writer, = probe.frozen(theirs.path("/mnt/a"))
    agent.kill_all()
    run = world.run("thaw", "-t", agent.statedir)
    equal(run.returncode, 0, f"exit status after {run.stdout!r} {run.stderr!r}")
    contains(run.stdout, "Thawed: /mnt/a.")
    writer.must_end()
    said = json.loads(world.run("status", "--json", "-t", agent.statedir).stdout)
    equal(said["freezes"][0]["mounts_of"], theirs.pid)


@case(own=OURS, limit=30)
def they_are_thawed_although_that_process_is_gone_as_well(world):
    """Then no mount shows the filesystem, which is frozen all the same."""
    theirs = _neighbour(world, "/mnt/a")
    agent, client = world.connect(f"--mounts-of={theirs.pid}")
    freeze(client, 1)
    agent.kill_all()
    theirs.end()
    _, client = world.restart(agent, f"--mounts-of={theirs.pid}")
    status(client, "frozen")
    thaw(client, 1)
    world.disks[0].mount("/mnt/again")
    probe.writable("/mnt/again")


@case(own=OURS)
def plan_check_and_status_know_whose_they_are(world):
    theirs = _neighbour(world, "/mnt/a")
    with open("/root/conf", "w") as f:
        f.write(f"[general]\nstatedir=/run/state\n[fsfreeze]\nmounts-of={theirs.pid}\n")
    os.makedirs("/run/state")
    plan = json.loads(world.run("plan", "-j", "-c", "/root/conf").stdout)
    equal(plan["mounts_of"], theirs.pid)
    equal([fs["mount_point"] for fs in plan["filesystems"] if fs["verdict"] == "freeze"],
          ["/mnt/a"])
    contains(world.run("plan", "-c", "/root/conf").stdout, f"those that process {theirs.pid} sees")
    tried = world.run("check", "--freeze=0", "-c", "/root/conf")
    contains(tried.stdout, f"the mounts are those that process {theirs.pid} sees")
    contains(tried.stdout, "1 filesystem was frozen and thawed again")
    contains(tried.stdout, f"those that process {theirs.pid} saw")
