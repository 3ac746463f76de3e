#!/bin/sh
# SPDX-License-Identifier: MIT
#
# PostgreSQL 15.20 (Debian's 15.20-0+deb12u1): pg_rewind and a standby after the primary was taken back to a snapshot
#
# The primary's machine is taken back to a snapshot of its disk. Its standby is ahead then: it has rows that the primary
# has no more, and soon the primary has others in their place.
#
# Expected: the primary's view of its standbys tells that this one is another, and pg_rewind, which makes one server equal to
#           another from which it has diverged, copies what differs, or refuses.
# Seen:     pg_stat_replication says "streaming". pg_rewind goes by timelines only, and a snapshot does not make a new one: "no
#           rewind required", status 0, and the standby keeps its rows. If the restored primary is promoted out of a
#           recovery (standby.signal, start, pg_ctl promote) before a standby reaches it, it has a timeline of its own, and
#           pg_rewind does its work. Else each standby is to be made anew.
#
# Needs root, apt-get, dpkg-deb and the libraries of a PostgreSQL server. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
stop() {
    for data in primary standby; do
        [ ! -e "$data/postmaster.pid" ] || as_nobody "$bin/pg_ctl" -D "$data" -m immediate stop >/dev/null
    done
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
chown nobody .
version=15.20-0+deb12u1
apt-get -q -o APT::Sandbox::User=root download "postgresql-15=$version" "postgresql-client-15=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
bin=$folder/root/usr/lib/postgresql/15/bin

as_nobody() {
    setpriv --reuid nobody --clear-groups "$@"
}

start() { # DATA PORT
    as_nobody "$bin/pg_ctl" -D "$1" -w -l "$folder/$1/log" -o "-k $folder -c listen_addresses= -p $2" start >>log
}

stop_at_once() { # DATA
    as_nobody "$bin/pg_ctl" -D "$1" -w -m immediate stop >>log
}

sql() { # PORT STATEMENT
    "$bin/psql" -h "$folder" -p "$1" -U owner -AtqX postgres -c "$2"
}

wait_until() { # PORT CONDITION
    for _ in $(seq 100); do
        [ "$(sql "$1" "SELECT $2")" != t ] || return 0
        sleep 0.2
    done
    echo "never true: $2"
}

rows() { # WHEN
    all="SELECT string_agg(a, ' ' ORDER BY a) FROM t"
    echo "$1: primary $(sql 5599 "$all"), standby $(sql 6599 "$all")"
}

rewind() {
    status=0
    as_nobody "$bin/pg_rewind" -D standby -R --source-server "host=$folder port=5599 user=owner dbname=postgres" \
        >output 2>&1 || status=$?
    echo "pg_rewind: status $status, $(tail -n 1 output)"
    start standby 6599
}

restore() { # DATA FROM
    stop_at_once "$1"
    rm -rf "$1"
    cp -a "$2" "$1"
}

as_nobody "$bin/initdb" -D primary -U owner -A trust --data-checksums >log
cat >>primary/postgresql.conf <<'END'
wal_keep_size = 256MB
wal_retrieve_retry_interval = 100ms
END
start primary 5599
sql 5599 "CREATE TABLE t (a text); INSERT INTO t VALUES ('before')"
"$bin/pg_basebackup" -h "$folder" -p 5599 -U owner -D standby -R -c fast
chown -R nobody standby
start standby 6599
stop_at_once primary
cp -a primary snapshot
start primary 5599
sql 5599 "INSERT INTO t VALUES ('lost'); CHECKPOINT"
wait_until 6599 "EXISTS (SELECT FROM t WHERE a = 'lost')"
as_nobody "$bin/pg_ctl" -D standby -w stop >>log
cp -a standby ahead
start standby 6599
{
    rows "after the snapshot"
    restore primary snapshot
    start primary 5599
    wait_until 5599 "EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')"
    rows restored
    sql 5599 "SELECT state, replay_lsn > sent_lsn AS ahead FROM pg_stat_replication"
    as_nobody "$bin/pg_ctl" -D standby -w stop >>log
    rewind
    rows "    then"
    restore standby ahead
    restore primary snapshot
    as_nobody touch primary/standby.signal
    start primary 5599
    as_nobody "$bin/pg_ctl" -D primary -w promote >>log
    sql 5599 "INSERT INTO t VALUES ('new')"
    echo promoted
    rewind
    wait_until 6599 "EXISTS (SELECT FROM t WHERE a = 'new')"
    rows "    then"
} >seen
cat seen

cat >expected <<'SEEN'
after the snapshot: primary before lost, standby before lost
restored: primary before, standby before lost
streaming|t
pg_rewind: status 0, pg_rewind: no rewind required
    then: primary before, standby before lost
promoted
pg_rewind: status 0, pg_rewind: Done!
    then: primary before new, standby before new
SEEN
diff expected seen
