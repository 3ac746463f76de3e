# SPDX-License-Identifier: MIT
"""What others than root could change is not run."""
import os

import probe
from cases import case, contains, equal
from hookfolder import Folder, calls, last_freeze, told
from host import freeze, status, thaw

OWN = "--hook-trust"


def _connect(world, option, *options):
    world.disk("ext4", "/mnt/a")
    return world.connect(option, *options)


@case(own=OWN)
def a_hook_that_others_could_change_is_not_run_and_told(world):
    folder = Folder()
    folder.add("10-a")
    os.chmod(folder.add("20-b"), 0o775)
    os.chown(folder.add("30-c"), 1000, 0)
    _, client = _connect(world, folder.option())
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), ["10-a freeze", "10-a thaw"])
    record = told(last_freeze(world, client))
    contains(record["20-b freeze"], "refused: /etc/hooks.d/20-b")
    contains(record["30-c freeze"], "user 1000")
    freeze(client, 1)
    thaw(client, 1)


@case(own=OWN)
def a_required_hook_that_is_not_trusted_fails_the_freeze_before_any_runs(world):
    folder = Folder()
    folder.add("10-a")
    os.chmod(folder.add("20-b"), 0o757)
    _, client = _connect(world, folder.option(), "--hook-failure=abort")
    contains(client.refusal("guest-fsfreeze-freeze").desc, "/etc/hooks.d/20-b")
    status(client, "thawed")
    probe.writable("/mnt/a")
    equal(calls(), [])


@case(own=OWN)
def what_a_link_leads_to_and_the_folders_above_count_too(world):
    folder = Folder("/srv/hooks/hooks.d")
    os.makedirs("/srv/open")
    os.chmod("/srv/open", 0o777)
    folder.add("10-a")
    with open("/srv/open/tool", "w") as f:
        f.write("#!/bin/sh\necho 20-b >> /run/hook.log\n")
    os.chmod("/srv/open/tool", 0o755)
    os.symlink("/srv/open/tool", f"{folder.path}/20-b")
    _, client = _connect(world, folder.option())
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), ["10-a freeze", "10-a thaw"])
    contains(told(last_freeze(world, client))["20-b freeze"], "refused: /srv/open can be changed")
    os.chmod("/srv/hooks", 0o777)
    freeze(client, 1)
    thaw(client, 1)
    equal(len(calls()), 2)


@case(own=OWN)
def one_program_that_is_not_trusted_fails_the_freeze(world):
    hook = world.hook()
    os.chmod(hook, 0o775)
    _, client = _connect(world, f"-F{hook}")
    contains(client.refusal("guest-fsfreeze-freeze").desc, hook)
    equal(world.hook_calls(), [])


@case(own=OWN)
def hook_trust_off_runs_them_all(world):
    folder = Folder()
    os.chmod(folder.add("10-a"), 0o777)
    _, client = _connect(world, folder.option(), "--hook-trust=off")
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), ["10-a freeze", "10-a thaw"])


@case(own=OWN)
def trust_that_is_lost_while_frozen_keeps_the_thaw_side_from_running(world):
    folder = Folder()
    path = folder.add("10-a")
    _, client = _connect(world, folder.option())
    freeze(client, 1)
    os.chmod(path, 0o777)
    thaw(client, 1)
    equal(calls(), ["10-a freeze"])
    contains(told(last_freeze(world, client))["10-a thaw"], "refused")
