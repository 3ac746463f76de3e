# SPDX-License-Identifier: MIT
"""What a snapshot of a guest is worth, read from the images themselves: with a freeze each is clean
and complete, without one none is, and an agent that only pretends is caught."""
import statistics
import time

import snapshot
from cases import case, equal, true
from host import freeze, status, thaw
from vmload import Load

GUEST = {"disks": ("ext4", "xfs")}
ROUNDS, ROUNDS_FULL = 5, 100
TOLD_EVERY = 20   # rounds
OTHER_ROUNDS_FULL = 25   # with a root, on the newest kernel, and of those that must fail
PRETENDS = "LD_PRELOAD=/lib/no-freeze.so"


def one_round(load, port, number, copy):
    """(faults by mount point, seconds until the freeze was answered)"""
    guest = load.guest
    count = len(load.folders)
    began = time.monotonic()
    freeze(port, count, limit_s=150)
    took = time.monotonic() - began
    notes = load.notes()
    images = copy(guest, f"round{number}")
    status(port, "frozen")
    thaw(port, count, limit_s=150)
    if copy is snapshot.by_overlay:
        snapshot.merge_overlay(guest, f"round{number}")
    found = snapshot.faults(guest, images, notes)
    snapshot.remove(images)
    return found, took


def rounds(world, guest, program="frost-ga", wrap="", count=None):
    """What each round's images are worth; the last round is an external snapshot. count: of rounds,
    in the short form; FULL has more, also of those that must fail."""
    if world.full:
        other = wrap or guest.root or world.flavour != "stable"
        count = OTHER_ROUNDS_FULL if other else ROUNDS_FULL
    elif not count:
        count = world.rounds or (ROUNDS if world.flavour == "stable" else 1)
    found, times = [], []
    with world.agent(program, guest=guest, wrap=wrap) as agent, Load(guest) as load, \
            agent.port() as port:
        for number in range(count):
            last = number == count - 1
            faults, took = one_round(load, port, number, snapshot.by_overlay if last
                                     else snapshot.by_backup)
            found += [(number, point, list_) for point, list_ in faults.items()]
            times.append(took)
            if last or number % TOLD_EVERY == TOLD_EVERY - 1:
                tell(f"{wrap} {program}".strip(), found, times)
    return found


def tell(program, found, times):
    clean = [f for f in found if not f[2]]
    print(f"#     {program}: {len(clean)} of {len(found)} images clean and complete, freeze "
          f"answered after {statistics.median(times) * 1000:.0f} ms "
          f"[{min(times) * 1000:.0f} - {max(times) * 1000:.0f}]", flush=True)


def all_must_be_clean(found):
    bad = [f"round {number}, {point}: {faults}" for number, point, faults in found if faults]
    true(not bad, "\n".join(bad))


@case(limit=240)
def every_image_of_a_frozen_guest_is_clean_and_complete(world):
    all_must_be_clean(rounds(world, world.guest))


@case(limit=240)
def so_are_those_of_qemu_ga(world):
    all_must_be_clean(rounds(world, world.guest, "qemu-ga"))


@case(limit=120)
def without_a_freeze_none_is(world):
    guest = world.guest
    with Load(guest) as load:
        for number in range(OTHER_ROUNDS_FULL if world.full else 3):
            notes = load.notes()
            images = snapshot.by_backup(guest, f"torn{number}")
            for point, faults in snapshot.faults(guest, images, notes).items():
                true(faults, f"round {number}: the image of {point} is clean: "
                             f"this test cannot fail")
            snapshot.remove(images)


@case(limit=120)
def an_agent_whose_freeze_does_nothing_is_caught(world):
    found = rounds(world, world.guest, wrap=PRETENDS, count=2)
    clean = [(number, point) for number, point, faults in found if not faults]
    equal(clean, [], "images that look frozen")


@case(limit=240)
def a_root_that_is_frozen_with_the_rest_is_clean_too(world):
    guest = world.boot(disks=("xfs",), root=True)
    equal(guest.run("df -P / | tail -n 1 | cut -d' ' -f1").strip(), "/dev/vda", "the root's disk")
    all_must_be_clean(rounds(world, guest, count=2))


NEWEST_KERNEL = (every_image_of_a_frozen_guest_is_clean_and_complete,)
OTHER_PROCESSORS = NEWEST_KERNEL
