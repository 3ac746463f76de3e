#!/bin/sh
# SPDX-License-Identifier: MIT
#
# MariaDB 10.11.19 (Debian's 1:10.11.19-0+deb12u1): a replica by GTID after the primary was taken back to a snapshot
#
# The primary's machine is taken back to a snapshot of its disk. Its replica has transactions then which the primary has no
# more, and the primary gives their GTIDs to others.
#
# Expected: the replica stops, and says that its place is not in the primary's binary log, or that what is there is another.
# Seen:     so it is (error 1236) only as long as the primary has not come past the replica's GTID. A replica that
#           connects later, as after its own restart, goes on from there, also under gtid_strict_mode: both
#           threads run, no error, 0 seconds behind. It keeps rows that the primary has lost, and does not get
#           those which have their GTIDs. After such a step back each replica is to be made anew.
#
# Needs apt-get, dpkg-deb, python3, the libraries of a MariaDB server and a free port of 127.0.0.1. Leaves nothing behind;
# exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
servers=
stop() {
    for server in $servers; do
        kill -9 "$server" 2>/dev/null || true
    done
    wait
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
version=1:10.11.19-0+deb12u1
apt-get -q -o APT::Sandbox::User=root download "mariadb-server-core=$version" "mariadb-client-core=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PWD/root/usr/sbin:$PATH
export PATH
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')

client() { # NAME STATEMENTS
    mariadb --no-defaults -S "$1.socket" --skip-column-names -e "$2" test
}

start() { # NAME OPTION...
    name=$1
    shift
    mariadbd --no-defaults --user=root --datadir="$folder/$name" --socket="$folder/$name.socket" \
        --lc-messages-dir="$folder/root/usr/share/mysql" --log-bin="$folder/$name/log" --gtid-strict-mode=1 \
        --innodb-buffer-pool-size=16M "$@" >>"$name.log" 2>&1 &
    servers="$servers $!"
    for _ in $(seq 150); do
        ! client "$name" 'SELECT 1' >/dev/null 2>&1 || break
        sleep 0.2
    done
}

start_primary() {
    start primary --port="$port" --bind-address=127.0.0.1 --server-id=1 --sync-binlog=1
    primary=$!
}

stop_primary() {
    kill -9 "$primary"
    wait "$primary" || true
}

state() { # WHEN
    for name in primary replica; do
        echo "$1: $name $(client "$name" "SELECT GROUP_CONCAT(a ORDER BY a SEPARATOR ' ') FROM t")"
    done
    mariadb --no-defaults -S replica.socket -e 'SHOW SLAVE STATUS\G' >status
    grep 'Slave_.*_Running:\|Last_.*_Errno:\|Seconds_Behind' status | sed 's/^ */    /'
}

wait_until() { # CONDITION
    for _ in $(seq 100); do
        mariadb --no-defaults -S replica.socket -e 'SHOW SLAVE STATUS\G' >status
        ! grep -q "$1" status || return 0
        sleep 0.2
    done
    echo "never true: $1"
}

reconnect() {
    client replica 'STOP SLAVE; START SLAVE'
}

mkdir primary
mariadb-install-db --no-defaults --basedir="$folder/root/usr" --datadir="$folder/primary" --user=root \
    --auth-root-authentication-method=normal >log 2>&1
cp -a primary replica
start_primary
start replica --skip-networking --server-id=2
client primary "CREATE USER replica IDENTIFIED BY 'replica'; GRANT REPLICATION SLAVE ON *.* TO replica;
    DELETE FROM mysql.user WHERE user = ''; FLUSH PRIVILEGES;
    CREATE TABLE t (a varchar(9) PRIMARY KEY); INSERT INTO t VALUES ('before')"
client replica "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$port, MASTER_USER='replica',
    MASTER_PASSWORD='replica', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE"
place=$(client primary 'SELECT @@gtid_binlog_pos')
wait_until "Gtid_IO_Pos: $place"
stop_primary
cp -a primary snapshot
start_primary
client primary "INSERT INTO t VALUES ('lost'); INSERT INTO t VALUES ('lost too')"
place=$(client primary 'SELECT @@gtid_binlog_pos')
reconnect
wait_until "Gtid_IO_Pos: $place"
{
    sleep 1
    state 'after the snapshot'
    stop_primary
    rm -rf primary
    cp -a snapshot primary
    start_primary
    reconnect
    wait_until 'Last_IO_Errno: 1236'
    state restored
    for a in new newer newest; do
        client primary "INSERT INTO t VALUES ('$a')"
    done
    reconnect
    wait_until "Gtid_IO_Pos: $(client primary 'SELECT @@gtid_binlog_pos')"
    sleep 1
    state 'gone on'
} >seen
cat seen

cat >expected <<'SEEN'
after the snapshot: primary before lost lost too
after the snapshot: replica before lost lost too
    Slave_IO_Running: Yes
    Slave_SQL_Running: Yes
    Seconds_Behind_Master: 0
    Last_IO_Errno: 0
    Last_SQL_Errno: 0
restored: primary before
restored: replica before lost lost too
    Slave_IO_Running: No
    Slave_SQL_Running: Yes
    Seconds_Behind_Master: NULL
    Last_IO_Errno: 1236
    Last_SQL_Errno: 0
gone on: primary before new newer newest
gone on: replica before lost lost too newest
    Slave_IO_Running: Yes
    Slave_SQL_Running: Yes
    Seconds_Behind_Master: 0
    Last_IO_Errno: 0
    Last_SQL_Errno: 0
SEEN
diff expected seen
