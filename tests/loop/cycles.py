# SPDX-License-Identifier: MIT
"""Many freezes, many filesystems, much to write: what stays behind, and who waits how long."""
import os
import time

import arena
import loops
import probe
import proc
import trace
from cases import case, equal, true, within
from host import freeze, thaw

FULL = bool(os.environ.get("FULL"))
CYCLES = 10000 if FULL else 450
WARM_UP = 350   # by then the allocators have what they ever want
MIB = 1 << 20
TRACE = "/run/trace"
MEMORY = "anonymous memory in KiB"
GROWTH_KIB = 1024   # pages that an allocator keeps, 620 seen; the sanitizer tells of smaller leaks
ADDRESSES = "addresses in KiB"
STACKS_KIB = 40 << 10   # what the C library keeps of threads that have ended; each has 8 MiB
# Freed memory is given back at once, instead of being kept for a better diagnosis.
AT_ONCE = {"ASAN_OPTIONS": "exitcode=99:detect_leaks=1:quarantine_size_mb=0:"
                           "thread_local_quarantine_size_kb=0"}


def _mapped_files(agent):
    """Each with its rights and size. What has no file is measured, not counted: of each thread that an
    agent has ever had the sanitizer keeps a record, in pages that may adjoin each other or not."""
    with open(f"/proc/{agent.pid}/maps") as f:
        lines = [line.split(maxsplit=5) for line in f]
    sizes = [[int(end, 16) for end in line[0].split("-")] for line in lines]
    return sorted((line[5].strip(), line[1], end - begin)
                  for line, (begin, end) in zip(lines, sizes) if line[4] != "0")


def _holdings(agent):
    """What an agent could leak."""
    with open(f"/proc/{agent.pid}/status") as f:
        fields = dict(line.split(":", 1) for line in f)
    return {MEMORY: int(fields["RssAnon"].split()[0]),
            ADDRESSES: int(fields["VmSize"].split()[0]),
            "descriptors": len(os.listdir(f"/proc/{agent.pid}/fd")),
            "threads": int(fields["Threads"]),
            "mapped files": _mapped_files(agent),
            "processes": len(proc.pids()),
            "mounts": sum(1 for _ in open("/proc/self/mountinfo")),
            "files of state": len(os.listdir(agent.statedir)),
            "loop devices": len(loops.owned(arena.token(), "/dev"))}


def _holdings_at_rest(agent):
    """Those that stay the same for a while, if they do."""
    before = _holdings(agent)
    time.sleep(0.2)
    after = _holdings(agent)
    return after if {**before, MEMORY: 0} == {**after, MEMORY: 0} else None


def _same_as_before(world, warm_up, cycles, *options):
    world.disk("ext4", "/mnt/a", size=4 * MIB)
    agent, client = world.connect(*options, env=AT_ONCE)

    def go_on(count):
        for _ in range(count):
            freeze(client, 1)
            thaw(client, 1)
        within(10, lambda: agent.freezers() == [], "the last freezer ends")
        return within(10, lambda: _holdings_at_rest(agent), "it lets go of the freezer, and of a hook")

    before = go_on(warm_up)
    after = go_on(cycles - warm_up)
    for what, limit_kib in ((MEMORY, GROWTH_KIB), (ADDRESSES, STACKS_KIB)):
        growth = after.pop(what) - before.pop(what)
        true(growth <= limit_kib, f"{growth} more {what} after {cycles} freezes")
    equal(after, before, "what is held afterwards")
    equal(agent.stop(), 0, "exit status")   # and the sanitizer has found no leak


@case(own="qemu-ga's memory is its own business", limit=1500 if FULL else 200)
def hundreds_of_freezes_leave_nothing_behind(world):
    _same_as_before(world, WARM_UP, CYCLES)


@case(own="qemu-ga's memory is its own business", limit=100)
def freezes_with_a_hook_leave_nothing_behind(world):
    _same_as_before(world, 100, 130, f"-F{world.hook()}")


@case(cheap=False, limit=100)
def fifty_filesystems_are_frozen_by_one_request(world):
    points = [f"/mnt/{n}" for n in range(50)]
    for point in points:
        world.disk("ext4", point, size=2 * MIB)
    _, client = world.connect()
    for _ in range(3):
        freeze(client, len(points))
        writers = probe.frozen(*points)
        thaw(client, len(points))
        for writer in writers:
            writer.must_end()


@case(own="told by a trace of two processes", limit=100)
def dirty_data_is_written_before_anything_is_frozen(world):
    points = [f"/mnt/{n}" for n in range(8)]
    for point in points:
        world.disk("ext4", point, size=64 * MIB)
    agent = world.agent(program=trace.program(world.program, TRACE, "-e", "trace=%desc,syncfs"))
    agent.start(env=trace.NO_LEAKS)
    client = agent.client()
    for point in points:
        with open(f"{point}/dirty", "wb") as f:
            f.write(os.urandom(24 * MIB))
    freeze(client, len(points))
    thaw(client, len(points))
    seen = trace.finished(TRACE, len(points))
    syncs, freezes = seen.having("syncfs("), seen.having("FIFREEZE")
    true(max(s.last for s in syncs) < min(f.first for f in freezes), "frozen before it is synced")
    syncing = max(s.ended for s in syncs) - min(s.began for s in syncs)
    freezing = max(f.ended for f in freezes) - min(f.began for f in freezes)
    true(freezing < syncing / 2, f"synced for {syncing:.4f} s, then froze for {freezing:.4f} s")
