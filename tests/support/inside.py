# SPDX-License-Identifier: MIT
"""Runs cases inside an arena.

Reports on descriptor 3, one JSON object a line. A generator case yields (name, function) pairs,
each reported as a case of its own.
"""
import importlib
import inspect
import json
import os
import sys
import time
import traceback

import arena
import probe
from cases import Failed, Skipped, load, of_module
from client import Refused
from world import World


def report(**what):
    os.write(3, json.dumps(what).encode() + b"\n")


def explain(error):
    """The error, and the lines of the case that led to it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/tests/" in f.filename]
    where = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames))
    return f"{type(error).__name__}: {error} [{where}]"


def attempt(name, function, world):
    report(begin=name)
    began = time.monotonic()
    outcome, detail = "ok", ""
    try:
        function()
        detail = world.complaints()
        if detail:
            outcome = "fail"
        else:
            detail = "\n".join(world.notes)
    except Skipped as e:
        outcome, detail = "skip", str(e)
    except (Failed, Refused, OSError, RuntimeError, ValueError, KeyError, TypeError) as e:
        outcome = "fail"
        logs = "".join(f"\n--- {a.log_path}\n{a.log()}" for a in world.agents if a.log())
        detail = explain(e) + probe.blocked_processes() + logs
    world.close()
    report(case=name, outcome=outcome, seconds=round(time.monotonic() - began, 3), detail=detail)


def _main(program, suite, module_name, case_name):
    arena.require()
    module = load(f"/tests/{suite}/{module_name}.py")
    function = next(f for f in of_module(module) if f.case["name"] == case_name)
    world = World(program)
    try:
        if inspect.isgeneratorfunction(function):
            for name, part in function(world):
                attempt(name, part, world)
        else:
            attempt(case_name, lambda: function(world), world)
    finally:
        report(done=True)


def run(program, suite, module_name, case_name):
    """In a process of the arena, which was forked outside and ends here."""
    status = 1
    sys.path[:0] = ["/tests/support"]
    importlib.invalidate_caches()   # of what was looked up under another root
    try:
        _main(program, suite, module_name, case_name)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)
