# SPDX-License-Identifier: MIT
"""Requests that arrive while a freeze is under way, and clients that do not wait for its end."""
import probe
from cases import Failed, case, contains, equal, true, within
from host import freeze, status, thaw
from hostclients import Proxmox, Reached, TimedOut
from stall import Stall

OURS = "qemu-ga has no such limit"

FREEZE = b'{"execute":"guest-fsfreeze-freeze"}\n'
THAW = b'{"execute":"guest-fsfreeze-thaw"}\n'
STATUS = b'{"execute":"guest-fsfreeze-status"}\n'
PING = b'{"execute":"guest-ping"}\n'


@case()
def requests_behind_a_slow_hook_are_answered_in_order(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 0.7", thaw="sleep 0.3")
    _, client = world.connect(f"-F{hook}")
    client.send(STATUS + FREEZE + STATUS + PING + FREEZE)
    equal(client.lines(4), [b'{"return": "thawed"}\n', b'{"return": 1}\n',
                            b'{"return": "frozen"}\n', b'{"return": {}}\n'])
    line = client.line()
    equal(line[:38], b'{"error": {"class": "CommandNotFound",')
    client.send(THAW + STATUS + THAW)
    equal(client.lines(3), [b'{"return": 1}\n', b'{"return": "thawed"}\n', b'{"return": 0}\n'])


@case(own="qemu-ga freezes first, and thaws then")
def a_thaw_behind_a_freeze_ends_it(world):
    """The host has given the freeze up. Answers stay in their order."""
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 20")
    _, client = world.connect(f"-F{hook}", "--hook-timeout=60")
    client.send(FREEZE + STATUS)
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    client.send(PING + THAW + STATUS)
    line = client.line(10)
    true(b"the host has asked for the thaw" in line, f"answered {line!r}")
    equal(client.lines(4), [b'{"return": "thawed"}\n', b'{"return": {}}\n', b'{"return": 0}\n',
                            b'{"return": "thawed"}\n'])
    equal(world.hook_calls(), ["freeze", "thaw"])
    probe.writable("/mnt/a")
    freeze_again = world.hook(freeze="true")
    equal(freeze_again, hook)
    freeze(client, 1)
    thaw(client, 1)


@case(own="qemu-ga freezes first, and thaws then")
def proxmox_that_has_given_a_freeze_up_ends_it_with_its_thaw(world):
    world.disk("ext4", "/mnt/a")
    agent = world.start(f"-F{world.hook(freeze='sleep 30')}", "--hook-timeout=60")
    host = Proxmox(Reached(agent))
    try:
        raise Failed(f"the freeze is answered {host.call('guest-fsfreeze-freeze', limit_s=2)!r}")
    except TimedOut:
        pass
    equal(host.call("guest-fsfreeze-thaw", limit_s=15), 0, "answer to thaw")
    equal(host.call("guest-fsfreeze-status"), "thawed", "status")
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    probe.writable("/mnt/a")


@case(own=OURS)
def a_thaw_behind_a_freeze_that_hangs_in_the_kernel_ends_it(world):
    for folder in ("/mnt/a", "/mnt/b"):
        world.disk("ext4", folder)
    agent, client = world.connect()
    stall = Stall("/mnt/a")
    client.send(FREEZE)
    within(5, lambda: probe.Writer("/mnt/b").is_blocked(), "the other one is frozen")
    client.send(THAW)
    line = client.line(15)
    true(b"the host has asked for the thaw" in line, f"answered {line!r}")
    probe.writable("/mnt/b")
    stall.release()
    client.line(5)
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "all is thawed")
    probe.writable("/mnt/a", "/mnt/b")
    equal(agent.stop(), 0, "exit status")


@case(own=OURS)
def a_freeze_has_one_budget_for_all_its_steps(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 20")
    _, client = world.connect(f"-F{hook}", "--freeze-budget=1")
    desc = client.refusal("guest-fsfreeze-freeze").desc
    contains(desc, "longer than its budget of 1 seconds, and was running its hooks", "answer")
    equal(world.hook_calls(), ["freeze", "thaw"])
    status(client, "thawed")
    thaw(client, 0)
    world.hook()
    freeze(client, 1)
    thaw(client, 1)


@case(own=OURS)
def a_host_that_has_gone_is_not_obeyed_late(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 20")
    agent, client = world.connect(f"-F{hook}", "--host-timeout=1", "-v")
    client.send(FREEZE)
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    client.close()
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
    probe.writable("/mnt/a")
    with agent.client() as second:
        status(second, "thawed")
        thaw(second, 0)
    true("its host has closed the port" in agent.log(), "the log")


@case(own=OURS)
def a_host_that_comes_back_finds_its_freeze_done(world):
    """As Proxmox VE does when its own time is over: it comes back to ask for the status."""
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 3")
    agent, client = world.connect(f"-F{hook}", "--host-timeout=2")
    client.send(b'{"execute":"guest-sync-delimited","arguments":{"id":7}}\n' + FREEZE)
    equal(client.line(), b'\xff{"return": 7}\n')
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    client.close()
    with agent.client() as second:
        second.send(b'{"execute":"guest-sync-delimited","arguments":{"id":8}}\n' + STATUS)
        equal(second.line(10), b'\xff{"return": 8}\n')
        equal(second.line(), b'{"return": "frozen"}\n')
    with agent.client() as third:
        thaw(third, 1)


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
    client.send(FREEZE)
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    client.send(THAW)
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
