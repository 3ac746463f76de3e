# SPDX-License-Identifier: MIT
"""What a case is given: ways to start agents and to make disks, and the end of all of them."""
import os
import subprocess

import arena
import disks
import peers
from agent import Agent
from cases import PATIENCE, Failed, Skipped

OURS = "/agent/frost-ga"
REFERENCE = "/agent/qemu-ga"


class World:
    def __init__(self, program):
        self.program = program
        self.agents = []
        self.disks = []
        self.notes = []    # what a case has measured, told beside its result
        self.made = 0

    @property
    def reference(self):
        return self.program.startswith(REFERENCE)

    @property
    def series(self):
        """The release of a qemu-ga, such as 11.1."""
        return peers.series_of(os.path.basename(self.program), self.program)

    @property
    def sanitized(self):
        """Built with the sanitizers, which keep memory of their own and make mlock() do nothing."""
        with open(self.program, "rb") as f:
            return b"__asan_init" in f.read()

    def agent(self, program=None, statedir="/run/state"):
        """An agent that is not yet started."""
        os.makedirs(statedir, exist_ok=True)
        n = self.made = self.made + 1
        agent = Agent(program or self.program, statedir, f"/run/agent{n}.log", f"/run/ga{n}.sock")
        self.agents.append(agent)
        return agent

    def start(self, *options, **how):
        arena.require()
        return self.agent().start(*options, **how)

    def connect(self, *options, **how):
        """Starts an agent; returns it and a connected client."""
        agent = self.start(*options, **how)
        return agent, agent.client()

    def again(self, agent, *options):
        """Starts an agent that has ended again, with the same state and the same socket."""
        other = self.agent(statedir=agent.statedir)
        other.socket_path = agent.socket_path
        return other.start(*options)

    def restart(self, agent, *options):
        """Starts another agent with the state of one that has ended. Returns the agent and a client
        of it."""
        other = self.agent(statedir=agent.statedir).start(*options)
        return other, other.client()

    def run(self, *argv, program=None, env=None, limit_s=20):
        """Runs the agent's program to its end: what -V and bad options do."""
        arena.require()
        program = program or self.program
        if not os.path.exists(program):
            raise Skipped(f"{program} is not there")
        made = Agent(program, None, "/run/run.log")
        limit_s *= PATIENCE
        try:
            return subprocess.run([program, *argv], capture_output=True, text=True, check=False,
                                  env=made.environment(env), timeout=limit_s,
                                  stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(argv)}: has not ended within {limit_s} s") from None

    def disk(self, fs_type, point, **how):
        made = disks.Disk(fs_type, point, **how)
        self.disks.append(made)
        return made

    def hook(self, freeze="true", thaw="true", path="/root/hook"):
        """A hook script that notes each call in /run/hook.log before it does its part."""
        with open(path, "w") as f:
            f.write("#!/bin/sh\n"
                    'echo "$1" >> /run/hook.log\n'
                    f'case "$1" in\nfreeze)\n{freeze}\n;;\nthaw)\n{thaw}\n;;\nesac\n')
        os.chmod(path, 0o755)
        return path

    def hook_calls(self):
        try:
            with open("/run/hook.log") as f:
                return f.read().split()
        except FileNotFoundError:
            return []

    def complaints(self):
        return "\n".join(filter(None, (agent.complaints() for agent in self.agents)))

    def close(self):
        """Kills all agents that were made."""
        for agent in self.agents:
            agent.kill()
        self.agents = []
