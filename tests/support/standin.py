#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""In QEMU's place: opens the same sockets, and dies or hangs at a stage, which is given as the kernel.

It knows as much of QEMU's command line as qemu.py and guest.py write; its guest's control port
answers each script with "well".
"""
import os
import re
import signal
import socket
import sys
import threading
import time

# What the control port says to the first script before it dies, or hangs.
LAST_WORDS = {
    "before an answer": b"",
    "in the head of an answer": b"1 0",
    "in the body of an answer": b"1 0 100\nhal",
}
NO_ANSWERS = {
    "after words that head no answer": b"Kernel panic - not syncing\n",
    "after a length that no answer has": b"1 0 99999999999\n",
}
STAGES_OF_DEATH = ("at once", "in the monitor's greeting", "before its port can be reached",
                   *LAST_WORDS, *NO_ANSWERS)
STAGES_OF_HANGING = ("at once", "in the monitor's greeting", *LAST_WORDS, *NO_ANSWERS)
DRIPS = "drips for ever in the body of an answer"
DIES_AT_WORK = "dies as soon as there is work"
IS_WELL = "is well"

STAGE = sys.argv[sys.argv.index("-kernel") + 1] if "-kernel" in sys.argv else None


def end():
    """Dies or hangs, as the stage says."""
    sys.stderr.write(f"the stand-in {STAGE}\n")
    sys.stderr.flush()
    if not STAGE.startswith("hangs"):
        os.kill(os.getpid(), signal.SIGKILL)
    while True:
        time.sleep(1000)


def end_if(stage):
    if STAGE in (f"dies {stage}", f"hangs {stage}"):
        end()


def listen(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(4)
    return listener


def monitor(listener):
    peer, _ = listener.accept()
    peer.sendall(b'{"QMP": ')
    end_if("in the monitor's greeting")
    peer.sendall(b'{}}\n')
    for _ in peer.makefile("rb"):
        peer.sendall(b'{"return": {"status": "running"}}\n')
        end_if("before its port can be reached")


def scripts(peer):
    """The number of each."""
    lines = peer.makefile("rb")
    while head := lines.readline():
        number, length = head.split()
        lines.read(int(length))
        yield int(number)


def control(listener):
    peer, _ = listener.accept()
    for number in scripts(peer):
        for stage, words in {**LAST_WORDS, **NO_ANSWERS}.items():
            if STAGE in (f"dies {stage}", f"hangs {stage}"):
                peer.sendall(words)
                end()
        if STAGE == DRIPS:
            peer.sendall(b"1 0 100000\n")
        while STAGE == DRIPS:
            peer.sendall(b".")
            time.sleep(0.05)
        if STAGE == DIES_AT_WORK and number > 1:
            end()
        peer.sendall(b"%d 0 5\nwell\n" % number)


def main():
    words = "\n".join(sys.argv)
    with open(re.search(r"file:(\S+/console)", words)[1], "w") as console:
        console.write("the last words of the guest\n")
    end_if("at once")
    listeners = {name: listen(path)
                 for name, path in re.findall(r"socket,id=(\w+),path=([^,\s]+)", words)}
    if STAGE == "dies before its port can be reached":
        os.unlink(listeners.pop("control").getsockname())
    greeter = listen(re.search(r"unix:([^,\s]+\.qmp)", words)[1])
    threading.Thread(target=monitor, args=(greeter,), daemon=True).start()
    if "control" in listeners:
        control(listeners["control"])
    signal.pause()


if __name__ == "__main__":
    main()
