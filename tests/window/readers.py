# SPDX-License-Identifier: MIT
"""Which readers wait for the thaw, as they store to a mapped page."""
import os
import sqlite3

from cases import case, within
from doer import KERNELS, Doer, Frozen, each_type

_READ = """import sqlite3, sys
base = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, isolation_level=None)
for word in sys.argv[2:]:
    if word != "now":
        with open(word) as f:
            f.read()
    base.execute("SELECT * FROM t").fetchall()
    print("has read", flush=True)
"""


def _reader(path, *words):
    """Reads once for each word: at once, or when something is written to the FIFO of that name."""
    return Doer("/usr/bin/python3", "-c", _READ, path, *words)


def _base(path, mode):
    base = sqlite3.connect(path, isolation_level=None)
    base.execute(f"PRAGMA journal_mode={mode}")
    base.execute("CREATE TABLE t (a)")
    return base


@case(own=KERNELS, limit=60)
def who_reads_an_sqlite_in_wal_mode_waits_if_it_opens_it_or_nobody_has_read_since_the_last_commit(world):
    for _, point in each_type(world):
        bases = {name: _base(f"{point}/{name}", "DELETE" if name == "rollback" else "WAL")
                 for name in ("rollback", "same", "new")}
        readers = {}
        for name in bases:
            os.mkfifo(f"/run/{name}")
            readers[name] = _reader(f"{point}/{name}", "now", f"/run/{name}")
            within(20, lambda name=name: "has read" in readers[name].said(), "a first read")
        bases["new"].execute("INSERT INTO t VALUES (1)")
        with Frozen(point):
            for name in bases:
                with open(f"/run/{name}", "w") as f:
                    f.write("go")
            readers["rollback"].must_end()
            readers["same"].must_end()
            readers["new"].must_wait()
            _reader(f"{point}/rollback", "now").must_end()
            opened = _reader(f"{point}/same", "now")
            opened.must_wait()
        opened.must_end()
        readers["new"].must_end()
        for name, base in bases.items():
            base.close()
            os.unlink(f"/run/{name}")
