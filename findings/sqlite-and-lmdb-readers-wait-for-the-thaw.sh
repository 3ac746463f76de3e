#!/bin/sh
# SPDX-License-Identifier: MIT
#
# SQLite 3.40.1 (Debian's libsqlite3-0 3.40.1-2+deb12u2) and LMDB 0.9.24 (liblmdb0 0.9.24-1): readers while the filesystem
# is frozen
#
# Who reads goes on while a filesystem is frozen: files, and databases such as PostgreSQL.
#
# Expected: a process that only reads an SQLite or LMDB database goes on, above all one that has opened it read-only.
# Seen:     LMDB's readers store themselves into lock.mdb, and SQLite's in WAL mode store into the -shm file how far they
#           read, both through a mapping: they wait for the thaw, and no signal ends them. With LMDB these are
#           all readers. With WAL these are all that open the database now, mode=ro too, and those who read for the
#           first time since a commit; who has read since then goes on. In the mode with a rollback journal all go
#           on. So a web page that only looks something up may stand still for as long as a snapshot takes.
#
# Needs root (a mount namespace and a loop device, which it freezes for some seconds), a kernel with ext4, mkfs.ext4, apt-get,
# dpkg-deb and python3 of Debian 12. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download libsqlite3-0=3.40.1-2+deb12u2 liblmdb0=0.9.24-1 \
    python3-lmdb=1.4.0-1+b1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
export LD_LIBRARY_PATH PYTHONPATH

# Reads once, then once for each line of its input, and says so each time.
cat >reader.py <<'PYTHON'
import sqlite3
import sys

import lmdb

path = "mounted/" + sys.argv[1]
if path.endswith("lmdb"):
    environment = lmdb.open(path, readonly=True)
else:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)


def read():
    if path.endswith("lmdb"):
        with environment.begin() as transaction:
            transaction.get(b"1")
    else:
        connection.execute("SELECT * FROM t").fetchall()
    print("read", flush=True)


read()
for _ in sys.stdin:
    read()
PYTHON

cat >ask.py <<'PYTHON'
import select
import sqlite3
import subprocess
import sys

import lmdb

FREEZE = ["fsfreeze", "--freeze", "mounted"]
THAW = ["fsfreeze", "--unfreeze", "mounted"]


def make(name, mode):
    connection = sqlite3.connect("mounted/" + name, isolation_level=None)
    connection.execute("PRAGMA journal_mode=" + mode)
    connection.execute("CREATE TABLE t (a)")
    return connection


def start(name):
    return subprocess.Popen([sys.executable, "reader.py", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def show(what, reader):
    """It waits if for a second nothing but the kernel's wait was seen of it, which no signal ends."""
    asleep = 0
    answered = []
    while not answered and asleep < 10:
        answered = select.select([reader.stdout], [], [], 0.1)[0]
        with open(f"/proc/{reader.pid}/stat") as file:
            asleep = asleep + 1 if file.read().rpartition(") ")[2].startswith("D") else 0
    print(f"{what}: {'goes on' if answered else 'waits'}", flush=True)


writers = {name: make(name, "DELETE" if name == "rollback" else "WAL") for name in ("rollback", "wal", "other wal")}
with lmdb.open("mounted/lmdb") as environment, environment.begin(write=True) as transaction:
    transaction.put(b"1", b"value")
old = {name: start(name) for name in (*writers, "lmdb")}
for reader in old.values():
    reader.stdout.readline()
writers["other wal"].execute("INSERT INTO t VALUES (1)")
subprocess.run(["sync", "-f", "mounted"], check=True)
subprocess.run(FREEZE, check=True)
new = []
try:
    for name, reader in old.items():
        reader.stdin.write(b"again\n")
        reader.stdin.flush()
        what = {"wal": "wal, no commit since its last read", "other wal": "wal, a commit since its last read"}
        show(what.get(name, name), reader)
    for name in ("rollback", "wal", "lmdb"):
        new.append(start(name))
        show(f"{name}, opened now", new[-1])
finally:
    subprocess.run(THAW, check=True)
for reader in [*old.values(), *new]:
    reader.communicate()
PYTHON

cat >live <<'LIVE'
mount --make-rprivate /
mount -o loop disk mounted
trap 'umount mounted' EXIT
# Whatever becomes of the rest.
{ sleep 120; fsfreeze --unfreeze mounted; } >/dev/null 2>&1 &
guard=$!
/usr/bin/python3 ask.py
pkill -P "$guard"
wait "$guard" || true
LIVE

mkdir mounted
truncate -s 100M disk
mkfs.ext4 -q disk
unshare -m sh -e live | tee seen

cat >expected <<'SEEN'
rollback: goes on
wal, no commit since its last read: goes on
wal, a commit since its last read: waits
lmdb: waits
rollback, opened now: goes on
wal, opened now: waits
lmdb, opened now: waits
SEEN
diff expected seen
