#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mtools 4.0.32 (Debian's mtools 4.0.33-1+really4.0.32-1): mcopy and mtype out of an image that ends too early
#
# mtools read the files of a FAT image without a mount: an EFI partition, the disk of a small appliance, a floppy. Where
# a copy of it was cut off, the names and sizes are there, as they stand in front.
#
# Expected: another status than 0, and a message, for a file whose data is not there, as fsck.fat -n has for such an
#           image.
# Seen:     status 0 and not a word. A file that goes over the image's end comes out shorter than mdir says, one that
#           lies behind it comes out empty. A script asks fsck.fat -n before.
#
# Needs apt-get, dpkg-deb and the libraries of mtools. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download mtools=4.0.33-1+really4.0.32-1 dosfstools=4.2-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PWD/root/sbin:$PWD/root/usr/sbin:$PATH
export PATH

run() { # COMMAND...
    status=0
    "$@" >output 2>errors </dev/null || status=$?
    echo "status $status, $(wc -l <errors) lines about it"
}

ask() { # IMAGE
    echo "$1"
    status=0
    fsck.fat -n "$1" >output 2>&1 || status=$?
    echo "    fsck.fat -n: status $status"
    for file in first second; do
        rm -f copy
        echo "    $file, by mdir: $(mdir -i "$1" ::$file | sed -n "s/^$file *\([0-9]*\) .*/\1/p") bytes"
        echo "        mcopy: $(run mcopy -i "$1" ::$file copy), $(stat -c %s copy) bytes"
        echo "        mtype: $(run mtype -i "$1" ::$file), $(stat -c %s output) bytes"
    done
}

truncate -s 16M whole
mkfs.fat -F 16 whole >/dev/null
head -c 10000000 /dev/urandom >first
head -c 1000 /dev/urandom >second
mcopy -i whole first second ::
head -c 6000000 whole >half
{
    ask whole
    ask half
} | tee seen

cat >expected <<'SEEN'
whole
    fsck.fat -n: status 0
    first, by mdir: 10000000 bytes
        mcopy: status 0, 0 lines about it, 10000000 bytes
        mtype: status 0, 0 lines about it, 10000000 bytes
    second, by mdir: 1000 bytes
        mcopy: status 0, 0 lines about it, 1000 bytes
        mtype: status 0, 0 lines about it, 1000 bytes
half
    fsck.fat -n: status 1
    first, by mdir: 10000000 bytes
        mcopy: status 0, 0 lines about it, 5948800 bytes
        mtype: status 0, 0 lines about it, 5948800 bytes
    second, by mdir: 1000 bytes
        mcopy: status 0, 0 lines about it, 0 bytes
        mtype: status 0, 0 lines about it, 0 bytes
SEEN
diff expected seen
