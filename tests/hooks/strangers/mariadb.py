# SPDX-License-Identifier: MIT
"""60-mariadb.hold and processes that only bear a server's name."""
import os
import subprocess

import hookplay
from cases import case, contains, equal, true, within
from dbcopy import data_in
from hookplay import Holder
from mariadb import MariaDB
from strangers import PASSWORD, Stranger, add_alice, passed_over, secret_file

HOOK = "60-mariadb.hold"
CLEAR = ("mysql-mysql_clear_password", "mysql-dialog")


def _configured():
    add_alice()
    secret_file("/root/.my.cnf", f"[client]\nuser=root\npassword='{PASSWORD}'\nhost=db.example\n")
    secret_file("/etc/mysql/debian.cnf", f"[client]\nuser=maintenance\npassword='{PASSWORD}'\n")


def _server():
    os.makedirs("/srv/ours")
    return MariaDB(data_in("/srv/ours", MariaDB), (), "ours").start()


def _holds(server):
    """Whether a write waits."""
    return server.asked("CREATE DATABASE d", 1) == "" and server.asked("SHOW DATABASES LIKE 'd'") == ""


@case(own="a hook", limit=120)
def users_processes_of_that_name_are_passed_over_and_cost_nothing(world):
    """With a socket of the usual name, with one in /tmp, and without any."""
    _configured()
    os.makedirs("/run/mysqld", mode=0o777)
    os.chmod("/run/mysqld", 0o777)
    strangers = [Stranger("mariadbd", CLEAR[0], "/run/mysqld/mysqld.sock"),
                 Stranger("mysqld", CLEAR[1], "/tmp/mysql.sock"),
                 Stranger("mysqld", "silent")]
    holder = Holder(HOOK).must_be_ready()
    contains(holder.text, "no server runs here")
    for stranger in strangers:
        passed_over(holder.text, stranger)
    holder.release()
    for stranger in strangers:
        stranger.was_left_alone()
        stranger.kill()


@case(own="a hook", limit=120)
def beside_strangers_the_server_is_still_locked(world):
    """A desktop's own MariaDB, say. That the root account's file names a host is no matter."""
    _configured()
    server = _server()
    stranger = Stranger("mariadbd", CLEAR[0], "/tmp/mysql.sock")
    holder = Holder(HOOK).must_be_ready()
    contains(holder.text, server.socket)
    passed_over(holder.text, stranger)
    true(_holds(server), "the server accepts a write")
    holder.release()
    stranger.was_left_alone()
    stranger.kill()
    server.kill()


@case(own="a hook", limit=180)
def a_server_that_the_configuration_names_gets_no_password_in_clear(world):
    """Whom it names is trusted, but the client has no method that would send it so."""
    _configured()
    for method in CLEAR:
        stranger = Stranger("mariadbd", method, f"/tmp/{method}.sock")
        hookplay.configure("mariadb", sockets=f"/tmp/{method}.sock")
        holder = Holder(HOOK)
        equal(holder.ended(), 1, holder.text)
        true(b"connected" in stranger.heard(), "the stand-in was spoken to")
        stranger.never_got()
        holder.close()
        plain = subprocess.Popen(
            ["mariadb", "--defaults-file=/root/.my.cnf", "--host=localhost",
             f"--socket=/tmp/{method}.sock"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        within(20, lambda s=stranger: PASSWORD.encode() in s.heard(),
               "the same client gives it, left to itself")
        plain.kill()
        plain.wait()
        stranger.kill()


@case(own="a hook", limit=120)
def a_password_of_roots_goes_to_servers_of_the_named_accounts_only(world):
    _configured()
    server = _server()
    server.asked(f"CREATE USER maintenance@localhost IDENTIFIED BY '{PASSWORD}'; "
                 "GRANT ALL ON *.* TO maintenance@localhost; "
                 "ALTER USER root@localhost IDENTIFIED BY 'another'; "
                 "DROP USER mysql@localhost")
    hookplay.configure("mariadb", accounts="nobody")
    holder = Holder(HOOK)
    equal(holder.ended(), 1, holder.text)
    contains(holder.text, "no account may lock it")
    holder.close()
    hookplay.configure("mariadb")
    holder = Holder(HOOK).must_be_ready()
    holder.release()
    server.kill()
