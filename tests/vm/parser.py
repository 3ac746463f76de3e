# SPDX-License-Identifier: MIT
"""The parser of an agent whose own root is frozen: the next one is started from that root, and the host's
thaw comes through."""
from cases import case, equal, within
from host import freeze, status, thaw
from vmworld import must_be_frozen, must_come_through

GUEST = {"disks": ("ext4",), "root": True}
_FEW = "-v --sandbox=require -b exec,file,password,ssh,suspend,time,power"


def _parsers(guest):
    """Those that have not ended."""
    return guest.run("grep -l -s '(frost-ga-parser) [^Z]' /proc/[0-9]*/stat; true").split()


def _survives(world, options):
    guest = world.guest
    with world.agent(options=options) as agent, agent.port() as port:
        freeze(port, 2)
        tickets = must_be_frozen(guest)
        for _ in range(2):
            before, = _parsers(guest)
            guest.run(f"kill -KILL {before.split('/')[2]}")
            status(port, "frozen")
            within(30, lambda before=before: before not in _parsers(guest), "it has ended")
            equal(len(_parsers(guest)), 1, "parsers: another one has its place")
        thaw(port, 2)
        must_come_through(guest, tickets)


@case(limit=240)
def a_parser_that_dies_while_the_root_is_frozen_is_replaced(world):
    _survives(world, "-v")


@case(limit=240)
def so_it_is_by_an_agent_of_few_commands(world):
    """Which starts the next one with the rights that it has kept."""
    _survives(world, _FEW)
