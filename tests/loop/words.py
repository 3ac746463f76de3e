# SPDX-License-Identifier: MIT
"""The whole output of frost-ga thaw and frost-ga hooks, for a person and for a program: golden."""
import json
import os
import re

import probe
from cases import case, equal, true
from host import freeze, status
from hookfolder import Folder

OURS = "qemu-ga has no such command"


def _run(world, *words, code=0):
    """Its output; numbers that differ from run to run are N."""
    run = world.run(*words)
    equal(run.returncode, code, f"exit status after {run.stdout!r}, {run.stderr!r}")
    return re.sub(r"process \d+", "process N", run.stdout)


def _frozen(world, *options):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{world.hook()}", *options)
    freeze(client, 1)
    return agent, client


_ASKED = ["Frozen: /mnt/a.", "Asking process N, which holds the freeze, to thaw.",
          "Thawed: /mnt/a.", "The hook is undone."]
_TAKEN = ["Frozen: /mnt/a.", "The processes that froze are gone; taking over from them.",
          "Thawed: /mnt/a.", "The hook is undone."]
_FAILED = "fsfreeze hook '/etc/hooks.d/20-b' failed: exit status 3: no"
_NOTHING = ["Nothing is frozen by frost-ga, and nothing is left to undo."]


@case(own=OURS)
def thaw_tells_a_person_line_by_line(world):
    agent, client = _frozen(world)
    equal(_run(world, "thaw", "-t", agent.statedir).splitlines(), _ASKED)
    status(client, "thawed")
    equal(_run(world, "thaw", "-t", agent.statedir).splitlines(), _NOTHING)
    client.refusal("guest-fsfreeze-thaw")
    freeze(client, 1)
    agent.kill_all()
    equal(_run(world, "thaw", "-t", agent.statedir).splitlines(), _TAKEN)
    probe.writable("/mnt/a")


@case(own=OURS)
def thaw_tells_a_program_in_one_line(world):
    agent, client = _frozen(world)
    document = {"format": "frost-ga thaw", "version": 1, "state": "idle",
                "was_frozen": ["/mnt/a"], "still_frozen": [], "hooks": "undone", "said": _ASKED}
    text = _run(world, "thaw", "--json", "-t", agent.statedir)
    equal(text.count("\n"), 1, "lines")
    equal(json.loads(text), document)
    status(client, "thawed")
    equal(json.loads(_run(world, "thaw", "-j", "-t", agent.statedir)),
          {**document, "was_frozen": [], "hooks": "none", "said": _NOTHING})


@case(own=OURS)
def the_state_directory_is_that_of_the_agent_that_runs(world):
    _, client = _frozen(world)
    now = json.loads(_run(world, "status", "--json", code=2))["now"]
    equal((now["state"], now["mount_points"]), ("frozen", ["/mnt/a"]))
    equal(_run(world, "thaw").splitlines(), _ASKED)
    probe.writable("/mnt/a")
    status(client, "thawed")


_HOSTILE = "\x1b[2J\nThawed: all"


@case(own=OURS)
def no_name_steers_the_terminal_or_forges_a_line(world):
    point, hook = f"/mnt/a{_HOSTILE}", f"/root/hook{_HOSTILE}"
    world.disk("ext4", point)
    agent, client = world.connect(f"-F{world.hook(thaw='exit 3', path=hook)}")
    freeze(client, 1)
    agent.kill_all()
    at = f"-t{agent.statedir}"
    for words in (("plan",), ("check", at, f"-F{hook}", "--exclude=/mnt/*"), ("status", at),
                  ("hooks", "list", f"-F{hook}"), ("thaw", at)):
        run = world.run(*words)
        said = run.stdout + run.stderr
        equal((words, "\x1b" in said, "\nThawed: all" in said), (words, False, False), repr(said))
        equal((words, "\\x1b[2J" in said), (words, True), repr(said))


@case(own=OURS)
def an_unknown_state_is_reported_as_unknown(world):
    os.makedirs("/run/state")
    os.mkdir("/run/state/frost-ga.ledger")
    text = _run(world, "thaw", "-t", "/run/state", code=1)
    equal(text, "What is frozen is not known: the ledger cannot be read: Is a directory.\n")
    document = json.loads(_run(world, "thaw", "-j", "-t", "/run/state", code=1))
    equal((document["state"], document["hooks"]), ("unknown", "none"))


def _hooks():
    folder = Folder()
    folder.add("10-a", freeze="echo hello; echo from a")
    folder.add("20-b", freeze="echo no; exit 3")
    folder.add("30-c~")
    return folder


@case(own=OURS)
def hooks_list_tells_a_person(world):
    equal(_run(world, "hooks", "list", _hooks().option()).splitlines(),
          ["Hooks in /etc/hooks.d, in the order of a freeze:",
           "  10-a                             runs",
           "  20-b                             runs",
           "  30-c~                            ignored: its name is one of a leftover"])


@case(own=OURS)
def hooks_list_tells_a_program_in_one_line(world):
    text = _run(world, "hooks", "list", "-j", _hooks().option(), "--required-hooks=10-a")
    equal(text.count("\n"), 1, "lines")
    rest = {"hold": False, "required": False}
    equal(json.loads(text), {
        "format": "frost-ga hooks list", "version": 1, "source": "/etc/hooks.d", "hooks": [
            {"name": "10-a", "path": "/etc/hooks.d/10-a", "verdict": "runs", "reason": None,
             "hold": False, "required": True},
            {"name": "20-b", "path": "/etc/hooks.d/20-b", "verdict": "runs", "reason": None, **rest},
            {"name": "30-c~", "path": "/etc/hooks.d/30-c~", "verdict": "ignored",
             "reason": "its name is one of a leftover", **rest}]})
    nothing = json.loads(_run(world, "hooks", "list", "-j", code=2))
    equal((nothing["source"], nothing["hooks"]), (None, []))


@case(own=OURS)
def hooks_run_tells_a_person_call_by_call(world):
    text = _run(world, "hooks", "run", "freeze", _hooks().option(), code=1)
    equal(re.sub(r" \([0-9.]+ ms\):", ":", text).splitlines(),
          ["10-a freeze: ok", "  hello", "  from a", f"20-b freeze: {_FAILED}", "  no",
           "20-b thaw: ok", "10-a thaw: ok"])
    equal(len(re.findall(r"^\S+ (?:freeze|thaw) \([0-9.]+ ms\): ", text, re.M)), 4, "times")


@case(own=OURS)
def hooks_run_tells_a_program_in_one_line(world):
    text = _run(world, "hooks", "run", "freeze", "-j", _hooks().option(), code=1)
    equal(text.count("\n"), 1, "lines")
    document = json.loads(text)
    equal([(h["name"], h["phase"], h["result"], h["failed"]) for h in document.pop("hooks")],
          [("10-a", "freeze", "exit 0", False), ("20-b", "freeze", "exit 3: no", True),
           ("20-b", "thaw", "exit 0", False), ("10-a", "thaw", "exit 0", False)])
    for call in document["calls"]:
        true(0 < call.pop("took_us") < 10_000_000, f"a time of {call}")
    rest = {"guess": False, "processes": None, "log": None}
    equal(document, {
        "format": "frost-ga hooks run", "version": 1, "error": None,
        "calls": [{"call": "10-a freeze", "result": "ok", "output": "hello\nfrom a\n", **rest},
                  {"call": "20-b freeze", "result": _FAILED, "output": "no\n", **rest},
                  {"call": "20-b thaw", "result": "ok", "output": "", **rest},
                  {"call": "10-a thaw", "result": "ok", "output": "", **rest}]})
    nothing = json.loads(_run(world, "hooks", "run", "thaw", "-j", code=2))
    equal((nothing["hooks"], nothing["calls"]), ([], []))
