#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Redis 7.0.15 (Debian's redis-server 5:7.0.15-1~deb12u10): CLIENT UNPAUSE after CLIENT PAUSE
#
# A script stops all clients, takes a copy, and lets them go: CLIENT PAUSE with a time that is surely enough, then
# CLIENT UNPAUSE.
#
# Expected: CLIENT UNPAUSE ends the pause, from the session that began it or from any other.
# Seen:     it is one of the commands that the pause holds up. In the mode that is the default (ALL) it is answered when the
#           pause is over by itself, from either session. Nobody can shorten it: a second CLIENT PAUSE with a shorter
#           time waits as well, and so does PING, which a health check sends. Only after CLIENT PAUSE ... WRITE
#           are all three answered at once.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get -q -o APT::Sandbox::User=root download "redis-tools=$version" "redis-server=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
export PATH

redis-server --port 0 --unixsocket socket --dir "$folder" --save '' >log 2>&1 &
server=$!
for _ in $(seq 100); do
    if redis-cli -s socket ping >/dev/null 2>&1; then
        break
    fi
    sleep 0.1
done

# The pause has eight seconds: what is answered within four was not held up.
ask() { # MODE COMMAND...
    mode=$1
    shift
    redis-cli -s socket client pause 8000 "$mode" >/dev/null
    answer=$(timeout 4 redis-cli -s socket "$@") || answer='no answer before the end of the pause'
    echo "PAUSE $mode, another session: $*: $answer"
    if [ "$mode" = WRITE ]; then
        redis-cli -s socket client unpause >/dev/null
    else
        redis-cli -s socket ping >/dev/null
    fi
}

{
    ask ALL client unpause
    ask ALL client pause 1 ALL
    ask ALL ping
    ask WRITE client unpause
    ask WRITE client pause 1 ALL
    ask WRITE ping
    printf 'client pause 8000\nclient unpause\n' | timeout 4 redis-cli -s socket >output || true
    echo "PAUSE, the same session: client unpause: $(wc -l <output) of 2 answers before the end of the pause"
} | tee seen

cat >expected <<'SEEN'
PAUSE ALL, another session: client unpause: no answer before the end of the pause
PAUSE ALL, another session: client pause 1 ALL: no answer before the end of the pause
PAUSE ALL, another session: ping: no answer before the end of the pause
PAUSE WRITE, another session: client unpause: OK
PAUSE WRITE, another session: client pause 1 ALL: OK
PAUSE WRITE, another session: ping: PONG
PAUSE, the same session: client unpause: 1 of 2 answers before the end of the pause
SEEN
diff expected seen
