#!/bin/sh
# SPDX-License-Identifier: MIT
#
# try-inits.sh - the scripts for OpenRC, runit and busybox, with Debian's own; what try-inside.sh ends with
set -eu

export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
socket=/run/agent.sock

ok() {
    echo "ok   $1"
}

fail() {
    echo "FAIL $1"
    exit 1
}

is_agent() {
    [ "$(readlink "/proc/$1/exe")" = /usr/sbin/frost-ga ]
}

# An agent that is up answers on it; what an earlier one has left does not.
await_agent() {
    python3 -c '
import socket, sys, time
for _ in range(300):
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(sys.argv[1])
        s.sendall(b"{\"execute\": \"guest-ping\"}\n")
        sys.exit(s.recv(64) != b"{\"return\": {}}\n")
    except OSError:
        time.sleep(0.1)
sys.exit(1)
' "$socket" || fail "$1: nobody answers"
}

try_busybox() {
    printf 'DAEMON_ARGS="-m unix-listen"\nGA_PATH=%s\n' "$socket" >/etc/default/qemu-guest-agent
    busybox sh /scripts/S90qemu-guest-agent start >/tmp/out 2>&1 || fail "busybox: $(cat /tmp/out)"
    await_agent busybox
    is_agent "$(cat /var/run/qemu-ga.pid)" || fail "busybox: its pid file leads elsewhere"
    busybox sh /scripts/S90qemu-guest-agent stop | grep -q OK || fail "busybox: it is not stopped"
    [ ! -e /var/run/qemu-ga.pid ] || fail "busybox: its end is not waited for"
    busybox sh /scripts/S90qemu-guest-agent stop | grep -q 'not running' ||
        fail "busybox: it stops what is not there"
    ok "the script for busybox starts it, and waits until it has ended"
}

try_runit() {
    mkdir -p /etc/sv/qemu-ga
    install -m 755 /scripts/run /etc/sv/qemu-ga/run
    echo "OPTS='-m unix-listen -p $socket'" >/etc/sv/qemu-ga/conf
    runsv /etc/sv/qemu-ga >/tmp/out 2>&1 &
    await_agent runit
    is_agent "$(cat /etc/sv/qemu-ga/supervise/pid)" || fail "runit: another process is supervised"
    sv -w 30 stop /etc/sv/qemu-ga >/tmp/out || fail "runit: $(cat /tmp/out)"
    sv exit /etc/sv/qemu-ga
    wait $! || fail "runit: runsv"
    ok "runit supervises it, and stops it"
}

# Debian's OpenRC comes without its own start-stop-daemon, whose options for the output are other ones,
# and without the service localmount.
complete_openrc() {
    cat >/lib/rc/sbin/start-stop-daemon <<'END'
#!/bin/sh
set -- "$@" END
while [ "$1" != END ]; do
    case $1 in
        --stdout) set -- "$@" --output ;;
        --stderr) shift ;;
        *) set -- "$@" "$1" ;;
    esac
    shift
done
shift
exec /sbin/start-stop-daemon "$@"
END
    printf '#!/sbin/openrc-run\nstart() { :; }\n' >/etc/init.d/localmount
    chmod 755 /lib/rc/sbin/start-stop-daemon /etc/init.d/localmount
    mkdir -p /run/openrc /etc/conf.d
    touch /run/openrc/softlevel
}

try_openrc() {
    complete_openrc
    install -m 755 /scripts/qemu-guest-agent /etc/init.d/qemu-guest-agent
    cp /scripts/qemu-guest-agent.confd /etc/conf.d/qemu-guest-agent
    printf 'GA_METHOD=unix-listen\nGA_PATH=%s\nGA_OPTIONS=--max-request=1M\n' "$socket" \
        >>/etc/conf.d/qemu-guest-agent
    rc-service qemu-guest-agent start >/tmp/out 2>&1 || fail "OpenRC: $(cat /tmp/out)"
    await_agent OpenRC
    pid=$(cat /run/qemu-ga.pid)
    is_agent "$pid" || fail "OpenRC: its pid file leads elsewhere"
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -- '--max-request=1M' || fail "OpenRC: GA_OPTIONS"
    [ -f /var/log/qemu-ga.log ] || fail "OpenRC: it has no log"
    rc-service qemu-guest-agent status >/tmp/out 2>&1 || fail "OpenRC does not see it"
    rc-service qemu-guest-agent stop >/tmp/out 2>&1 || fail "OpenRC: $(cat /tmp/out)"
    [ ! -e "/proc/$pid" ] || fail "OpenRC does not wait for its end"
    rc-service qemu-guest-agent status >/tmp/out 2>&1 && fail "OpenRC: it was not stopped"
    ok "OpenRC starts, sees and stops it, with the settings of conf.d"
}

dpkg -i --force-confnew /inits/*.deb >/tmp/apt.log 2>&1 || fail "the inits: $(cat /tmp/apt.log)"
dpkg -i /frost-ga.deb >/tmp/apt.log 2>&1 || fail "the package: $(cat /tmp/apt.log)"
try_busybox
try_runit
try_openrc
