# SPDX-License-Identifier: MIT
"""virtio-serial and isa-serial, over a pseudo-terminal in the port's place.

What a virtio port says when its host's end is closed, no terminal says: end of file and HUP until
it is opened again. That a half request dies with the connection is for the unit tests and a VM.
"""
import termios

from cases import case, equal, true, within
from serial import Port

PING = b'{"execute":"guest-ping"}\n'
PONG = b'{"return": {}}\n'


@case()
def a_virtio_port_is_served(world):
    port = Port("/run/port")
    agent = world.start(method="virtio-serial", path=port.path)
    port.send(b'{"execute":"guest-sync-delimited","arguments":{"id":1}}\n')
    equal(port.line(), b'\xff{"return": 1}\n')
    port.send(PING * 50)
    equal(port.lines(50), [PONG] * 50)
    equal(agent.stop(), 0, "exit status")


@case()
def a_virtio_port_outlives_the_end_of_the_hosts_connection(world):
    """End of file, as read() says it while the host's end is closed."""
    port = Port("/run/port", raw=False)
    agent = world.start(method="virtio-serial", path=port.path)
    for _ in range(3):
        port.send(PING)
        equal(port.line().strip(), PONG.strip())
        before = agent.switches()
        port.send(b"\x04")
        within(5, lambda: agent.switches() > before, "the end of file is noticed")
    true(agent.alive(), "the agent ended")


@case()
def an_isa_port_is_served(world):
    port = Port("/run/port", raw=False)
    agent = world.start(method="isa-serial", path=port.path)
    port.wait_until_raw()
    port.send(PING * 20)
    equal(port.lines(20), [PONG] * 20)
    equal(agent.stop(), 0, "exit status")


@case(differs="D20: the speed is ORed into the old one", cheap=True)
def an_isa_port_is_raw_at_38400(world):
    port = Port("/run/port", raw=False, speed=termios.B115200)
    agent = world.start(method="isa-serial", path=port.path)
    port.wait_until_raw()
    iflag, oflag, cflag, lflag, ispeed, ospeed, _ = port.settings()
    equal((ispeed, ospeed), (termios.B38400, termios.B38400), "speed")
    equal((oflag, lflag), (0, 0), "output and local flags")
    equal(iflag & (termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON | termios.IXOFF
                   | termios.ISTRIP), 0, "input flags")
    equal(cflag & termios.CSIZE, termios.CS8, "bits of a byte")


@case()
def with_retry_a_port_that_is_missing_is_waited_for(world):
    agent = world.start("-r", method="virtio-serial", path="/run/port")
    within(5, lambda: agent.log() or agent.alive(), "it runs")
    true(agent.alive(), "the agent ended")
    port = Port("/run/port")
    port.send(PING)
    equal(port.line(15), PONG)
    equal(agent.stop(), 0, "exit status")


@case(differs="it ends with 1", cheap=True)
def while_it_waits_for_a_port_a_signal_ends_it(world):
    agent = world.start("-r", method="virtio-serial", path="/run/port")
    within(5, lambda: _handles_term(agent.pid), "the signal is handled")
    equal(agent.stop(), 0, "exit status")


def _handles_term(pid):
    """A handler, or blocked and taken from a descriptor."""
    with open(f"/proc/{pid}/status") as f:
        masks = [int(line.split()[1], 16) for line in f if line.startswith(("SigCgt", "SigBlk"))]
    return any(mask & (1 << 14) for mask in masks)


@case(differs="D19: after the end of the line it is deaf for ever", cheap=False)
def with_retry_an_isa_port_that_comes_back_is_served_again(world):
    port = Port("/run/port", raw=False)
    agent = world.start("-r", method="isa-serial", path=port.path)
    port.wait_until_raw()
    port.send(PING)
    equal(port.line(), PONG)
    port.hang_up()
    again = Port("/run/port", raw=False)
    again.wait_until_raw()
    again.send(PING)
    equal(again.line(15), PONG)
    true(agent.alive(), "the agent ended")
