# SPDX-License-Identifier: MIT
"""The reference host: which word it finds for a snapshot, in each way that one can go well or not."""
import json
import os
import subprocess

import arena
import probe
from cases import case, contains, equal, true
from hookfolder import Folder
from neighbour import Neighbour
from world import REFERENCE

OURS = "qemu-ga gives no receipt"
EXIT = {"application-consistent": 0, "consistent": 0, "crash-consistent": 1, "rejected": 2}


# The disks of the machine and of other arenas are hidden from this one, and no part of its guest.
MACHINE = "--may-leave-out=/dev/*"


def snapshot(agents, command="true", *options):
    """What it says of these agents; its exit status must fit."""
    arena.require()
    guests = [f"guest{i}={agent.socket_path}" for i, agent in enumerate(agents)]
    run = subprocess.run(["/usr/bin/python3", "-B", "/host/frost-snapshot", "--json", "--limit=5", MACHINE,
                          "--command", command, *options, *guests], capture_output=True, text=True,
                         check=False, timeout=60)
    true(run.stdout, f"it says nothing, but {run.stderr!r}")
    told = json.loads(run.stdout)
    equal(run.returncode, EXIT[told["verdict"]], "exit status")
    return told


def _is(world, agent, word, why, command="true", *options):
    told = snapshot([agent], command, *options)
    equal(told["verdict"], word, f"verdict; {told['guests'][0]['why']}")
    contains(told["guests"][0]["why"], why, "the reason")
    if agent.alive():
        probe.writable("/mnt/a")
    return told


def _agent(world, *options, statedir="/run/state"):
    agent = world.agent(statedir=statedir)
    agent.start(*options)
    agent.client().close()    # it listens
    return agent


@case(own=OURS)
def a_clean_snapshot_is_consistent_and_with_a_hook_application_consistent(world):
    world.disk("ext4", "/mnt/a")
    told = _is(world, _agent(world), "consistent", "no hook ran")
    true(told["overlap_us"] > 0 and told["guests"][0]["record"]["count"] == 1, "its record")
    _is(world, _agent(world, f"-F{world.hook()}", statedir="/run/second"),
        "application-consistent", "1 hooks held")


@case(own=OURS)
def a_hook_that_fails_costs_its_application_and_a_required_one_the_snapshot(world):
    world.disk("ext4", "/mnt/a")
    folder = Folder()
    folder.add("10-good")
    folder.add("20-bad", freeze="exit 3")
    _is(world, _agent(world, f"-F{folder.path}"), "consistent", "hook 20-bad failed")
    _is(world, _agent(world, f"-F{folder.path}", "--required-hooks=20-bad"), "rejected", "20-bad",
        "touch /run/taken")
    true(not os.path.exists("/run/taken"), "no snapshot was taken")


@case(own=OURS)
def a_freeze_that_does_not_outlast_the_snapshot_is_rejected(world):
    world.disk("ext4", "/mnt/a")
    _is(world, _agent(world, "--hold-timeout=1"), "rejected", "limited to 1 seconds", "sleep 2")
    agent = _agent(world)
    _is(world, agent, "rejected", "limited to", "fsfreeze -u /mnt/a")
    _is(world, agent, "rejected", "limited to", f"/agent/frost-ga thaw -t {agent.statedir} >/dev/null")
    _is(world, agent, "rejected", "thaw", f"kill -KILL {agent.pid}", "--limit=1")


@case(own=OURS)
def a_filesystem_that_was_not_frozen_makes_it_crash_consistent(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    agent = _agent(world, "--exclude=/mnt/b")
    _is(world, agent, "crash-consistent", "/mnt/b was not frozen")
    _is(world, agent, "consistent", "no hook", "true", "--may-leave-out=/mnt/b")


@case(own=OURS)
def a_hidden_filesystem_makes_it_crash_consistent(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/theirs")
    Neighbour().keeps("/mnt/theirs")
    agent = _agent(world, "--namespaces=own")
    told = snapshot([agent])
    equal(told["verdict"], "crash-consistent", told["guests"][0]["why"])
    contains(told["guests"][0]["why"], "/root/mnt/theirs was not frozen", "what is named")
    told = snapshot([agent], "true", "--may-leave-out=/proc/*/root/mnt/theirs")
    equal(told["verdict"], "consistent", "where that may be missing")


@case(own=OURS)
def a_snapshot_that_fails_is_rejected_and_the_guest_thawed(world):
    world.disk("ext4", "/mnt/a")
    _is(world, _agent(world), "rejected", "the command ended with 7", "exit 7")


@case(own=OURS)
def of_an_agent_that_gives_no_receipt_nothing_better_is_said(world):
    if not os.path.exists(REFERENCE):
        return
    world.disk("ext4", "/mnt/a")
    agent = world.agent(program=REFERENCE)
    agent.start()
    agent.client().close()
    _is(world, agent, "crash-consistent", "no receipt")


def _group(world, *last):
    agents = []
    for i in range(4):
        world.disk("ext4", f"/mnt/{'abcd'[i]}")
        agents.append(_agent(world, f"--include=/mnt/{'abcd'[i]}", *(last if i == 3 else ()),
                             statedir=f"/run/state{i}"))
    return agents


@case(own=OURS, limit=60)
def four_guests_at_one_moment_are_consistent_together(world):
    agents = _group(world)
    told = snapshot(agents, "echo $FROST_GUEST >> /run/taken", "--may-leave-out=/mnt/*")
    equal([g["verdict"] for g in told["guests"]], ["consistent"] * 4, str([g["why"] for g in told["guests"]]))
    true(told["overlap_us"] > 0 and told["skew_us"] is not None, "overlap and skew are known")
    with open("/run/taken") as f:
        equal(sorted(f.read().split()), [f"guest{i}" for i in range(4)], "snapshots")
    equal(len({g["record"]["id"] for g in told["guests"]}), 1, "one name for all")


@case(own=OURS, limit=60)
def if_one_of_four_is_late_no_snapshot_is_taken_and_none_is_called_consistent(world):
    agents = _group(world, f"-F{world.hook(freeze='sleep 6')}")
    told = snapshot(agents, "echo $FROST_GUEST >> /run/taken", "--may-leave-out=/mnt/*",
                    "--freeze-limit=1")
    equal([g["verdict"] for g in told["guests"]], ["rejected"] * 4,
          str([g["why"] for g in told["guests"]]))
    true(not os.path.exists("/run/taken"), "no snapshot was taken")
    for point in "abcd":
        probe.writable(f"/mnt/{point}")
