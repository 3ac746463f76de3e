# SPDX-License-Identifier: MIT
"""An agent that can start nothing of the host's gives up those of root's rights that it does not need,
and freezes all the same; with a hook, or with programs of the host, it keeps them."""
import json
import os

import probe
import rights
from cases import case, contains, equal, true, within
from forbid import forbid
from host import freeze, status, thaw
from neighbour import Neighbour

OURS = "qemu-ga keeps all rights"
# All families that may need any right; what is left starts programs of the system only.
FEW = "--block-rpcs=exec,file,password,ssh,suspend"
FEWEST = FEW + ",time,power"
BASE = ("SYS_ADMIN", "DAC_READ_SEARCH", "SYS_RESOURCE", "IPC_LOCK", "SETPCAP", "KILL")
WIDE = ("SYS_PTRACE", "SYS_CHROOT", "SYSLOG")   # by namespaces=all and restored=thaw
LEAST = [FEWEST, "--namespaces=own", "--restored=hold"]   # so that it also keeps to known files
_CAPSET, _LANDLOCK = 126, 444


def _must_have(agent, wanted):
    for tid, found in rights.of_threads(agent.pid).items():
        equal(found, wanted, f"thread {tid}")


@case(own=OURS)
def what_it_keeps_follows_from_what_is_allowed(world):
    for options, kept, no_new_privs in (
            ([FEW], (*BASE, *WIDE, "SYS_TIME", "SYS_BOOT"), 0),
            ([FEW + ",power"], (*BASE, *WIDE, "SYS_TIME"), 0),
            (["--allow-rpcs=core,fsfreeze,guest-shutdown"], (*BASE, *WIDE, "SYS_BOOT"), 0),
            ([FEWEST, "--restored=hold"], (*BASE, "SYS_PTRACE", "SYS_CHROOT"), 1),
            ([FEWEST, "--namespaces=own"], (*BASE, "SYSLOG"), 1),
            ([FEWEST, "--namespaces=own", "--restored=hold", "--sandbox=require"], BASE, 1)):
        agent, client = world.connect(*options)
        status(client, "thawed")
        _must_have(agent, rights.promised(rights.mask(*kept), no_new_privs))
        equal(agent.log(), "", f"log with {options}")
        agent.stop()


@case(own=OURS)
def it_keeps_all_for_hooks_programs_files_and_accounts_and_when_told_to(world):
    for options in ([], [FEW, f"-F{world.hook()}"], ["--allow-rpcs=fsfreeze,exec"],
                    ["--allow-rpcs=fsfreeze,guest-file-read"], [FEW, "--sandbox=off"]):
        agent, client = world.connect(*options)
        status(client, "thawed")
        _must_have(agent, rights.own())
        agent.stop()


def _disks_of_all_kinds(world):
    """One below a folder of another user, one that only another process sees, one beside."""
    os.makedirs("/mnt/private/a")
    world.disk("ext4", "/mnt/private/a")
    os.chown("/mnt/private", 1000, 1000)
    os.chmod("/mnt/private", 0o700)
    world.disk("ext4", "/mnt/theirs")
    theirs = Neighbour().keeps("/mnt/theirs")
    world.disk("xfs", "/mnt/x")
    return ["/mnt/private/a", theirs.path("/mnt/theirs"), "/mnt/x"]


def _must_lack_what_any_agent_lacks(agent):
    """The arena may deny all the protection from the out-of-memory killer."""
    lines = agent.log().splitlines()
    others = [line for line in lines if "out-of-memory" not in line]
    equal(others, [], "what the freezer does without")
    true(len(lines) == len(others) or not rights.own()["CapEff"] & rights.mask("SYS_RESOURCE"),
         f"the arena denies what lacks: {lines}")


@case(own=OURS)
def it_freezes_whatever_an_agent_with_all_rights_freezes(world):
    points = _disks_of_all_kinds(world)
    agent, client = world.connect(FEWEST, "--sandbox=require")
    for _ in range(2):
        freeze(client, 3)
        writers = probe.frozen(*points)
        freezer, = agent.freezers()
        sealed = rights.promised(rights.mask("SYS_ADMIN"), no_new_privs=1, bounding=0, filtered=True)
        for tid, found in rights.of_threads(freezer).items():
            equal(found, sealed, f"thread {tid} of the freezer")
        thaw(client, 3)
        for writer in writers:
            writer.must_end()
    _must_lack_what_any_agent_lacks(agent)


# Those of SystemCallFilter= in packaging/systemd/limited.conf that x86_64 has.
_BY_DROP_IN = (
    154,                                                       # @cpu-emulation
    101, 212, 298, 438,                                        # @debug
    175, 176, 313,                                             # @module
    155, 161, 165, 166, 428, 429, 430, 431, 432, 433, 442,     # @mount
    134, 136, 139, 153, 156, 174, 177, 178, 180, 181, 182, 183, 184, 185, 236,   # @obsolete
    172, 173,                                                  # @raw-io
    141, 142, 144, 160, 203, 237, 238, 251, 256, 279, 314,     # @resources
    167, 168)                                                  # @swap


@case(own=OURS)
def under_the_filter_of_the_drop_in_for_few_commands_it_freezes_all_the_same(world):
    points = _disks_of_all_kinds(world)
    agent, client = world.connect(FEW, "--sandbox=require", preexec=forbid(*_BY_DROP_IN))
    freeze(client, 3)
    writers = probe.frozen(*points)
    thaw(client, 3)
    for writer in writers:
        writer.must_end()
    _must_lack_what_any_agent_lacks(agent)


@case(own=OURS)
def it_names_what_only_other_namespaces_show(world):
    world.disk("ext4", "/mnt/ours")
    world.disk("ext4", "/mnt/theirs")
    theirs = Neighbour().keeps("/mnt/theirs")
    agent, client = world.connect("-v", FEWEST, "--namespaces=own", "--restored=hold")
    freeze(client, 1)
    probe.writable(theirs.path("/mnt/theirs"))
    thaw(client, 1)
    contains(agent.log(), "not frozen, being mounted in other namespaces only (namespaces=own): ", "the log")


@case(own=OURS)
def it_writes_to_a_state_directory_of_another_user(world):
    world.disk("ext4", "/mnt/a")
    os.mkdir("/run/state", 0o700)
    os.chown("/run/state", 1000, 1000)
    agent, client = world.connect(FEWEST)
    freeze(client, 1)
    thaw(client, 1)
    _must_have(agent, rights.promised(rights.mask(*BASE, *WIDE, "DAC_OVERRIDE"), 1))
    _must_lack_what_any_agent_lacks(agent)
    told = world.run("status", "-t", agent.statedir).stdout
    contains(" ".join(told.split()), f"process {agent.pid}, rights of root: DAC_OVERRIDE, DAC_READ_SEARCH,",
             "frost-ga status")


def _processes(world, agent):
    """{role: what `frost-ga status` tells of the process}"""
    told = json.loads(world.run("status", "--json", "-t", agent.statedir).stdout)["processes"]
    return {process["role"]: process for process in told}


@case(own=OURS)
def status_tells_what_each_of_its_processes_may_do(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(FEWEST, "--sandbox=require")
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    told = _processes(world, agent)
    freezer, = agent.freezers()
    equal([told[role]["pid"] for role in ("agent", "parser", "freezer")],
          [agent.pid, agent.parser(), freezer], "the processes")
    equal([told[role]["rights"] for role in ("parser", "freezer")], [[], ["SYS_ADMIN"]], "rights")
    equal([told[role]["user"] for role in ("agent", "parser", "freezer", "heir")], [0, 65533, 0, 0], "users")
    equal([process["lacks"] for process in told.values()], [[]] * 4, "what they lack")
    thaw(client, 1)
    writer.must_end()
    within(10, lambda: set(_processes(world, agent)) == {"agent", "parser"}, "the others have ended")


@case(own=OURS)
def if_it_dies_its_freezer_thaws_and_the_recovery_writes_the_history(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(FEWEST)
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    agent.kill()
    writer.must_end()
    within(10, lambda: "Last freeze" in world.run("status", "-t", agent.statedir).stdout, "the history")


@case(own=OURS)
def with_known_files_only_it_freezes_and_is_rescued(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(*LEAST, "--sandbox=require")
    for _ in range(2):
        freeze(client, 1)
        writer, = probe.frozen("/mnt/a")
        thaw(client, 1)
        writer.must_end()
    _must_lack_what_any_agent_lacks(agent)
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    freezer, = agent.freezers()
    os.kill(freezer, 9)
    writer.must_end()
    client.refusal("guest-fsfreeze-thaw")
    freeze(client, 1)
    agent.kill()
    within(10, lambda: "agent was lost" in world.run("status", "-t", agent.statedir).stdout, "the history")
    agent, client = world.restart(agent, *LEAST)
    status(client, "thawed")
    equal(agent.stop(), 0, "exit status")


@case(own=OURS)
def where_landlock_is_missing_it_says_so_or_does_not_start(world):
    agent, client = world.connect(*LEAST, preexec=forbid(_LANDLOCK))
    status(client, "thawed")
    contains(agent.log(), "the agent can make any file, and execute it: this kernel has no Landlock", "the log")
    other = world.start(*LEAST, "--sandbox=require", preexec=forbid(_LANDLOCK))
    equal(other.wait(), 1, "exit status")


@case(own=OURS)
def if_both_die_the_next_agent_thaws_with_all_rights_and_undoes_the_hook(world):
    hook = world.hook(thaw="cat /proc/self/status > /run/rights")
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    agent.kill_all()
    agent, client = world.restart(agent, FEWEST)
    status(client, "frozen")
    _must_have(agent, rights.own())
    thaw(client, 1)
    writer.must_end()
    with open("/run/rights", encoding="ascii") as f:
        equal(rights.of_text(f.read()), rights.own(), "rights of the hook")
    agent.stop()
    agent, client = world.restart(agent, FEWEST)
    status(client, "thawed")
    _must_have(agent, rights.promised(rights.mask(*BASE, *WIDE), 1))


@case(own=OURS)
def what_the_kernel_refuses_is_said_once_or_ends_it(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(FEWEST, preexec=forbid(_CAPSET))
    freeze(client, 1)
    thaw(client, 1)
    equal(agent.log().count("the agent keeps all rights of root: Function not implemented"), 1,
          f"lines of the log\n{agent.log()}\n")
    other = world.start(FEWEST, "--sandbox=require", preexec=forbid(_CAPSET))
    equal(other.wait(), 1, "exit status")
    contains(other.log(), "sandbox=require, but the agent keeps all rights of root", "the log")
