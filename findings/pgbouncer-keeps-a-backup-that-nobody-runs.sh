#!/bin/sh
# SPDX-License-Identifier: MIT
#
# PgBouncer 1.18.0 (Debian's 1.18.0-1+deb12u1) before PostgreSQL 15.18 (15.18-0+deb12u1): pg_backup_start
#
# PostgreSQL's manual: a session that ends between pg_backup_start and pg_backup_stop ends its backup, too. So a
# hook that is killed leaves nothing behind.
#
# Expected: the same through PgBouncer in its default, pool_mode=session, which sends DISCARD ALL when a client goes.
# Seen:     DISCARD ALL does not end a backup. The server's session goes back to the pool with the backup in
#           progress, and whoever comes next has it: his own pg_backup_start is refused, and his pg_backup_stop ends the
#           backup of somebody else and is given that one's label. An advisory lock is released by DISCARD ALL.
#           A hook has to connect to the server itself.
#
# Needs root (the server runs as nobody), apt-get, dpkg-deb, setpriv and the libraries of PostgreSQL and PgBouncer.
# Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
pooler=
stop() {
    [ -z "$pooler" ] || kill "$pooler"
    [ ! -e data/postmaster.pid ] || as_nobody "$bin/pg_ctl" -D data -m immediate stop >/dev/null
    wait
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
chown nobody .
version=15.18-0+deb12u1
apt-get -q -o APT::Sandbox::User=root download "postgresql-15=$version" "postgresql-client-15=$version" \
    pgbouncer=1.18.0-1+deb12u1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
bin=$folder/root/usr/lib/postgresql/15/bin

as_nobody() {
    setpriv --reuid nobody --clear-groups "$@"
}

as_nobody "$bin/initdb" -D data -U owner -A trust >log
as_nobody "$bin/pg_ctl" -D data -w -l "$folder/data/log" -o "-k $folder -c listen_addresses= -p 5599" start >>log
cat >pooler.ini <<END
[databases]
postgres = host=$folder port=5599 user=owner
[pgbouncer]
listen_addr =
listen_port = 6599
unix_socket_dir = $folder
auth_type = any
END
chmod 644 pooler.ini
as_nobody root/usr/sbin/pgbouncer -q pooler.ini >>log 2>&1 &
pooler=$!

# One session each. What is answered: its errors and its lines, but for those with times and places.
session() { # PORT STATEMENT
    sleep 0.5
    "$bin/psql" -h "$folder" -p "$1" -U owner -AtX postgres -c "$2" 2>&1 | grep -v ' LOCATION: \|^HINT'
}

way() { # PORT
    session "$1" "SELECT 'started ' || (pg_backup_start('one', true) IS NOT NULL)"
    session "$1" 'SELECT pg_advisory_lock(7)' >/dev/null
    session "$1" "SELECT 'started ' || (pg_backup_start('two', true) IS NOT NULL)"
    session "$1" "SELECT substring(labelfile from 'LABEL: \\w+') FROM pg_backup_stop(false)"
    session 5599 "SELECT count(*) || ' advisory locks' FROM pg_locks WHERE locktype = 'advisory'"
}

for _ in $(seq 50); do
    if session 6599 'SELECT 1' >/dev/null; then
        break
    fi
done
{
    echo 'to the server:'
    way 5599
    echo 'through PgBouncer:'
    way 6599
} | tee seen

cat >expected <<'SEEN'
to the server:
started true
started true
ERROR:  backup is not in progress
0 advisory locks
through PgBouncer:
started true
ERROR:  a backup is already in progress in this session
LABEL: one
0 advisory locks
SEEN
diff expected seen
