#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cryptsetup 2.6.1 (Debian's cryptsetup-bin 2:2.6.1-4~deb12u2): isLuks, luksUUID and luksDump of a copied disk
#
# LUKS2 keeps its header twice. In the copy of a disk one of the two may be damaged, or older than the other, as when
# the copy was taken while they were written.
#
# Expected: commands that only ask leave the copy as it is, above all with --readonly, and tell of the damage.
# Seen:     each of them writes the good header over the other one, with --readonly too, prints nothing about it
#           and ends with status 0. The copy's checksum is another one then. Mode 444 does not help against root; as
#           a user who may not write the file, cryptsetup leaves it alone, and so does blkid -p.
#
# Needs root, apt-get, dpkg-deb, setpriv and blkid. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .
apt-get -q -o APT::Sandbox::User=root download cryptsetup-bin=2:2.6.1-4~deb12u2 libcryptsetup12=2:2.6.1-4~deb12u2 \
    libpopt0=1.19+dfsg-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
PATH=$PWD/root/sbin:$PATH
export PATH LD_LIBRARY_PATH LC_ALL=C

truncate -s 32M good
echo secret | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 good -
cp good damaged
# In the first header's JSON area, which has a checksum.
printf 'XXXX' | dd of=damaged bs=1 seek=5000 conv=notrunc status=none

ask() { # WORDS... that the copy's name follows
    cp damaged copy
    chmod 444 copy
    status=0
    "$@" copy >output 2>&1 || status=$?
    after=unchanged
    cmp -s damaged copy || after=written
    echo "$*: exit status $status, $after, $(grep -ci 'damage\|repair\|recover\|corrupt' output) lines about it"
}

{
    ask cryptsetup isLuks
    ask cryptsetup luksUUID
    ask cryptsetup luksDump
    ask cryptsetup --readonly luksDump
    ask setpriv --reuid=65534 --clear-groups cryptsetup luksDump
    ask blkid -p
} | tee seen

cat >expected <<'SEEN'
cryptsetup isLuks: exit status 0, written, 0 lines about it
cryptsetup luksUUID: exit status 0, written, 0 lines about it
cryptsetup luksDump: exit status 0, written, 0 lines about it
cryptsetup --readonly luksDump: exit status 0, written, 0 lines about it
setpriv --reuid=65534 --clear-groups cryptsetup luksDump: exit status 0, unchanged, 0 lines about it
blkid -p: exit status 0, unchanged, 0 lines about it
SEEN
diff expected seen
