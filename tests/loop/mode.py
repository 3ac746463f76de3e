# SPDX-License-Identifier: MIT
"""mode=sync and mode=off: the guest's own choice not to be frozen."""
import json

import probe
from cases import case, contains, equal
from host import freeze, status, thaw

OURS = "qemu-ga has no such setting"


@case(own=OURS)
def only_syncing_runs_the_hooks_writes_out_and_freezes_nothing(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect(f"-F{world.hook()}", "--mode=sync")
    with open("/mnt/a/data", "wb") as f:
        f.write(b"x" * (1 << 20))
    freeze(client, 0)
    status(client, "thawed")
    probe.writable("/mnt/a")
    equal(world.hook_calls(), ["freeze", "thaw"])
    said = json.loads(world.run("plan", "--json").stdout)
    equal([fs["dirty_bytes"] for fs in said["filesystems"] if fs["mount_point"] == "/mnt/a"], [0])
    thaw(client, 0)
    equal(world.hook_calls(), ["freeze", "thaw"])


@case(own=OURS)
def switched_off_nothing_is_done(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect(f"-F{world.hook()}", "--mode=off")
    freeze(client, 0)
    status(client, "thawed")
    probe.writable("/mnt/a")
    thaw(client, 0)
    equal(world.hook_calls(), [])


@case(own=OURS)
def the_commands_for_a_person_tell_of_it(world):
    world.disk("ext4", "/mnt/a")
    with open("/root/conf", "w") as f:
        f.write("[fsfreeze]\nmode=sync\n")
    plan = world.run("plan", "-c", "/root/conf")
    equal(plan.returncode, 2)
    contains(plan.stdout, "only synced: mode=sync")
    contains(world.run("check", "-c", "/root/conf", "-t/run").stdout, "mode=sync")
