#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Berkeley DB 5.3.28 (Debian's db5.3-util 5.3.28+dfsg2-1): db5.3_dump and db5.3_verify of a copy in which a page is zero
#
# A copy that nobody had frozen may have zeros where a block was allocated and not yet written. db5.3_dump makes the file
# from which a database is loaded again.
#
# Expected: db5.3_verify finds such a page in any database, and db5.3_dump, which reads all of them, fails, or says so.
# Seen:     dump ends with status 0 and without a word. Of a btree in which a leaf is zero all records behind it are left
#           out, as the chain of leaves ends there; verify fails. In a hash database the records of the page are left out,
#           and verify calls it good, with status 0, as it does for most pages of this one. Nothing tells how many
#           records there were.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=5.3.28+dfsg2-1
apt-get -q -o APT::Sandbox::User=root download "db5.3-util=$version" "libdb5.3=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

ask() { # TYPE [PAGE]
    cp "$1" copy
    if [ -n "${2-}" ]; then
        dd if=/dev/zero of=copy bs=4096 seek="$2" count=1 conv=notrunc status=none
    fi
    status=0
    db5.3_dump copy >output 2>errors || status=$?
    echo "$1${2:+, page $2 is zero}: dump: status $status, $(wc -l <errors) messages, $(grep -c '^ 6b' output) of 4000 records"
    status=0
    db5.3_verify -q copy >/dev/null 2>&1 || status=$?
    echo "    verify: status $status"
}

for type in btree hash; do
    seq 4000 | awk '{ print "key" $1; print "value" $1 " with some more text, as values have" }' |
        db5.3_load -T -t $type -c db_pagesize=4096 $type
done
{
    ask btree
    ask btree 10
    ask hash
    ask hash 30
} | tee seen

cat >expected <<'SEEN'
btree: dump: status 0, 0 messages, 4000 of 4000 records
    verify: status 0
btree, page 10 is zero: dump: status 0, 0 messages, 2224 of 4000 records
    verify: status 1
hash: dump: status 0, 0 messages, 4000 of 4000 records
    verify: status 0
hash, page 30 is zero: dump: status 0, 0 messages, 3877 of 4000 records
    verify: status 0
SEEN
diff expected seen
