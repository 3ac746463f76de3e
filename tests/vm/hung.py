# SPDX-License-Identifier: MIT
"""A kernel that panics when a task hangs, and a host that never thaws (K7)."""
from cases import case, true, within
from host import freeze, status
from vmworld import Agent, must_be_frozen, must_come_through

GUEST = {"disks": ("ext4",)}
_PANICS = ("echo 10 >/proc/sys/kernel/hung_task_timeout_secs; "
           "echo 1 >/proc/sys/kernel/hung_task_panic; cat /proc/sys/kernel/hung_task_panic")


@case(limit=120)
def the_guest_is_thawed_before_its_kernel_panics(world):
    guest = world.guest
    guest.run(_PANICS)
    with world.agent() as agent, agent.port() as port:
        freeze(port, 1)
        held = must_be_frozen(guest)
        must_come_through(guest, held, 60)
        status(port, "thawed")
        said = guest.run("dmesg | grep -c 'blocked for more than' || true")
        true(int(said) == 0, f"{said} tasks were found hanging")


@case(limit=120)
def with_qemu_ga_it_panics_so_that_would_be_seen(world):
    guest = world.guest
    guest.run(_PANICS)
    with Agent(guest, "qemu-ga").start("").port() as port:
        freeze(port, 1)
        must_be_frozen(guest)
        within(60, lambda: not guest.qemu.alive(), "the kernel panics")
    true("hung_task: blocked tasks" in guest.console(), "the console tells of another panic")
    world.discard_later()
