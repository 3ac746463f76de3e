# SPDX-License-Identifier: MIT
"""A PostgreSQL cluster inside an arena, as Debian sets one up: peer authentication, and nobody
but its own user gets in."""
import glob

from dbserver import LineSession, SqlServer
from servers import PG, POSTGRES_UID

_RUN = "/run/postgresql"
_OPTIONS = ("listen_addresses=", f"unix_socket_directories={_RUN}", "shared_buffers=16MB",
            "dynamic_shared_memory_type=mmap", "max_connections=20", "timezone=GMT",
            "log_timezone=GMT")
_AS_OWNER = {"user": POSTGRES_UID, "group": POSTGRES_UID, "extra_groups": [], "cwd": "/"}


class Session(LineSession):
    mark = "\\echo {}"
    separator = "|"
    lost = "connection to server was lost"

    def __init__(self, port, database):
        super().__init__(
            ["psql", "-X", "-A", "-t", "-q", "-h", _RUN, "-p", str(port), "-d", database],
            **_AS_OWNER)


class Postgres(SqlServer):
    name = "postgres"
    uid = POSTGRES_UID

    def __init__(self, data, options=(), port=5432):
        super().__init__(data, options, f"{_RUN}/.s.PGSQL.{port}", f"/run/postgres-{port}.log")
        self.port = port

    def command(self):
        words = [word for option in (*_OPTIONS, f"port={self.port}", *self.options)
                 for word in ("-c", option)]
        return [*glob.glob(f"/{PG}/bin/postgres"), "-D", self.data, *words]

    def surroundings(self):
        return {"cwd": "/", "env": {"PATH": "/usr/bin", "TZ": "GMT"}}

    def question(self, sql):
        return ["psql", "-X", "-A", "-t", "-q", "-h", _RUN, "-p", str(self.port), "-d", "postgres",
                "-c", sql]

    def client_surroundings(self):
        return _AS_OWNER

    def session(self, database="postgres"):
        return Session(self.port, database)
