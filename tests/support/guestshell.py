# SPDX-License-Identifier: MIT
"""A virtual machine with the agent in it, for a person: guestshell.py TREE [root] [newest]"""
import subprocess
import sys

import accel
import guestbuild
import guestkernel
import qemu
import reference
import vmrun
from build import Build
from cases import Failed, Skipped
from report import Report
from vmworld import World

_HINT = """
frost-ga runs in the guest on its port; its log is /run/agent.log. Be the host in another terminal:

    socat - UNIX-CONNECT:{socket}
    {{"execute":"guest-fsfreeze-freeze"}}

In here: `writer buffered /mnt/ext4/x /run/note &` writes without end, `writer show /run/note` says
how far it is; qemu-ga is /agent/qemu-ga. Ctrl-A X ends the machine.
"""


def main():
    tree, words = sys.argv[1], sys.argv[2:]
    report = Report()
    release = Build(tree, "clang-release", "agent/frost-ga")
    if not release.make(report):
        return 1
    agents = {"frost-ga": release.path("agent/frost-ga")}
    binary, _ = reference.fetch(f"{tree}/build-test-reference")
    if binary:
        agents["qemu-ga"] = binary
    world = World(guestbuild.Builder(tree, agents), False, None,
                  guestkernel.NEWEST if "newest" in words else guestkernel.FLAVOURS[0])
    try:
        accel.choose(world.builder.folder,
                     lambda name: vmrun.fault_under(world.builder, name))
        guest = world.prepare(root="root" in words, words="vmshell=yes")
        argv = [w if not w.startswith("file:") else "mon:stdio" for w in guest.argv()]
        print(_HINT.format(socket=guest.path("agent")), flush=True)
        subprocess.run([qemu.binary(), *argv], check=False)
    except (Failed, Skipped) as e:
        print(e, file=sys.stderr)
        return 1
    finally:
        world.end_others()
    return 0


if __name__ == "__main__":
    sys.exit(main())
