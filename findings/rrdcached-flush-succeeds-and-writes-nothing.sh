#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rrdcached 1.7.2 (Debian's rrdcached 1.7.2-4+b8): files that are suspended while a backup reads them
#
# SUSPENDALL stops rrdcached from writing to its files, RESUMEALL lets it go on; what comes in between it keeps in memory.
#
# Expected: FLUSH of a suspended file writes it all the same, or fails. When rrdcached is stopped, `-F`, in the manual "always
#           flush all updates to the RRD data files when the daemon is shut down", writes all.
# Seen:     FLUSH answers "Successfully flushed", and so do `rrdtool flushcached` and what reads through the daemon: nothing
#           is written, and a graph shows old values. If rrdcached is stopped between the two, as by a backup that
#           failed before RESUMEALL, the values are lost in spite of -F, with exit status 0 and no word in the log. Only
#           a journal (-j) keeps them for the next start.
#
# Needs apt-get, dpkg-deb and python3. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p archives/partial root journal
version=1.7.2-4+b8
apt-get -y -q -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/archives" --no-install-recommends \
    --download-only install "rrdcached=$version" "rrdtool=$version" >/dev/null
for package in archives/*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
RRDCACHED_ADDRESS=unix:$PWD/socket
export PATH LD_LIBRARY_PATH

cat >ask.py <<'PYTHON'
import socket
import sys
import time

for _ in range(100):
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect("socket")
        break
    except OSError:
        time.sleep(0.1)
stream = connection.makefile("rw")
for command in sys.argv[1:]:
    stream.write(command + "\n")
    stream.flush()
    answer = stream.readline().strip()
    lines = [stream.readline().strip() for _ in range(int(answer.split()[0]))]
    print(f"    {command}:", answer.split(" /")[0], *lines)
PYTHON

start() { # OPTION...
    rm -f socket
    rrdcached -g -l "$RRDCACHED_ADDRESS" -b "$folder" -w 600 "$@" >log 2>&1 &
    server=$!
}

stop() {
    kill "$server"
    status=0
    wait "$server" || status=$?
    server=
    echo "    stopped: status $status, $(grep -c -i 'error\|suspend\|lost\|discard' log) lines about it"
}

ask() {
    python3 ask.py "$@"
}

in_file() {
    echo "    in the file: $(rrdtool lastupdate file.rrd | tail -n 1)"
}

try() { # OPTION...
    echo "$*"
    rm -f file.rrd
    rrdtool create file.rrd -b 1000000000 -s 10 DS:value:GAUGE:100:U:U RRA:AVERAGE:0.5:1:100
    start "$@"
    ask 'UPDATE file.rrd 1000000010:1' 'FLUSH file.rrd'
    in_file
    ask SUSPENDALL 'UPDATE file.rrd 1000000020:2' 'FLUSH file.rrd'
    status=0
    rrdtool flushcached --daemon "$RRDCACHED_ADDRESS" "$folder/file.rrd" || status=$?
    echo "    rrdtool flushcached: $status"
    in_file
    ask 'PENDING file.rrd'
    stop
    in_file
}

{
    try -F
    try -j journal
    echo "started again"
    start -j journal
    ask 'FLUSH file.rrd'
    in_file
    stop
} | tee seen

cat >expected <<'SEEN'
-F
    UPDATE file.rrd 1000000010:1: 0 errors, enqueued 1 value(s).
    FLUSH file.rrd: 0 Successfully flushed
    in the file: 1000000010: 1
    SUSPENDALL: 0 1 rrds suspend
    UPDATE file.rrd 1000000020:2: 0 errors, enqueued 1 value(s).
    FLUSH file.rrd: 0 Successfully flushed
    rrdtool flushcached: 0
    in the file: 1000000010: 1
    PENDING file.rrd: 1 updates pending 1000000020:2
    stopped: status 0, 0 lines about it
    in the file: 1000000010: 1
-j journal
    UPDATE file.rrd 1000000010:1: 0 errors, enqueued 1 value(s).
    FLUSH file.rrd: 0 Successfully flushed
    in the file: 1000000010: 1
    SUSPENDALL: 0 1 rrds suspend
    UPDATE file.rrd 1000000020:2: 0 errors, enqueued 1 value(s).
    FLUSH file.rrd: 0 Successfully flushed
    rrdtool flushcached: 0
    in the file: 1000000010: 1
    PENDING file.rrd: 1 updates pending 1000000020:2
    stopped: status 0, 0 lines about it
    in the file: 1000000010: 1
started again
    FLUSH file.rrd: 0 Successfully flushed
    in the file: 1000000020: 2
    stopped: status 0, 0 lines about it
SEEN
diff expected seen
