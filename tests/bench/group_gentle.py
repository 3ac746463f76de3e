# SPDX-License-Identifier: MIT
"""What programs notice of a freeze: of those that fsync, and of those that only write.

Words: a cell; the size's name; and, as JSON, {name: options} of all that are measured in turn. NONE
is no agent: as long without a freeze.
"""
import json
import subprocess
import time

import cells
import commits
import loaded
import slowvolume
import tails
import timed
from rows import NONE, REFERENCE

SETTLE_S = 1.0      # the load runs for this long before the request
AFTER_S = 0.5       # and is watched for this long after the thaw
NONE_S = {cells.SLOW: 5.0, cells.FAST: 1.0}     # about as long as a freeze takes
LIMIT_S = 180
SHARE = 40          # percent: much more than is dirty, and two of these can run beside each other


class Load:
    """The writers of a cell, from when the volume has its speed until figures()."""

    def __init__(self, volume, cell):
        first = volume.folders[:1] if cell.stream else []
        self.kinds = {"fsync": loaded.Writers(volume.folders, "fsync"),
                      "plain": loaded.Writers(volume.folders, "plain"),
                      "stream": loaded.Writers(first, "stream")}

    def figures(self, began, ended):
        """Of the time between the two, in microseconds; ends the writers."""
        writes = {kind: writers.end() for kind, writers in self.kinds.items()}
        return tails.figures(writes["fsync"], writes["plain"], began, ended)


def _status(agent):
    return subprocess.run([agent.program, "status", "-j", "-t", agent.statedir], check=True,
                          capture_output=True, text=True).stdout


def _freeze_and_thaw(agent, client, volume):
    """(began, ended) in seconds, and the figures of the freeze."""
    count = len(volume.folders)
    before = volume.written()
    _, began, answered = timed.call(client, timed.FREEZE, LIMIT_S)
    meanwhile = [now - then for now, then in zip(volume.written(), before)]
    got, _, ended = timed.call(client, timed.THAW, LIMIT_S)
    if got != count:
        raise loaded.Failed(f"{got} filesystems were thawed, not {count}")
    answer_ms = (answered - began) * 1000
    figures = {"answer": answer_ms, "writes": meanwhile[0], "written_mb": meanwhile[1] / 1e6}
    if agent.program.startswith(f"/agent/{REFERENCE}"):
        return began, ended, {**figures, "fifreeze": answer_ms}
    status = _status(agent)
    return began, ended, {**figures, "fifreeze": tails.window_ms(status), **tails.write_out(status)}


def _wait(cell):
    began = time.clock_gettime(time.CLOCK_BOOTTIME)
    time.sleep(NONE_S[cell.speed])
    return began, time.clock_gettime(time.CLOCK_BOOTTIME), {}


def run(bench):
    cell_name, size_name, who = bench.words
    cell = cells.of(cell_name, size_name)
    options = json.loads(who)
    volume = slowvolume.Volume(cell.fs_type, cell.disks, cells.DISK_MIB)
    agents = {name: bench.agent(name, *words) for name, words in options.items() if name != NONE}
    clients = {name: agent.client() for name, agent in agents.items()}
    database = commits.Load(cell.server, volume.folders[0]) if cell.server else None

    def measure(name):
        volume.set_speed(*slowvolume.FREE)
        loaded.clean(volume.folders)
        loaded.dirty(volume.folders, cell.dirty_mb // cell.disks)
        volume.set_speed(*cell.speed)
        load = database or Load(volume, cell)
        time.sleep(SETTLE_S)
        began, ended, figures = (_freeze_and_thaw(agents[name], clients[name], volume)
                                 if name != NONE else _wait(cell))
        time.sleep(AFTER_S)
        volume.set_speed(*slowvolume.FREE)
        return {**load.figures(began * 1e6, (ended + AFTER_S) * 1e6), **figures}

    with loaded.reserved(volume.numbers, SHARE):
        bench.in_turn(measure, tuple(options))
    if database:
        database.close()
    volume.close()
