# SPDX-License-Identifier: MIT
"""The file that the hooks share: where it is looked for, and whose it must be."""
import os

import hookplay
from cases import case, contains, equal
from hookfolder import last_freeze, told
from host import freeze, thaw

SHARED = f"{hookplay.FOLDER}/servers.sh"
PACKAGED = "/usr/share/frost-ga/hooks/servers.sh"


def _run():
    return hookplay.run("40-redis", "freeze", where=hookplay.FOLDER)


@case(own="a hook")
def it_is_roots_alone_or_the_hook_fails(world):
    hookplay.install("40-redis")
    equal(_run(), (0, "40-redis: no server runs here\n"))
    for uid, mode in ((1001, 0o644), (0, 0o664), (0, 0o646)):
        os.chown(SHARED, uid, 0)
        os.chmod(SHARED, mode)
        status, text = _run()
        equal(status, 1, text)
        contains(text, f"{SHARED} must be there, root's")


@case(own="a hook")
def without_one_beside_the_hook_the_packages_is_taken(world):
    hookplay.install("40-redis")
    os.unlink(SHARED)
    status, text = _run()
    equal(status, 1, text)
    contains(text, PACKAGED)


@case(own="a hook")
def a_link_to_a_hook_finds_it_beside_the_hook_itself(world):
    os.makedirs(hookplay.FOLDER)
    os.symlink(f"{hookplay.SHIPPED}/40-redis", f"{hookplay.FOLDER}/40-redis")
    equal(_run(), (0, "40-redis: no server runs here\n"))


@case(own="a hook")
def it_is_not_run_as_a_hook(world):
    world.disk("ext4", "/mnt/a")
    folder = hookplay.install("20-journald", "40-redis")
    _, client = world.connect(f"-F{folder}", "--hook-failure=abort")
    freeze(client, 1)
    thaw(client, 1)
    equal(sorted(told(last_freeze(world, client))),
          ["20-journald freeze", "20-journald thaw", "40-redis freeze", "40-redis thaw"])
