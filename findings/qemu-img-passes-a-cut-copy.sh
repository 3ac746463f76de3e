#!/bin/sh
# SPDX-License-Identifier: MIT
#
# qemu-img 7.2 (Debian's qemu-utils 1:7.2+dfsg-7+deb12u18+b3): an image whose last third is missing
#
# A snapshot that was exported to a disk that became full, or whose transfer ended early, is such a file.
#
# Expected: `check` finds that clusters lie behind the end of the file, and `convert` fails when it comes to read them.
# Seen:     check finds it in qcow2, VMDK, VHDX and Parallels' format, but of a VDI it says "No errors were found on the
#           image.", exit status 0. convert fails for VHDX only: from the others it writes zeros
#           in place of what is missing, prints nothing and ends with status 0. Who stores another format than he
#           took has to run check before convert, and to compare the sizes of a VDI himself.
#
# Needs apt-get, dpkg-deb and qemu-img's libraries. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download qemu-utils=1:7.2+dfsg-7+deb12u18+b3 >/dev/null
dpkg-deb -x ./*.deb root
PATH=$PWD/root/usr/bin:$PATH
export PATH

seq 2000000 | head -c 8M >disk
truncate -s 64M disk
for format in qcow2 vmdk vhdx parallels vdi; do
    qemu-img convert -f raw -O $format disk whole
    head -c $(($(stat -c %s whole) - 3000000)) whole >part
    checked=0 converted=0
    qemu-img check -f $format part >output 2>&1 || checked=$?
    qemu-img convert -f $format -O raw part again >output 2>&1 || converted=$?
    echo "$format: check $checked, convert $converted with $(wc -l <output) lines"
done | tee seen

cat >expected <<'SEEN'
qcow2: check 2, convert 0 with 0 lines
vmdk: check 1, convert 0 with 0 lines
vhdx: check 2, convert 1 with 2 lines
parallels: check 2, convert 0 with 0 lines
vdi: check 0, convert 0 with 0 lines
SEEN
diff expected seen
