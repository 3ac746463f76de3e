# SPDX-License-Identifier: MIT
"""frost-ga hooks list, hooks run: for who sets hooks up."""
import json
import os
import re

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
def hooks_that_are_switched_off_are_called_so(world):
    world.disk("ext4", "/mnt/a")
    for options in (["-F/dev/null"], ["-F/dev/null", "--hook-failure=abort"]):
        run = world.run("hooks", "list", *options)
        equal(run.stdout, "Hooks are switched off by the path /dev/null.\n")
        equal(run.returncode, 2, "exit status: there is none")
        equal(world.run("hooks", "run", "freeze", *options).returncode, 2, "exit status")
        contains(world.run("check", *options).stdout, "switched off by the path /dev/null")


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
def run_names_a_guess_what_ended_at_once_without_a_word(world):
    """As a guide's hook does whose client is not installed."""
    folder = Folder()
    folder.put("20-mysql", "#!/bin/sh\ncommand -v mysql-of-no-system >/dev/null || exit 0\n"
                           "echo locked\n")
    folder.add("30-slow", freeze="sleep 1.2")
    folder.add("40-says", freeze="echo done")
    run = world.run("hooks", "run", "freeze", folder.option())
    equal(run.returncode, 0, "exit status")
    lines = run.stdout.splitlines()
    contains(lines[0], "20-mysql freeze (", "first line")
    contains(lines[0], "): ended at once without output", "first line")
    true("is a guess" in lines[0] and run.stdout.count("is a guess") == 1, run.stdout)
    calls_of = json.loads(world.run("hooks", "run", "freeze", "-j", folder.option()).stdout)["calls"]
    equal([c["call"] for c in calls_of if c["guess"]], ["20-mysql freeze"])
    true(next(c for c in calls_of if c["call"] == "30-slow freeze")["took_us"] >= 1_200_000,
         "the time of the slow one")


@case(own=OWN)
def run_names_what_a_hook_leaves_running_and_what_holds(world):
    folder = Folder()
    folder.add("20-client", freeze="setsid sleep 30 >/dev/null 2>&1 & echo $! > /run/client.pid",
               thaw="kill $(cat /run/client.pid)")
    folder.hold("30-b.hold", before="echo writes wait; echo READY", after="echo let go")
    run = world.run("hooks", "run", "freeze", folder.option())
    equal(run.returncode, 0, f"exit status: {run.stdout}")
    said = [line.split(" (")[0] for line in run.stdout.splitlines() if "(pid" not in line]
    equal(said, ["20-client freeze", "30-b.hold freeze", "  writes wait", "30-b.hold thaw", "  let go",
                 "20-client thaw"])
    with open("/run/client.pid") as f:
        pid = int(f.read())
    true(re.search(rf"^  left running: [\w-]+ \(pid {pid}\)$", run.stdout, re.M), run.stdout)
    with open("/run/30-b.hold.pid") as f:
        pid = int(f.read())
    true(re.search(rf"^  holds: .*30-b\.hold \(pid {pid}\)", run.stdout, re.M), run.stdout)


@case(own=OWN)
def run_shows_what_a_dispatcher_appends_to_its_own_log(world):
    os.makedirs("/var/log", exist_ok=True)
    for path in ("/var/log/qga-fsfreeze-hook.log", "/var/log/other.log"):
        with open(path, "w") as f:
            f.write("of yesterday\n")
    program = world.hook()
    with open(program, "w") as f:
        f.write("#!/bin/sh\nLOGFILE=/var/log/other.log\necho \"begin $1\" >>$LOGFILE\n"
                "echo usual >>/var/log/qga-fsfreeze-hook.log\n")
    run = world.run("hooks", "run", "freeze", f"-F{program}")
    equal(run.returncode, 0, f"exit status: {run.stdout}{run.stderr}")
    for part in ("begin freeze", "begin thaw", "usual", "/var/log/other.log"):
        contains(run.stdout, part, "output")
    true("of yesterday" not in run.stdout and "guess" not in run.stdout, run.stdout)


@case(own=OWN)
def run_without_a_hook_says_so(world):
    for options in ([], [Folder("/etc/none.d").option()]):
        run = world.run("hooks", "run", "freeze", *options)
        equal(run.returncode, 2, "exit status")
        true("no hook" in run.stdout.lower(), run.stdout)
