# SPDX-License-Identifier: MIT
"""Inside an arena: measures one group of rows, the agents in turn.

rounds.py GROUP SIZE ROUNDS AGENTS [WORD...]; agents: names with commas between them; the words are for the
group. One JSON object a line on descriptor 3.
"""
import json
import os
import sys
import time

sys.path[:0] = ["/tests/support", "/tests/bench"]

import arena              # noqa: E402
import sizes              # noqa: E402
from agent import Agent   # noqa: E402

SETTLE_S = 0.1    # what the other agent set off has come to rest


class Bench:
    def __init__(self, size, names, words):
        self.size = size
        self.names = names
        self.words = words
        self.agents = []
        self.made = 0

    def agent(self, name, *options):
        """A started agent with a state directory of its own."""
        n = self.made = self.made + 1
        statedir = f"/run/state{n}"
        os.makedirs(statedir)
        agent = Agent(f"/agent/{name}", statedir, f"/run/agent{n}.log", f"/run/ga{n}.sock")
        agent.start(*options)
        self.agents.append(agent)
        return agent

    def end(self, agent):
        agent.kill()
        self.agents.remove(agent)

    def in_turn(self, measure, names=None):
        """measure(name) -> {row: value}, for each agent in each round; the first is a warm-up."""
        for n in range(self.size.rounds + 1):
            for name in names or self.names:
                time.sleep(SETTLE_S)
                values = measure(name)
                if n > 0:
                    report(agent=name, round=n, values=values)

    def close(self):
        for agent in self.agents:
            agent.kill()


def report(**what):
    os.write(3, json.dumps(what).encode() + b"\n")


def main():
    group, size, rounds, names, *words = sys.argv[1:]
    arena.require()
    bench = Bench(sizes.of(size, rounds), names.split(","), words)
    try:
        __import__(f"group_{group}").run(bench)
    finally:
        bench.close()
    report(done=True)


if __name__ == "__main__":
    main()
