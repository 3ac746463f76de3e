#!/bin/sh
# SPDX-License-Identifier: MIT
#
# psql 15.18 (Debian's postgresql-client-15 15.18-0+deb12u1): a dump by pg_dump that ends too early
#
# A plain dump has the rows of a table behind its COPY, up to a line with \. as its end. Where the disk was full, or the
# transfer broke, the file ends within rows, as they are most of it.
#
# Expected: psql -1, one transaction for the whole file, with ON_ERROR_STOP ends with another status than 0 and leaves
#           nothing behind, as pg_restore -1 does with half a dump in the custom format.
# Seen:     status 0 and no message, from a file as well as from a pipe. psql takes the file's end for the end of the
#           rows, and commits: half of the table is there, the last value is shorter than it was, keys and the rows of
#           the next table are missing. A script looks for "PostgreSQL database dump complete" at the end before.
#
# Needs root (the server runs as nobody), apt-get, dpkg-deb, setpriv and the libraries of PostgreSQL. Leaves nothing
# behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
stop() {
    [ ! -e data/postmaster.pid ] || as_nobody "$bin/pg_ctl" -D data -m immediate stop >/dev/null
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
chown nobody .
version=15.18-0+deb12u1
apt-get -q -o APT::Sandbox::User=root download "postgresql-15=$version" "postgresql-client-15=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
bin=$folder/root/usr/lib/postgresql/15/bin

as_nobody() {
    setpriv --reuid nobody --clear-groups "$@"
}

on() { # DATABASE PROGRAM OPTION...
    database=$1
    program=$2
    shift 2
    "$bin/$program" -h "$folder" -p 5599 -U owner "$@" "$database"
}

question() { # SELECT
    on copy psql -AtX -c "SELECT $1" 2>/dev/null || echo none
}

restore() { # COMMAND...: into a new database
    on postgres psql -qX -c 'DROP DATABASE IF EXISTS copy' -c 'CREATE DATABASE copy' 2>/dev/null
    status=0
    "$@" >output 2>errors || status=$?
    echo "    status $status, $(wc -l <errors) lines about it"
    echo "    rows: $(question 'count(*) FROM t')," \
        "last value: $(question 'length(b) FROM t ORDER BY a DESC LIMIT 1')," \
        "keys: $(question "count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace")," \
        "rows in the next table: $(question 'count(*) FROM u')"
}

from_pipe() { # FILE
    on copy psql -qX -1 -v ON_ERROR_STOP=1 <"$1"
}

from_custom() { # FILE
    "$bin/pg_restore" -h "$folder" -p 5599 -U owner -1 -d copy "$1"
}

as_nobody "$bin/initdb" -D data -U owner -A trust >log
as_nobody "$bin/pg_ctl" -D data -w -l data/log -o "-k $folder -c listen_addresses= -p 5599 -c fsync=off" start >>log
on postgres psql -qX -c 'CREATE TABLE t (a INT PRIMARY KEY, b TEXT)' -c 'CREATE TABLE u (a INT PRIMARY KEY)' \
    -c "INSERT INTO t SELECT i, repeat('x', 200) FROM generate_series(1, 5000) i" -c 'INSERT INTO u VALUES (1)'
on postgres pg_dump >dump
on postgres pg_dump -Fc -Z0 >custom
head -c $(($(grep -b '^2500' dump | cut -d : -f 1) + 55)) dump >half
head -c $(($(stat -c %s custom) / 2)) custom >half-custom
{
    echo 'the dump, psql -1 -f'
    restore on copy psql -qX -1 -v ON_ERROR_STOP=1 -f dump
    echo 'half of it, psql -1 -f'
    restore on copy psql -qX -1 -v ON_ERROR_STOP=1 -f half
    echo 'half of it, psql -1 <'
    restore from_pipe half
    echo 'half a dump in the custom format, pg_restore -1'
    restore from_custom half-custom
} >seen
cat seen

cat >expected <<'SEEN'
the dump, psql -1 -f
    status 0, 0 lines about it
    rows: 5000, last value: 200, keys: 2, rows in the next table: 1
half of it, psql -1 -f
    status 0, 0 lines about it
    rows: 2500, last value: 50, keys: 0, rows in the next table: 0
half of it, psql -1 <
    status 0, 0 lines about it
    rows: 2500, last value: 50, keys: 0, rows in the next table: 0
half a dump in the custom format, pg_restore -1
    status 1, 1 lines about it
    rows: none, last value: none, keys: 0, rows in the next table: none
SEEN
diff expected seen
