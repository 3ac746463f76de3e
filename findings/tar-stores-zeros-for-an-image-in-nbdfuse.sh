#!/bin/sh
# SPDX-License-Identifier: MIT
#
# GNU tar 1.34 (Debian's 1.34+dfsg-1.2+deb12u1) with -S, over nbdfuse 1.14.2 (libnbd-bin 1.14.2-1)
#
# nbdfuse shows a disk that an NBD server exports, such as the snapshot of a running machine, as a file, so that any
# program can read it. Images are packed with `tar -S`, which leaves holes out.
#
# Expected: tar finds the holes, or takes the file for one without holes, as bsdtar, cp --sparse=always and qemu-img do.
# Seen:     the archive has a file of the right size with zeros only; status 0, no word. nbdfuse reports 0 blocks for its
#           file, and tar takes that for one hole before it looks for any, with --hole-detection=raw as well. So is
#           it for any filesystem that does not count blocks. Without -S all is there. `stat -c %b FILE` tells.
#
# Needs root (a mount namespace and /dev/fuse), apt-get, dpkg-deb and the libraries of the programs. Leaves nothing
# behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download tar=1.34+dfsg-1.2+deb12u1 libnbd-bin=1.14.2-1 libnbd0=1.14.2-1 \
    libfuse3-3=3.14.0-4 nbdkit=1.32.5-1 coreutils=9.1-1 libarchive-tools=3.6.2-1+deb12u5 \
    libarchive13=3.6.2-1+deb12u5 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/bin:$PWD/root/usr/bin:$PWD/root/usr/sbin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
plugin=$(find "$PWD/root" -name nbdkit-file-plugin.so)
export PATH LD_LIBRARY_PATH plugin

cat >ask <<'ASK'
compare() { # WHAT STATUS
    same='another content'
    if cmp -s copy image; then
        same='the same content'
    elif cmp -s copy zeros; then
        same='zeros only'
    fi
    echo "$1: status $2, $(wc -l <output) lines of output, $(stat -c %s copy) bytes, $same"
}

pack() { # PROGRAM OPTION...
    status=0
    "$@" -cf archive mounted/disk >output 2>&1 || status=$?
    tar -xOf archive >copy
    compare "$*" "$status"
}

mount --make-rprivate /
nbdfuse -r mounted/disk --command nbdkit -s "$plugin" image &
for _ in $(seq 100); do
    if [ -e mounted/disk ]; then
        break
    fi
    sleep 0.1
done
stat -c '%s bytes, %b blocks' mounted/disk
pack tar
pack tar -S
pack tar -S --hole-detection=raw
pack bsdtar
status=0
cp --sparse=always mounted/disk copy >output 2>&1 || status=$?
compare 'cp --sparse=always' "$status"
umount mounted
wait
ASK

mkdir mounted
head -c 1M /dev/urandom >image
truncate -s 1M zeros
unshare -m sh -e ask | tee seen

cat >expected <<'SEEN'
1048576 bytes, 0 blocks
tar: status 0, 0 lines of output, 1048576 bytes, the same content
tar -S: status 0, 0 lines of output, 1048576 bytes, zeros only
tar -S --hole-detection=raw: status 0, 0 lines of output, 1048576 bytes, zeros only
bsdtar: status 0, 0 lines of output, 1048576 bytes, the same content
cp --sparse=always: status 0, 0 lines of output, 1048576 bytes, the same content
SEEN
diff expected seen
