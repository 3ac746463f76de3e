# SPDX-License-Identifier: MIT
"""The recorded dialogues of tests/data/wire-vectors.jsonl, each with a fresh agent.

frost-ga must answer as the 10.0.13 column says, byte for byte, except where
tests/data/vector-differences.json says otherwise. Debian's qemu-ga must answer as the 7.2.22
column says: that proves the replayer.
"""
import json
import os

from cases import case, equal

DATA = "/tests/data"


def _differences():
    """{index of the vector: answer} of what frost-ga says otherwise, on purpose."""
    path = f"{DATA}/vector-differences.json"
    if not os.path.exists(path):
        return {}
    with open(path) as f:
        listed = json.load(f)
    return {entry["send"]: entry["frost-ga"] for entry in listed}


def _replay(world, sent, wanted):
    agent, client = world.connect()
    with client:
        client.send(sent.encode("latin-1"))
        client.half_close()   # what was asked is answered, and then the connection ends
        got = client.rest().decode("latin-1")
    equal(got, wanted, f"answer to {sent[:200]!r}")
    equal(agent.stop(), 0, "exit status")


@case(limit=120)
def the_vectors_hold(world):
    column = "7.2.22" if world.reference else "10.0.13"
    expected = {} if world.reference else _differences()
    with open(f"{DATA}/wire-vectors.jsonl") as f:
        vectors = [json.loads(line) for line in f]
    for i, vector in enumerate(vectors, 1):
        wanted = expected.get(vector["send"], vector[column])
        yield (f"vector {i} holds",
               lambda s=vector["send"], w=wanted: _replay(world, s, w))
