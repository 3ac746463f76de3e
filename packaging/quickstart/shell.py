# SPDX-License-Identifier: MIT
"""--shell: the playground stays open, and a person is the host."""

import os
import shutil
import subprocess
import sys
import threading
import time

import page
from playground import EVENTS, HOOK, LOG, SOCKET

PROGRAMS = ("bash", "cat", "cp", "date", "dd", "df", "echo", "env", "find", "grep", "head", "id",
            "kill", "ls", "mkdir", "mount", "mv", "ps", "rm", "seq", "socat", "stat", "sync",
            "tail", "touch", "true", "umount", "uname", "watch", "wc")
WRITE_EVERY = 0.25
PATIENCE = 60       # seconds that a write may wait: less than the kernel's 120 s for a hung task
DEADLINE = None
DIARY = "/run/writers"

SCRIPTS = {
    "qga": """#!/bin/sh
# qga NAME: ask the agent for guest-NAME, as in: qga fsfreeze-status
printf '{"execute": "guest-%%s"}\\n' "${1:?usage: qga NAME, as in qga fsfreeze-status}" |
    socat -t 30 - UNIX-CONNECT:%s
""" % SOCKET,
    "writers": """#!/bin/sh
# How long a writer on each filesystem waits
cat %s
""" % DIARY,
}


def _add_scripts():
    for name, text in SCRIPTS.items():
        with open("/usr/bin/" + name, "w") as file:
            file.write(text)
        os.chmod("/usr/bin/" + name, 0o755)


def _describe(diary):
    if diary.waiting() > 0.1:
        return "has waited %s" % page.duration(diary.waiting())
    last = diary.last()
    return "a write takes %s" % page.duration(last.ended - last.begun) if last else "begins"


def _keep_diary(filesystems, diaries):
    while True:
        text = "".join("%-12s %s\n" % (fs.folder, _describe(diaries[fs.index]))
                       for fs in filesystems)
        with open(DIARY + ".new", "w") as file:
            file.write(text)
        os.rename(DIARY + ".new", DIARY)
        time.sleep(0.1)


def _explain(stage):
    page.title("The playground is open")
    page.say("""You are the host now. The agent listens, and there are no filesystems but those
             below. Connect, then type one command a line; Ctrl-D disconnects:""")
    page.line()
    page.command("socat - UNIX-CONNECT:" + SOCKET)
    for name in ("guest-ping", "guest-fsfreeze-freeze", "guest-fsfreeze-status",
                 "guest-fsfreeze-thaw"):
        page.command('    {"execute": "%s"}' % name)
    page.line()
    page.line("  /mnt/ext4 /mnt/xfs /mnt/nested   the agent freezes them; write there and see")
    page.line("  writers                          how long a writer on each of them waits")
    page.line("  qga fsfreeze-freeze              the same through socat, as one command")
    page.line("  %-32s the hooks; add your own" % (HOOK + ".d"))
    page.line("  %-32s what the hook did" % EVENTS)
    page.line("  %-32s the agent's log" % LOG)
    page.line()
    page.say("""A program that writes to a frozen filesystem waits, your shell too, and Ctrl-C does
             not end it. A guard thaws after %d s. To open a second shell, run this in another
             terminal of the machine:""" % PATIENCE)
    page.line()
    page.command("nsenter -t %d -m -p /bin/bash" % stage.outer_pid)
    page.line()
    page.line("exit leaves the playground; everything is then thawed and removed.")
    page.line()


def play(stage):
    _add_scripts()
    threading.Thread(target=_keep_diary, args=(stage.filesystems, stage.diaries),
                     daemon=True).start()
    while not os.path.exists(DIARY):
        time.sleep(0.01)
    _explain(stage)
    os.environ["PS1"] = "playground:\\w# "
    shell = ["bash", "--norc"] if shutil.which("bash") else ["sh"]
    os.chdir("/root")
    # Not run(): stopped, it would wait for the shell, and the shell for a frozen filesystem.
    subprocess.Popen(shell + (["-i"] if sys.stdin.isatty() else [])).wait()
    os.chdir("/")
    return 0


def epilogue():
    page.line()
    page.say("Everything is thawed and removed: no mount, loop device or process is left.")
