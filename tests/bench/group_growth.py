# SPDX-License-Identifier: MIT
"""What takes longer the more filesystems there are, or interfaces."""
import subprocess
import time

import disks
import group_clean
import interfaces
import kernel
import processor
from cases import Failed
from rows import OURS, REFERENCE

ASKED = {"guest-get-fsinfo": "fsinfo", "guest-get-disks": "disks"}
INTERFACES = "guest-network-get-interfaces"
TIMES = 20
SLOW_TIMES = 5    # qemu-ga's takes seconds
LIMIT_S = 60


def ask(client, pid, command, at_least, times=TIMES):
    """Milliseconds of one answer, and of the processor for it."""
    used, began = processor.used_ms(pid), time.monotonic()
    for _ in range(times):
        if len(client.call(command, limit_s=LIMIT_S)) < at_least:
            raise Failed(f"{command} does not name all {at_least}")
    return (time.monotonic() - began) * 1000 / times, (processor.used_ms(pid) - used) / times


def plan_calls():
    """How many system calls `frost-ga plan` makes."""
    run = subprocess.run(["strace", "-f", "-qq", "-o", "/run/plan.calls", f"/agent/{OURS}", "plan", "-c", "/run/conf"],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise Failed(f"plan: {run.stderr}")
    with open("/run/plan.calls") as f:
        return sum(" resumed>" not in line for line in f)


def ask_for_interfaces(bench, clients, agents):
    """Of a tenth of them, and of all."""
    most = bench.size.interfaces
    few, made = {}, 0
    for count in (most // 10, most):
        made = interfaces.make(made, count)

        def measure(name, count=count):
            took_ms, used_ms = ask(clients[name], agents[name].pid, INTERFACES, count, SLOW_TIMES)
            if count < most:
                few.setdefault(name, []).append(took_ms)
                return {}
            return {"interfaces": took_ms, "interfaces_cpu": used_ms, "interfaces_times": took_ms / few[name].pop(0)}

        bench.in_turn(measure)


def run(bench):
    kernel.own_network()
    with open("/run/conf", "w") as f:
        f.write("[fsfreeze]\n")       # with a file plan does not look for a running agent
    agents = {name: bench.agent(name) for name in bench.names}
    clients = {name: agent.client() for name, agent in agents.items()}
    ask_for_interfaces(bench, clients, agents)
    calls, made = {}, []

    def make(count):
        while len(made) < count:
            made.append(disks.Disk("ext4", f"/mnt/many{len(made)}", size=group_clean.IMAGE_BYTES))

    def measure(name, count):
        values = {}
        for command, key in ASKED.items():
            took_ms, used_ms = ask(clients[name], agents[name].pid, command, count)
            values.update({f"{key}_{count}": took_ms, f"{key}_cpu_{count}": used_ms})
        return values

    def freeze(name):
        freeze_ms, thaw_ms = group_clean.cycle(clients[name], bench.size.most)
        return {"freeze_most": freeze_ms, "thaw_most": thaw_ms,
                "plan_calls": each if name == OURS else 0}

    for count in bench.size.grown:
        make(count)
        bench.in_turn(lambda name, count=count: measure(name, count))
        calls[count] = plan_calls()
    few, many = bench.size.grown
    each = (calls[many] - calls[few]) / (many - few)
    make(bench.size.most)
    bench.in_turn(freeze, (OURS, REFERENCE))    # half a minute of a qemu-ga
    group_clean.bare(bench, made)
    group_clean.end(made)
