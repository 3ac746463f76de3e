#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pgBackRest 2.45 (Debian's pgbackrest 2.45-1) with PostgreSQL 15.18 (15.18-0+deb12u1): `verify` of a damaged backup
#
# verify reads the whole repository and compares each file with its checksum; a timer calls it, so that one hears of a
# bad backup before it is needed.
#
# Expected: another status than 0, or at least a warning, if a file of the only backup, or of the log that belongs to
#           it, is cut off or missing; then `info` does not say "ok" either.
# Seen:     status 0 each time. What is wrong is told at the level of info only, and by default the console gets
#           warnings: not one line. With --log-level-console=info there is "status: error" in the middle, and
#           "completed successfully" at the end. `info` says "status: ok". `restore` fails. A script asks for info, and
#           looks for "status: error".
#
# Needs root (the server runs as nobody), apt-get, dpkg-deb, setpriv and the libraries of PostgreSQL and libssh2. Leaves
# nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
stop() {
    [ ! -e data/postmaster.pid ] || as_nobody "$bin/pg_ctl" -D data -m immediate stop >/dev/null
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
version=15.18-0+deb12u1
apt-get -q -o APT::Sandbox::User=root download "postgresql-15=$version" "postgresql-client-15=$version" \
    pgbackrest=2.45-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
bin=$folder/root/usr/lib/postgresql/15/bin
mkdir repository locks logs restored
chown nobody . repository locks logs restored
chmod 700 restored

cat >configuration <<END
[global]
repo1-path=$folder/repository
repo1-retention-full=1
lock-path=$folder/locks
log-path=$folder/logs
start-fast=y
compress-type=none
[server]
pg1-path=$folder/data
pg1-port=5599
pg1-socket-path=$folder
pg1-user=owner
pg1-database=postgres
END

as_nobody() {
    setpriv --reuid nobody --clear-groups env HOME="$folder" "$@"
}

backrest() { # OPTION... COMMAND
    as_nobody root/usr/bin/pgbackrest --config="$folder/configuration" --stanza=server "$@"
}

count() { # COMMAND...
    status=0
    "$@" >output 2>&1 || status=$?
    echo "status $status, $(wc -l <output) lines"
}

ask() { # WHAT
    echo "$1"
    echo "    verify: $(count backrest verify)"
    count backrest --log-level-console=info verify >/dev/null
    echo "    verify, with info: $(grep -c 'status: error' output) times \"status: error\"," \
        "$(grep -c 'verify command end: completed successfully' output) times \"completed successfully\""
    backrest info >output
    echo "    info: $(grep -o -m 1 'status: [a-z]*' output)"
}

as_nobody "$bin/initdb" -D data -U owner -A trust >log
as_nobody "$bin/pg_ctl" -D data -w -l data/log -o "-k $folder -c listen_addresses= -p 5599 -c fsync=off \
    -c archive_mode=on -c archive_command='$folder/root/usr/bin/pgbackrest --config=$folder/configuration \
    --stanza=server archive-push %p'" start >>log
backrest stanza-create
backrest --type=full backup
file=$(find repository/backup/server/*F/pg_data/base -type f -size +100k | head -n 1)
segment=$(find repository/archive -type f -size +1M | sort | tail -n 1)
{
    ask 'as it was made'
    cp -p "$file" kept
    truncate -s 50000 "$file"
    ask "a table's file is cut off"
    rm "$file"
    ask 'it is missing'
    echo "    restore: $(count backrest --pg1-path="$folder/restored" restore | sed 's/status [1-9].*/failed/')"
    cp -p kept "$file"
    truncate -s 1M "$segment"
    ask 'a segment of the log is cut off'
} >seen
cat seen

cat >expected <<'SEEN'
as it was made
    verify: status 0, 0 lines
    verify, with info: 0 times "status: error", 1 times "completed successfully"
    info: status: ok
a table's file is cut off
    verify: status 0, 0 lines
    verify, with info: 1 times "status: error", 1 times "completed successfully"
    info: status: ok
it is missing
    verify: status 0, 0 lines
    verify, with info: 1 times "status: error", 1 times "completed successfully"
    info: status: ok
    restore: failed
a segment of the log is cut off
    verify: status 0, 0 lines
    verify, with info: 1 times "status: error", 1 times "completed successfully"
    info: status: ok
SEEN
diff expected seen
