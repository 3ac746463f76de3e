#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sqlite3 3.40.1 (Debian's sqlite3 3.40.1-2+deb12u2): `.clone` beside `.backup` and VACUUM INTO
#
# Expected: a clone has what the database has, as the copies by .backup and VACUUM INTO do; or the status is not 0.
# Seen:     .clone ends with status 0, also with -bail. A table with a generated column arrives without its rows, of
#           which a line on standard error speaks, and sqlite_sequence has its lines twice. user_version, by which
#           programs know what is still to be migrated, and application_id are 0, and nothing tells. The clone
#           passes integrity_check. (VACUUM INTO has all, but its copy is not in WAL mode any more; .backup's is.)
#
# Needs apt-get, dpkg-deb and the libraries of sqlite3. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=3.40.1-2+deb12u2
apt-get -q -o APT::Sandbox::User=root download "sqlite3=$version" "libsqlite3-0=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
PATH=$PWD/root/usr/bin:$PATH
export LD_LIBRARY_PATH PATH

ask() { # NAME COMMAND
    status=0
    sqlite3 -batch -bail source "$2" >/dev/null 2>errors || status=$?
    echo "$1: status $status, lines on standard error: $(grep -c . errors)"
    look "$1"
}

look() { # NAME
    for what in 'PRAGMA journal_mode' 'PRAGMA user_version' 'PRAGMA application_id' 'SELECT count(*) FROM plain' \
        'SELECT count(*) FROM prices' 'SELECT count(*) FROM sqlite_sequence' 'PRAGMA integrity_check'; do
        sqlite3 -batch "$1" "$what"
    done | paste -s -d ' '
}

sqlite3 -batch source >/dev/null <<'SQL'
PRAGMA journal_mode = WAL;
PRAGMA user_version = 7;
PRAGMA application_id = 99;
CREATE TABLE plain (a INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO plain VALUES (1), (2);
CREATE TABLE prices (net INTEGER, gross INTEGER GENERATED ALWAYS AS (net * 2));
INSERT INTO prices (net) VALUES (1), (2), (3);
SQL
{
    echo 'journal_mode, user_version, application_id, rows of plain, of prices, of sqlite_sequence, integrity_check'
    look source
    ask backup '.backup backup'
    ask vacuum "VACUUM INTO 'vacuum'"
    ask clone '.clone clone'
} | tee seen

cat >expected <<'SEEN'
journal_mode, user_version, application_id, rows of plain, of prices, of sqlite_sequence, integrity_check
wal 7 99 2 3 1 ok
backup: status 0, lines on standard error: 0
wal 7 99 2 3 1 ok
vacuum: status 0, lines on standard error: 0
delete 7 99 2 3 1 ok
clone: status 0, lines on standard error: 3
delete 0 0 2 0 2 ok
SEEN
diff expected seen
