# SPDX-License-Identifier: MIT
"""The set-up that guides for Proxmox VE describe: one dispatcher with -F, a folder of scripts beside
it, and among them a database that is held by a session in the background, fed through a FIFO."""
import os

import probe
import proc
from cases import case, contains, equal, true, within
from host import freeze, status, thaw

BASE = "/etc/qemu/fsfreeze-hook"
LOG = "/var/log/qga-fsfreeze-hook.log"

DISPATCHER = f"""#!/bin/sh
# Runs all that is executable in the folder beside it, with its own argument.
log={LOG}
folder=$(cd "${{0%/*}}" && pwd)/fsfreeze-hook.d

skipped() {{
    case "$1" in
        *~ | *.bak | *.orig | *.rpmnew | *.rpmorig | *.rpmsave | *.sample | *.dpkg-*) return 0 ;;
    esac
    return 1
}}

for script in "$folder"/*; do
    skipped "$script" && continue
    [ -x "$script" ] || continue
    echo "begin $script $1" >>$log
    "$script" "$@" >>$log 2>&1
    status=$?
    echo "end $script status=$status" >>$log
    [ $status -eq 0 ] || exit $status
done
exit 0
"""

# A client that reads statements and keeps its session until its input says quit.
CLIENT = """#!/bin/sh
while read -r statement; do
    echo "mysql: $statement"
    case "$statement" in
        FLUSH*) touch /run/locked ;;
        UNLOCK*) rm -f /run/locked ;;
        quit) exit 0 ;;
    esac
done
"""

MYSQL = """#!/bin/sh
fifo=/run/mysql-flush.fifo
PATH=/opt/bin:$PATH

case "$1" in
freeze)
    rm -f $fifo
    mkfifo $fifo
    mysql <>$fifo &
    echo $! >/run/mysql-flush.pid
    echo "FLUSH TABLES WITH READ LOCK;" >$fifo
    tries=0
    until [ -e /run/locked ]; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || exit 1
        sleep 0.05
    done
    ;;
thaw)
    [ -p $fifo ] || exit 0
    echo "UNLOCK TABLES;" >$fifo
    echo quit >$fifo
    rm -f $fifo
    ;;
*)
    exit 1
    ;;
esac
"""

NOTE = """#!/bin/sh
echo "$(id -u) $1" >>/run/notes
"""


def _put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o755)


def _set_up(world):
    os.makedirs("/var/log", exist_ok=True)
    _put(BASE, DISPATCHER)
    _put(f"{BASE}.d/10-note", NOTE)
    _put(f"{BASE}.d/20-mysql", MYSQL)
    _put(f"{BASE}.d/30-old.sh.dpkg-old", NOTE)
    _put("/opt/bin/mysql", CLIENT)
    world.disk("ext4", "/mnt/a")
    return world.connect(f"-F{BASE}")


def _notes():
    with open("/run/notes") as f:
        return f.read().splitlines()


def _session():
    with open("/run/mysql-flush.pid") as f:
        return int(f.read())


def _lives(pid):
    return not proc.has_ended(pid)


@case()
def its_database_is_held_in_the_window_and_let_go_after_it(world):
    _, client = _set_up(world)
    for n in (1, 2, 3):
        freeze(client, 1)
        writer, = probe.frozen("/mnt/a")
        true(os.path.exists("/run/locked"), "the tables are locked while frozen")
        true(_lives(_session()), "the session lives while frozen")
        thaw(client, 1)
        writer.must_end()
        within(5, lambda: not os.path.exists("/run/locked"), "the tables are unlocked")
        within(5, lambda: not _lives(_session()), "the session has ended")
        equal(_notes(), ["0 freeze", "0 thaw"] * n)
    status(client, "thawed")
    with open(LOG) as f:
        text = f.read()
    contains(text, "mysql: FLUSH TABLES WITH READ LOCK;", "its own log")
    true("dpkg-old" not in text, "leftovers are skipped")


@case(differs="D10: the thaw side is not run, the tables stay locked")
def a_script_after_it_that_fails_leaves_nothing_locked(world):
    _, client = _set_up(world)
    _put(f"{BASE}.d/40-fails", "#!/bin/sh\n[ \"$1\" = thaw ]\n")
    client.refusal("guest-fsfreeze-freeze")
    within(5, lambda: not os.path.exists("/run/locked"), "the tables are unlocked")
    within(5, lambda: not _lives(_session()), "the session has ended")
    status(client, "thawed")
    probe.writable("/mnt/a")


@case(own="--hook-timeout; qemu-ga waits for ever (D1)")
def a_session_that_died_in_the_window_does_not_keep_the_thaw_waiting(world):
    """Its script writes to a FIFO that nobody reads any more."""
    _, client = _set_up(world)
    client.close()
    world.agents[-1].stop()
    _, client = world.connect(f"-F{BASE}", "--hook-timeout=1")
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    os.kill(_session(), 9)
    client.request("guest-fsfreeze-thaw")
    writer.must_end()
    equal(client.answer(20), 1)
    status(client, "thawed")
