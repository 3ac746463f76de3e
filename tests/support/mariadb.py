# SPDX-License-Identifier: MIT
"""A MariaDB server inside an arena, and sessions of its own command line client."""
import os
import signal
import subprocess

from cases import Failed, true, within
from servers import MYSQL_UID

_OPTIONS = ("--skip-networking", "--lc-messages-dir=/usr/share/mysql",
            "--character-sets-dir=/usr/share/mysql/charsets", "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=8M", "--key-buffer-size=8M", "--aria-pagecache-buffer-size=8M",
            # What needs a repair must be seen to need one.
            "--myisam-recover-options=OFF", "--aria-recover-options=OFF")


class Session:
    """One connection; statements are answered in order."""

    def __init__(self, socket, database=None):
        self.count = 0
        self.client = subprocess.Popen(
            ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--unbuffered",
             "--skip-reconnect", "--force", "--default-character-set=utf8mb4", f"--socket={socket}",
             *([database] if database else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, sql):
        """The lines that come for it. OSError when the connection is gone."""
        self.count += 1
        end = f"end-of-{self.count}"
        self.client.stdin.write(f"{sql};\nSELECT '{end}';\n")
        self.client.stdin.flush()
        lines, error = [], None
        while True:
            line = self.client.stdout.readline()
            if not line or line.startswith(("ERROR 2006", "ERROR 2013")):
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
        return [line.split("\t") for line in self.run(sql)]

    def close(self):
        self.client.stdin.close()
        self.client.kill()
        self.client.wait()


class MariaDB:
    name = "mariadb"
    uid = MYSQL_UID

    def __init__(self, data, options=(), tag="mysqld"):
        self.data = data
        self.socket = f"/run/mysqld/{tag}.sock"
        self.options = options
        self.log = f"/run/{tag}.log"
        self.process = None

    def start(self, limit_s=20):
        os.makedirs("/run/mysqld", exist_ok=True)
        os.chown("/run/mysqld", self.uid, self.uid)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}",
                 f"--pid-file={self.socket}.pid", *_OPTIONS, *self.options],
                user=self.uid, group=self.uid, extra_groups=[], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        within(limit_s, self._answers, "the server lets somebody in")
        return self

    def _answers(self):
        true(self.process.poll() is None, f"the server has ended: {self.said()[-1500:]}")
        return self.asked("SELECT 1") == "1"

    def asked(self, sql, limit_s=5):
        """What a client of its own is answered, or "" within the limit."""
        try:
            run = subprocess.run(["mariadb", "--no-defaults", "--batch", "--skip-column-names",
                                  f"--socket={self.socket}", "-e", sql], text=True, check=False,
                                 capture_output=True, timeout=limit_s)
        except subprocess.TimeoutExpired:
            return ""
        return run.stdout.strip()

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def session(self, database=None):
        return Session(self.socket, database)

    def send_signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
