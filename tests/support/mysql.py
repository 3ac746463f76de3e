# SPDX-License-Identifier: MIT
"""A MySQL server inside an arena, whose root needs no password; its sessions are of MariaDB's client."""
from mariadb import MariaDB
from servers import MYSQL, MYSQL_UID

PROGRAM = f"{MYSQL}/usr/sbin/mysqld"
_OPTIONS = (f"--basedir={MYSQL}/usr", "--skip-networking", "--mysqlx=OFF", "--secure-file-priv=NULL",
            "--innodb-buffer-pool-size=32M", "--innodb-redo-log-capacity=16M",
            "--key-buffer-size=8M", "--performance-schema=OFF", "--myisam-recover-options=OFF")


class MySQL(MariaDB):
    name = "mysql"
    uid = MYSQL_UID

    def __init__(self, data, options=(), tag="mysql"):
        super().__init__(data, options, tag)

    def command(self):
        return [PROGRAM, "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}",
                f"--pid-file={self.socket}.pid", *_OPTIONS, *self.options]

    def start(self, limit_s=60):
        return super().start(limit_s)
