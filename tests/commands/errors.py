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
    "guest-get-vcpus": ({}, {}),
    "guest-set-vcpus": ({"vcpus": "array"}, {"vcpus": []}),
    "guest-get-memory-blocks": ({}, {}),
    "guest-get-memory-block-info": ({}, {}),
    "guest-set-memory-blocks": ({"mem-blks": "array"}, {"mem-blks": []}),
    "guest-get-fsinfo": ({}, {}),
    "guest-get-disks": ({}, {}),
    "guest-fstrim": ({"minimum": "integer"}, {}),
    "guest-exec": ({"path": "string", "arg": "array", "env": "array", "input-data": "string"},
                   {"path": "/nowhere"}),
    "guest-exec-status": ({"pid": "integer"}, {"pid": 1}),
    "guest-file-open": ({"path": "string", "mode": "string"}, {"path": "/nowhere"}),
    "guest-file-close": ({"handle": "integer"}, {"handle": 1}),
    "guest-file-read": ({"handle": "integer", "count": "integer"}, {"handle": 1}),
    "guest-file-write": ({"handle": "integer", "buf-b64": "string", "count": "integer"},
                         {"handle": 1, "buf-b64": ""}),
    "guest-file-seek": ({"handle": "integer", "offset": "integer"},
                        {"handle": 1, "offset": 0, "whence": 0}),
    "guest-file-flush": ({"handle": "integer"}, {"handle": 1}),
    "guest-set-user-password": ({"username": "string", "password": "string",
                                 "crypted": "boolean"},
                                {"username": "nobody-here", "password": "eA==",
                                 "crypted": False}),
    "guest-ssh-get-authorized-keys": ({"username": "string"}, {"username": "nobody-here"}),
    "guest-ssh-add-authorized-keys": ({"username": "string", "keys": "array", "reset": "boolean"},
                                      {"username": "nobody-here", "keys": []}),
    "guest-ssh-remove-authorized-keys": ({"username": "string", "keys": "array"},
                                         {"username": "nobody-here", "keys": []}),
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
