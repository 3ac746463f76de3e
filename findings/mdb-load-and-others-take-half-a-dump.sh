#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mdb_load 0.9.24 (Debian's lmdb-utils 0.9.24-1), db5.3_load 5.3.28 (db5.3-util 5.3.28+dfsg2-1), gdbm_load 1.23
# (gdbmtool 1.23-3) and tdbrestore 1.4.8 (tdb-tools 1.4.8-2): a dump that ends too early
#
# The first two formats end with the line DATA=END, and gdbm_dump's with the number of records.
#
# Expected: who loads a dump without its end fails, wherever the dump was cut, as the end is there to tell.
# Seen:     status 0, without a word, if the cut lies between two records; half of them are there then. mdb_load has
#           status 0 for a dump that ends within a key, too, with a line about it on standard error. None misses the end
#           of its format; tdbdump's has none. A script looks for the dump's last line, or counts the records.
#
# Needs apt-get, dpkg-deb, python3 and the libraries of the programs. Leaves nothing behind; exit status 1: it has
# changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download lmdb-utils=0.9.24-1 db5.3-util=5.3.28+dfsg2-1 gdbmtool=1.23-3 \
    libgdbm6=1.23-3 tdb-tools=1.4.8-2 libtdb1=1.4.8-2 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

cat >ask.py <<'PYTHON'
import os
import re
import shutil
import subprocess

NUMBERS = range(1000, 2000)
VALUE = "v" * 40
BERKELEY = "".join(f" key{n}\n {VALUE}\n" for n in NUMBERS).join(
    ["VERSION=3\nformat=print\ntype=btree\nHEADER=END\n", "DATA=END\n"]
)
TDB = "".join('{\nkey(7) = "key%d"\ndata(40) = "%s"\n}\n' % (n, VALUE) for n in NUMBERS)
GDBM = "".join(f"store key{n} {VALUE}\n" for n in NUMBERS)

# What fills a database from `text`, dumps it, loads a dump, and shows what a database has; then the text, how a record
# begins in the dump, and how many of its bytes end within its key.
PROGRAMS = {
    "mdb_load": (
        ("mdb_load -f text DB", "mdb_dump DB", "mdb_load -f FILE DB", "mdb_dump -p DB"),
        (BERKELEY, b" 6b", 8),
    ),
    "db5.3_load": (
        ("db5.3_load -f text DB", "db5.3_dump DB", "db5.3_load -f FILE DB", "db5.3_dump -p DB"),
        (BERKELEY, b" 6b", 8),
    ),
    "gdbm_load": (
        ("gdbmtool DB <text", "gdbm_dump DB -", "gdbm_load FILE DB", "echo list | gdbmtool -r DB"),
        (GDBM, b"#:len=7", 12),
    ),
    "tdbrestore": (
        ("tdbrestore DB <text", "tdbdump DB", "tdbrestore DB <FILE", "tdbdump DB"),
        (TDB, b"{", 15),
    ),
}


def run(command):
    command = command.replace("DB", "database").replace("FILE", "cut")
    return subprocess.run(command, shell=True, capture_output=True, check=False)


def empty(name):
    shutil.rmtree("database", ignore_errors=True)
    if os.path.exists("database"):
        os.remove("database")
    if name == "mdb_load":
        os.mkdir("database")


def load(name, what, dump):
    """What mdb_load says of mdb_dump's own header, whole or not, does not count."""
    with open("cut", "wb") as file:
        file.write(dump)
    empty(name)
    done = run(PROGRAMS[name][0][2])
    said = [line for line in done.stderr.splitlines() if line.strip() and b"keyword ignored" not in line]
    records = len(re.findall(rb"key1\d\d\d", run(PROGRAMS[name][0][3]).stdout))
    print(f"    {what}: status {min(done.returncode, 1)},", "a message," if said else "no message,", records, "records")


for name, ((fill, dump, _, _), (text, start, within)) in PROGRAMS.items():
    print(name)
    with open("text", "w") as file:
        file.write(text)
    empty(name)
    run(fill)
    content = run(dump).stdout
    middle = content.index(b"\n" + start, len(content) // 2) + 1
    load(name, "whole", content)
    load(name, "cut between two records", content[:middle])
    load(name, "cut within a key", content[: middle + within])
PYTHON
/usr/bin/python3 ask.py | tee seen

cat >expected <<'SEEN'
mdb_load
    whole: status 0, no message, 1000 records
    cut between two records: status 0, no message, 500 records
    cut within a key: status 0, a message, 500 records
db5.3_load
    whole: status 0, no message, 1000 records
    cut between two records: status 0, no message, 500 records
    cut within a key: status 1, a message, 500 records
gdbm_load
    whole: status 0, no message, 1000 records
    cut between two records: status 0, no message, 500 records
    cut within a key: status 1, a message, 500 records
tdbrestore
    whole: status 0, no message, 1000 records
    cut between two records: status 0, no message, 501 records
    cut within a key: status 1, a message, 501 records
SEEN
diff expected seen
