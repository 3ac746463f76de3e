# SPDX-License-Identifier: MIT
"""Memory, and system calls of an agent that has nothing to do."""
import re
import subprocess
import time

import disks
import host
from cases import Failed, within
from rows import MINIMAL, OURS, STATIC

SETTLE_S = 0.5
ATTACH_S = 0.3    # after strace says that it has attached: what it interrupted goes on
_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+$")
_CALL = re.compile(r"^\d+ +(\d+\.\d+) ")


def rollup(pid):
    """{field: KiB} of /proc/PID/smaps_rollup."""
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return {line.split(":")[0]: int(line.split()[1]) for line in list(f)[1:]}


def private_dirty(pid):
    """KiB that this process alone has made dirty.

    Not the kernel's own sum: in an arena programs and libraries lie on a tmpfs, whose pages all
    count as dirty. Of a private mapping the pages that were written to are the anonymous ones.
    """
    total, shared = 0, False
    with open(f"/proc/{pid}/smaps") as f:
        for line in f:
            words = line.split()
            if _MAPPING.match(words[0]):
                shared = words[1].endswith("s")
            elif words[0] == ("Private_Dirty:" if shared else "Anonymous:"):
                total += int(words[1])
    return total


class Tracer:
    """strace on a running agent, from when it has attached until end()."""

    def __init__(self, agent, log):
        self.log = log
        self.process = subprocess.Popen(
            ["strace", "-f", "-ttt", "-e", "trace=all", "-o", log, "-p", str(agent.pid)],
            stderr=subprocess.PIPE, text=True)
        if "attached" not in self.process.stderr.readline():
            raise Failed("strace cannot attach")
        self.began = time.time() + ATTACH_S

    def end(self, connect):
        """System calls that were begun or came to an end in the time watched.

        connect: gives a client; a call of it proves that strace sees any.
        """
        until = time.time()
        connect().call("guest-ping")
        self.process.terminate()
        self.process.wait(10)
        with open(self.log) as f:
            times = [float(m.group(1)) for m in map(_CALL.match, f) if m]
        if not any(at >= until for at in times):
            raise Failed("strace has not seen an answer")
        return sum(self.began < at < until for at in times)


def idle_calls(bench, name, log):
    """Of one agent without a client, and of one with; both have answered once."""
    alone, called = bench.agent(name), bench.agent(name)
    with alone.client() as client:
        client.call("guest-ping")
    client = called.client()
    client.call("guest-ping")
    time.sleep(ATTACH_S)
    tracers = [Tracer(agent, f"/run/{log}-{n}") for n, agent in enumerate((alone, called))]
    time.sleep(ATTACH_S + bench.size.idle_s)
    counts = [tracers[1].end(lambda: client), tracers[0].end(alone.client)]
    client.close()
    for agent in (alone, called):
        bench.end(agent)
    return {"calls_client": counts[0], "calls_alone": counts[1]}


def idle_memory(bench, name):
    """Of a fresh agent that has answered once."""
    agent = bench.agent(name)
    with agent.client() as client:
        client.call("guest-ping")
        time.sleep(0.2)
        values = {"private": private_dirty(agent.pid), "rss": rollup(agent.pid)["Rss"]}
    return agent, values


def minimal_memory(bench, name, values):
    """The same of the minimal build, and of that without libraries; of an agent that has none, its own."""
    static = values
    if name == OURS:
        agent, values = idle_memory(bench, MINIMAL)
        bench.end(agent)
        agent, static = idle_memory(bench, STATIC)
        bench.end(agent)
    return {"private_minimal": values["private"], "rss_minimal": values["rss"],
            "private_static": static["private"]}


def frozen_memory(agent, count):
    """PSS of the agent and its freezer while they hold everything."""
    with agent.client() as client:
        host.freeze(client, count)
        pids = [agent.pid, *agent.freezers()]
        found = sum(rollup(pid)["Pss"] for pid in pids)
        host.thaw(client, count)
    within(5, lambda: not agent.freezers(), "the freezer leaves")
    return found


def used_memory(bench, name, count):
    """KiB private and dirty of one that has frozen as often as its history is long."""
    agent = bench.agent(name)
    with agent.client() as client:
        for _ in range(bench.size.freezes):
            host.freeze(client, count)
            host.thaw(client, count)
            if name == OURS:
                within(5, lambda: not agent.freezers(), "the freezer leaves")
        time.sleep(SETTLE_S)    # the history is written after the answer
        found = private_dirty(agent.pid)
    bench.end(agent)
    return found


def run(bench):
    made = [disks.Disk("ext4", f"/mnt/held{n}") for n in range(bench.size.held)]
    logs = iter(range(1000))

    def measure(name):
        agent, values = idle_memory(bench, name)
        values["frozen"] = frozen_memory(agent, len(made)) if name == OURS else values["rss"]
        bench.end(agent)
        values["used"] = used_memory(bench, name, len(made))
        values.update(minimal_memory(bench, name, values))
        return {**values, **idle_calls(bench, name, f"calls{next(logs)}")}

    bench.in_turn(measure)
