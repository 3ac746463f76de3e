# SPDX-License-Identifier: MIT
"""Clients that write transactions with known contents, and what a copy must then hold.

Each writer numbers its transactions. A copy must hold 1 to k of them, with `acknowledged` before
the freeze <= k <= `begun` by the time of the copy, none of them half.
"""
import threading
import time

from cases import Failed, true, within

PAUSE_S = 0.002    # between two transactions: the machine must not be busy with the load alone
ACCOUNTS = 20
START = 1000    # on each account, on each side


class Writer(threading.Thread):
    def __init__(self, name, session, transaction):
        super().__init__(daemon=True)
        self.who = name
        self.session = session
        self.transaction = transaction
        self.begun = self.acked = 0
        self.longest = 0.0       # seconds that one transaction took
        self.error = None
        self.stopping = False

    def run(self):
        while not self.stopping:
            began = time.monotonic()
            self.begun += 1
            try:
                self.transaction(self.session, self.who, self.begun)
            except (OSError, ValueError, Failed) as e:
                self.error = e
                return
            self.acked = self.begun
            self.longest = max(self.longest, time.monotonic() - began)
            time.sleep(PAUSE_S)


class Load:
    """The writers of one server. kind: one of the classes below."""

    def __init__(self, kind, server):
        self.kind = kind
        self.server = server
        kind.prepare(server)
        self.writers = [Writer(name, kind.session(server), transaction)
                        for name, transaction in kind.writers()]

    def start(self, least=20):
        for writer in self.writers:
            writer.start()
        self.goes_on(least)
        return self

    def goes_on(self, least=20, limit_s=20):
        """Waits until every writer has committed so many more transactions."""
        before = {w.who: w.acked for w in self.writers}
        for w in self.writers:
            within(limit_s, lambda w=w: w.error or w.acked >= before[w.who] + least,
                   f"{self.server.name}: {w.who} writes")
            true(w.error is None, f"{w.who}: {w.error}")

    def acknowledged(self):
        return {w.who: w.acked for w in self.writers}

    def begun(self):
        return {w.who: w.begun for w in self.writers}

    def longest_ms(self):
        return {w.who: round(w.longest * 1000) for w in self.writers}

    def forget(self):
        for w in self.writers:
            w.longest = 0.0

    def stop(self, limit_s=30):
        for w in self.writers:
            w.stopping = True
        for w in self.writers:
            w.join(limit_s)
            true(not w.is_alive(), f"{w.who} still waits for its server")
            true(w.error is None, f"{w.who}: {w.error}")

    def close(self):
        for w in self.writers:
            w.stopping = True
            w.session.close()


def numbers(who, found, acked, begun):
    """The faults in the numbers of one writer's transactions in a copy."""
    count, low, high = found
    if count == 0 and acked == 0:
        return []
    if count == 0 or low != 1 or high != count:
        return [f"{who}: holds {count} numbers from {low} to {high}"]
    if high < acked:
        return [f"{who}: {acked - high} of {acked} acknowledged transactions are lost"]
    if high > begun:
        return [f"{who}: number {high} was never begun ({begun})"]
    return []


def amount(n):
    """(from, to, how much) of transfer n."""
    return n % ACCOUNTS, (n * 7 + 3) % ACCOUNTS, n % 5 + 1


class _Transfers:
    """Each transaction moves an amount from an account in one table to an account in another, and
    adds a line to a third table. The sum of all accounts stays the same."""

    @staticmethod
    def create(session, engine=""):
        for side in ("left_side", "right_side"):
            session.run(f"CREATE TABLE {side} (id INT PRIMARY KEY, v INT){engine}")
            session.run(f"INSERT INTO {side} VALUES "
                        + ",".join(f"({n},{START})" for n in range(ACCOUNTS)))
        session.run("CREATE TABLE moved (who VARCHAR(20), n INT, x INT, txt VARCHAR(100), "
                    f"PRIMARY KEY (who, n)){engine}")
        session.run("CREATE INDEX moved_txt ON moved (txt)")

    @staticmethod
    def transfer(session, who, n):
        source, target, x = amount(n)
        session.run(f"BEGIN; UPDATE left_side SET v = v - {x} WHERE id = {source}; "
                    f"UPDATE right_side SET v = v + {x} WHERE id = {target}; "
                    f"INSERT INTO moved VALUES ('{who}', {n}, {x}, 'transfer {n} of {who}'); COMMIT")

    @staticmethod
    def findings(session, acked, begun):
        (left,), = session.rows("SELECT SUM(v) FROM left_side")
        (right,), = session.rows("SELECT SUM(v) FROM right_side")
        (moved,), = session.rows("SELECT COALESCE(SUM(x), 0) FROM moved")
        whole = ACCOUNTS * START
        bad = []
        if int(left) != whole - int(moved) or int(right) != whole + int(moved):
            bad.append(f"half a transaction: left {left}, right {right}, moved {moved}")
        for who in sorted(w for w in acked if w.startswith("transfers")):
            found, = session.rows("SELECT COUNT(*), COALESCE(MIN(n), 0), COALESCE(MAX(n), 0) "
                                  f"FROM moved WHERE who = '{who}'")
            bad += numbers(who, [int(word) for word in found], acked[who], begun[who])
        return bad


class OnMariaDB:
    """InnoDB by two clients, and one on each kind of table that knows no transactions."""

    PLAIN = {"myisam": "MyISAM", "aria": "Aria TRANSACTIONAL=0", "aria_logged": "Aria"}

    @staticmethod
    def session(server):
        return server.session("bank")

    @classmethod
    def prepare(cls, server):
        first = server.session()
        first.run("CREATE DATABASE bank")
        first.close()
        session = server.session("bank")
        _Transfers.create(session, " ENGINE=InnoDB")
        for table, engine in cls.PLAIN.items():
            session.run(f"CREATE TABLE {table} (n INT, part INT, txt VARCHAR(100), "
                        f"PRIMARY KEY (n, part), KEY (txt)) ENGINE={engine}")
        session.close()

    @classmethod
    def writers(cls):
        yield "transfers1", _Transfers.transfer
        yield "transfers2", _Transfers.transfer
        for table in cls.PLAIN:
            yield table, cls._three_rows

    @staticmethod
    def _three_rows(session, table, n):
        session.run(f"INSERT INTO {table} VALUES "
                    + ",".join(f"({n},{part},'row {part} of {n} in {table}')"
                               for part in range(3)))

    @classmethod
    def findings(cls, server, acked, begun):
        """The faults of a copy. A table that cannot be read is a fault."""
        session = server.session("bank")
        bad = []
        try:
            try:
                bad += _Transfers.findings(session, acked, begun)
            except Failed as e:
                bad.append(f"transfers: {e}")
            for table in ("left_side", "right_side", "moved", *cls.PLAIN):
                bad += [f"{table}: {kind}: {text}"
                        for _, _, kind, text in session.rows(f"CHECK TABLE {table} EXTENDED")
                        if (kind, text) != ("status", "OK")]
            for table in cls.PLAIN:
                try:
                    bad += cls._plain(session, table, acked[table], begun[table])
                except Failed as e:
                    bad.append(f"{table}: {e}")
        finally:
            session.close()
        return bad

    @staticmethod
    def _plain(session, table, acked, begun):
        found, = session.rows("SELECT COUNT(DISTINCT n), COALESCE(MIN(n), 0), COALESCE(MAX(n), 0) "
                              f"FROM {table}")
        bad = numbers(table, [int(word) for word in found], acked, begun)
        half = session.rows(f"SELECT n, COUNT(*) FROM {table} GROUP BY n HAVING COUNT(*) <> 3")
        return bad + [f"{table}: half a statement: {row}" for row in half]


class OnMySQL(OnMariaDB):
    """InnoDB only."""

    PLAIN = {}


class OnMyISAM(OnMariaDB):
    """For MySQL, which has no Aria tables."""

    PLAIN = {"myisam": "MyISAM"}


class OnPostgres:
    @staticmethod
    def session(server):
        return server.session()

    @staticmethod
    def prepare(server):
        session = server.session()
        _Transfers.create(session)
        session.close()

    @staticmethod
    def writers():
        yield "transfers1", _Transfers.transfer
        yield "transfers2", _Transfers.transfer

    @staticmethod
    def findings(server, acked, begun):
        session = server.session()
        try:
            bad = _Transfers.findings(session, acked, begun)
            session.run("CREATE EXTENSION amcheck")
            for table in ("left_side", "right_side", "moved"):
                bad += [f"{table}: {row}"
                        for row in session.rows(f"SELECT * FROM verify_heapam('{table}')")]
            for index in ("left_side_pkey", "right_side_pkey", "moved_pkey", "moved_txt"):
                session.run(f"SELECT bt_index_check('{index}', true)")
        except Failed as e:
            bad = [str(e)]
        finally:
            session.close()
        return bad


class OnRedis:
    @staticmethod
    def session(server):
        return server.session()

    @staticmethod
    def prepare(server):
        session = server.session()
        for side in ("left_side", "right_side"):
            session.run("SET", side, ACCOUNTS * START)
        session.close()

    @classmethod
    def writers(cls):
        yield "transfers1", cls._transfer
        yield "transfers2", cls._transfer

    @staticmethod
    def _transfer(session, who, n):
        _, _, x = amount(n)
        session.run("MULTI")
        session.run("DECRBY", "left_side", x)
        session.run("INCRBY", "right_side", x)
        session.run("RPUSH", who, n)
        session.run("EXEC")

    @staticmethod
    def findings(server, acked, begun):
        session = server.session()
        bad = []
        left, right = int(session.run("GET", "left_side")), int(session.run("GET", "right_side"))
        if left + right != 2 * ACCOUNTS * START:
            bad.append(f"half a transaction: left {left}, right {right}")
        for who in acked:
            held = [int(word) for word in session.run("LRANGE", who, 0, -1)]
            bad += numbers(who, (len(held), min(held, default=0), max(held, default=0)),
                           acked[who], begun[who])
        session.close()
        return bad
