#!/bin/sh
# SPDX-License-Identifier: MIT
#
# SQLite 3.40.1 (Debian's sqlite3 3.40.1-2+deb12u2): a database in WAL mode that lies on a read-only mount
#
# A snapshot is mounted read-only to look into it. What was committed last is in the file beside the database, DATABASE-wal,
# until a checkpoint. Where a database does not open there, `immutable=1` in its URI is the advice that is found.
#
# Expected: it reads what was committed, or fails.
# Seen:     plainly, and with mode=ro, SQLite reads all, as long as the copy has DATABASE-wal and DATABASE-shm. A copy
#           without DATABASE-shm, which a backup may leave out as it can be made again, does not open on a read-only mount. With
#           immutable=1 either copy opens, and SQLite leaves the log out: an older state of the database, here without a
#           row that was changed, with status 0 and "ok" from integrity_check. Such a copy is to be read from
#           where it can be written, with DATABASE-wal beside it.
#
# Needs root (a mount namespace), apt-get, dpkg-deb and python3. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=3.40.1-2+deb12u2
apt-get -q -o APT::Sandbox::User=root download "sqlite3=$version" "libsqlite3-0=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

# The copy is taken while the database is open.
python3 - <<'PYTHON'
import os
import shutil
import sqlite3

os.mkdir("live")
database = sqlite3.connect("live/database", isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("CREATE TABLE t (what)")
database.execute("INSERT INTO t VALUES ('before')")
database.execute("PRAGMA wal_checkpoint")
database.execute("UPDATE t SET what = 'changed'")
shutil.copytree("live", "copy")
shutil.copytree("live", "without-shm")
os.remove("without-shm/database-shm")
PYTHON

cat >look <<'LOOK'
mount --make-rprivate /
for copy in copy without-shm; do
    echo "$copy"
    mount --bind "$copy" "$copy"
    mount -o remount,bind,ro "$copy"
    for uri in "$copy/database" "file:$copy/database?mode=ro" "file:$copy/database?immutable=1"; do
        status=0
        sqlite3 "$uri" 'SELECT what FROM t; PRAGMA integrity_check' >output 2>&1 || status=$?
        echo "    ${uri#*database}: status $status, $(paste -s -d ' ' output)"
    done
    umount "$copy"
    echo "    can be written: $(sqlite3 "$copy/database" 'SELECT what FROM t; PRAGMA integrity_check' | paste -s -d ' ')"
done
LOOK
unshare -m sh -e look >seen
cat seen

cat >expected <<'SEEN'
copy
    : status 0, changed ok
    ?mode=ro: status 0, changed ok
    ?immutable=1: status 0, before ok
    can be written: changed ok
without-shm
    : status 14, Error: in prepare, unable to open database file (14)
    ?mode=ro: status 14, Error: in prepare, unable to open database file (14)
    ?immutable=1: status 0, before ok
    can be written: changed ok
SEEN
diff expected seen
