# SPDX-License-Identifier: MIT
"""What both agents refuse, and in which words: wrong types, missing, unknown, out of range."""
from cases import case
from twins import BOTH, Twins, wrong_arguments

# {command: ({argument: type}, arguments that are all right but for what is done to them)}; an
# argument of `valid` is required. Never a set that would be carried out.
COMMANDS = {
    "guest-ping": ({}, {}),
    "guest-info": ({}, {}),
    "guest-sync": ({"id": "integer"}, {"id": 1}),
    "guest-get-time": ({}, {}),
    "guest-set-time": ({"time": "integer"}, {}),
    "guest-shutdown": ({"mode": "string"}, {}),
    "guest-suspend-disk": ({}, {}),
    "guest-suspend-ram": ({}, {}),
    "guest-suspend-hybrid": ({}, {}),
    "guest-network-get-interfaces": ({}, {}),
    "guest-get-host-name": ({}, {}),
    "guest-get-users": ({}, {}),
    "guest-get-timezone": ({}, {}),
    "guest-get-osinfo": ({}, {}),
    "guest-get-diskstats": ({}, {}),
    "guest-get-cpustats": ({}, {}),
}


def _refuse_alike(world, name, schema, valid):
    with Twins(world) as twins:
        for args in wrong_arguments(schema, valid):
            twins.same(name, args)


@case(once=True, own=BOTH, limit=300)
def wrong_arguments_are_refused_alike(world):
    for name, (schema, valid) in COMMANDS.items():
        yield (f"{name} refuses wrong arguments as qemu-ga does",
               lambda n=name, s=schema, v=valid: _refuse_alike(world, n, s, v))


@case(once=True, own=BOTH)
def an_unknown_mode_of_shutdown_is_refused_alike(world):
    with Twins(world) as twins:
        for mode in ("", "off", "HALT", "powerdown ", "reboot\x00", "h\u00e4lt"):
            twins.same("guest-shutdown", {"mode": mode})
