# SPDX-License-Identifier: MIT
"""An agent that has nothing to do does nothing."""
import time

from cases import case, equal, true, within
from serial import Port

WATCHED_S = 2.0
PING = b'{"execute":"guest-ping"}\n'
PONG = b'{"return": {}}\n'


def _must_be_quiet(agent, watched_s=WATCHED_S):
    """Once it has come to rest, it is not woken a single time. What a busy machine delivers late comes
    once; what wakes it again and again does so the second time, too."""
    for _ in range(2):
        within(10, lambda: _rests(agent), "it comes to rest")
        before = agent.switches()
        time.sleep(watched_s)
        woken = agent.switches() - before
        if not woken:
            return
    equal(woken, 0, f"wake-ups in {watched_s} s")


def _rests(agent):
    """Not woken in 50 ms. An agent that wakes ten times a second also rests so long."""
    before = agent.switches()
    time.sleep(0.05)
    return agent.switches() == before


@case()
def an_agent_that_was_never_called_is_quiet(world):
    agent, client = world.connect()
    client.close()
    _must_be_quiet(agent)


@case()
def an_agent_with_a_silent_client_is_quiet(world):
    agent, client = world.connect()
    equal(client.call("guest-ping"), {})
    _must_be_quiet(agent)
    client.send(b'{"execute":')
    _must_be_quiet(agent)


@case()
def an_agent_whose_client_left_is_quiet(world):
    agent, client = world.connect()
    equal(client.call("guest-ping"), {})
    client.close()
    _must_be_quiet(agent)


@case()
def an_agent_on_a_silent_port_is_quiet(world):
    port = Port("/run/port")
    agent = world.start(method="virtio-serial", path=port.path)
    port.send(PING)
    equal(port.line(), PONG)
    _must_be_quiet(agent)


@case(differs="it wakes ten times a second while the host's end is closed", cheap=True)
def an_agent_whose_host_has_closed_its_end_is_quiet(world):
    """A terminal that was hung up is like a virtio port with a closed host end: end of file and
    HUP, for ever. To end is the other right answer: the port may be gone for good."""
    port = Port("/run/port")
    agent = world.start(method="virtio-serial", path=port.path)
    port.send(PING)
    equal(port.line(), PONG)
    port.hang_up()
    time.sleep(0.2)
    if agent.alive():
        _must_be_quiet(agent)
    else:
        equal(agent.wait(), 0, "exit status")


@case(differs="it tries again every five seconds", cheap=True, limit=60)
def an_agent_that_waits_for_its_port_is_quiet(world):
    agent = world.start("-r", method="virtio-serial", path="/run/port")
    _must_be_quiet(agent, 6)
    true(agent.alive(), "the agent ended")


def _resident_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


@case(limit=120, cheap=False)
def hundred_thousand_pings_cost_no_memory(world):
    # Freed memory goes back at once, also under AddressSanitizer.
    agent = world.agent().start(env={"ASAN_OPTIONS": "quarantine_size_mb=0:exitcode=99"})
    with agent.client() as client:
        def pings(count):
            for _ in range(count // 500):
                client.send(PING * 500)
                equal(client.lines(500), [PONG] * 500)

        pings(20000)
        before = _resident_kib(agent.pid)
        pings(100000)
        grown = _resident_kib(agent.pid) - before
    true(grown < 800, f"grew by {grown} KiB")
