# SPDX-License-Identifier: MIT
"""Processors, memory blocks, disks and filesystems: what both tell of the same machine."""
import re

from cases import case, equal, true
from twins import BOTH, Twins


def _by(key):
    return lambda items: sorted(items, key=lambda item: item[key])


@case(once=True, own=BOTH)
def processors_are_the_same(world):
    with Twins(world) as twins:
        twins.same("guest-get-vcpus", arrange=_by("logical-id"))


@case(once=True, own=BOTH)
def memory_blocks_are_the_same(world):
    with Twins(world) as twins:
        twins.same("guest-get-memory-blocks",
                   arrange=lambda value: value if isinstance(value, dict) else
                   _by("phys-index")(value))
        twins.same("guest-get-memory-block-info")


@case(once=True, own=BOTH)
def nothing_to_switch_is_switched(world):
    with Twins(world) as twins:
        twins.same("guest-set-vcpus", {"vcpus": []})
        twins.same("guest-set-memory-blocks", {"mem-blks": []})


@case(once=True, own=BOTH)
def units_that_are_not_there_are_refused_alike(world):
    """But for the words that 11.1 has for a file that cannot be opened."""
    with Twins(world) as twins:
        for number in (4000000, 2**62):
            (ours, refused), (theirs, _) = twins.both(
                "guest-set-vcpus", {"vcpus": [{"logical-id": number, "online": True}]})
            true(refused, f"not refused: {ours}")
            equal(re.sub(r"^Could not open '(.*)'(?=: )", r'open("\1")', theirs["desc"]),
                  ours["desc"], "error")
            (ours, _), (theirs, _) = twins.both(
                "guest-set-memory-blocks", {"mem-blks": [{"phys-index": number, "online": True}]})
            equal(ours[0]["response"], theirs[0]["response"], "response")


@case(once=True, own=BOTH)
def units_of_a_wrong_shape_are_refused_alike(world):
    shapes = [[1], [None], [{}], [{"online": True}], [{"NUMBER": 4000000}],
              [{"NUMBER": "1", "online": True}], [{"NUMBER": 1.5, "online": True}],
              [{"NUMBER": 4000000, "online": 1}], [{"NUMBER": 4000000, "online": None}],
              [{"NUMBER": 4000000, "online": True, "can-offline": 1}],
              [{"NUMBER": 4000000, "online": True, "more": 1}]]
    with Twins(world) as twins:
        for name, items, number in (("guest-set-vcpus", "vcpus", "logical-id"),
                                    ("guest-set-memory-blocks", "mem-blks", "phys-index")):
            for shape in shapes:
                wanted = [{(number if k == "NUMBER" else k): v for k, v in item.items()}
                          if isinstance(item, dict) else item for item in shape]
                twins.same(name, {items: wanted})


# What frost-ga tells although 7.2 does not: 9.1 has the first, and udev's notes are not in an
# arena.
_MORE = ("total-bytes-privileged",)


def _disk(address):
    return {key: value for key, value in address.items() if key != "serial"}


def _filesystems(value):
    return sorted(({**{k: v for k, v in item.items() if k not in _MORE},
                    "disk": [_disk(d) for d in item["disk"]]} for item in value),
                  key=lambda item: item["mountpoint"])


@case(once=True, own=BOTH, limit=60)
def filesystems_are_the_same(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/b")
    with Twins(world) as twins:
        value = twins.same("guest-get-fsinfo", arrange=_filesystems)
        equal([item["mountpoint"] for item in value], ["/mnt/b", "/mnt/a"], "newest first")
        for item in value:
            true(item["used-bytes"] <= item["total-bytes"] <= item["total-bytes-privileged"],
                 f"space of {item}")


@case(once=True, own=BOTH, limit=60)
def a_trim_is_the_same(world):
    world.disk("ext4", "/mnt/a")
    with Twins(world) as twins:
        (ours, _), (theirs, _) = twins.both("guest-fstrim", {"minimum": 4096})
        equal([sorted(item) for item in ours["paths"]], [sorted(item) for item in theirs["paths"]],
              "what is told of each")
        equal([item["path"] for item in ours["paths"]], ["/mnt/a"], "paths")


@case(once=True, own=BOTH)
def disks_are_the_same(world):
    def arrange(value):
        # the loop devices are the whole machine's, and come and go with other cases
        own = [{k: _disk(v) if k == "address" else v for k, v in item.items()}
               for item in value if not item["name"].startswith("/dev/loop")]
        return sorted(own, key=lambda item: item["name"])
    with Twins(world) as twins:
        twins.same("guest-get-disks", arrange=arrange)


@case()
def a_loop_with_a_file_is_a_disk_that_is_plugged_in_nowhere(world):
    disk = world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    found = [item for item in client.call("guest-get-disks") if item["name"] == disk.device]
    equal(found, [{"name": disk.device, "partition": False, "dependencies": []}])
