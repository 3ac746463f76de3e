#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fsck.erofs 1.5 (Debian's erofs-utils 1.5-1): an image whose second half is missing
#
# Expected: it fails, as the superblock says how many blocks the image has.
# Seen:     nothing is printed, exit status 0: names and inodes lie at the image's beginning, and nobody looks
#           for the data. Only with --extract (without a folder it writes nothing) does it fail, status 1. Data that
#           was changed passes in either way: this version's images have a checksum of the superblock only.
#
# Needs apt-get, dpkg-deb and the libraries lz4, uuid and selinux. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download erofs-utils=1.5-1 >/dev/null
dpkg-deb -x ./*.deb root
PATH=$PWD/root/usr/bin:$PATH
export PATH

mkdir files
seq 200000 >files/numbers
mkfs.erofs whole files >/dev/null 2>&1
cp whole changed
printf 'XXXX' | dd of=changed bs=1 seek=800000 conv=notrunc status=none
head -c $(($(stat -c %s whole) / 2)) whole >half
for image in whole half changed; do
    for how in '' --extract; do
        status=0
        # shellcheck disable=SC2086  # no word if there is none
        fsck.erofs $how $image >output 2>&1 || status=$?
        echo "$image $how: exit status $status, $(wc -w <output) words"
    done
done | tee seen

cat >expected <<'SEEN'
whole : exit status 0, 0 words
whole --extract: exit status 0, 0 words
half : exit status 0, 0 words
half --extract: exit status 1, 32 words
changed : exit status 0, 0 words
changed --extract: exit status 0, 0 words
SEEN
diff expected seen
