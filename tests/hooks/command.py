# SPDX-License-Identifier: MIT
"""frost-ga hooks list, hooks run: for who sets hooks up."""
import json
import os

from cases import case, contains, equal, true
from hookfolder import Folder, calls

OWN = "a command of frost-ga"


def _folder():
    folder = Folder()
    folder.add("10-a", freeze="echo hello from a")
    folder.hold("20-b.hold")
    folder.add("30-c~")
    os.chmod(folder.add("40-d"), 0o775)
    return folder


@case(own=OWN)
def list_tells_what_runs_and_why_not_the_others(world):
    run = world.run("hooks", "list", _folder().option())
    equal(run.returncode, 1, "exit status: one is refused")
    lines = run.stdout.splitlines()
    for name, verdict in (("10-a ", "runs"), ("20-b.hold", "runs, holds"), ("30-c~", "ignored"),
                          ("40-d", "refused")):
        row = next(line for line in lines if name in line)
        contains(row, verdict, "row")


@case(own=OWN)
def list_speaks_json(world):
    run = world.run("hooks", "list", "--json", _folder().option(), "--required-hooks=10-a")
    document = json.loads(run.stdout)
    equal(document["source"], "/etc/hooks.d")
    hooks = {h["name"]: h for h in document["hooks"]}
    equal({name: h["verdict"] for name, h in hooks.items()},
          {"10-a": "runs", "20-b.hold": "runs", "30-c~": "ignored", "40-d": "refused"})
    equal((hooks["10-a"]["required"], hooks["20-b.hold"]["required"]), (True, False))
    equal((hooks["10-a"]["hold"], hooks["20-b.hold"]["hold"]), (False, True))
    contains(hooks["40-d"]["reason"], "/etc/hooks.d/40-d")


@case(own=OWN)
def run_freeze_calls_both_sides_and_freezes_nothing(world):
    world.disk("ext4", "/mnt/a")
    folder = _folder()
    folder.add("50-e", freeze="touch /mnt/a/written")
    os.unlink(f"{folder.path}/40-d")
    run = world.run("hooks", "run", "freeze", folder.option())
    equal(run.returncode, 0, "exit status")
    contains(run.stdout, "hello from a")
    equal(calls(), ["10-a freeze", "20-b.hold freeze", "50-e freeze",
                    "50-e thaw", "20-b.hold ends", "10-a thaw"])


@case(own=OWN)
def run_thaw_calls_the_thaw_sides_only(world):
    folder = _folder()
    folder.add("50-e")
    run = world.run("hooks", "run", "thaw", folder.option(), "--hook-trust=off")
    equal(run.returncode, 0, "exit status")
    equal(calls(), ["50-e thaw", "40-d thaw", "10-a thaw"])


@case(own=OWN)
def run_tells_of_a_hook_that_failed(world):
    folder = Folder()
    folder.add("10-a", freeze="echo no such socket; exit 4")
    run = world.run("hooks", "run", "freeze", folder.option())
    equal(run.returncode, 1, "exit status")
    for part in ("10-a", "exit status 4", "no such socket"):
        contains(run.stdout, part, "output")
    equal(calls(), ["10-a freeze", "10-a thaw"])


@case(own=OWN)
def run_without_a_hook_says_so(world):
    for options in ([], [Folder("/etc/none.d").option()]):
        run = world.run("hooks", "run", "freeze", *options)
        equal(run.returncode, 2, "exit status")
        true("no hook" in run.stdout.lower(), run.stdout)
