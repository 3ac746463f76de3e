# SPDX-License-Identifier: MIT
"""A pseudo-terminal in the place of a serial port: the host holds the master end."""
import os
import pty
import select
import termios
import tty

from cases import within
from client import Wire


class Port(Wire):
    """The host's end; `path` is what the agent opens."""

    def __init__(self, path, raw=True, speed=None):
        super().__init__()
        self.master, slave = pty.openpty()
        settings = termios.tcgetattr(slave)
        settings[3] &= ~termios.ECHO
        if speed is not None:
            settings[4] = settings[5] = speed
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        if raw:
            tty.setraw(slave)
        self.path = path
        if os.path.islink(path):
            os.unlink(path)
        os.symlink(os.ttyname(slave), path)
        # Keeps the line up until the agent has opened it: without, the master reads EIO.
        self.slave = slave

    def _write(self, data):
        while data:
            data = data[os.write(self.master, data[:512]):]

    def _read(self, limit_s):
        if not select.select([self.master], [], [], limit_s)[0]:
            return None
        try:
            return os.read(self.master, 65536)
        except OSError:
            return b""

    def settings(self):
        return termios.tcgetattr(self.slave)

    def wait_until_raw(self):
        """An agent that opens a serial line flushes it first: what is sent before is lost."""
        within(10, lambda: not self.settings()[3] & termios.ICANON, "the line is raw")

    def hang_up(self):
        """The host is gone for good."""
        os.close(self.slave)
        os.close(self.master)
