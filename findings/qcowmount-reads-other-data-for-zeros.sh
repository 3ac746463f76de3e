#!/bin/sh
# SPDX-License-Identifier: MIT
#
# qcowmount 20201213 (Debian's libqcow-utils 20201213-1+b2): a qcow2 in which the guest has trimmed or zeroed something
#
# libqcow shows the disk in an image as a file, for those who look into copies. Where a guest trims, or writes zeros, QEMU
# marks the cluster as "reads as zeros", with or without its place in the file (version 3 of the format, the default).
#
# Expected: such clusters are zeros; or the image is refused, as those are whose features libqcow does not know.
# Seen:     it is taken, and with no message the file has other data there: what was in the cluster before if it kept its
#           place, so that what was deleted is back; otherwise the image's own first cluster, whose "QFI" is the header.
#           qemu-img reads zeros. In a copy by `qemu-img convert -O qcow2` such clusters are left out, and qcowmount reads it
#           as it is.
#
# Needs root (a mount namespace and /dev/fuse), apt-get, dpkg-deb, od and the libraries of both. Leaves nothing behind;
# exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download libqcow-utils=20201213-1+b2 libqcow1=20201213-1+b2 libfuse2=2.9.9-6+b1 \
    qemu-utils=1:7.2+dfsg-7+deb12u18+b3 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

first_bytes() { # FILE: of the clusters 0 to 4
    for cluster in 0 1 2 3 4; do
        od -A n -t x1 -N 4 -j $((cluster * 65536)) "$1"
    done | paste -s -d '|' | sed 's/|/ |/g'
}

ask() { # IMAGE
    qemu-img convert -O raw "$1" copy
    echo "$1: qemu-img: $(first_bytes copy)"
    export image="$1"
    # shellcheck disable=SC2016  # for the shell inside
    unshare -m sh -ec 'mount --make-rprivate /
        status=0
        qcowmount "$image" mounted >output 2>&1 || status=$?
        cat mounted/qcow1 >copy
        umount mounted
        echo "    qcowmount: status $status, $(grep -c -i "unsupported\|error\|unable" output) errors"'
    echo "    qcowmount: $(first_bytes copy)"
}

mkdir mounted
qemu-img create -q -f qcow2 image 320k
qemu-io -f qcow2 -d unmap -c 'write -q -P 0x61 0 320k' -c 'write -q -z 64k 64k' -c 'write -q -z -u 128k 64k' \
    -c 'discard -q 192k 64k' image >/dev/null
qemu-img convert -O qcow2 image converted
{
    ask image
    ask converted
} | tee seen

cat >expected <<'SEEN'
image: qemu-img:  61 61 61 61 | 00 00 00 00 | 00 00 00 00 | 00 00 00 00 | 61 61 61 61
    qcowmount: status 0, 0 errors
    qcowmount:  61 61 61 61 | 61 61 61 61 | 51 46 49 fb | 51 46 49 fb | 61 61 61 61
converted: qemu-img:  61 61 61 61 | 00 00 00 00 | 00 00 00 00 | 00 00 00 00 | 61 61 61 61
    qcowmount: status 0, 0 errors
    qcowmount:  61 61 61 61 | 00 00 00 00 | 00 00 00 00 | 00 00 00 00 | 61 61 61 61
SEEN
diff expected seen
