# SPDX-License-Identifier: MIT
"""Many filesystems in loop images on another one."""
import time

from cases import case, equal
from guestdisk import Disk
from host import status
from vmworld import must_be_frozen, must_come_through

COUNT, COUNT_FULL = 60, 200


def _template(guest):
    return Disk("vdb", "ext4", None, guest.path("vdb.img"), size=2 << 20)


GUEST = {"disks": (lambda guest: Disk("vda", "ext4", "/mnt/ext4", guest.path("vda.img"),
                                      size=512 << 20), _template), "memory": 768}


@case(limit=240)
def filesystems_on_loop_are_frozen_with_the_one_below_them(world):
    guest = world.guest
    count = COUNT_FULL if world.full else COUNT
    guest.run(f"""mkdir -p /mnt/ext4/images /run/many
    dd if=/dev/vdb of=/run/template bs=1M 2>/dev/null
    for i in $(seq {count}); do
        cp /run/template /mnt/ext4/images/$i
        mkdir /run/many/$i
        mount -o loop /mnt/ext4/images/$i /run/many/$i || exit 1
    done""", 180)
    with world.agent(options="-v --freeze-timeout=200") as agent, agent.port() as port:
        began = time.monotonic()
        equal(port.call("guest-fsfreeze-freeze", limit_s=120), count + 1, "answer to freeze")
        frozen = time.monotonic()
        status(port, "frozen")
        held = must_be_frozen(guest, ["/mnt/ext4", "/run/many/1", f"/run/many/{count}"])
        asked = time.monotonic()
        equal(port.call("guest-fsfreeze-thaw", limit_s=120), count + 1, "answer to thaw")
        thawed = time.monotonic()
        must_come_through(guest, held)
    print(f"#     {count + 1} filesystems: freeze {frozen - began:.2f} s, "
          f"thaw {thawed - asked:.2f} s", flush=True)
