# SPDX-License-Identifier: MIT
"""Which lock MySQL is given: the one that no writer waits for only where its copy is complete."""
import os

import hookplay
from cases import case, contains, equal, true, within
from dbcopy import data_in
from dbload import OnMyISAM, OnMySQL
from dbsite import Site, is_complete
from hookplay import Holder
from mysql import PROGRAM, MySQL

HOOK = "60-mariadb.hold"
WRITE = "INSERT INTO bank.t VALUES (1); SELECT 'written'"


def _server(engine="InnoDB"):
    os.makedirs("/srv/mysql")
    server = MySQL(data_in("/srv/mysql", MySQL)).start()
    server.asked(f"CREATE DATABASE bank; CREATE TABLE bank.t (n INT) ENGINE={engine}")
    return server


def _is_writable(server, limit_s=1):
    return server.asked(WRITE, limit_s) == "written"


@case(own="a hook", limit=120, needs=PROGRAM)
def writes_go_on_and_no_table_is_made_while_an_innodb_only_mysql_is_held(world):
    server = _server()
    holder = Holder(HOOK).must_be_ready()
    contains(holder.text, f"holds {server.socket} (instance lock: InnoDB only)")
    true(_is_writable(server, 5), "a write waits")
    equal(server.asked("CREATE TABLE bank.u (n INT) ENGINE=MyISAM; SELECT 'made'", 1), "")
    holder.release()
    within(10, lambda: server.asked("DROP TABLE IF EXISTS bank.u; SELECT 'done'") == "done",
           "tables can be dropped after the thaw")
    server.kill()


@case(own="a hook", limit=120, needs=PROGRAM)
def a_mysql_with_another_table_or_lazy_commits_gets_the_read_lock(world):
    server = _server("MyISAM")

    def is_read_locked():
        holder = Holder(HOOK).must_be_ready()
        contains(holder.text, f"holds {server.socket} (read lock)")
        true(not _is_writable(server), "a write is answered")
        holder.release()
        within(10, lambda: _is_writable(server, 5), "a write is answered after the thaw")

    is_read_locked()
    server.asked("ALTER TABLE bank.t ENGINE=InnoDB; SET GLOBAL innodb_flush_log_at_trx_commit=0")
    is_read_locked()
    equal(server.asked("SELECT @@innodb_flush_log_at_trx_commit"), "0")
    server.asked("SET GLOBAL innodb_flush_log_at_trx_commit=1")
    hookplay.configure("mariadb", method="read-lock")
    is_read_locked()
    server.kill()


@case(own="a hook", limit=120, needs=PROGRAM)
def an_account_that_may_not_see_every_table_of_mysql_takes_the_read_lock(world):
    """It would count only its own."""
    server = _server("MyISAM")
    server.asked("CREATE USER backup@localhost; GRANT RELOAD, BACKUP_ADMIN ON *.* TO backup@localhost; "
                 "ALTER USER root@localhost IDENTIFIED BY 'secret'")
    os.makedirs("/root", exist_ok=True)
    with open("/root/.my.cnf", "w") as f:
        f.write("[client]\nuser=backup\n")
    holder = Holder(HOOK).must_be_ready()
    contains(holder.text, "(read lock)")
    holder.release()
    server.kill()


@case(own="hold hooks", limit=180, needs=PROGRAM)
def a_copy_of_a_mysql_that_goes_on_writing_is_complete(world):
    site = Site(world)
    site.add(MySQL, OnMySQL, "ext4", ("--innodb-flush-log-at-trx-commit=2",))
    is_complete(world, site, HOOK)


@case(own="hold hooks", limit=180, needs=PROGRAM)
def a_copy_of_a_mysql_with_myisam_is_complete(world):
    site = Site(world)
    site.add(MySQL, OnMyISAM, "xfs", ("--innodb-flush-log-at-trx-commit=0",))
    is_complete(world, site, HOOK)
