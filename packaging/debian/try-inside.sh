#!/bin/sh
# SPDX-License-Identifier: MIT
#
# try-inside.sh - what try.sh does in its root; not to be called by hand
set -eu

export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

ok() {
    echo "ok   $1"
}

fail() {
    echo "FAIL $1"
    exit 1
}

# apt as a person would call it; nobody is there to answer.
apt_install() {
    apt-get install -y -q --no-install-recommends "$@" </dev/null >/tmp/apt.log 2>&1 || {
        cat /tmp/apt.log
        fail "apt-get install $*"
    }
}

files() {
    find / -xdev \( -path /proc -o -path /run -o -path /tmp -o -path /var/lib/dpkg -o -path /var/cache \
        -o -path /var/log/apt -o -path /var/lib/apt -o -path /mnt \) -prune -o -print | sort
}

# settings of the user's own, of all kinds that qemu-ga has
write_settings() {
    mkdir -p /etc/qemu
    printf '[general]\nmethod=unix-listen\npath=/run/agent.sock\nblock-rpcs=guest-fsfreeze-freeze\n' \
        >/etc/qemu/qemu-ga.conf
    echo 'DAEMON_ARGS="-v"' >/etc/default/qemu-guest-agent
    echo '# mine' >>/etc/qemu/fsfreeze-hook
}

settings() {
    cat /etc/qemu/qemu-ga.conf /etc/default/qemu-guest-agent /etc/qemu/fsfreeze-hook | sha256sum
}

# The program that the name qemu-ga leads to answers, with the settings: the freeze is blocked.
ask() {
    /usr/sbin/qemu-ga >/tmp/agent.log 2>&1 &
    agent=$!
    python3 -c '
import json, socket, time
for _ in range(100):
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect("/run/agent.sock")
        break
    except OSError:
        time.sleep(0.1)
s.sendall(b"{\"execute\": \"guest-info\"}\n")
commands = json.loads(s.makefile().readline())["return"]["supported_commands"]
print({c["name"]: c["enabled"] for c in commands}["guest-fsfreeze-freeze"])
' >/tmp/answer || cat /tmp/agent.log
    kill "$agent"
    wait "$agent" || true
    [ "$(cat /tmp/answer)" = False ] || fail "$1: no answer, or not by the settings"
    ok "$1"
}

is_frost() {
    /usr/sbin/qemu-ga --version | grep -q frost-ga
}

apt_install /qga.deb
write_settings
before=$(settings)
ask "qemu-ga answers by the user's settings"

apt_install /frost-ga.deb
is_frost || fail "/usr/sbin/qemu-ga is not frost-ga"
[ "$(settings)" = "$before" ] || fail "a setting was changed"
ok "one command replaces qemu-guest-agent, and keeps its settings"
ask "frost-ga answers by the same settings"
dpkg-query -W -f '${Status}\n' frost-ga | grep -q '^install ok installed$' || fail "not installed"
! dpkg-query -W -f '${Status}\n' qemu-guest-agent | grep -q ' installed$' || fail "both installed"
/etc/init.d/frost-ga status >/dev/null 2>&1 && fail "a status without a daemon"
/etc/init.d/frost-ga start | grep -q 'not started' || fail "the init script starts without a port"
sed -i '/^method\|^path/d' /etc/qemu/qemu-ga.conf
echo 'TRANSPORT=unix-listen:/run/agent.sock' >>/etc/default/qemu-guest-agent
/etc/init.d/frost-ga start >/dev/null 2>&1 || fail "the init script does not start it"
/etc/init.d/frost-ga status >/dev/null || fail "the init script does not see it"
/etc/init.d/frost-ga stop >/dev/null || fail "the init script does not stop it"
/etc/init.d/frost-ga status >/dev/null && fail "it was not stopped"
ok "the init script starts, sees and stops it"

write_settings
before=$(settings)

apt_install /qga.deb
is_frost && fail "/usr/sbin/qemu-ga is still frost-ga"
[ "$(settings)" = "$before" ] || fail "a setting was changed on the way back"
ok "one command puts qemu-guest-agent back, and keeps the settings"
ask "qemu-ga answers as before"

apt_install /frost-ga.deb
is_frost || fail "not replaced again"
dpkg --purge frost-ga qemu-guest-agent >/tmp/apt.log 2>&1 || fail "purge: $(cat /tmp/apt.log)"
rm -f /etc/qemu/qemu-ga.conf /etc/default/qemu-guest-agent
rmdir --ignore-fail-on-non-empty /etc/qemu 2>/dev/null || true
rm -rf /var/lib/systemd/deb-systemd-helper-enabled
files >/tmp/after-both
ok "both are purged"

dpkg --unpack /frost-ga.deb >/dev/null && dpkg --configure frost-ga >/dev/null
dpkg --purge frost-ga >/dev/null 2>&1 || fail "purge"
rmdir --ignore-fail-on-non-empty /etc/qemu 2>/dev/null || true
files >/tmp/after-ours
if ! diff /tmp/after-both /tmp/after-ours; then
    fail "purge leaves something behind"
fi
ok "purge leaves nothing"

exec sh /try-inits.sh
