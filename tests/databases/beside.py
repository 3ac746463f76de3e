# SPDX-License-Identifier: MIT
"""How long writers wait for a hook beside a statement that does not end, compared with the way of the
guides: FLUSH TABLES WITH READ LOCK in a session."""
import os
import threading
import time

from cases import case, true, within
from dbcopy import data_in
from hookplay import Holder
from mariadb import MariaDB
from mysql import PROGRAM, MySQL

LONG_S = 20


class Witness(threading.Thread):
    """Writes all the time; the longest write is what a writer had to wait."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.session = server.session("bank")
        self.longest = 0.0
        self.stopping = False

    def run(self):
        while not self.stopping:
            began = time.monotonic()
            self.session.run("INSERT INTO counter VALUES (1)")
            self.longest = max(self.longest, time.monotonic() - began)

    def end(self):
        self.stopping = True
        self.join(60)
        self.session.close()
        return self.longest


def _waits(server, statement, hold):
    """Seconds that a writer waited at most while hold() took a lock and let it go, beside a statement
    that takes LONG_S."""
    session = server.session("bank")
    long = threading.Thread(target=session.run, daemon=True, args=(statement,))
    long.start()
    within(10, lambda: "SLEEP" in server.asked("SHOW PROCESSLIST"), "the long statement runs")
    witness = Witness(server)
    witness.start()
    time.sleep(0.5)
    hold(server)
    time.sleep(0.5)
    longest = witness.end()
    true(long.is_alive() or hold is _as_in_guides, "the long statement went on")
    long.join(60)
    session.close()
    return longest


def _with_the_hook(_):
    Holder("60-mariadb.hold").must_be_ready().release()


def _as_in_guides(server):
    session = server.session()
    session.run("FLUSH TABLES WITH READ LOCK")
    session.run("UNLOCK TABLES")
    session.close()


def _a_tenth_at_most(world, server_class, what, statement):
    os.makedirs("/srv/mysqld")
    server = server_class(data_in("/srv/mysqld", server_class)).start()
    server.asked("CREATE DATABASE bank; CREATE TABLE bank.big (n INT) ENGINE=InnoDB; "
                 "CREATE TABLE bank.counter (n INT) ENGINE=InnoDB; INSERT INTO bank.big VALUES (1)")
    ours = _waits(server, statement, _with_the_hook)
    theirs = _waits(server, statement, _as_in_guides)
    world.notes.append(f"beside a {what} of {LONG_S} s: hook {ours * 1000:.0f} ms, "
                       f"guides {theirs * 1000:.0f} ms")
    true(ours * 10 <= theirs, f"{ours:.2f} s with the hook, {theirs:.2f} s as in guides")
    server.kill()


@case(own="a hook", limit=180)
def beside_a_long_write_of_innodb_writers_wait_a_tenth_at_most(world):
    _a_tenth_at_most(world, MariaDB, "write",
                     f"INSERT INTO big SELECT SLEEP(1) FROM seq_1_to_{LONG_S}")


@case(own="a hook", limit=180, needs=PROGRAM)
def beside_a_long_select_of_mysql_writers_wait_a_tenth_at_most(world):
    _a_tenth_at_most(world, MySQL, "SELECT", f"SELECT SLEEP({LONG_S}) FROM big")
