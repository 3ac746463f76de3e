#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mksquashfs 4.5.1 (Debian's squashfs-tools 1:4.5.1-1): a file that cannot be read
#
# An archive of a filesystem, or of a snapshot that is mounted, meets files that it may not open, or that lie on a bad sector.
#
# Expected: the exit status is not 0, as with tar, cp, pax, bsdtar and `mke2fs -d`; the file is left out.
# Seen:     "Failed to read file ..., creating empty file", exit status 0: the image has the file with its name, owner and
#           time, and no content, which nothing tells from a file that was empty. With -exit-on-error it fails, status 1,
#           and leaves no image.
#
# Needs root (it becomes nobody), apt-get, dpkg-deb, setpriv and the libraries of the programs. Leaves nothing behind;
# exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download squashfs-tools=1:4.5.1-1 e2fsprogs=1.47.0-2+b2 libext2fs2=1.47.0-2+b2 \
    tar=1.34+dfsg-1.2+deb12u1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/bin:$PWD/root/sbin:$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

as_nobody() { # WHAT COMMAND...
    what=$1
    shift
    status=0
    setpriv --reuid nobody --clear-groups "$@" >output 2>&1 || status=$?
    echo "$what: status $status, $(grep -o 'creating empty file\|Cannot open\|Permission denied while\|Failed to read' output |
        tail -n 1)"
}

chmod 755 .
mkdir files images
chown nobody images
echo text >files/open
echo text >files/locked
chmod 600 files/locked
{
    as_nobody tar tar -cf images/tar files
    as_nobody 'mke2fs -d' mke2fs -q -t ext4 -d files images/ext4 16M
    as_nobody mksquashfs mksquashfs files images/squashfs -quiet -no-progress
    unsquashfs -lln images/squashfs | awk '/open|locked/ { print "    " $1, $3, $NF }'
    as_nobody 'mksquashfs -exit-on-error' mksquashfs files images/second -quiet -no-progress -exit-on-error
    [ -e images/second ] && echo "    an image" || echo "    no image"
} | tee seen

cat >expected <<'SEEN'
tar: status 2, Cannot open
mke2fs -d: status 1, Permission denied while
mksquashfs: status 0, creating empty file
    -rw------- 0 squashfs-root/locked
    -rw-r--r-- 5 squashfs-root/open
mksquashfs -exit-on-error: status 1, Failed to read
    no image
SEEN
diff expected seen
