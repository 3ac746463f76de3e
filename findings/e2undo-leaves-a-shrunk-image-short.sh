#!/bin/sh
# SPDX-License-Identifier: MIT
#
# e2undo 1.47.0 (Debian's e2fsprogs 1.47.0-2+b2): an image that `resize2fs -z` made smaller, or larger
#
# -z writes what is overwritten into a file, from which e2undo brings the filesystem back, as after a check that one tries
# on a copy.
#
# Expected: the image is bit for bit what it was, as after `e2fsck -z` and `tune2fs -z`; or resize2fs refuses -z where it cuts
#           the file.
# Seen:     e2undo ends with status 0. An image that was made smaller stays so: the end, which resize2fs cut off, was not
#           kept, and with it the content of the files that lay there is gone, although the filesystem has its old
#           size and names again. An image that was made larger keeps its new size. A block device keeps its end.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download e2fsprogs=1.47.0-2+b2 libext2fs2=1.47.0-2+b2 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/sbin:$PWD/root/usr/sbin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

try() { # COMMAND...: with -z undo, on the file image
    cp before image
    rm -f undo
    what="$*"
    status=0
    "$@" >output 2>&1 || status=$?
    changed=unchanged
    cmp -s before image || changed=changed
    echo "$what: status $status, $(($(stat -c %s image) / 1048576)) MiB, $changed"
    status=0
    e2undo undo image >output 2>&1 || status=$?
    same='not as it was'
    if cmp -s before image; then
        same='as it was'
    fi
    echo "    e2undo: status $status, $(wc -l <output) lines, $(($(stat -c %s image) / 1048576)) MiB, $same"
    debugfs -R 'dump /kept copy' image >/dev/null 2>&1
    content='content lost'
    if cmp -s kept copy; then
        content='content as it was'
    fi
    echo "    the file: $content"
}

# The file lies at the end: what was before it has been removed again.
mkdir files
head -c 20M /dev/zero | tr '\0' x >files/first
head -c 4M /dev/urandom >kept
truncate -s 32M before
mke2fs -q -t ext4 -b 4096 -d files before
debugfs -w -R 'write kept kept' before >/dev/null 2>&1
debugfs -w -R 'rm first' before >/dev/null 2>&1
e2fsck -fy before >/dev/null 2>&1 || true
{
    try tune2fs -L label -z undo image
    try e2fsck -fy -z undo image
    try resize2fs -z undo image 16M
    try resize2fs -z undo image 64M
} | tee seen

cat >expected <<'SEEN'
tune2fs -L label -z undo image: status 0, 32 MiB, changed
    e2undo: status 0, 0 lines, 32 MiB, as it was
    the file: content as it was
e2fsck -fy -z undo image: status 0, 32 MiB, changed
    e2undo: status 0, 0 lines, 32 MiB, as it was
    the file: content as it was
resize2fs -z undo image 16M: status 0, 16 MiB, changed
    e2undo: status 0, 0 lines, 16 MiB, not as it was
    the file: content lost
resize2fs -z undo image 64M: status 0, 64 MiB, changed
    e2undo: status 0, 0 lines, 64 MiB, not as it was
    the file: content as it was
SEEN
diff expected seen
