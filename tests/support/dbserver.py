# SPDX-License-Identifier: MIT
"""What the servers of suite `databases` have in common, and the sessions of their line clients."""
import os
import re
import signal
import subprocess

from cases import Failed, true, within


class LineSession:
    """A line client with one connection. It answers statements in their order. A subclass says how
    the client marks the end of an answer, how rows are split, and what a lost connection looks like
    (a pattern)."""
    mark = separator = lost = None

    def __init__(self, argv, **more):
        self.count = 0
        self.client = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, **more)

    def run(self, sql):
        """The lines of the answer. OSError: the connection is gone."""
        self.count += 1
        end = f"end-of-{self.count}"
        self.client.stdin.write(f"{sql};\n{self.mark.format(end)}\n")
        self.client.stdin.flush()
        lines, error = [], None
        while True:
            line = self.client.stdout.readline()
            if not line or re.search(self.lost, line):
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
        return [line.split(self.separator) for line in self.run(sql)]

    def close(self):
        self.client.stdin.close()
        self.client.kill()
        self.client.wait()


class Server:
    """One process on a data directory; a subclass has command(), and _lets_in() when it runs."""
    uid = None

    def __init__(self, data, options, socket, log):
        self.data = data
        self.options = options
        self.socket = socket
        self.log = log
        self.process = None

    def start(self, limit_s=20):
        folder = os.path.dirname(self.socket)
        os.makedirs(folder, exist_ok=True)
        os.chown(folder, self.uid, self.uid)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), user=self.uid, group=self.uid, extra_groups=[],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.surroundings())
        within(limit_s, self._answers, "the server lets somebody in")
        return self

    def surroundings(self):
        return {}

    def _answers(self):
        true(self.process.poll() is None, f"the server has ended: {self.said()[-1500:]}")
        return self._lets_in()

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def send_signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """Kills the server as a power cut does: its first process; the children follow."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)


class SqlServer(Server):
    """A server whose client takes a statement on the command line."""

    def asked(self, sql, limit_s=5):
        """The server's answer to a new client; "": none within the limit."""
        try:
            run = subprocess.run(self.question(sql), text=True, check=False, capture_output=True,
                                 timeout=limit_s, **self.client_surroundings())
        except subprocess.TimeoutExpired:
            return ""
        return run.stdout.strip()

    def client_surroundings(self):
        return {}

    def _lets_in(self):
        return self.asked("SELECT 1") == "1"
