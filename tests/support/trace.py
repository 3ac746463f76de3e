# SPDX-License-Identifier: MIT
"""What agent and freezer ask the kernel for, seen by strace."""
import collections
import os
import re
import shutil

from cases import Failed, Skipped, within

# One system call. freezer: of one of its threads. text: all that strace says of it.
Call = collections.namedtuple("Call", "freezer name text")

_LINE = re.compile(r"(\d+) +([\d.]+) (.*)")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
_NEW_THREAD = re.compile(r"(clone3?|v?fork)\(.*= (\d+)$")
NO_LEAKS = {"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"}   # it cannot look while being traced


def program(path, log, *options):
    """A program that runs the agent `path` under strace, which stays in the background."""
    if not shutil.which("strace"):
        raise Skipped("strace is not installed")
    wrapper = f"{log}.sh"
    with open(wrapper, "w") as f:
        words = " ".join(f"'{word}'" for word in options)
        f.write(f'#!/bin/sh\nexec strace -D -f -ttt -y -o {log} {words} {path} "$@"\n')
    os.chmod(wrapper, 0o755)
    return wrapper


_Line = collections.namedtuple("_Line", "thread text first last began ended")


def _whole_lines(log):
    """A call that strace prints in two halves is joined. first, last: numbers of its lines; began,
    ended: seconds."""
    begun = {}
    with open(log, errors="replace") as f:
        for n, line in enumerate(f):
            match = _LINE.match(line)
            if not match:
                continue
            thread, now, text = int(match[1]), float(match[2]), match[3]
            if text.endswith("<unfinished ...>"):
                begun[thread] = _Line(thread, text[:-len("<unfinished ...>")], n, n + 1, now, now)
                continue
            first, began, resumed = n, now, _RESUMED.match(text)
            if resumed and thread in begun:
                head = begun.pop(thread)
                first, began, text = head.first, head.began, head.text + resumed[2]
            yield _Line(thread, text, first, n, began, now)
    yield from begun.values()


class Trace:
    def __init__(self, log):
        self.lines = sorted(_whole_lines(log), key=lambda line: line.first)
        self.freezers = self._threads_of_freezers()
        self.heirs = {int(made[2]) for line in self.lines if line.thread in self.freezers
                      for made in [_NEW_THREAD.match(line.text)]
                      if made and "CLONE_THREAD" not in line.text}

    def _threads_of_freezers(self):
        found = {line.thread for line in self.lines
                 if line.text.startswith("execve(") and '"--freezer"' in line.text}
        for line in self.lines:
            made = _NEW_THREAD.match(line.text)
            if made and line.thread in found and "CLONE_THREAD" in line.text:
                found.add(int(made[2]))
        return found

    def calls(self, first=-1, last=float("inf")):
        """The calls that began or ended between two lines, without an heir's wait (heir.h)."""
        return [Call(line.thread in self.freezers, line.text.split("(")[0], line.text)
                for line in self.lines
                if "(" in line.text and line.last > first and line.first < last
                and not (line.text.startswith("recvmsg(") and line.thread in self.heirs)]

    def having(self, part):
        found = [line for line in self.lines if part in line.text]
        if not found:
            raise Failed(f"the trace shows no {part}")
        return found

    def window(self):
        """Numbers of the lines on which the first FIFREEZE begins and the last FITHAW ends."""
        return (min(line.first for line in self.having("FIFREEZE")),
                max(line.last for line in self.having("FITHAW")))


def finished(log, count):
    """The trace, as soon as it shows the ends of `count` thaws."""
    def complete():
        trace = Trace(log)
        done = [line for line in trace.lines if "FITHAW" in line.text and ") = " in line.text]
        return trace if len(done) >= count else None
    return within(10, complete, f"the trace shows {count} thaws")
