# SPDX-License-Identifier: MIT
"""What the agent itself tells of a freeze: frost-ga status, for people and for programs."""

import json
import subprocess
import time

import page
from playground import STATE

COMMAND = ["frost-ga", "status", "-t", STATE]

# begin, end, name and fill of each; the record's times are microseconds since it began
PHASES = (("planned_us", "synced_us", "sync", "s"),
          ("synced_us", "hooks_up_us", "hook", "-"),
          ("hooks_up_us", "resynced_us", "sync", "s"),
          ("freeze_begun_us", "frozen_us", "freeze", "f"),
          ("frozen_us", "thaw_begun_us", " FROZEN ", "#"),
          ("thaw_begun_us", "thawed_us", "thaw", "t"),
          ("thawed_us", "hooks_down_us", "hook", "-"))
LEGEND = "s sync   f freeze   t thaw     = writes come to their end   . a write waits"


def _run(*options):
    return subprocess.run(COMMAND + list(options), stdout=subprocess.PIPE, check=True,
                          universal_newlines=True).stdout


def phases():
    """[(begin, end, name, fill)] of the last freeze, on the clock of time.monotonic()."""
    record = json.loads(_run("--json"))["freezes"][0]
    began = record["began_us"] / 1e6 - (time.time() - time.monotonic())
    return [(began + record[begin] / 1e6, began + record[end] / 1e6, name, fill)
            for begin, end, name, fill in PHASES
            if record[begin] is not None and record[end] is not None]


def show():
    page.title("What the agent has noted")
    page.say("""The same freeze as the agent recorded it. You can look at it in the guest at any
             time:""")
    page.line()
    page.command(" ".join(COMMAND))
    page.line()
    for text in _run().splitlines():
        page.line(text)
