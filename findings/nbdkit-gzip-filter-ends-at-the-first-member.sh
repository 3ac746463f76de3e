#!/bin/sh
# SPDX-License-Identifier: MIT
#
# nbdkit 1.32.5 (Debian's nbdkit 1.32.5-1): the gzip filter over an image that was compressed in pieces
#
# A gzip file is one member or several, one after the other (RFC 1952); programs that compress on several machines, or
# append what came later, write several. `gzip -d` and zcat give all of them.
#
# Expected: the filter, by its manual for "a gzip-compressed file", gives the whole image, as the xz filter does with
#           several streams; or the connection fails, as it does for a file that ends too early.
# Seen:     it gives the first member only: a smaller disk, with which nbdcopy ends with status 0 and nothing is said. The
#           partitions behind its end are gone. An image has to be packed again in one piece, or its size to
#           be compared with that of `zcat FILE | wc -c`.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download nbdkit=1.32.5-1 libnbd-bin=1.14.2-1 libnbd0=1.14.2-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PWD/root/usr/sbin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
TMPDIR=$folder
export PATH LD_LIBRARY_PATH TMPDIR
parts=$(find "$folder/root" -type d -name nbdkit -path '*/lib/*')

ask() { # FILTER FILE
    rm -f copy
    status=0
    # shellcheck disable=SC2016  # for the shell that nbdkit starts
    nbdkit -U - --filter="$parts/filters/nbdkit-$1-filter.so" "$parts/plugins/nbdkit-file-plugin.so" "$2" \
        --run 'nbdcopy "$uri" copy' >output 2>&1 || status=$?
    same=another
    if cmp -s copy image; then
        same=same
    fi
    echo "$2: $1 -dc: $("$1" -dc <"$2" 2>/dev/null | wc -c) bytes; through nbdkit: status $status,\
 $(stat -c %s copy 2>/dev/null || echo no) bytes, $same image"
}

head -c 3M /dev/urandom >image
gzip <image >one.gz
xz --block-size=1MiB <image >one.xz
for pack in gzip xz; do
    {
        head -c 2M image | $pack
        tail -c 1M image | $pack
    } >"several.${pack%ip}"
done
head -c 1M one.gz >cut.gz
{
    ask gzip one.gz
    ask gzip several.gz
    ask gzip cut.gz
    ask xz one.xz
    ask xz several.xz
} | tee seen

cat >expected <<'SEEN'
one.gz: gzip -dc: 3145728 bytes; through nbdkit: status 0, 3145728 bytes, same image
several.gz: gzip -dc: 3145728 bytes; through nbdkit: status 0, 2097152 bytes, another image
cut.gz: gzip -dc: 1048406 bytes; through nbdkit: status 1, no bytes, another image
one.xz: xz -dc: 3145728 bytes; through nbdkit: status 0, 3145728 bytes, same image
several.xz: xz -dc: 3145728 bytes; through nbdkit: status 0, 3145728 bytes, same image
SEEN
diff expected seen
