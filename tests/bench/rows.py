# SPDX-License-Identifier: MIT
"""The rows of the table: what is measured, and what it ought to be."""
import collections
import statistics

OURS, REFERENCE, NONE = "frost-ga", "qemu-ga", "no freeze"
MINIMAL, STATIC = "frost-ga-minimal", "frost-ga-static-minimal"

# limit: of the ratio to qemu-ga's figure, as text ("1/40"); absolute: of our own figure;
# excuse: where it goes, for a target that is missed.
Row = collections.namedtuple("Row", "group key label unit limit absolute excuse")

# Of qemu-ga's, for each count of clean filesystems; None: it is shown in no row.
FREEZE_LIMITS = ("1/12", "1/30", "1/150", "1/180")
THAW_LIMITS = ("0.9", None, "0.6", "0.4")

USED = """GLib 2.74 and the C library keep small pieces of what each freeze needs for later, each in another page,
and these cannot be given back; the texts of the last ten records are 74 KiB"""

PRIVATE = """about 120 KiB are pages that the dynamic linker and the C library write in any program
with glib (which brings pcre2 and the mathematics library) and json-c; most of the heap are GLib's
own tables"""

STATIC_PRIVATE = """a GLib main loop that does nothing, linked statically, has 92 KiB, of which GLib's table of
quarks is 16; pages that relocation writes are 28"""

FREEZE = """the plan, a fork, an exec, linking, the seal and threads take 3.2 ms of the processor on a usual machine, and
13 where a page fault takes 11 us (README.md); qemu-ga sleeps for one grace period of RCU after the other"""

BESIDE = """that it is another disk's shows only once the first sync has ended; until then the queue is short,
and each of the four writes that turn its two limits waits for a grace period of RCU"""

PING = """each request goes to the parser's process and back"""

START = """two processes are started, the agent and its parser, which gives up all its rights"""

LONGEST = """it is no longer with `--pace=off` (README.md): eight writers, eight disks' threads and the agent
share the CPUs"""

RESIDENT = """most of it is glib and the C library, which every other program that uses them shares"""

THAW = """of 0.74 ms 0.12 are FITHAW; the request goes to the parser, back, to the freezer, to its thread and
back, where qemu-ga has one thread for all"""


SIZE = """it was 238 and 166 KiB before the parser, the seal, the paced write-out, the receipt and the hardening
flags (README.md); 13 further options of the compiler give 300 bytes at most"""

THAW_MOST = """of these milliseconds the kernel alone takes 50 with one thread, 43 with two and 27 with eight (`bare.c`)"""


def _row(group, key, label, unit, limit=None, absolute=None, excuse=None):
    return Row(group, key, label, unit, limit, absolute, excuse)


def _clean_rows(size):
    counts = list(zip(size.clean, FREEZE_LIMITS, THAW_LIMITS))
    return ([_row("clean", f"freeze_{n}", f"freeze of {n} clean ext4", "ms", limit, excuse=FREEZE)
             for n, limit, _ in counts]
            + [_row("clean", "freeze_beside", f"freeze of 1 clean ext4, {size.beside_mb} MB dirty on another disk",
                    "ms", "1", excuse=BESIDE)]
            + [_row("clean", f"thaw_{n}", f"thaw of {n} ext4", "ms", limit, excuse=THAW)
               for n, _, limit in counts if limit])


def _growth_rows(size):
    """At most as much as qemu-ga, however many there are."""
    made = []
    for n in size.grown:
        for command, key in (("guest-get-fsinfo", "fsinfo"), ("guest-get-disks", "disks")):
            made += [_row("growth", f"{key}_{n}", f"{command}, {n} filesystems", "ms", "1"),
                     _row("growth", f"{key}_cpu_{n}", f"{command}, {n} filesystems: processor", "ms", "1")]
    n, most = size.interfaces, size.most
    asked = f"guest-network-get-interfaces, {n:,} interfaces"
    made += [_row("growth", "interfaces", asked, "ms", "1"),
             _row("growth", "interfaces_cpu", f"{asked}: processor", "ms", "1"),
             _row("growth", "interfaces_times", f"{asked}: of the time of {n // 10}", "times", absolute=12),
             _row("growth", "plan_calls", "system calls of `frost-ga plan` a filesystem (qemu-ga has no plan)", "",
                  absolute=30)]
    return made + [_row("growth", "freeze_most", f"freeze of {most} clean ext4", "ms", "1/100"),
                   _row("growth", "thaw_most", f"thaw of {most} ext4", "ms", "1/2", excuse=THAW_MOST)]


def rows(size):
    """size: see sizes.py."""
    load = f"{size.loaded} x {size.dirty_mb} MB dirty"
    made = _clean_rows(size) + _growth_rows(size)
    for fs, limit in (("ext4", "1/5"), ("xfs", "1/30")):
        made += [
            _row(fs, f"stall_{fs}", f"{load}, {fs}: first FIFREEZE until all are frozen", "ms",
                 absolute=10),
            _row(fs, f"longest_{fs}", f"{load}, {fs}: longest write in all", "ms", limit,
                 excuse=LONGEST),
        ]
    made += [
        _row("hooks", f"locked_{fs}", f"MariaDB locked, {size.locked_mb} MB dirty, {fs}", "ms", "1/2")
        for fs in ("ext4", "xfs")
    ]
    made += [
        _row("talk", "ping", "ping round trip", "us", "1", excuse=PING),
        _row("talk", "pipelined", "pipelined pings, time for each", "us", "1"),
        _row("talk", "start", "start (exec) to first answer", "ms", "1", excuse=START),
        _row("footprint", "private", "memory idle, private dirty", "KiB", "0.60",
             excuse=PRIVATE),
        _row("footprint", "rss", "memory idle, RSS", "KiB", "0.75", excuse=RESIDENT),
        _row("footprint", "private_minimal",
             "memory idle, private dirty, `-Dcommands=minimal`", "KiB", "0.60", excuse=PRIVATE),
        _row("footprint", "private_static",
             "memory idle, private dirty, `-Dcommands=minimal -Dstatic=true`", "KiB", "0.33",
             excuse=STATIC_PRIVATE),
        _row("footprint", "rss_minimal", "memory idle, RSS, `-Dcommands=minimal`", "KiB", "0.75",
             excuse=RESIDENT),
        _row("footprint", "frozen",
             "memory while frozen, PSS of both processes (qemu-ga: RSS idle)", "KiB", "1.2"),
        _row("footprint", "used", f"memory idle after {size.freezes} freezes of {size.held}, private dirty", "KiB", "1",
             excuse=USED),
        _row("size", "size", "binary, stripped", "KiB", "1/4", excuse=SIZE),
        _row("size", "size_minimal", "binary, stripped, `-Dcommands=minimal`", "KiB", "1/6", excuse=SIZE),
        _row("footprint", "calls_alone", f"system calls in {size.idle_s} idle seconds, no client",
             "", absolute=0),
        _row("footprint", "calls_client",
             f"system calls in {size.idle_s} idle seconds, client connected", "", absolute=0),
    ]
    return made


class Figures:
    """Median, smallest and largest of one agent's samples."""

    def __init__(self, samples):
        self.median = statistics.median(samples)
        self.low, self.high = min(samples), max(samples)


class Result:
    """One row, measured. samples: {agent: {round: value}}."""

    def __init__(self, row, samples):
        self.row = row
        self.samples = samples
        self.figures = {name: Figures(list(samples[name].values())) for name in samples}

    def ratio_to(self, name):
        """Of each round on its own: what slowed one agent down at that time slowed the other, too."""
        pairs = [(self.samples[OURS][n], self.samples[name][n])
                 for n in self.samples[OURS] if n in self.samples[name]]
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        return statistics.median(ratios) if ratios else None

    @property
    def ratio(self):
        return self.ratio_to(REFERENCE)

    @property
    def limit(self):
        """Of the ratio; None where the target is absolute."""
        if self.row.limit is None:
            return None
        over, _, under = self.row.limit.partition("/")
        return float(over) / float(under or 1)

    @property
    def target(self):
        if self.row.limit is None:
            return f"{self.row.absolute} {self.row.unit}".strip()
        return f"ratio {self.row.limit}"

    @property
    def met(self):
        if self.limit is None:
            return self.figures[OURS].median <= self.row.absolute
        return self.ratio is not None and self.ratio <= self.limit
