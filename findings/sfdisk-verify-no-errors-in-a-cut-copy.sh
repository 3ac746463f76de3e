#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sfdisk 2.38.1 (Debian's fdisk 2.38.1-5+deb12u3) and sgdisk 1.0.9 (gdisk 1.0.9-2.1): the check of a copied disk
#
# Expected: `sfdisk --verify` of a GPT disk's copy that ends too early (a full target, a broken transfer) finds that its
#           second table and half of a partition are missing; an exit status other than 0 wherever an error was found.
# Seen:     it says "No errors detected.", exit status 0: the GPT is not taken for one, and what is checked is the
#           protective MBR. Of a copy with some room behind its end, in which all is there, it says "1 error
#           detected.", with status 0 as well. sgdisk -v finds both, with status 0. A script that goes by the exit status
#           has parted's print only, which fails for the copy that was cut.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download fdisk=2.38.1-5+deb12u3 libfdisk1=2.38.1-5+deb12u3 gdisk=1.0.9-2.1 \
    libpopt0=1.19+dfsg-1 parted=3.5-3+deb12u1 libparted2=3.5-3+deb12u1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/sbin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH LC_ALL=C

ask() { # NAME WORD-OF-A-FINDING COMMAND...
    what=$1 word=$2
    shift 2
    status=0
    "$@" "$what" >output 2>&1 || status=$?
    echo "$what: $*: exit status $status, $(grep -m 1 -o "$word" output || echo 'no finding')"
}

truncate -s 64M whole
printf 'label: gpt\nsize=20M\nsize=40M\n' | sfdisk -q whole
head -c 40M whole >./cut
{ cat whole && head -c 4M /dev/zero; } >longer
for copy in whole cut longer; do
    ask "$copy" '.* errors\? detected\.' sfdisk --verify
    ask "$copy" 'Identified .* problems' sgdisk -v
    status=0
    parted -s "$copy" print >output 2>&1 || status=$?
    echo "$copy: parted print: exit status $status"
done | tee seen

cat >expected <<'SEEN'
whole: sfdisk --verify: exit status 0, No errors detected.
whole: sgdisk -v: exit status 0, no finding
whole: parted print: exit status 0
cut: sfdisk --verify: exit status 0, No errors detected.
cut: sgdisk -v: exit status 0, Identified 6 problems
cut: parted print: exit status 1
longer: sfdisk --verify: exit status 0, 1 error detected.
longer: sgdisk -v: exit status 0, Identified 1 problems
longer: parted print: exit status 0
SEEN
diff expected seen
