#!/bin/sh
# SPDX-License-Identifier: MIT
#
# redis-check-aof 7.0.15 (Debian's redis-tools 5:7.0.15-1~deb12u10): an append-only file whose manifest is not whole
#
# Since 7.0 the append-only file is a folder: a base, increments, and a manifest that names them. A copy that was taken
# before the manifest was on the disk may have it with no content, or without its last line.
#
# Expected: redis-check-aof fails where the server does not start, and where commands are left out.
# Seen:     a manifest with no content is taken for an empty append-only file of the old kind, with status 0; the server
#           refuses to start with it. A manifest without its last line passes with "All AOF files and manifest are
#           valid", and the server starts without the keys of the increment, which lies beside it.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get -q -o APT::Sandbox::User=root download "redis-tools=$version" "redis-server=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
export PATH

# Starts a server on the folder, which may refuse; what the shell's words then say, and stops it.
with_server() { # COMMAND...
    redis-server --port 0 --unixsocket socket --dir "$folder" --appendonly yes >log 2>&1 &
    server=$!
    for _ in $(seq 100); do
        if ! kill -0 "$server" 2>/dev/null || redis-cli -s socket ping >/dev/null 2>&1; then
            break
        fi
        sleep 0.1
    done
    "$@"
    redis-cli -s socket shutdown nosave >/dev/null 2>&1 || true
    wait "$server" || true
    server=
}

ask() { # NAME
    status=0
    redis-check-aof appendonlydir/appendonly.aof.manifest >output 2>&1 </dev/null || status=$?
    echo "$1: status $status, $(tail -n 1 output | grep -o 'manifest.*')"
    with_server size
    rm -rf appendonlydir
    cp -R whole appendonlydir
}

size() {
    echo "    keys in the server: $(redis-cli -s socket dbsize 2>/dev/null || echo 'it does not run')"
}

with_server redis-cli -s socket mset a 1 b 2 c 3 >/dev/null
cp -R appendonlydir whole
{
    ask whole
    : >appendonlydir/appendonly.aof.manifest
    ask 'no content'
    head -n 1 whole/appendonly.aof.manifest >appendonlydir/appendonly.aof.manifest
    ask 'no last line'
} | tee seen

cat >expected <<'SEEN'
whole: status 0, manifest are valid
    keys in the server: 3
no content: status 0, manifest is empty
    keys in the server: it does not run
no last line: status 0, manifest are valid
    keys in the server: 0
SEEN
diff expected seen
