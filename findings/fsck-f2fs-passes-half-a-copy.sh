#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fsck.f2fs 1.15.0 (Debian's f2fs-tools 1.15.0-1): copies of a volume that are damaged, or end too early
#
# Expected: `fsck.f2fs -a` and `-p`, the "automatic" check of the manual, look at the volume. Any check of a copy
#           whose second half is missing fails, as the superblock says how many blocks there are.
# Seen:     -a and -p go by an error that was noted in the volume while it was in use: with a block of the table of
#           segments lost they print "No error was reported", exit status 0, where --dry-run tells many
#           failures (status 1). And of half a volume, in which the end of a file is missing, --dry-run and -f find
#           nothing wrong, with status 0. Who checks a copy uses --dry-run, and compares its size himself.
#
# Needs apt-get, dpkg-deb, dd and libselinux. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download f2fs-tools=1.15.0-1 >/dev/null
dpkg-deb -x ./*.deb root
PATH=$PWD/root/sbin:$PATH
export PATH

mkdir files
seq 5000000 >files/numbers
truncate -s 128M whole
mkfs.f2fs -q whole
sload.f2fs -f files whole >/dev/null

ask() { # NAME
    for how in --dry-run -a -p -f; do
        cp "$1" copy
        status=0
        fsck.f2fs $how copy >output 2>&1 </dev/null || status=$?
        echo "$1: $how: $status, $(grep -q '\[Fail\]' output && echo failures || echo 'no failure')"
    done
}

cp whole segments-lost
table=$(dump.f2fs -d 1 whole 2>&1 | sed -n 's/^sit_blkaddr.*: \([0-9]*\)\]/\1/p')
dd if=/dev/zero of=segments-lost bs=4096 seek="$table" count=1 conv=notrunc status=none
head -c 64M whole >half
{
    ask whole
    ask segments-lost
    ask half
} | tee seen

cat >expected <<'SEEN'
whole: --dry-run: 0, no failure
whole: -a: 0, no failure
whole: -p: 0, no failure
whole: -f: 0, no failure
segments-lost: --dry-run: 1, failures
segments-lost: -a: 0, no failure
segments-lost: -p: 0, no failure
segments-lost: -f: 1, failures
half: --dry-run: 0, no failure
half: -a: 0, no failure
half: -p: 0, no failure
half: -f: 0, no failure
SEEN
diff expected seen
