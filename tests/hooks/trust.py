# SPDX-License-Identifier: MIT
"""What others than root could change is not run."""
import os
import shutil
import struct

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
def the_target_of_a_link_and_the_folders_above_are_checked_too(world):
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
def hooks_below_a_sticky_folder_of_root_run_as_a_package_store_has_them(world):
    """As Nix and Guix have it: /nix/store is 1775, root:nixbld."""
    os.makedirs("/nix/store")
    os.chmod("/nix/store", 0o1775)
    os.chown("/nix/store", 0, 1000)
    folder = Folder("/nix/store/hooks.d")
    folder.add("10-a")
    os.symlink(Folder("/nix/store/other").add("20-b"), f"{folder.path}/20-b")
    os.symlink(folder.path, "/etc/hooks.d")
    _, client = _connect(world, "-F/etc/hooks.d")
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), ["10-a freeze", "20-b freeze", "20-b thaw", "10-a thaw"])


@case(own=OWN)
def hooks_that_others_can_add_to_a_sticky_folder_are_not_run(world):
    folder = Folder()
    folder.add("10-a")
    os.chmod(folder.path, 0o1775)
    _, client = _connect(world, folder.option())
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), [])
    contains(told(last_freeze(world, client))["10-a freeze"],
             "refused: /etc/hooks.d can be changed by others")


@case(own=OWN)
def a_right_that_an_acl_gives_to_one_user_counts(world):
    folder = Folder()
    path = folder.add("10-a")
    entries = ((1, 7, -1), (2, 7, 1000), (4, 5, -1), (0x10, 7, -1), (0x20, 5, -1))
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    os.setxattr(path, "system.posix_acl_access", acl)
    _, client = _connect(world, folder.option())
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), [])
    contains(told(last_freeze(world, client))["10-a freeze"], f"refused: {path} can be changed")


@case(own=OWN)
def a_script_whose_interpreter_others_could_change_is_not_run(world):
    folder = Folder()
    os.makedirs("/opt/bin")
    shutil.copy(os.path.realpath("/bin/sh"), "/opt/bin/shell")
    folder.put("10-a", "#!/opt/bin/shell\necho \"10-a $1\" >> /run/hook.log\n")
    _, client = _connect(world, folder.option())
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), ["10-a freeze", "10-a thaw"])
    os.chown("/opt/bin/shell", 1000, 0)
    freeze(client, 1)
    thaw(client, 1)
    equal(len(calls()), 2)
    contains(told(last_freeze(world, client))["10-a freeze"], "/opt/bin/shell belongs to user 1000")


@case(own=OWN)
def a_single_program_that_is_not_trusted_fails_the_freeze(world):
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
