# SPDX-License-Identifier: MIT
"""The lock of a MariaDB server when something goes wrong: it never outlives its holder."""
import os
import signal
import subprocess
import time

import hookplay
from cases import case, contains, equal, true, within
from dbcopy import data_in
from hookplay import Holder
from mariadb import MariaDB

HOOK = "60-mariadb.hold"
WRITE = "INSERT INTO bank.t VALUES (1); SELECT 'written'"


def _server(tag="mysqld", options=()):
    """Without a disk: nothing here is frozen."""
    os.makedirs(f"/srv/{tag}")
    server = MariaDB(data_in(f"/srv/{tag}", MariaDB), options, tag).start()
    server.asked("CREATE DATABASE bank; CREATE TABLE bank.t (n INT) ENGINE=MyISAM")
    return server


def _is_writable(server, limit_s=1):
    return server.asked(WRITE, limit_s) == "written"


def _released(server):
    """Seconds until a write comes through."""
    began = time.monotonic()
    within(30, lambda: _is_writable(server, 5), "the lock is released")
    return time.monotonic() - began


def _locked(server):
    true(not _is_writable(server), "the server accepts a write")


@case(own="a hook", limit=120)
def the_lock_ends_with_whoever_dies(world):
    """One server for all: each death, and the next holder finds the server free."""
    server = _server()
    for victim in ("thaw", "hook", "client", "group", "terminated"):
        holder = Holder(HOOK).must_be_ready()
        _locked(server)
        client, = [pid for pid, words in holder.command_lines().items()
                   if os.path.basename(words[0]) == "mariadb"]
        if victim == "thaw":
            holder.release()
        elif victim == "hook":
            holder.process.kill()
        elif victim == "client":
            os.kill(client, signal.SIGKILL)
            equal(holder.ended(), 1, "status of a hook that has lost its lock")
            contains(holder.text, "the connection has ended")
        elif victim == "group":
            os.killpg(holder.process.pid, signal.SIGKILL)
        else:
            os.killpg(holder.process.pid, signal.SIGTERM)
            equal(holder.ended(), 1, "status of a hook that was told to end")
        took = _released(server)
        world.notes.append(f"{victim}: a write came through {took * 1000:.0f} ms later")
        true(took < 10, f"{victim}: released after {took:.1f} s")
        holder.close()
        holder.leaves_nothing()
    server.kill()


@case(own="a hook")
def a_server_that_is_killed_while_locked_fails_the_hook_and_starts_again(world):
    server = _server()
    holder = Holder(HOOK).must_be_ready()
    server.kill()
    holder.process.stdin.close()
    equal(holder.ended(), 1, "status")
    contains(holder.text, "gone")
    holder.leaves_nothing()
    server.start()
    true(_is_writable(server, 10), "the server that was started again accepts no write")
    server.kill()


@case(own="a hook", limit=60)
def a_server_that_hangs_fails_the_hook_in_time_and_is_not_locked_afterwards(world):
    hookplay.configure("mariadb", lock_wait=2, connect_wait=1)
    server = _server()
    server.send_signal(signal.SIGSTOP)
    holder = Holder(HOOK)
    true(not holder.ready(40), "a server that hangs cannot be locked")
    equal(holder.ended(), 1, "status")
    contains(holder.text, "Lost connection")
    holder.leaves_nothing()
    server.send_signal(signal.SIGCONT)
    _released(server)
    server.kill()


@case(own="a hook", limit=60)
def a_client_that_never_answers_is_ended_by_the_hook_itself(world):
    hookplay.configure("mariadb", lock_wait=1, connect_wait=0)
    server = _server()
    os.makedirs("/srv/bin")
    with open("/srv/bin/mariadb", "w") as f:
        f.write("#!/bin/sh\nexec sleep 1000\n")
    os.chmod("/srv/bin/mariadb", 0o755)
    holder = Holder(HOOK, env={"PATH": "/srv/bin:" + os.environ["PATH"]})
    true(not holder.ready(40), "a client that says nothing holds a lock")
    equal(holder.ended(), 1, "status")
    contains(holder.text, "no answer within")
    holder.leaves_nothing()
    server.kill()


@case(own="a hook", limit=60)
def a_server_that_refuses_the_password_is_named(world):
    server = _server()
    server.asked("ALTER USER root@localhost IDENTIFIED VIA mysql_native_password "
                 "USING PASSWORD('secret')")
    holder = Holder(HOOK)
    true(not holder.ready(), "the server lets the hook in without a password")
    equal(holder.ended(), 1, "status")
    contains(holder.text, server.socket)
    contains(holder.text, "Access denied")
    holder.leaves_nothing()
    for path in ("/root/.my.cnf", "/etc/mysql/debian.cnf"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write("[client]\nuser=root\npassword=secret\n")
        os.chmod(path, 0o600)
        holder = Holder(HOOK, env={"HOME": "/root"}).must_be_ready()
        for words in holder.command_lines().values():
            true("secret" not in " ".join(words), "the password is on a command line")
        holder.release()
        os.unlink(path)
    server.kill()


@case(own="a hook", limit=60)
def two_servers_are_locked_at_once_or_not_at_all(world):
    one, two = _server("mysqld"), _server("other")
    holder = Holder(HOOK).must_be_ready()
    _locked(one)
    _locked(two)
    holder.release()
    _released(one)
    _released(two)
    two.asked("ALTER USER root@localhost IDENTIFIED VIA mysql_native_password "
              "USING PASSWORD('secret')")
    holder = Holder(HOOK)
    true(not holder.ready(), "one of two servers is not locked")
    equal(holder.ended(), 1, "status")
    _released(one)
    one.kill()
    two.kill()


@case(own="a hook", limit=90)
def a_long_query_stalls_no_backup_and_a_long_write_no_site(world):
    """BACKUP STAGE waits for writes only; what it cannot get it gives up after lock_wait."""
    hookplay.configure("mariadb", lock_wait=2)
    server = _server()
    reader, writer = server.session("bank"), server.session("bank")
    reader.client.stdin.write("SELECT n, SLEEP(60) FROM t UNION SELECT 1, SLEEP(60);\n")
    reader.client.stdin.flush()
    within(10, lambda: "SLEEP" in server.asked("SHOW PROCESSLIST"), "the query runs")
    Holder(HOOK).must_be_ready().release()
    writer.client.stdin.write("INSERT INTO t SELECT SLEEP(60);\n")
    writer.client.stdin.flush()
    within(10, lambda: "INSERT" in server.asked("SHOW PROCESSLIST"), "the write runs")
    holder = Holder(HOOK)
    true(not holder.ready(40), "a lock in spite of a write that has not ended")
    equal(holder.ended(), 1, "status")
    contains(holder.text, "timeout")
    server.asked("CREATE TABLE bank.u (n INT)")
    equal(server.asked("INSERT INTO bank.u VALUES (1); SELECT 'written'", 20), "written",
          "a write while the other one runs")
    reader.close()
    writer.close()
    server.kill()


@case(own="a hook", limit=60)
def a_read_lock_is_the_way_of_older_servers(world):
    hookplay.configure("mariadb", method="read-lock")
    server = _server()
    holder = Holder(HOOK).must_be_ready()
    _locked(server)
    contains(server.asked("SHOW PROCESSLIST"), "Sleep")
    holder.release()
    _released(server)
    server.kill()


@case(own="a hook")
def without_a_pipe_to_wait_on_a_hold_hook_says_so(world):
    """The stock dispatcher gives it /dev/null."""
    for name in (HOOK, "50-mongodb.hold"):
        status, text = hookplay.run(name, "freeze")
        equal(status, 1, name)
        contains(text, "needs an input that stays open")
        equal(hookplay.run(name, "thaw"), (0, ""), name)


@case(own="a hook")
def where_no_server_runs_each_hook_does_nothing_and_succeeds(world):
    for name in ("10-pause", "20-journald", "30-postgresql", "40-redis"):
        for phase in ("freeze", "thaw"):
            status, text = hookplay.run(name, phase)
            equal(status, 0, f"{name} {phase}: {text}")
            true(len(text.splitlines()) <= 1, f"{name} says {text!r}")
    for name in (HOOK, "50-mongodb.hold"):
        holder = Holder(name).must_be_ready()
        contains(holder.text, "no server runs here")
        holder.release()
        holder.leaves_nothing()


@case(own="a hook")
def a_server_without_a_client_or_a_socket_is_not_passed_over(world):
    server = _server()
    os.unlink(server.socket)
    with subprocess.Popen([f"{hookplay.SHIPPED}/{HOOK}", "freeze"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"PATH": "/nowhere:/bin"}) as process:
        text, _ = process.communicate(timeout=20)
    equal(process.returncode, 1, f"status: {text}")
    server.kill()


@case(own="hooks run", limit=60)
def a_rehearsal_locks_the_server_and_releases_it(world):
    server = _server()
    folder = hookplay.install("20-journald", "30-postgresql", "40-redis", HOOK)
    with subprocess.Popen([world.program, "hooks", "run", "freeze", "--hold=5", f"-F{folder}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT) as rehearsal:
        within(20, lambda: not _is_writable(server), "the server is locked")
        text, _ = rehearsal.communicate(timeout=40)
    equal(rehearsal.returncode, 0, f"status: {text}")
    contains(text, HOOK)
    _released(server)
    server.kill()
