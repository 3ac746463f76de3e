#!/bin/sh
# SPDX-License-Identifier: MIT
#
# PostgreSQL 15.18 (Debian's 15.18-0+deb12u1): a copied server in which the end of a table's file is missing
#
# A copy that was taken while nobody had frozen the disk, or that was repaired by fsck, may have such a file.
#
# Expected: one of the checks finds it: pg_checksums --check, or pg_amcheck, which with --heapallindexed and --parent-check
#           compares tables with their indexes, or pg_dump, by reading all. The index has entries for every row.
# Seen:     all of them end with status 0 and without a word, and pg_dump writes the rows that are left, as the file's
#           length is the only thing that tells how many there are. --heapallindexed looks whether each row is in
#           the index, nobody the other way round. Who asks for a lost row by its index gets "could not read block", until
#           reindexdb takes even that away. The rows of the copy have to be counted, or read by their index.
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

start() {
    as_nobody "$bin/pg_ctl" -D data -w -l data/log \
        -o "-k $folder -c listen_addresses= -p 5599 -c autovacuum=off" start >>log
}

session() { # STATEMENT
    "$bin/psql" -h "$folder" -p 5599 -U owner -AtX postgres -c "$1" 2>&1
}

ask() { # PROGRAM OPTION...
    program=$1
    shift
    status=0
    "$bin/$program" -h "$folder" -p 5599 -U owner "$@" postgres >output 2>errors || status=$?
    echo "$program${*:+ $*}: status $status, $(wc -l <errors) lines about it"
}

by_index() {
    session 'SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT count(b) FROM t WHERE a = 4900' >output ||
        true
    echo "    row 4900, by the index: $(grep -o '^[0-9]*$\|could not read block' output)"
}

as_nobody "$bin/initdb" -k -D data -U owner -A trust >log
start
{
    session 'CREATE EXTENSION amcheck'
    session 'CREATE TABLE t (a INT PRIMARY KEY, b TEXT)'
    session "INSERT INTO t SELECT i, repeat('x', 200) FROM generate_series(1, 5000) i"
} >>log
file=data/$(session "SELECT pg_relation_filepath('t')")
as_nobody "$bin/pg_ctl" -D data -w -m fast stop >>log
truncate -s $(($(stat -c %s "$file") / 2 / 8192 * 8192)) "$file"
{
    status=0
    as_nobody "$bin/pg_checksums" --check -D data >output 2>errors || status=$?
    echo "pg_checksums --check: status $status, $(wc -l <errors) lines about it"
    start
    ask pg_amcheck
    ask pg_amcheck --heapallindexed --parent-check --rootdescend
    ask pg_dump
    echo "    $(grep -c xxx output) of 5000 rows in the dump"
    by_index
    ask reindexdb
    by_index
} | tee seen

cat >expected <<'SEEN'
pg_checksums --check: status 0, 0 lines about it
pg_amcheck: status 0, 0 lines about it
pg_amcheck --heapallindexed --parent-check --rootdescend: status 0, 0 lines about it
pg_dump: status 0, 0 lines about it
    2516 of 5000 rows in the dump
    row 4900, by the index: could not read block
reindexdb: status 0, 0 lines about it
    row 4900, by the index: 0
SEEN
diff expected seen
