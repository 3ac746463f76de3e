# SPDX-License-Identifier: MIT
"""A MariaDB server inside an arena, and sessions of its own command line client."""
from dbserver import LineSession, SqlServer
from servers import MYSQL_UID

_OPTIONS = ("--skip-networking", "--lc-messages-dir=/usr/share/mysql",
            "--character-sets-dir=/usr/share/mysql/charsets", "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=8M", "--key-buffer-size=8M", "--aria-pagecache-buffer-size=8M",
            # What needs a repair must be seen to need one.
            "--myisam-recover-options=OFF", "--aria-recover-options=OFF")


class Session(LineSession):
    mark = "SELECT '{}';"
    separator = "\t"
    lost = "^ERROR (2006|2013)"

    def __init__(self, socket, database=None):
        super().__init__(
            ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--unbuffered",
             "--skip-reconnect", "--force", "--default-character-set=utf8mb4", f"--socket={socket}",
             *([database] if database else [])])


class MariaDB(SqlServer):
    name = "mariadb"
    uid = MYSQL_UID

    def __init__(self, data, options=(), tag="mysqld"):
        super().__init__(data, options, f"/run/mysqld/{tag}.sock", f"/run/{tag}.log")

    def command(self):
        return ["mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}",
                f"--pid-file={self.socket}.pid", *_OPTIONS, *self.options]

    def question(self, sql):
        return ["mariadb", "--no-defaults", "--batch", "--skip-column-names",
                f"--socket={self.socket}", "-e", sql]

    def session(self, database=None):
        return Session(self.socket, database)
