# SPDX-License-Identifier: MIT
"""A parser that dies, stops or starts anew while filesystems are frozen: the freeze goes on, and the
host's thaw comes through."""
import os
import signal

import probe
from cases import case, contains, equal, true
from host import freeze, status, thaw

OURS = "qemu-ga is one process"


def _frozen(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    freeze(client, 1)
    return agent, client, probe.frozen("/mnt/a")


@case(own=OURS)
def a_parser_that_dies_while_frozen_is_replaced_and_the_thaw_comes_through(world):
    agent, client, writers = _frozen(world)
    parser = agent.parser()
    for _ in range(3):
        os.kill(parser, signal.SIGKILL)
        status(client, "frozen")
        parser = agent.parser_after(parser)
    thaw(client, 1)
    for writer in writers:
        writer.must_end()


@case(own=OURS)
def a_parser_that_stops_while_frozen_costs_the_host_one_request(world):
    agent, client, writers = _frozen(world)
    parser = agent.parser()
    os.kill(parser, signal.SIGSTOP)
    client.request("guest-fsfreeze-status")
    contains(client.line().decode(), "parser has ended")
    equal(client.line(), b"", "the connection is closed")
    again = agent.client()
    status(again, "frozen")
    agent.parser_after(parser)
    thaw(again, 1)
    for writer in writers:
        writer.must_end()


def _let_the_next_pid_follow(number):
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as f:
        f.write(str(number))


@case(own=OURS)
def a_parser_whose_pid_is_lower_is_not_taken_for_the_agent(world):
    """Numbers of processes begin anew, so that a parser may have a lower one than its agent."""
    _let_the_next_pid_follow(20000)
    agent, client, writers = _frozen(world)
    first = agent.parser()
    told = " ".join(world.run("status", "-t", agent.statedir).stdout.split())
    contains(told, f"Agent: process {agent.pid}, rights of root: ", "frost-ga status")
    contains(told, f"Parser: process {first}, ", "frost-ga status")
    _let_the_next_pid_follow(10000)
    os.kill(first, signal.SIGKILL)
    status(client, "frozen")
    second = agent.parser_after(first)
    true(second < agent.pid, f"the numbers of agent and parser: {agent.pid}, {second}")
    for command in ("status", "check", "plan", "thaw"):
        run = world.run(command)
        true("--parser" not in run.stdout + run.stderr, f"{command}: {run.stdout}{run.stderr}")
        if command in ("status", "check"):
            contains(run.stdout, f"{agent.pid}", command)
    for writer in writers:
        writer.must_end()
