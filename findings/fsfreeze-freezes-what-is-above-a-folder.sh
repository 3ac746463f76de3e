#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fsfreeze 2.38.1 (Debian's util-linux 2.38.1-5+deb12u3) and xfs_freeze 6.1.0 (xfsprogs 6.1.0-1): a folder that is no
# mount point
#
# Expected: both manuals want a mount point, and say that the filesystem must be mounted to be frozen. Given a folder on
#           which nothing is mounted they fail, as umount does.
# Seen:     both freeze the filesystem that the folder lies on, with status 0 and without a word. A script that
#           freezes /srv/data stops the root if /srv/data could not be mounted at boot; its copy of the data is then
#           one of nothing. `mountpoint -q` has to be asked before.
#
# Needs root (a mount namespace and a loop device, which it freezes for a moment), a kernel with ext4, mkfs.ext4, mountpoint,
# apt-get, dpkg-deb and the libraries of both. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download util-linux=2.38.1-5+deb12u3 xfsprogs=6.1.0-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/sbin:$PWD/root/usr/sbin:$PATH
export PATH

cat >live <<'LIVE'
mount --make-rprivate /
mount -o loop disk mounted
trap 'fsfreeze -u mounted 2>/dev/null; umount mounted' EXIT
mkdir mounted/folder

ask() { # COMMAND
    status=0
    "$@" mounted/folder >output 2>&1 || status=$?
    echo "$*: status $status, $(wc -l <output) lines"
}

ask mountpoint -q
ask umount
for program in fsfreeze xfs_freeze; do
    ask "$program" -f
    if fsfreeze -u mounted 2>/dev/null; then
        echo '    the filesystem above was frozen'
    fi
done
LIVE

mkdir mounted
truncate -s 100M disk
mkfs.ext4 -q disk
unshare -m sh -e live | tee seen

cat >expected <<'SEEN'
mountpoint -q: status 32, 0 lines
umount: status 32, 1 lines
fsfreeze -f: status 0, 0 lines
    the filesystem above was frozen
xfs_freeze -f: status 0, 0 lines
    the filesystem above was frozen
SEEN
diff expected seen
