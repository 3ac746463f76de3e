#!/bin/sh
# SPDX-License-Identifier: MIT
#
# MariaDB 10.11.19 (Debian's 1:10.11.19-0+deb12u1) with a binary log: what goes on under the two locks for a backup
#
# A backup notes its place in the binary log and copies the files; a replica, or a restore, goes on from that place.
#
# Expected: under BACKUP STAGE BLOCK_COMMIT, by the manual a lock of the binary log and of commits, and under FLUSH TABLES
#           WITH READ LOCK, nobody else changes the binary log.
# Seen:     what would write an event to it waits. But FLUSH BINARY LOGS, PURGE BINARY LOGS and RESET MASTER of another
#           session are answered at once, under either lock: the file whose place was noted is gone, and
#           so is what it had. A backup copies the binary logs that its restore needs itself, and looks whether
#           its place is still there before it lets go.
#
# Needs apt-get, dpkg-deb and the libraries of a MariaDB server. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
version=1:10.11.19-0+deb12u1
apt-get -q -o APT::Sandbox::User=root download "mariadb-server-core=$version" "mariadb-client-core=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PWD/root/usr/sbin:$PATH
export PATH

client() {
    mariadb --no-defaults --skip-column-names -S socket "$@"
}

# Another session, which gives up after a second.
ask() { # STATEMENT
    status='goes on'
    client -e "SET lock_wait_timeout=1; $1" test >output 2>&1 || status=waits
    if [ "$status" = waits ] && ! grep -q '^ERROR 1205 ' output; then
        cat output
    fi
    echo "    $1: $status"
}

place() {
    client -e 'SHOW MASTER STATUS' | cut -f 1
}

under() { # NAME STATEMENTS
    client -e 'RESET MASTER; FLUSH BINARY LOGS; INSERT INTO t VALUES (1)' test
    mkfifo "$1"
    { cat "$1" && echo 'SELECT 2;' && cat go; } | client --unbuffered test >"said-$1" &
    echo "$2; SELECT 1;" >"$1"
    until grep -q 2 "said-$1"; do
        sleep 0.1
    done
    echo "$2: $(place)"
    ask 'INSERT INTO t VALUES (1)'
    ask 'FLUSH BINARY LOGS'
    ask "PURGE BINARY LOGS TO 'log.000003'"
    ask 'RESET MASTER'
    echo "    then: $(place), $(find data -name 'log.0*' | wc -l) file"
    echo >go
    wait "$!"
}

mkdir data
mkfifo go
mariadb-install-db --no-defaults --basedir="$folder/root/usr" --datadir="$folder/data" --user=root \
    --auth-root-authentication-method=normal >log 2>&1
mariadbd --no-defaults --user=root --datadir="$folder/data" --socket="$folder/socket" --skip-networking \
    --lc-messages-dir="$folder/root/usr/share/mysql" --log-bin="$folder/data/log" --server-id=1 \
    --innodb-buffer-pool-size=16M >>log 2>&1 &
server=$!
for _ in $(seq 300); do
    if client -e 'CREATE TABLE t (a INT)' test >/dev/null 2>&1; then
        break
    fi
    sleep 0.2
done
{
    under stage 'BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT'
    under read-lock 'FLUSH TABLES WITH READ LOCK'
} | tee seen

cat >expected <<'SEEN'
BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT: log.000002
    INSERT INTO t VALUES (1): waits
    FLUSH BINARY LOGS: goes on
    PURGE BINARY LOGS TO 'log.000003': goes on
    RESET MASTER: goes on
    then: log.000001, 1 file
FLUSH TABLES WITH READ LOCK: log.000002
    INSERT INTO t VALUES (1): waits
    FLUSH BINARY LOGS: goes on
    PURGE BINARY LOGS TO 'log.000003': goes on
    RESET MASTER: goes on
    then: log.000001, 1 file
SEEN
diff expected seen
