# SPDX-License-Identifier: MIT
"""reaper.py PROGRAM [ARGUMENT...]: runs a daemon, and lets nothing that it starts outlive it.

Whatever its processes leave behind becomes a child of this one, and is killed when the daemon has
ended. The daemon is killed when standard input ends: whoever started it holds the other end, and
loses it however he dies.
"""
import os
import signal
import subprocess
import sys
import threading

import kernel
import proc


def _wait_for_the_end_of_input(daemon):
    while os.read(0, 4096):
        pass
    kernel.kill(daemon)


def _children():
    """Those that have not ended."""
    return [pid for pid, stat in proc.stats() if stat.parent == os.getpid() and stat.state != "Z"]


def main():
    kernel.adopt_orphans()
    early = []   # a signal that comes before there is anybody to hand it on to
    signal.signal(signal.SIGTERM, lambda number, _: early.append(number))
    daemon = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL).pid
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(daemon, number))
    if early:
        os.kill(daemon, signal.SIGTERM)
    threading.Thread(target=_wait_for_the_end_of_input, args=(daemon,), daemon=True).start()
    ended = None
    while ended != daemon:   # of the others, too: who looks for them shall see that they are gone
        ended, status = os.wait()
    while children := _children():
        for pid in children:
            kernel.kill(pid)
            os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status) & 0x7f)


if __name__ == "__main__":
    main()
