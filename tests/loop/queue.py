# SPDX-License-Identifier: MIT
"""Requests that arrive while a freeze is under way, and clients that do not wait for its end."""
import probe
from cases import case, equal, within
from host import freeze, status, thaw

FREEZE = b'{"execute":"guest-fsfreeze-freeze"}\n'
THAW = b'{"execute":"guest-fsfreeze-thaw"}\n'
STATUS = b'{"execute":"guest-fsfreeze-status"}\n'
PING = b'{"execute":"guest-ping"}\n'


@case()
def requests_behind_a_slow_hook_are_answered_in_order(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 0.7", thaw="sleep 0.3")
    _, client = world.connect(f"-F{hook}")
    client.send(STATUS + FREEZE + STATUS + PING + FREEZE + THAW + STATUS + THAW)
    equal(client.lines(4), [b'{"return": "thawed"}\n', b'{"return": 1}\n',
                            b'{"return": "frozen"}\n', b'{"return": {}}\n'])
    line = client.line()
    equal(line[:38], b'{"error": {"class": "CommandNotFound",')
    equal(client.lines(3), [b'{"return": 1}\n', b'{"return": "thawed"}\n', b'{"return": 0}\n'])


@case()
def a_freeze_is_done_even_if_its_client_left(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 0.7")
    agent, client = world.connect(f"-F{hook}")
    client.send(FREEZE)
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    client.close()
    with agent.client() as second:
        second.send(STATUS)
        equal(second.line(), b'{"return": "frozen"}\n')
        writer, = probe.frozen("/mnt/a")
        thaw(second, 1)
        writer.must_end()


@case()
def a_freeze_and_a_thaw_are_done_even_if_their_client_left(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 0.5")
    agent, client = world.connect(f"-F{hook}")
    client.send(FREEZE + THAW)
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    client.close()
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the thaw hook runs")
    with agent.client() as second:
        status(second, "thawed")
    probe.writable("/mnt/a")


@case()
def a_frozen_guest_stays_frozen_when_the_client_leaves(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    freeze(client, 1)
    client.close()
    writer, = probe.frozen("/mnt/a")
    with agent.client() as second:
        status(second, "frozen")
        thaw(second, 1)
    writer.must_end()


@case()
def a_host_that_connects_for_each_command_is_served(world):
    """As Proxmox VE does."""
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    client.close()
    for n in range(3):
        for name, wanted in (("guest-ping", {}), ("guest-fsfreeze-status", "thawed"),
                             ("guest-fsfreeze-freeze", 1), ("guest-fsfreeze-status", "frozen"),
                             ("guest-fsfreeze-thaw", 1)):
            with agent.client() as one:
                one.send(b'{"execute":"guest-sync-delimited","arguments":{"id":%d}}\n'
                         b'{"execute":"%s"}\n' % (n, name.encode()))
                equal(one.line(), b'\xff{"return": %d}\n' % n)
                equal(one.answer(15), wanted, name)
