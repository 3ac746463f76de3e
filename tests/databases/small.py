# SPDX-License-Identifier: MIT
"""The hooks for Redis' ways in, journald, units and commands. Nothing here is frozen."""
import os
import signal
import socket

import hookplay
from cases import case, contains, equal, true, within
from dbcopy import data_in
from hookplay import Holder
from mariadb import MariaDB
from postgres import Postgres
from redis import Redis


def _redis(tag, *options):
    os.makedirs(f"/srv/{tag}")
    os.chmod("/srv", 0o755)
    server = Redis(data_in(f"/srv/{tag}", Redis), options, tag)
    return server.start()


def _written(server, *login):
    """Whether a write is answered at once."""
    session = server.session()
    session.wire.settimeout(0.3)
    try:
        if login:
            session.run("AUTH", *login)
        return session.run("SET", "k", "v") == "OK"
    except OSError:
        return False
    finally:
        session.close()


@case(own="a hook")
def writes_to_an_append_only_redis_wait_from_freeze_to_thaw(world):
    one, two = _redis("one", "--appendonly", "yes"), _redis("two", "--appendonly", "yes")
    status, text = hookplay.run("40-redis", "freeze")
    equal(status, 0, text)
    for server in (one, two):
        contains(text, server.socket)
        true(not _written(server), "a write is answered")
    for _ in range(2):     # a thaw that was cut off is run again
        status, text = hookplay.run("40-redis", "thaw")
        equal(status, 0, text)
        for server in (one, two):
            within(10, lambda s=server: _written(s), "a write is answered after the thaw")
    one.kill()
    two.kill()


@case(own="a hook")
def a_pause_of_redis_ends_by_itself(world):
    hookplay.configure("redis", pause=6)
    server = _redis("redis", "--appendonly", "yes")
    equal(hookplay.run("40-redis", "freeze")[0], 0)
    true(not _written(server), "a write is answered")
    within(30, lambda: _written(server), "the pause ends without a thaw")
    server.kill()


@case(own="a hook")
def a_password_of_redis_is_found_or_asked_for(world):
    server = _redis("redis", "--appendonly", "yes", "--requirepass", "two words")
    status, text = hookplay.run("40-redis", "freeze")
    equal(status, 1, text)
    contains(text, "NOAUTH")
    os.makedirs("/etc/redis")
    with open("/etc/redis/redis.conf", "w") as f:
        f.write('bind 127.0.0.1\nrequirepass "two words"\n')
    status, text = hookplay.run("40-redis", "freeze")
    equal(status, 0, text)
    true(not _written(server, "two words"), "a write is answered")
    equal(hookplay.run("40-redis", "thaw")[0], 0)
    within(10, lambda: _written(server, "two words"), "a write is answered after the thaw")
    os.unlink("/etc/redis/redis.conf")
    hookplay.configure("redis", auth="two words")
    equal(hookplay.run("40-redis", "freeze")[0], 0)
    server.kill()


@case(own="a hook")
def a_redis_that_keeps_nothing_is_left_alone(world):
    server = _redis("redis", "--save", "")
    status, text = hookplay.run("40-redis", "freeze")
    equal(status, 0, text)
    contains(text, "keeps nothing on disk")
    within(10, lambda: _written(server), "a write is answered")
    equal([n for n in os.listdir(server.data) if n.endswith(".rdb")], [], "files")
    server.kill()


@case(own="a hook")
def a_redis_that_hangs_fails_the_hook_in_time(world):
    server = _redis("redis", "--appendonly", "yes")
    server.send_signal(signal.SIGSTOP)
    status, text = hookplay.run("40-redis", "freeze", limit_s=40)
    equal(status, 1, text)
    contains(text, "no answer")
    server.send_signal(signal.SIGCONT)
    server.kill()


def _programs_of(run):
    """How many processes and threads began in the arena meanwhile."""
    def last():
        with open("/proc/sys/kernel/ns_last_pid") as f:
            return int(f.read())
    before = last()
    run()
    return last() - before


@case(own="a hook", limit=120)
def the_hook_of_mariadb_starts_few_programs_because_a_paused_redis_waits_for_it(world):
    """Without a password, with one server: 43 when this was written."""
    os.makedirs("/srv/mysqld")
    server = MariaDB(data_in("/srv/mysqld", MariaDB)).start()
    holder = Holder("60-mariadb.hold")
    programs = _programs_of(holder.must_be_ready)
    holder.release()
    world.notes.append(f"programs: {programs}")
    true(programs <= 50, f"it has started {programs} programs")
    server.kill()


def _postgres(port=5432):
    os.makedirs(f"/srv/{port}")
    os.chmod("/srv", 0o755)
    return Postgres(data_in(f"/srv/{port}", Postgres), port=port).start()


def _checkpoints(server):
    return server.said().count("checkpoint complete")


@case(own="a hook", limit=60)
def every_postgresql_cluster_makes_a_checkpoint_as_its_own_user(world):
    """Which is how peer authentication lets in: root is refused, and the test makes sure."""
    servers = [_postgres(5432), _postgres(5440)]
    refused = os.popen("psql -h /run/postgresql -d postgres -U postgres -c CHECKPOINT 2>&1").read()
    contains(refused, "Peer authentication failed")
    before = [_checkpoints(server) for server in servers]
    status, text = hookplay.run("30-postgresql", "freeze")
    equal(status, 0, text)
    for server, count in zip(servers, before):
        contains(text, f"checkpoint done: {server.socket}")
        within(10, lambda s=server, c=count: _checkpoints(s) > c, "the server's log shows it")
    equal(hookplay.run("30-postgresql", "thaw"), (0, ""))
    for server in servers:
        server.kill()


@case(own="a hook", limit=60)
def a_postgresql_that_hangs_fails_the_hook_in_time(world):
    hookplay.configure("postgresql", checkpoint_limit=2)
    server = _postgres()
    server.send_signal(signal.SIGSTOP)
    status, text = hookplay.run("30-postgresql", "freeze", limit_s=40)
    equal(status, 1, text)
    contains(text, server.socket)
    server.send_signal(signal.SIGCONT)
    server.kill()


def _tool(name, text):
    """A program of this name that does not exist here, noting how it is called."""
    os.makedirs("/srv/bin", exist_ok=True)
    with open(f"/srv/bin/{name}", "w") as f:
        f.write(f'#!/bin/sh\necho "{name} $*" >>/run/called\n{text}\n')
    os.chmod(f"/srv/bin/{name}", 0o755)


def _called():
    try:
        with open("/run/called") as f:
            lines = f.read().splitlines()
        os.unlink("/run/called")
        return lines
    except FileNotFoundError:
        return []


def _run(name, phase):
    return hookplay.run(name, phase, env={"PATH": "/srv/bin:" + os.environ["PATH"]})


@case(own="a hook")
def journald_is_told_to_write_what_it_holds(world):
    _tool("journalctl", "exit 0")
    equal(_run("20-journald", "freeze")[0], 0)
    equal(_called(), [], "calls without a journald")
    os.makedirs("/run/systemd/journal")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind("/run/systemd/journal/socket")
        equal(_run("20-journald", "freeze"), (0, "20-journald: synchronized\n"))
        equal(_called(), ["journalctl --sync"])
        equal(_run("20-journald", "thaw"), (0, ""))
        equal(_called(), [])
        _tool("journalctl", "echo no such option; exit 1")
        status, text = _run("20-journald", "freeze")
        equal(status, 1)
        contains(text, "no such option")


PAUSE = """
# what to do
suspend  mailer.service
stop     legacy.service
stop     absent.service
freeze   echo flush >>/run/called
thaw     echo unflush >>/run/called
"""


def _pause_configuration(text):
    os.makedirs("/etc/frost-ga", exist_ok=True)
    with open("/etc/frost-ga/pause.conf", "w") as f:
        f.write(text)
    _tool("systemctl", 'case "$*" in *absent*) exit 3 ;; *broken*) [ "$1" != stop ] ;; esac')


@case(own="a hook")
def units_and_commands_are_paused_and_resumed_in_reverse(world):
    _pause_configuration(PAUSE)
    status, text = _run("10-pause", "freeze")
    equal(status, 0, text)
    equal([line for line in _called() if "is-active" not in line],
          ["systemctl freeze mailer.service", "systemctl stop legacy.service", "flush"])
    equal(_run("10-pause", "thaw")[0], 0)
    equal(_called(), ["unflush", "systemctl start legacy.service", "systemctl thaw mailer.service"])
    equal(_run("10-pause", "thaw"), (0, ""))
    equal(_called(), [], "a second thaw")


@case(own="a hook")
def a_pause_that_fails_half_way_undoes_what_it_did(world):
    _pause_configuration("suspend one.service\nstop broken.service\nstop three.service\n")
    status, text = _run("10-pause", "freeze")
    equal(status, 1, text)
    contains(text, "failed: stop broken.service")
    _called()
    equal(_run("10-pause", "thaw")[0], 0)
    equal(_called(), ["systemctl start broken.service", "systemctl thaw one.service"])
    _pause_configuration("pause one.service\n")
    status, text = _run("10-pause", "freeze")
    equal(status, 1)
    contains(text, "'pause' is none of")
