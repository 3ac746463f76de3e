# SPDX-License-Identifier: MIT
"""frost-ga and Debian's qemu-ga side by side, asked the same.

    with Twins(world) as twins:
        twins.same("guest-get-host-name")

Both run without the rights to set the clock and to stop the machine, and see no /sys/power: what
a case sends by mistake harms nobody.
"""
import ctypes
import json
import os

import kernel
from cases import Failed, Skipped, equal
from world import OURS, REFERENCE

# For a case that asks both at once: it is not asked of qemu-ga by itself.
BOTH = "both are asked at once"

_PR_CAPBSET_DROP = 24
_CAP_SYS_BOOT, _CAP_SYS_TIME = 22, 25
_libc = ctypes.CDLL(None, use_errno=True)


def harmless():
    """Takes these rights away from the new process, before that becomes the agent."""
    for capability in (_CAP_SYS_BOOT, _CAP_SYS_TIME):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "PR_CAPBSET_DROP")


def hide_power():
    """Makes /sys/power of this arena empty, so that no agent can put the machine to sleep."""
    if os.path.exists("/sys/power/state"):
        kernel.mount("none", "/sys/power", "tmpfs", kernel.MS_RDONLY)


class Pair:
    """Clients of both agents."""

    LIMIT_S = 60   # for an answer: longer than any that is waited for

    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ours.close()
        self.theirs.close()

    @staticmethod
    def _ask(client, name, args):
        client.request(name, args)
        message = json.loads(client.line(Pair.LIMIT_S).lstrip(b"\xff"))
        return message.get("return", message.get("error")), "error" in message

    def both(self, name, args=None):
        """((value or error, whether it is an error) of ours, of theirs)"""
        return self._ask(self.ours, name, args), self._ask(self.theirs, name, args)

    def same(self, name, args=None, arrange=lambda value: value):
        """Both answer the same, or refuse with the same words. Returns the value."""
        (ours, refused), (theirs, theirs_refused) = self.both(name, args)
        what = f"{name} {json.dumps(args)}" if args is not None else name
        equal(refused, theirs_refused, f"{what}: refused ({ours!r}, {theirs!r})")
        if refused:
            equal(ours, theirs, f"{what}: error")
        else:
            equal(arrange(ours), arrange(theirs), what)
        return ours

    def between(self, name):
        """For figures that only grow: asks theirs, ours and theirs again; ours must lie between.
        Returns the three."""
        before, is_error = self._ask(self.theirs, name, None)
        ours, _ = self._ask(self.ours, name, None)
        after, _ = self._ask(self.theirs, name, None)
        if is_error:
            raise Failed(f"{name}: {before}")
        return before, ours, after


class Twins(Pair):
    def __init__(self, world, env=None):
        if not os.path.exists(REFERENCE):
            raise Skipped("Debian's qemu-ga is not there")
        hide_power()
        agents = [world.agent(OURS, "/run/state-ours"),
                  world.agent(REFERENCE, "/run/state-theirs")]
        for agent in agents:
            agent.start("-v", env=env, preexec=harmless)
        super().__init__(*(agent.client() for agent in agents))


# What is not an integer, a string, and so on, to be refused by type.
_VALUES = {
    "null": [None],
    "boolean": [True],
    "integer": [1],
    "number": [1.5, 1e3, 2**64, -2**63 - 1],
    "string": ["x", ""],
    "array": [[], [1]],
    "object": [{}, {"a": 1}],
}


def wrong_types(kind):
    """Values that an argument of this type must refuse."""
    for other, values in _VALUES.items():
        if other != kind and not (kind == "number" and other == "integer"):
            yield from values


def wrong_arguments(schema, valid):
    """Arguments that must be refused. schema: {name: type}; valid: arguments that are all right,
    at least the required ones."""
    yield {**valid, "unknown": 1}
    yield {**valid, "": 1}
    for name in valid:
        yield {key: value for key, value in valid.items() if key != name}
    for name, kind in schema.items():
        for value in wrong_types(kind):
            yield {**valid, name: value}
