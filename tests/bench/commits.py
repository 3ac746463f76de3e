# SPDX-License-Identifier: MIT
"""Two clients of a database that commit one transfer after the other, on a disk that is frozen."""
import signal
import time

import dbcopy
import dbload
from mariadb import MariaDB
from postgres import Postgres

import tails

SERVERS = {"mariadb": (MariaDB, dbload.OnMySQL), "postgres": (Postgres, dbload.OnPostgres)}
LIMIT_S = 120


def _now_us():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1e6)


class Load:
    """It runs until close(), also between the rounds."""

    def __init__(self, name, folder):
        server_class, kind = SERVERS[name]
        self.commits = []     # (began, took) in microseconds
        self.server = server_class(dbcopy.data_in(folder, server_class)).start()
        self.load = dbload.Load(kind, self.server)
        for writer in self.load.writers:
            writer.transaction = self._noted(writer.transaction)
        self.load.start()

    def _noted(self, transaction):
        def noted(session, who, n):
            began = _now_us()
            transaction(session, who, n)
            self.commits.append((began, _now_us() - began))
        return noted

    def figures(self, began, ended):
        """Of the time between the two; all that had begun by then has ended afterwards."""
        self.load.goes_on(1, LIMIT_S)
        return {"longest_commit": tails.longest_ms(self.commits, began, ended),
                "commits": tails.finished_a_second(self.commits, began, ended)}

    def close(self):
        self.load.stop(LIMIT_S)
        self.load.close()
        # By itself, with its children: the disk is to be unmounted.
        self.server.send_signal(signal.SIGTERM)
        self.server.process.wait(LIMIT_S)
