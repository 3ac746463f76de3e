# SPDX-License-Identifier: MIT
"""Filesystems with much to write out and a program that writes, while they are frozen."""
import contextlib
import ctypes
import os
import subprocess
import time

import disks
import host
import kernel
from cases import Failed
from rows import REFERENCE

MIB = 1 << 20
LIMIT_S = 120
BEFORE_S = 0.2    # the writers write for this long before and after
SPACE_MB = 640    # with less to spare a filesystem writes out early (ext4: half of it must be free)
SHARE = 96        # percent of what may be dirty on the machine before it is written out


class Writers:
    """One program on each folder, of a kind of writer.c; its file has the kind's name."""

    def __init__(self, folders, kind="plain"):
        self.running = [subprocess.Popen(["/agent/writer", f"{folder}/{kind}", kind],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                        for folder in folders]
        for process in self.running:
            if process.stdout.readline() != "ready\n":
                raise Failed("a writer cannot write")

    def end(self):
        """[(began, took)] in microseconds of all writes that took long (fsync: of all)."""
        found = []
        for process in self.running:
            out, _ = process.communicate(timeout=LIMIT_S)
            if process.returncode != 0:
                raise Failed("a writer's write failed")
            found += [tuple(int(word) for word in line.split()) for line in out.splitlines()]
        return found


def _dirty_kib():
    with open("/proc/meminfo") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Dirty:"))


def _give(numbers, share):
    for number in numbers:
        with open(f"/sys/class/bdi/{kernel.LOOP_MAJOR}:{number}/min_ratio", "w") as f:
            f.write(str(share))


@contextlib.contextmanager
def reserved(numbers, share=SHARE):
    """A loop device that has written little so far may have little dirty: asks for an equal share, and
    gives it back, since the kernel keeps it with the device's number. The kernel refuses what is more
    than 100 percent with that of others."""
    _give(numbers, share // len(numbers))
    try:
        yield
    finally:
        _give(numbers, 0)


def dirty(folders, megabytes):
    """Leaves this much on each that is not on its disk."""
    block = os.urandom(MIB)
    for folder in folders:
        with open(f"{folder}/dirty", "wb") as f:
            for _ in range(megabytes):
                f.write(block)
    found = _dirty_kib() // 1024
    if found < len(folders) * megabytes * 0.9:
        raise Failed(f"only {found} MB are dirty: the kernel has written out the rest")


def _syncfs(folder):
    fd = os.open(folder, os.O_RDONLY)
    failed = ctypes.CDLL(None, use_errno=True).syncfs(fd)
    os.close(fd)
    if failed:
        raise OSError(ctypes.get_errno(), "syncfs", folder)


def clean(folders):
    """The same start for both: files removed, and that written out."""
    for folder in folders:
        for name in ("dirty", "plain", "fsync", "stream"):
            if os.path.exists(f"{folder}/{name}"):
                os.unlink(f"{folder}/{name}")
    for folder in folders:
        _syncfs(folder)


def _stall_ms(name, agent, command_ms):
    """qemu-ga does nothing but FIFREEZE; when frost-ga began with it is in its ledger."""
    if name.startswith(REFERENCE):
        return command_ms
    out = subprocess.run(["/agent/ledger-times", f"{agent.statedir}/frost-ga.ledger"],
                         check=True, capture_output=True, text=True).stdout
    began_us, frozen_us = (int(word) for word in out.split())
    return (frozen_us - began_us) / 1000


def run(bench, fs_type):
    folders = [f"/mnt/{fs_type}{n}" for n in range(bench.size.loaded)]
    made = [disks.Disk(fs_type, folder, size=SPACE_MB * MIB) for folder in folders]
    agents = {name: bench.agent(name) for name in bench.names}
    clients = {name: agents[name].client() for name in agents}

    def measure(name):
        clean(folders)
        dirty(folders, bench.size.dirty_mb)
        writers = Writers(folders)
        time.sleep(BEFORE_S)
        began = time.clock_gettime(time.CLOCK_BOOTTIME)
        host.freeze(clients[name], len(made), limit_s=LIMIT_S)
        command_ms = (time.clock_gettime(time.CLOCK_BOOTTIME) - began) * 1000
        stall_ms = _stall_ms(name, agents[name], command_ms)
        host.thaw(clients[name], len(made), limit_s=LIMIT_S)
        time.sleep(BEFORE_S)
        longest_us = max(took for _, took in writers.end())
        return {f"stall_{fs_type}": stall_ms, f"longest_{fs_type}": longest_us / 1000,
                f"command_{fs_type}": command_ms}

    with reserved([disk.number for disk in made]):
        bench.in_turn(measure)
