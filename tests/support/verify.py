#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Is this image of a disk what a freeze promises? A program: its faults as JSON, [] for none.

    verify.py IMAGE TYPE '{"fsynced": [STARTED, DONE], ..., "deleted": N, "others_too": false,
                           "replayed": false}'

The numbers are those of the guest's writers (tests/vm/guest/writer.c): what had been begun and what
had been done when the freeze had been answered. Where the two cannot be read at one moment: what
was begun at the end, and what was done at the start. N files had been deleted, and were still open
(others_too: or more). The image is only read, and mounted without its journal in a mount namespace
of its own; a replay is tried on a copy. replayed: a kernel with another order of bytes has mounted
it once, as this one cannot read its log.
"""
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

import kernel
import loops

RECORD, WRAP, PAGES, PAGE, KEPT = 512, 8192, 64, 4096, 32   # as in writer.c
FAULTS_SHOWN = 12


def _said(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, errors="replace")
    return done.returncode, done.stdout + done.stderr


# What e2fsck -fn may say of files that were deleted, and open, when the filesystem was frozen.
_DELETED = re.compile(r"Deleted inode (\d+) has zero dtime|"
                      r"Inode (\d+) was part of the orphaned inode list")
_OF_DELETED = re.compile(r"Inodes that were part of a corrupted orphan linked list found\.|"
                         r"Orphan file \(inode \d+\) block \d+ is not clean\.|"
                         r"Failed to initialize orphan file\.$|Recreate\? no$|"
                         r"(Block|Inode) bitmap differences:( +-[(0-9)-]+)+$|"
                         r"Free (blocks|inodes) count wrong|Padding at end of |"
                         r"Fix\? no$|Clear\? no$|Pass \d|e2fsck \d|$|"
                         r".*: \*+ WARNING: Filesystem still has errors|.*: \d+/\d+ files ")


def _copy(image, folder):
    copy = f"{folder}/copy"
    os.system(f"cp --sparse=always '{image}' '{copy}'")
    return copy


class _Deleted:
    """The files that had been deleted, and were still open."""

    def __init__(self, count, others_too):
        self.count, self.others_too = count, others_too

    def faults(self, found):
        """found: so many are in the image."""
        if found < self.count or (found > self.count and not self.others_too):
            yield f"{found} deleted files, not the {self.count} that are open"


def _ext4_faults(image, folder, deleted):
    """No journal to replay (K18), and nothing to repair but the files that were deleted and are
    still open: these the next mount, or e2fsck -p, puts away."""
    _, head = _said("dumpe2fs", "-h", image)
    if "needs_recovery" in head:
        yield "ext4: the journal needs a replay"
    status, said = _said("e2fsck", "-fn", image)
    found = {a or b for a, b in _DELETED.findall(said)}
    strange = [line for line in said.splitlines()
               if not _DELETED.match(line) and not _OF_DELETED.match(line)]
    if status not in (0, 4) or strange:
        yield f"ext4: e2fsck -fn: {status}: {' '.join(strange)[-300:]}"
    yield from deleted.faults(len(found))
    if status == 4:
        copy = _copy(image, folder)
        repaired, _ = _said("e2fsck", "-p", copy)
        status, said = _said("e2fsck", "-fn", copy)
        os.unlink(copy)
        if repaired > 1 or status != 0:
            yield f"ext4: after e2fsck -p ({repaired}): {status}: {' '.join(said.split())[-300:]}"


def _xfs_faults(image, folder, deleted):
    """The log is covered: since its tail there is nothing but copies of the superblock, and one
    replay leaves nothing to repair. Before it there are the files that were deleted, and open."""
    status, said = _said("xfs_logprint", "-t", "-b", image)
    items = re.findall(r"^[A-Z]{2,4}:.*", said, re.M)
    superblocks = re.findall(r"^\tBUF: .*start blkno:0x0 ", said, re.M)
    if status != 0 or "log tail" not in said:
        yield f"xfs: xfs_logprint: {status}: {said[-300:]}"
    if len(items) != len(superblocks):
        yield f"xfs: {len(items) - len(superblocks)} items in the log need a replay: {items[:2]}"
    _, said = _said("xfs_repair", "-n", image)
    yield from deleted.faults(len(re.findall(r"^agi unlinked bucket", said, re.M)))
    copy = _copy(image, folder)
    with _Mounted(copy, "xfs", folder, read_only=False):
        pass
    status, said = _said("xfs_repair", "-n", copy)
    os.unlink(copy)
    if status != 0:
        yield f"xfs: xfs_repair -n after one replay: {status}: {' '.join(said.split())[-300:]}"


def _replayed_xfs_faults(image):
    status, said = _said("xfs_repair", "-n", image)
    if status != 0:
        yield f"xfs: xfs_repair -n after one replay: {status}: {' '.join(said.split())[-300:]}"


class _Mounted:
    def __init__(self, image, fs_type, folder, read_only=True):
        self.point = f"{folder}/point"
        self.options = {"ext4": "noload", "xfs": "nouuid,norecovery"}[fs_type]
        self.fs_type, self.image, self.read_only = fs_type, image, read_only

    def __enter__(self):
        os.makedirs(self.point, exist_ok=True)
        token = loops.token_of(os.getpid())
        number, self.fd = loops.attach(self.image, token, self.read_only,
                                       os.path.dirname(self.point))
        kernel.mount(f"{os.path.dirname(self.point)}/loop{number}", self.point, self.fs_type,
                     kernel.MS_RDONLY if self.read_only else 0,
                     self.options if self.read_only else
                     "nouuid" if self.fs_type == "xfs" else None)
        return self.point

    def __exit__(self, *_):
        kernel.umount(self.point)
        os.close(self.fd)


def _sum(record):
    total = 0xcbf29ce484222325
    for byte in record:
        total = ((total ^ byte) * 0x100000001b3) & 0xFFFFFFFFFFFFFFFF
    return total


# Only the low byte of a record's number is in its body.
_BODIES = [bytes((low * 31 + i * 7) & 0xFF for i in range(8, RECORD - 8)) for low in range(256)]


def _number_of(record):
    """What a whole record says it is; None for a torn or empty one."""
    number = struct.unpack_from("<Q", record)[0]
    if record[8:-8] != _BODIES[number & 0xFF]:
        return None
    return number if struct.unpack_from("<Q", record, RECORD - 8)[0] == _sum(record[:-8]) else None


def _record_faults(folder, started, done):
    with open(f"{folder}/data", "rb") as f:
        data = f.read()
    for number in range(max(1, started - WRAP + 1), done + 1):
        record = data[number % WRAP * RECORD:][:RECORD]
        found = _number_of(record) if len(record) == RECORD else None
        if found != number:
            yield f"record {number}, done before the freeze, is missing (there is {found})"
    for at in range(0, len(data) - 7, RECORD):
        number = struct.unpack_from("<Q", data, at)[0]
        if number > started:
            yield f"record {number} was begun after the freeze (at {started})"


def _mapped_faults(folder, started, done):
    with open(f"{folder}/data", "rb") as f:
        data = f.read()
    for page in range(PAGES):
        found = struct.unpack_from("<Q", data, page * PAGE)[0]
        last = max(done - (done - page) % PAGES, 0)
        if not last <= found <= max(started, last) or (found and found % PAGES != page):
            yield f"page {page} has store {found}, with {last} done and {started} begun"


def _churn_faults(folder, started, done):
    for number in range(max(1, done - KEPT + 1), done + 1):
        try:
            with open(f"{folder}/{number}") as f:
                if f.read() != f"{number}\n":
                    yield f"file {number} has not its content"
        except FileNotFoundError:
            if number > started - KEPT:
                yield f"file {number}, made before the freeze, is missing"
    for name in os.listdir(folder):
        if name != "fresh" and not done - KEPT < int(name) <= started:
            yield f"file {name} is there, with {done} done and {started} begun"


_FAULTS = {"fsynced": _record_faults, "buffered": _record_faults, "mapped": _mapped_faults,
           "churn": _churn_faults}


def _content_faults(point, writers):
    for kind, (started, done) in writers.items():
        if done < KEPT:
            yield f"{kind}: only {done} steps: the test has no load"
        try:
            for fault in list(_FAULTS[kind](f"{point}/{kind}", started, done))[:FAULTS_SHOWN]:
                yield f"{kind}: {fault}"
        except (OSError, ValueError, struct.error) as e:   # as bad as it can be: torn, unreadable
            yield f"{kind}: {e}"


def faults(image, fs_type, writers, folder):
    deleted = _Deleted(writers.pop("deleted", 0), writers.pop("others_too", False))
    if writers.pop("replayed", False):
        found = list(_replayed_xfs_faults(image))
    elif fs_type == "ext4":
        found = list(_ext4_faults(image, folder, deleted))
    else:
        found = list(_xfs_faults(image, folder, deleted))
    with _Mounted(image, fs_type, folder) as point:
        found += _content_faults(point, writers)
    return found


def main():
    image, fs_type, writers = sys.argv[1:4]
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    with tempfile.TemporaryDirectory(prefix="frost-verify-") as folder:
        try:
            found = faults(image, fs_type, json.loads(writers), folder)
        except OSError as e:   # an image that cannot be mounted is the worst of all
            found = [f"{fs_type}: {e}"]
        finally:
            for path in glob.glob(f"{folder}/loop*"):
                os.unlink(path)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
