# SPDX-License-Identifier: MIT
"""The seals of agent, parser and freezer under the guest's kernel and processor: each has numbers of its own
for the calls that a filter lets through. In the kill form a call that is not among them ends the process, and
the guest's kernel says so."""
import json

import rights
from cases import case, contains, equal, kill_form, true, within
from host import freeze, status, thaw
from vmworld import (AGENT_LOG, KILLED_ON_PURPOSE, STATEDIR, Hook, killed_for_a_call, must_be_frozen,
                     must_come_through)

GUEST = {"disks": ("ext4", "xfs")}
_ANY = "-v --sandbox=require"
_FEW = _ANY + " --namespaces=own --restored=hold -b exec,file,password,ssh,suspend,time,power"
_FEWEST_RIGHTS = ("SYS_ADMIN", "DAC_READ_SEARCH", "SYS_RESOURCE", "IPC_LOCK", "SETPCAP", "KILL")
_PARSERS_USER = 65533


def _processes(guest):
    """{role: what `frost-ga status` says of it}; it knows of Landlock where this is mounted."""
    guest.run("cd /sys/kernel/security; [ -e lsm ] || mount -t securityfs securityfs .")
    contains(guest.run("cat /sys/kernel/security/lsm"), "landlock", "what the kernel has")
    told = json.loads(guest.run(f"/agent/frost-ga status -t {STATEDIR} --json || [ $? = 2 ]"))   # no freeze is over
    return {process["role"]: process for process in told["processes"]}


def _threads(guest, pid):
    """[text of a thread's status in /proc]"""
    said = guest.run(f"for task in /proc/{pid}/task/*; do echo '== thread'; cat $task/status; done")
    return said.split("== thread\n")[1:]


def _must_have(guest, process, wanted):
    """Each of its threads; and nothing lacks."""
    equal(process["lacks"], [], f"what the {process['role']} lacks")
    found = _threads(guest, process["pid"])
    true(found, f"there is no {process['role']}")
    for text in found:
        equal(rights.of_text(text), wanted, f"a thread of the {process['role']}")
    return found


def _must_be_sealed(guest, kept, no_new_privs):
    """kept: what the agent has; what its heir has, too, if there is one."""
    own = rights.of_text(guest.run("cat /proc/1/status"))
    found = _processes(guest)
    agents = rights.promised(kept, no_new_privs, before=own)
    _must_have(guest, found["agent"], agents)
    parser, = _must_have(guest, found["parser"], rights.promised(0, 1, filtered=True, before=own))
    contains(parser, "\nUid:\t" + "\t".join([str(_PARSERS_USER)] * 4) + "\n", "the parser's user")
    sealed = rights.promised(rights.mask("SYS_ADMIN"), 1, 0, True, own)
    true(len(_must_have(guest, found["freezer"], sealed)) > 2, "it has a thread for each filesystem")
    if "heir" in found:
        _must_have(guest, found["heir"], agents)
    return found


def _are_sealed(world, options, kept, no_new_privs):
    """Also where a dead parser's place was taken."""
    guest = world.guest
    with world.agent(options=options) as agent, agent.port() as port:
        freeze(port, 2, limit_s=150)
        held = must_be_frozen(guest)
        found = _must_be_sealed(guest, kept, no_new_privs)
        thaw(port, 2, limit_s=150)
        must_come_through(guest, held)
        equal(guest.run(f"grep -c sandbox {AGENT_LOG}; true").strip(), "0", agent.log())
    return found


@case(limit=240)
def no_thread_lacks_a_part_of_its_seal(world):
    found = _are_sealed(world, _ANY, rights.of_text(world.guest.run("cat /proc/1/status"))["CapPrm"], 0)
    equal(sorted(found), ["agent", "freezer", "heir", "parser"], "processes")


@case(limit=240)
def nor_does_one_of_an_agent_of_few_commands(world):
    _are_sealed(world, _FEW, rights.mask(*_FEWEST_RIGHTS), 1)


@case(limit=120)
def the_filters_refuse_what_is_not_in_their_lists(world):
    """The unit test of the parts of a seal, under this kernel."""
    said = world.guest.run("cd /tmp; CMOCKA_MESSAGE_OUTPUT=TAP /agent/test-seal; echo status $?")
    contains(said, "\nstatus 0\n", said)
    equal(said.count("\nok "), 7, f"cases that passed\n{said}")
    if kill_form():
        seen = killed_for_a_call(world.guest)
        true(any(KILLED_ON_PURPOSE in line for line in seen), f"the kernel told of no kill: {seen}")


def _signal(guest, process, name):
    guest.run(f"kill -{name} {process['pid']}")


def _stop_and_continue(guest, process):
    """The kernel restarts the call that waits."""
    for name, is_stopped in (("STOP", True), ("CONT", False)) * 2:
        _signal(guest, process, name)
        within(60, lambda wanted=is_stopped:
               ("State:\tT" in _threads(guest, process["pid"])[0]) == wanted, f"{name} is obeyed")


@case(limit=300)
def all_calls_of_a_life_with_stops_and_deaths_are_in_the_lists(world):
    """In the kill form World.agent asks the kernel whether a process was killed for one."""
    guest = world.guest
    hook = Hook(guest)
    with world.agent(options=f"{_ANY} {hook.option}") as agent, agent.port() as port:
        for sequel in ("thaw", "parser dies", "agent dies"):
            freeze(port, 2, limit_s=150)
            held = must_be_frozen(guest)
            found = _processes(guest)
            _stop_and_continue(guest, found["freezer"])
            _stop_and_continue(guest, found["parser"])
            if sequel == "agent dies":
                break
            if sequel == "parser dies":
                _signal(guest, found["parser"], "KILL")
                status(port, "frozen")
            thaw(port, 2, limit_s=150)
            must_come_through(guest, held)
        _signal(guest, found["agent"], "KILL")
        must_come_through(guest, held)
        hook.wait_for(*["freeze", "thaw"] * 3)


OTHER_PROCESSORS = (no_thread_lacks_a_part_of_its_seal, nor_does_one_of_an_agent_of_few_commands,
                    the_filters_refuse_what_is_not_in_their_lists,
                    all_calls_of_a_life_with_stops_and_deaths_are_in_the_lists)
