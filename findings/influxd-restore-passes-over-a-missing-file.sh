#!/bin/sh
# SPDX-License-Identifier: MIT
#
# influxd 1.6.7 (Debian's influxdb 1.6.7~rc0-1+b13): `restore -portable` of a backup from which a file is missing
#
# A backup has one file for the points of each week, and a manifest that names them, so that one can tell whether it is
# whole. A copy that was broken off has the first files only.
#
# Expected: restore fails if a file that the manifest names is not there, as it does if the file ends too early.
# Seen:     status 0, and its lines are those of the files that are there; without any of them it prints nothing at all.
#           The new database has the points of the other week, or none. A script looks for each name of the manifest.
#
# Needs apt-get, dpkg-deb, python3 and two free ports of 127.0.0.1. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download influxdb=1.6.7~rc0-1+b13 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
HOME=$folder
export PATH HOME
cat >ports.py <<'PYTHON'
import socket

servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(server.getsockname()[1] for server in servers))
PYTHON
read -r port backup_port <<END
$(/usr/bin/python3 ports.py)
END

cat >configuration <<END
bind-address = "127.0.0.1:$backup_port"
reporting-disabled = true
[meta]
dir = "$folder/meta"
[data]
dir = "$folder/data"
wal-dir = "$folder/wal"
[http]
bind-address = "127.0.0.1:$port"
[monitor]
store-enabled = false
END

cat >ask.py <<'PYTHON'
"""PORT fill: makes the database `first`, with 700 points in each of two weeks. PORT count DATABASE: counts points."""
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SERVER = f"http://127.0.0.1:{sys.argv[1]}"
WEEK = 7 * 86400


def request(path, body=None, **parameters):
    address = f"{SERVER}/{path}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(urllib.request.Request(address, body)) as answer:
        return answer.read()


def wait():
    for _ in range(100):
        try:
            return request("ping")
        except urllib.error.URLError:
            time.sleep(0.2)
    return None


def points():
    begin = 1700000000 // WEEK * WEEK
    for week in range(2):
        for number in range(700):
            yield f"m value={number} {(begin + week * WEEK + number * 60) * 10**9}\n"


if sys.argv[2] == "fill":
    wait()
    request("query", b"", q="CREATE DATABASE first")
    request("write", "".join(points()).encode(), db="first")
else:
    answer = json.loads(request("query", q="SELECT COUNT(value) FROM m", db=sys.argv[3]))
    series = answer["results"][0].get("series")
    print(series[0]["values"][0][1] if series else 0)
PYTHON

restore() { # FOLDER
    status=0
    influxd restore -portable -host "127.0.0.1:$backup_port" -db first -newdb "$1" "$1" >output 2>&1 || status=$?
    sleep 1
    echo "$1: status $status, $(wc -l <output) lines, $(/usr/bin/python3 ask.py "$port" count "$1") points"
}

influxd -config configuration >log 2>&1 &
server=$!
/usr/bin/python3 ask.py "$port" fill
influxd backup -portable -host "127.0.0.1:$backup_port" -db first whole >/dev/null 2>&1
for copy in one_cut one_missing both_missing; do
    cp -r whole "$copy"
done
file=$(basename "$(find whole -name '*.tar.gz' | sort | tail -n 1)")
truncate -s 500 "one_cut/$file"
rm "one_missing/$file" both_missing/*.tar.gz
{
    echo "files: $(find whole -name '*.tar.gz' | wc -l), in the manifest: $(grep -o 'tar.gz' whole/*.manifest | wc -l)"
    for copy in whole one_cut one_missing both_missing; do
        restore "$copy"
    done
} | tee seen

cat >expected <<'SEEN'
files: 2, in the manifest: 2
whole: status 0, 2 lines, 1400 points
one_cut: status 1, 4 lines, 700 points
one_missing: status 0, 1 lines, 700 points
both_missing: status 0, 0 lines, 0 points
SEEN
diff expected seen
