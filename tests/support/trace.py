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


def _whole_lines(log):
    """(thread, text, number of the line it begins on, and ends on): halves are joined."""
    begun = {}
    with open(log, errors="replace") as f:
        for n, line in enumerate(f):
            match = _LINE.match(line)
            if not match:
                continue
            thread, text = int(match[1]), match[3]
            if text.endswith("<unfinished ...>"):
                begun[thread] = (n, text[:-len("<unfinished ...>")])
                continue
            first, resumed = n, _RESUMED.match(text)
            if resumed and thread in begun:
                first, head = begun.pop(thread)
                text = head + resumed[2]
            yield thread, text, first, n
    for thread, (n, text) in begun.items():
        yield thread, text, n, n + 1


class Trace:
    def __init__(self, log):
        self.lines = sorted(_whole_lines(log), key=lambda line: line[2])
        self.freezers = self._threads_of_freezers()

    def _threads_of_freezers(self):
        found = {thread for thread, text, _, _ in self.lines
                 if text.startswith("execve(") and '"--freezer"' in text}
        for thread, text, _, _ in self.lines:
            made = _NEW_THREAD.match(text)
            if made and thread in found and "CLONE_THREAD" in text:
                found.add(int(made[2]))
        return found

    def calls(self, first=None, last=None):
        """All that began or ended between two numbers of lines."""
        return [Call(thread in self.freezers, text.split("(")[0], text)
                for thread, text, begin, end in self.lines
                if "(" in text and (first is None or end > first) and (last is None or begin < last)]

    def window(self):
        """Numbers of the lines on which the first FIFREEZE begins and the last FITHAW ends."""
        freezes = [begin for _, text, begin, _ in self.lines if "FIFREEZE" in text]
        thaws = [end for _, text, _, end in self.lines if "FITHAW" in text]
        if not freezes or not thaws:
            raise Failed("the trace shows no freeze and thaw")
        return min(freezes), max(thaws)


def finished(log, count):
    """The trace, as soon as it shows the ends of `count` thaws."""
    def complete():
        trace = Trace(log)
        done = [text for _, text, _, _ in trace.lines if "FITHAW" in text and ") = " in text]
        return trace if len(done) >= count else None
    return within(10, complete, f"the trace shows {count} thaws")
