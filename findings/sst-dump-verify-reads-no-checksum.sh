#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sst_dump 7.8.3 (Debian's rocksdb-tools 7.8.3-2): `--command=verify` of a table whose data is damaged
#
# Expected: verify does what its help says: it reads every block, compares the checksums, and fails if one is wrong.
# Seen:     "The file is ok", exit status 0, for a table in whose data four bytes were changed. It compares them only
#           if --verify_checksum is given as well, which the help speaks of for check and scan. Then the
#           damage is told, but the exit status is 0 all the same. `ldb checkconsistency` looks at the files' sizes and
#           says OK; only `ldb scan`, which reads everything, fails.
#
# Needs apt-get, dpkg-deb and the libraries lz4, zstd, bz2 and z. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download rocksdb-tools=7.8.3-2 librocksdb7.8=7.8.3-2 libsnappy1v5=1.1.9-3 \
    libgflags2.2=2.2.2-2 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
PATH=$PWD/root/usr/bin:$PATH
export PATH LD_LIBRARY_PATH

# shellcheck disable=SC2046  # a key and a value each
ldb --db=base --create_if_missing --compression_type=no batchput $(seq 4000) >/dev/null
ldb --db=base --compression_type=no compact
printf 'XXXX' | dd of="$(echo base/*.sst)" bs=1 seek=6000 conv=notrunc status=none

ask() { # COMMAND...
    status=0
    "$@" >output 2>&1 || status=$?
    echo "$*: exit status $status, $(grep -m 1 -i -o 'file is ok\|^OK$\|checksum mismatch' output || echo 'no word')"
}

{
    ask sst_dump --file=base --command=verify
    ask sst_dump --file=base --command=verify --verify_checksum
    ask sst_dump --file=base --command=check
    ask sst_dump --file=base --command=check --verify_checksum
    ask ldb --db=base checkconsistency
    ask ldb --db=base scan
} | tee seen

cat >expected <<'SEEN'
sst_dump --file=base --command=verify: exit status 0, file is ok
sst_dump --file=base --command=verify --verify_checksum: exit status 0, checksum mismatch
sst_dump --file=base --command=check: exit status 0, no word
sst_dump --file=base --command=check --verify_checksum: exit status 0, checksum mismatch
ldb --db=base checkconsistency: exit status 0, OK
ldb --db=base scan: exit status 1, checksum mismatch
SEEN
diff expected seen
