#!/bin/sh
# SPDX-License-Identifier: MIT
#
# xfs_admin 6.1.0 (Debian's xfsprogs 6.1.0-1): a UUID of its own for the copy of a mounted disk
#
# The copy of an xfs cannot be mounted beside its original, unless with -o nouuid, until it has another UUID.
#
# Expected: `xfs_admin -U generate` gives it one if it was frozen for the copy, as all is in its place then; otherwise it
#           fails.
# Seen:     in both cases it says that there is a log to be replayed, leaves the UUID as it was, and ends with status 0; so
#           it does for a UUID that is none. A label that is too long is cut, with status 0. A freeze leaves the log
#           marked on purpose, so that the next mount puts away deleted files that were open. The copy has to be
#           mounted once with -o nouuid; then it gets its UUID. A script compares what `xfs_admin -u` says.
#
# Needs root (a mount namespace and loop devices, of which it freezes one for a moment), a kernel with xfs, fsfreeze,
# apt-get, dpkg-deb and the libraries of xfsprogs. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download xfsprogs=6.1.0-1 >/dev/null
dpkg-deb -x ./*.deb root
# xfs_admin calls xfs_db by its name.
PATH=$PWD/root/usr/sbin:$PWD/root/sbin:$PATH
export PATH

ask() { # IMAGE OPTION VALUE
    before=$(xfs_admin -u "$1")
    status=0
    xfs_admin "$2" "$3" "$1" >output 2>&1 || status=$?
    after=same
    [ "$(xfs_admin -u "$1")" = "$before" ] || after=another
    echo "$1: $2 $3: status $status, the UUID is $after"
    grep -o 'needs to$\|^be replayed\|invalid UUID\|truncating.*\|^new label.*' output | sed 's/^/    /'
}

mkdir mounted
truncate -s 400M disk
mkfs.xfs -q disk
cat >live <<'LIVE'
mount --make-rprivate /
mount -o loop disk mounted
echo text >mounted/file
sync mounted/file
cp --sparse=always disk not-frozen
fsfreeze -f mounted
cp --sparse=always disk frozen
fsfreeze -u mounted
umount mounted
LIVE
unshare -m sh -e live
{
    ask not-frozen -U generate
    ask not-frozen -U number
    ask not-frozen -L nightly-copy-of-7
    ask frozen -U generate
    unshare -m sh -ec 'mount --make-rprivate /; mount -o loop,nouuid frozen mounted; umount mounted'
    echo "mounted and unmounted:"
    ask frozen -U generate
} | tee seen

cat >expected <<'SEEN'
not-frozen: -U generate: status 0, the UUID is same
    needs to
    be replayed
not-frozen: -U number: status 0, the UUID is same
    invalid UUID
not-frozen: -L nightly-copy-of-7: status 0, the UUID is same
    truncating label length from 17 to 12
    new label = "nightly-copy"
frozen: -U generate: status 0, the UUID is same
    needs to
    be replayed
mounted and unmounted:
frozen: -U generate: status 0, the UUID is another
SEEN
diff expected seen
