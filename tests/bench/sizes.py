# SPDX-License-Identifier: MIT
"""How much is measured: in full, and in a quick check of the bench itself."""
import collections

# clean: counts of clean filesystems; beside_mb: what is dirty on a disk beside one; grown: of those that
# are asked about, and most: the most that are frozen at once; interfaces: of a network; held: of those
# frozen when memory is looked at, and freezes: how often they have been by then; loaded, dirty_mb:
# filesystems with a writer, and what is dirty on each; locked_mb: what is dirty on the disk of a database.
# For the pictures: windows, numbers of clean filesystems; stalls, what is dirty on each of four;
# course_mb, on each of two.
Size = collections.namedtuple("Size", "rounds clean beside_mb grown most interfaces held freezes loaded dirty_mb "
                                      "locked_mb pings idle_s windows stalls course_mb")

FULL = Size(rounds=7, clean=(1, 3, 50, 200), beside_mb=100, grown=(50, 400), most=1000, interfaces=1000, held=8,
            freezes=12, loaded=8, dirty_mb=200, locked_mb=300, pings=10000, idle_s=10,
            windows=(1, 2, 5, 10, 20, 50, 100, 200), stalls=(0, 25, 50, 100, 150, 200), course_mb=40)
QUICK = Size(rounds=1, clean=(1, 2, 3, 4), beside_mb=20, grown=(2, 3), most=4, interfaces=20, held=2,
             freezes=2, loaded=2, dirty_mb=2, locked_mb=2, pings=200, idle_s=1, windows=(1, 2, 4), stalls=(0, 2), course_mb=2)
PICTURE_ROUNDS = 5


def of(name, rounds=None):
    size = {"full": FULL, "quick": QUICK}[name]
    return size._replace(rounds=int(rounds)) if rounds else size
