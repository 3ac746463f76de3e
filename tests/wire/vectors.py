# SPDX-License-Identifier: MIT
"""The recorded dialogues of tests/data/wire-vectors.jsonl, each with a fresh agent.

frost-ga must answer as the 10.0 column says, byte for byte, except where
tests/data/vector-differences.json says otherwise. Each qemu-ga must answer as the column of its
series says: that proves the replayer. support/recorder.py writes the columns.
"""
import json
import os

from cases import Failed, Skipped, case, equal

MODEL = "10.0"
NEWEST = "11.1"
DATA = "/tests/data"


def _differences():
    """{index of the vector: answer} of what frost-ga says otherwise, on purpose."""
    path = f"{DATA}/vector-differences.json"
    if not os.path.exists(path):
        return {}
    with open(path) as f:
        listed = json.load(f)
    return {entry["send"]: entry["frost-ga"] for entry in listed}


def vectors():
    with open(f"{DATA}/wire-vectors.jsonl") as f:
        return [json.loads(line) for line in f]


def _column(recorded, series):
    """The name of the column of a series: the version that was recorded."""
    found = [name for name in recorded[0] if name.startswith(f"{series}.")]
    if not found:
        raise Skipped(f"nothing is recorded of qemu-ga {series}: see support/recorder.py")
    return found[0]


def replay(world, sent):
    """What a fresh agent answers."""
    agent, client = world.connect()
    with client:
        client.send(sent.encode("latin-1"))
        client.half_close()   # what was asked is answered, and then the connection ends
        got = client.rest().decode("latin-1")
    equal(agent.stop(), 0, "exit status")
    return got


def _holds(world, sent, wanted):
    equal(replay(world, sent), wanted, f"answer to {sent[:200]!r}")


@case(limit=120)
def the_vectors_hold(world):
    recorded = vectors()
    column = _column(recorded, world.series if world.reference else MODEL)
    expected = {} if world.reference else _differences()
    for i, vector in enumerate(recorded, 1):
        wanted = expected.get(vector["send"], vector[column])
        yield (f"vector {i} holds",
               lambda s=vector["send"], w=wanted: _holds(world, s, w))


def _same_but_for_words(ours, theirs):
    """As many answers, and the same ones but for the words of a parse error."""
    return len(ours) == len(theirs) and all(
        a == b or "JSON parse error, " in a and "JSON parse error, " in b
        for a, b in zip(ours, theirs))


@case(own="compares what is recorded", once=True)
def the_newest_differs_from_ours_by_the_words_of_parse_errors(world):
    """Where it does not, the difference is listed with a reason of its own."""
    recorded, expected = vectors(), _differences()
    model, newest = _column(recorded, MODEL), _column(recorded, NEWEST)
    for i, vector in enumerate(recorded, 1):
        ours = expected.get(vector["send"], vector[model]).splitlines()
        theirs = vector[newest].splitlines()
        if not _same_but_for_words(ours, theirs) and vector[model] != vector[newest]:
            raise Failed(f"vector {i}: {ours} instead of {theirs}")
