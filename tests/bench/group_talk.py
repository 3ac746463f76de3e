# SPDX-License-Identifier: MIT
"""How fast the agents answer."""
import os
import statistics
import subprocess

from rows import OURS, REFERENCE


REPEATS = 5    # each with a client of its own: much depends on which CPUs the two are given


def _ns(*argv):
    return statistics.median(
        int(subprocess.run(["/agent/pinger", *argv], check=True, capture_output=True, text=True,
                           timeout=120).stdout) for _ in range(REPEATS))


def run(bench):
    agents = {name: bench.agent(name) for name in (OURS, REFERENCE)}
    for agent in agents.values():
        agent.client().close()
    count = bench.size.pings // REPEATS
    os.mkdir("/run/starting")

    def measure(name):
        socket = agents[name].socket_path
        start = "/run/starting.sock"
        return {"ping": _ns("ping", socket, str(count)) / 1e3,
                "pipelined": _ns("pipeline", socket, str(count)) / 1e3,
                "start": _ns("start", start, f"/agent/{name}", "-m", "unix-listen", "-p", start,
                             "-t", "/run/starting") / 1e6}

    bench.in_turn(measure)
