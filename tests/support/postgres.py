# SPDX-License-Identifier: MIT
"""A PostgreSQL cluster inside an arena, as Debian sets one up: peer authentication, and nobody
but its own user gets in."""
import os
import signal
import subprocess

from cases import Failed, true, within
from servers import PG, POSTGRES_UID

_BIN = f"/{PG}/bin"
_RUN = "/run/postgresql"
_OPTIONS = ("listen_addresses=", f"unix_socket_directories={_RUN}", "shared_buffers=16MB",
            "dynamic_shared_memory_type=mmap", "max_connections=20", "timezone=GMT",
            "log_timezone=GMT")
_AS_OWNER = {"user": POSTGRES_UID, "group": POSTGRES_UID, "extra_groups": [], "cwd": "/"}


class Session:
    """One connection; statements are answered in order."""

    def __init__(self, port, database):
        self.count = 0
        self.client = subprocess.Popen(
            ["psql", "-X", "-A", "-t", "-q", "-h", _RUN, "-p", str(port), "-d", database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            **_AS_OWNER)

    def run(self, sql):
        """The lines that come for it. OSError when the connection is gone."""
        self.count += 1
        end = f"end-of-{self.count}"
        self.client.stdin.write(f"{sql};\n\\echo {end}\n")
        self.client.stdin.flush()
        lines, error = [], None
        while True:
            line = self.client.stdout.readline()
            if not line or "connection to server was lost" in line:
                raise OSError(f"the connection has ended: {''.join(lines)}{line}")
            if line.rstrip("\n") == end:
                break
            lines.append(line.rstrip("\n"))
            if line.startswith("ERROR"):
                error = error or line.strip()
        if error:
            raise Failed(f"{sql}: {error}")
        return lines

    def rows(self, sql):
        return [line.split("|") for line in self.run(sql)]

    def close(self):
        self.client.stdin.close()
        self.client.kill()
        self.client.wait()


class Postgres:
    name = "postgres"
    uid = POSTGRES_UID

    def __init__(self, data, options=(), port=5432):
        self.data = data
        self.port = port
        self.options = options
        self.log = f"/run/postgres-{port}.log"
        self.socket = f"{_RUN}/.s.PGSQL.{port}"
        self.process = None

    def start(self, limit_s=20):
        os.makedirs(_RUN, exist_ok=True)
        os.chown(_RUN, self.uid, self.uid)
        words = [word for option in (*_OPTIONS, f"port={self.port}", *self.options)
                 for word in ("-c", option)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [f"{_BIN}/postgres", "-D", self.data, *words], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={"PATH": "/usr/bin", "TZ": "GMT"}, **_AS_OWNER)
        within(limit_s, self._answers, "the server lets somebody in")
        return self

    def _answers(self):
        true(self.process.poll() is None, f"the server has ended: {self.said()[-1500:]}")
        return self.asked("SELECT 1") == "1"

    def asked(self, sql, limit_s=5):
        """What a client of its own is answered, or "" within the limit."""
        try:
            run = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-h", _RUN, "-p", str(self.port),
                                  "-d", "postgres", "-c", sql], text=True, check=False,
                                 capture_output=True, timeout=limit_s, **_AS_OWNER)
        except subprocess.TimeoutExpired:
            return ""
        return run.stdout.strip()

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def session(self, database="postgres"):
        return Session(self.port, database)

    def send_signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """As a power cut does to the server: the postmaster first, its children follow it."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
