# SPDX-License-Identifier: MIT
"""How long an agent takes for a request. The arena is looked through before: that takes longer than
many a thaw."""
import json
import time

import arena
from cases import equal

FREEZE, FREEZE_LIST, THAW = "guest-fsfreeze-freeze", "guest-fsfreeze-freeze-list", "guest-fsfreeze-thaw"


def call(client, name, limit_s=120, **arguments):
    """(what it answers, began, ended), in seconds of CLOCK_BOOTTIME."""
    line = json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n"
    arena.require()
    began = time.clock_gettime(time.CLOCK_BOOTTIME)
    client._write(line)
    got = client.answer(limit_s)
    return got, began, time.clock_gettime(time.CLOCK_BOOTTIME)


def call_ms(client, name, wanted, limit_s=120, **arguments):
    got, began, ended = call(client, name, limit_s, **arguments)
    equal(got, wanted, f"answer to {name}")
    return (ended - began) * 1000
