#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tdbbackup 1.4.8 (Debian's tdb-tools 1.4.8-2): a second backup of a database that is in use
#
# Samba and others keep their state in such files; tdbbackup copies them safely while they are open.
#
# Expected: when it ends with status 0, FILE.bak has what FILE had when it was called.
# Seen:     it goes by the times of the two files, in whole seconds. What is stored without a transaction is written
#           through a mapping, and if the page was dirty before, FILE's time stays as it was: tdbbackup copies nothing, minutes
#           later, too, says nothing and ends with status 0. After a transaction FILE has a new time,
#           but one in the second of the last backup is left out in the same way. A script has to remove FILE.bak first.
#
# The files lie in /dev/shm, where nothing is ever written out. On a disk it is so for what is stored before the kernel
# has written the page out, within half a minute or so.
#
# Needs apt-get, dpkg-deb, /dev/shm and python3 of Debian 12. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=1.4.8-2
apt-get -q -o APT::Sandbox::User=root download "tdb-tools=$version" "libtdb1=$version" "python3-tdb=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
export PATH LD_LIBRARY_PATH PYTHONPATH

cat >ask.py <<'PYTHON'
import os
import subprocess
import time

import tdb

database = tdb.Tdb("file", 0, tdb.DEFAULT, os.O_RDWR | os.O_CREAT)


def back_up(what):
    run = subprocess.run(["tdbbackup.tdbtools", "file"], capture_output=True, check=False)
    dump = subprocess.run(["tdbdump", "file.bak"], capture_output=True, text=True, check=True).stdout
    print(f"{what}: status {run.returncode}, {len(run.stdout + run.stderr)} bytes of output,",
          f"{dump.count('key(')} of {len(list(database.keys()))} records in the backup")


def next_second():
    time.sleep(2.1)


database[b"1"] = b"value"
next_second()
back_up("first")
next_second()
database[b"2"] = b"value"
next_second()
back_up("after a store")
database.transaction_start()
database[b"3"] = b"value"
database.transaction_commit()
next_second()
back_up("after a transaction")
while time.time() % 1 > 0.2:
    time.sleep(0.05)
os.remove("file.bak")
back_up("without FILE.bak")
database.transaction_start()
database[b"4"] = b"value"
database.transaction_commit()
next_second()
back_up("after a transaction in the second of the last backup")
os.remove("file.bak")
back_up("without FILE.bak")
PYTHON
/usr/bin/python3 ask.py | tee seen

cat >expected <<'SEEN'
first: status 0, 0 bytes of output, 1 of 1 records in the backup
after a store: status 0, 0 bytes of output, 1 of 2 records in the backup
after a transaction: status 0, 0 bytes of output, 3 of 3 records in the backup
without FILE.bak: status 0, 0 bytes of output, 3 of 3 records in the backup
after a transaction in the second of the last backup: status 0, 0 bytes of output, 3 of 4 records in the backup
without FILE.bak: status 0, 0 bytes of output, 4 of 4 records in the backup
SEEN
diff expected seen
