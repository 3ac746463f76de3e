# SPDX-License-Identifier: MIT
"""What a case is: a function whose name is a statement.

    @case()                          holds for frost-ga and for Debian's qemu-ga alike
    @case(differs="D16: why")        holds for frost-ga; qemu-ga must fail it
    @case(differs="why", of="7.2")   the same, but only qemu-ga 7.2 must fail it
    @case(own="option of ours")      cannot be asked of qemu-ga

needs: a file of the arena's, as a program that not every release of Debian has; without it there is
no such case.

cheap: qemu-ga is asked in every run, else in a FULL one only. outside: only selftest.py runs it.
once: it picks its program itself, and is not run for each.

seal: "errno", it asks by what error a filter of system calls refuses, and is not asked in the kill form
(SEAL=kill); "kill", it is asked there only, and a filter has to kill one of its processes.

A case that qemu-ga must fail is also the proof that the case can fail.
"""
import importlib.util
import inspect
import os
import time


# By this every limit of time is multiplied: more than 1 where the agent is emulated.
PATIENCE = float(os.environ.get("PATIENCE", "1"))


def kill_form():
    """Of the case that runs (form.py): a call that its filter does not allow kills a parser or freezer."""
    return os.environ.get("SEAL") == "kill"


class Failed(Exception):
    """What was claimed does not hold."""


class Skipped(Exception):
    """The machine lacks what the case needs; the text says what."""


def case(differs=None, of="", own=None, limit=40, cheap=None, outside=False, once=False, needs="",
         seal=""):
    def mark(function):
        function.case = {"name": function.__name__, "differs": differs, "of": of.split(), "own": own,
                         "limit": limit, "cheap": differs is None if cheap is None else cheap,
                         "outside": outside, "once": once, "needs": needs, "seal": seal,
                         "line": function.__code__.co_firstlineno}
        return function
    return mark


def load(path):
    """Imports a module of cases under a name that no module of Python has."""
    name = "cases_" + os.path.basename(path)[:-3].replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_module(module):
    found = [f for _, f in inspect.getmembers(module, inspect.isfunction) if hasattr(f, "case")]
    return sorted(found, key=lambda f: f.case["line"])


def equal(got, wanted, what="value"):
    if got != wanted:
        raise Failed(f"{what}: got {_short(got)}, wanted {_short(wanted)}")


def true(condition, what):
    if not condition:
        raise Failed(what)


def contains(text, part, what="text"):
    if part not in text:
        raise Failed(f"{what}: {part!r} is not in {_short(text)}")


def within(limit_s, condition, what):
    """Waits until condition() is true; returns its value."""
    limit_s *= PATIENCE
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {limit_s} s: {what() if callable(what) else what}")
        time.sleep(0.005)


def _short(value):
    text = repr(value)
    return text if len(text) <= 600 else f"{text[:400]} ...({len(text)}) {text[-100:]}"
