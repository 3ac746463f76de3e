#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sqlite3 3.40.1 (Debian's sqlite3 3.40.1-2+deb12u2): `.dump` and `.sha3sum` while another program holds the database
#
# Without WAL a program has its database for itself while it commits, and with BEGIN EXCLUSIVE for as long as it likes, a
# freeze of the disk in the middle included. sqlite3 waits for nobody unless it is told to (.timeout).
#
# Expected: .dump ends with another status than 0, as .backup and .schema do, and says why on its error output.
# Seen:     status 0, also with -bail, and nothing on the error output. What it writes is a comment with the error and a
#           ROLLBACK: a backup of four lines, which sqlite3 takes back in with status 0 and makes an empty database of.
#           .sha3sum, which compares a copy with its original, prints nothing, with status 0. With `.timeout` before it
#           .dump waits; a script looks for COMMIT in the last line all the same.
#
# Needs apt-get, dpkg-deb and python3. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
holder=
trap '[ -z "$holder" ] || kill "$holder"; wait; rm -rf "$folder"' EXIT
cd "$folder"
version=3.40.1-2+deb12u2
apt-get -q -o APT::Sandbox::User=root download "sqlite3=$version" "libsqlite3-0=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

ask() { # COMMAND OPTION...
    command=$1
    shift
    status=0
    sqlite3 "$@" database "$command" >output 2>errors || status=$?
    echo "$*${1:+ }$command: status $status, $(grep -c . output) lines, $(grep -c . errors) about an error"
}

sqlite3 database 'CREATE TABLE t (a); INSERT INTO t VALUES (1), (2);'
mkfifo held
python3 - <<'PYTHON' &
import sqlite3
import time

database = sqlite3.connect("database", isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
with open("held", "w") as held:
    held.write("held\n")
time.sleep(600)
PYTHON
holder=$!
read -r _ <held
{
    ask '.backup copy'
    ask .schema
    ask .sha3sum
    ask .dump
    ask .dump -bail
    cat output
    status=0
    sqlite3 restored <output || status=$?
    echo "taken in: status $status, $(sqlite3 restored 'SELECT count(*) FROM sqlite_schema') tables"
    kill "$holder"
    wait "$holder" || true
    holder=
    echo "let go"
    ask .sha3sum
    ask .dump
    tail -n 1 output
} >seen
cat seen

cat >expected <<'SEEN'
.backup copy: status 1, 0 lines, 1 about an error
.schema: status 1, 0 lines, 1 about an error
.sha3sum: status 0, 0 lines, 0 about an error
.dump: status 0, 4 lines, 0 about an error
-bail .dump: status 0, 4 lines, 0 about an error
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
/**** ERROR: (5) database is locked *****/
ROLLBACK; -- due to errors
taken in: status 0, 0 tables
let go
.sha3sum: status 0, 1 lines, 0 about an error
.dump: status 0, 6 lines, 0 about an error
COMMIT;
SEEN
diff expected seen
