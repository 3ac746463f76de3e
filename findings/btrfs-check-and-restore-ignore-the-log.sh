#!/bin/sh
# SPDX-License-Identifier: MIT
#
# btrfs-progs 6.2 (Debian's 6.2-1+deb12u2): `btrfs check` and `btrfs restore` of a copy that nobody had frozen
#
# What a program has fsynced since the last commit is in btrfs' log tree only; the next mount puts it into its place.
#
# Expected: check tells that there is a log, as xfs_repair -n and e2fsck do, and restore, which reads files out of
#           a copy without a mount, brings the fsynced file back, or tells that it did not.
# Seen:     check says "no error found", exit status 0, and has no word about the log. restore leaves the file out, with
#           status 0, without a word; once the copy was mounted it is there. log_root in
#           `btrfs inspect-internal dump-super` is 0 if nothing is to be put into its place, as in a frozen copy.
#
# Needs root (a mount namespace and a loop device), a kernel with btrfs, apt-get and dpkg-deb. Leaves nothing behind;
# exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download btrfs-progs=6.2-1+deb12u2 >/dev/null
dpkg-deb -x ./*.deb root
PATH=$PWD/root/bin:$PWD/root/sbin:$PATH
export PATH

ask() { # IMAGE
    status=0
    btrfs check "$1" >output 2>&1 || status=$?
    echo "$1: check: $status, $(grep -o 'no error found' output), $(grep -c -i 'log' output) lines about a log"
    rm -rf restored
    mkdir restored
    status=0
    btrfs restore "$1" restored >output 2>&1 || status=$?
    echo "$1: restore: $status, $(wc -l <output) lines, $(cd restored && echo *)"
    btrfs inspect-internal dump-super "$1" | awk '$1 == "log_root" { print "    log_root is " ($2 ? "set" : "0") }'
}

mkdir mounted
truncate -s 200M disk
mkfs.btrfs -q disk >/dev/null 2>&1
cat >live <<'LIVE'
mount --make-rprivate /
mount -o loop,commit=300 disk mounted
echo text >mounted/committed
sync -f mounted
echo text >mounted/fsynced
sync mounted/fsynced
cp --sparse=always disk copy
umount mounted
LIVE
unshare -m sh -e live
cp --sparse=always copy replayed
unshare -m sh -ec 'mount --make-rprivate /; mount -o loop replayed mounted; umount mounted'
{
    ask copy
    ask replayed
} | tee seen

cat >expected <<'SEEN'
copy: check: 0, no error found, 0 lines about a log
copy: restore: 0, 0 lines, committed
    log_root is set
replayed: check: 0, no error found, 0 lines about a log
replayed: restore: 0, 0 lines, committed fsynced
    log_root is 0
SEEN
diff expected seen
