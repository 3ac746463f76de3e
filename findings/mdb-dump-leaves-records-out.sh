#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mdb_dump and mdb_load 0.9.24 (Debian's lmdb-utils 0.9.24-1): an environment that has records and named databases
#
# Named databases are entries of the main database, which may have records of its own beside them.
#
# Expected: `mdb_dump -a`, in the manual "all of the subdatabases", or mdb_dump as such, writes all that mdb_load needs to
#           make the environment again; or one of the two tells that something is left out.
# Seen:     -a leaves out the records of the main database. Without it they are there, but a named database becomes
#           a record of 48 bytes, which mdb_load stores as one: it cannot be opened, and its content is gone. Every step ends
#           with status 0. Only mdb_copy copies the whole.
#
# Needs apt-get, dpkg-deb and python3 of Debian 12. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download lmdb-utils=0.9.24-1 liblmdb0=0.9.24-1 python3-lmdb=1.4.0-1+b1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
export PATH LD_LIBRARY_PATH PYTHONPATH

cat >fill.py <<'PYTHON'
import lmdb

environment = lmdb.open("source", max_dbs=1)
named = environment.open_db(b"users")
with environment.begin(write=True) as transaction:
    transaction.put(b"schema", b"3")
    transaction.put(b"one", b"value", db=named)
    transaction.put(b"two", b"value", db=named)
PYTHON
cat >look.py <<'PYTHON'
import sys

import lmdb

environment = lmdb.open(sys.argv[1], max_dbs=1)
with environment.begin() as transaction:
    main = [(key.decode(), len(value)) for key, value in transaction.cursor()]
try:
    named = environment.open_db(b"users", create=False)
    with environment.begin() as transaction:
        users = [key.decode() for key in transaction.cursor(db=named).iternext(values=False)]
except lmdb.Error as error:
    users = type(error).__name__
print(f"    main: {dict(main).get('schema', 'no')} bytes of schema; users: {users}")
PYTHON

ask() { # NAME OPTION...
    name=$1
    shift
    dumped=0
    mdb_dump "$@" source >dump 2>errors || dumped=$?
    mkdir "$name"
    loaded=0
    # It tells of each line of the header that it does not know, which mdb_dump itself writes.
    mdb_load -f dump "$name" 2>>errors || loaded=$?
    echo "mdb_dump $*: status $dumped, mdb_load: $loaded, $(grep -vc 'keyword ignored: db_pagesize' errors) lines"
    /usr/bin/python3 look.py "$name"
}

/usr/bin/python3 fill.py
{
    echo "source"
    /usr/bin/python3 look.py source
    ask all -a
    ask main
    mkdir copy
    mdb_copy source copy
    echo "mdb_copy"
    /usr/bin/python3 look.py copy
} | tee seen

cat >expected <<'SEEN'
source
    main: 1 bytes of schema; users: ['one', 'two']
mdb_dump -a: status 0, mdb_load: 0, 0 lines
    main: no bytes of schema; users: ['one', 'two']
mdb_dump : status 0, mdb_load: 0, 0 lines
    main: 1 bytes of schema; users: IncompatibleError
mdb_copy
    main: 1 bytes of schema; users: ['one', 'two']
SEEN
diff expected seen
