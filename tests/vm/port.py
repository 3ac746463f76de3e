# SPDX-License-Identifier: MIT
"""The port: what hosts do to its other end, and what the guest does to this one."""
import json
import os
import socket

from cases import Failed, case, equal, true, within
from client import Wire
from guest import AGENT_PORT
from guestport import GuestSilent
from host import freeze, status, thaw
from vmport import must_sleep, ports, slices, wait_until_host_is
from vmworld import WAITS, Hook, must_be_frozen, must_come_through

GUEST = {"disks": ("ext4",), "serial": True}
OTHER_PORT = "/dev/virtio-ports/frost.other"


def leave(agent, port):
    """The host closes, and the agent has noticed."""
    before = agent.log().count("host end closed")
    port.close()
    within(20, lambda: agent.log().count("host end closed") > before,
           "the agent notices that the host has gone")


def must_be_fresh(port, number):
    """The first answer to this client is its own."""
    port.request("guest-sync-delimited", {"id": number})
    equal(port.line(30), b"\xff" + json.dumps({"return": number}).encode() + b"\n",
          "the first answer to a new client")


@case(limit=60)
def half_a_request_is_gone_with_the_host_that_sent_it(world):
    with world.agent() as agent:
        with agent.port() as port:
            port.send(b'{"execute": "guest-ping", "arguments": {"half')
            leave(agent, port)
        with world.guest.port() as port:
            must_be_fresh(port, 1)


@case(limit=60)
def answers_that_nobody_reads_do_not_reach_the_next_host(world):
    with world.agent() as agent:
        with agent.port() as port:
            for number in range(500):
                port.request("guest-sync", {"id": 10_000 + number})
            port.line(30)   # in the middle of its answers
            leave(agent, port)
        with world.guest.port() as port:
            must_be_fresh(port, 2)
            port.silent(1)


@case(limit=60)
def a_host_that_comes_back_at_once_gets_nothing_stale_after_its_sync(world):
    """The guest may not have noticed that another is there: then the sync is the fence."""
    with world.agent() as agent:
        agent.port().close()
        for number in range(10):
            with world.guest.port() as port:
                for stale in range(50):
                    port.request("guest-sync", {"id": 20_000 + stale})
            with world.guest.port() as port:
                port.request("guest-sync-delimited", {"id": 30_000 + number})
                line = port.line(30)
                while not line.startswith(b"\xff"):
                    line = port.line(30)
                equal(json.loads(line[1:])["return"], 30_000 + number, "answer to the sync")
                equal(port.call("guest-ping", limit_s=30), {}, "answer after the sync")
                port.silent(0.05)


def _is_full_after_more(guest, port):
    """Sends a hundred requests; whether the port then takes no more answers from the agent."""
    port.send(b'{"execute": "guest-ping"}\n' * 100)
    return ports(guest)[AGENT_PORT]["outvq_full"] == "1"


@case(limit=90)
def a_host_that_never_reads_harms_nobody(world):
    with world.agent() as agent:
        with agent.port() as port:
            # Before the agent sleeps, it works off all that was sent: so not much more than that.
            within(60, lambda: _is_full_after_more(world.guest, port), "the port takes no more answers")
            must_sleep(world.guest, agent.pid, 1)   # waits for the edge, does not try again
            leave(agent, port)
        with world.guest.port() as port:
            must_be_fresh(port, 3)


@case(limit=90)
def a_flood_is_answered_whole_and_in_order(world):
    with world.agent() as agent, agent.port() as port:
        count = 3000
        for first in range(0, count, 500):
            for number in range(first, first + 500):
                port.request("guest-sync", {"id": number})
            for number in range(first, first + 500):
                equal(port.answer(60), number, "answer in a flood")


@case(limit=90)
def a_freeze_asked_for_by_a_host_that_left_holds_and_its_answer_is_dropped(world):
    guest = world.guest
    hook = Hook(guest, WAITS)
    with world.agent(options=f"-v {hook.option}") as agent:
        with agent.port() as port:
            port.request("guest-fsfreeze-freeze")
            hook.wait_for("freeze")
            leave(agent, port)
        with guest.port() as port:
            port.request("guest-fsfreeze-status")
            port.silent(0.5)                      # waits behind the freeze
            hook.open_gate()
            equal(port.answer(30), "frozen", "the first answer to the next host")
            held = must_be_frozen(guest)
            thaw(port, 1)
            must_come_through(guest, held)


@case(limit=60)
def while_no_host_is_there_the_agent_never_wakes_up(world):
    with world.agent(options="") as agent:
        agent.port().close()
        wait_until_host_is(world.guest, False)
        must_sleep(world.guest, agent.pid)
        with world.guest.port() as port:
            must_be_fresh(port, 4)
            must_sleep(world.guest, agent.pid, 1)   # nor while one is connected and silent


@case(limit=60)
def qemu_ga_wakes_up_all_the_time_so_that_would_be_seen(world):
    with world.agent("qemu-ga", options="") as agent:
        agent.port().close()
        wait_until_host_is(world.guest, False)
        before = slices(world.guest, agent.pid)
        within(20, lambda: slices(world.guest, agent.pid) > before + 10, "qemu-ga wakes up")


def unplug(guest, chardev="agent"):
    guest.qmp.forget()
    guest.qmp.call("device_del", id=f"port-{chardev}")
    within(20, lambda: f"port-{chardev}" in str(guest.qmp.seen("DEVICE_DELETED"))
           or chardev not in str(guest.qmp.call("query-chardev")), "the port is gone")


def plug(guest, chardev="agent", name="org.qemu.guest_agent.0"):
    guest.qmp.call("device_add", driver="virtserialport", chardev=chardev, name=name,
                   id=f"port-{chardev}")
    within(20, lambda: name in ports(guest), "the guest sees the port")


@case(limit=90)
def a_port_that_is_unplugged_and_plugged_again_is_used_again(world):
    guest = world.guest
    with world.agent(options="-v -r") as agent:
        agent.port().close()
        for number in range(3):
            unplug(guest)
            within(20, lambda: "org.qemu.guest_agent.0" not in ports(guest), "the port is gone")
            must_sleep(guest, agent.pid, 1)
            plug(guest)
            with guest.port() as port:
                must_be_fresh(port, 100 + number)


@case(limit=90)
def a_freeze_outlives_the_unplugging_of_its_port(world):
    guest = world.guest
    with world.agent(options="-v -r") as agent:
        with agent.port() as port:
            freeze(port, 1)
            held = must_be_frozen(guest)
            unplug(guest)
        plug(guest)
        with guest.port() as port:
            status(port, "frozen")
            thaw(port, 1)
            must_come_through(guest, held)


class Listener(Wire):
    """A host that QEMU's chardev connects to, and connects to again (reconnect=)."""

    def __init__(self, path):
        super().__init__()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.socket = None

    def accept(self):
        self.listener.settimeout(20)
        self.socket, _ = self.listener.accept()
        self.pending = b""

    def send(self, data):
        self.socket.sendall(data)

    def _read(self, limit_s):
        self.socket.settimeout(limit_s)
        try:
            return self.socket.recv(65536)
        except socket.timeout:
            return None


@case(limit=90)
def a_chardev_that_reconnects_finds_the_agent_each_time(world):
    guest = world.guest
    path = guest.path("reconnecting")
    listener = Listener(path)
    guest.qmp.call("chardev-add", id="other", backend={"type": "socket", "data": {
        "addr": {"type": "unix", "data": {"path": path}}, "server": False, "reconnect": 1}})
    plug(guest, "other", "frost.other")
    try:
        with world.agent(options=f"-v -p {OTHER_PORT}"):
            for number in range(3):
                listener.accept()
                listener.request("guest-sync-delimited", {"id": number})
                line = listener.line(30)
                equal(json.loads(line.lstrip(b"\xff"))["return"], number, "answer")
                listener.socket.close()
                wait_until_host_is(guest, False, "frost.other")
    finally:
        listener.listener.close()
        unplug(guest, "other")
        guest.qmp.call("chardev-remove", id="other")
        os.unlink(path)


def synchronize(port):
    """As hosts do on a line that tells nothing of its other end: ask again until it is answered.
    An agent flushes the line when it opens it."""
    for number in range(60):
        port.request("guest-sync-delimited", {"id": number})
        wanted = b"\xff" + json.dumps({"return": number}).encode() + b"\n"
        try:
            while port.line(1) != wanted:
                pass
            return
        except GuestSilent:
            continue
    raise Failed("no answer on the serial line")


@case(limit=60)
def an_isa_serial_line_carries_the_same_commands(world):
    guest = world.guest
    with world.agent(options="-v -m isa-serial -p /dev/ttyS1"):
        with guest.port("serial") as port:
            synchronize(port)
            names = [c["name"] for c in port.call("guest-info", limit_s=30)["supported_commands"]]
            true("guest-fsfreeze-freeze-list" in names, f"commands: {names}")
            freeze(port, 1)
            status(port, "frozen")
            held = must_be_frozen(guest)
            thaw(port, 1)
            must_come_through(guest, held)
            freeze(port, 1, ["/mnt/ext4"])
            thaw(port, 1)


@case(limit=60)
def vsock_carries_the_same_commands(world):
    guest = world.guest
    with world.agent(options="-v -m vsock-listen -p 1:1024"):
        def ask(*names):
            lines = "".join(json.dumps({"execute": n}) + "\n" for n in names)
            said = guest.run(f"printf '%s' '{lines}' | vsock-client 1 1024 {len(names)}")
            return [json.loads(line)["return"] for line in said.splitlines()]

        connect = "vsock-client 1 1024 0 </dev/null 2>/dev/null && echo yes || true"
        within(20, lambda: guest.run(connect), "the agent listens")
        equal(ask("guest-ping", "guest-fsfreeze-freeze", "guest-fsfreeze-status"),
              [{}, 1, "frozen"], "answers")
        held = must_be_frozen(guest)
        equal(ask("guest-fsfreeze-thaw"), [1], "answer to thaw")
        must_come_through(guest, held)


@case(limit=120)
def a_guest_without_a_port_waits_for_one_or_ends(world):
    guest = world.boot(disks=(), agent_port=False)
    guest.qmp.call("chardev-add", id="agent", backend={"type": "socket", "data": {
        "addr": {"type": "unix", "data": {"path": guest.path("agent")}}, "server": True,
        "wait": False}})
    guest.run("mkdir -p /run/agent")
    ended, said = guest.control.end(guest.control.begin("/agent/frost-ga -t /run/agent"), 30)
    true(ended != 0 and "org.qemu.guest_agent.0" in said, f"without -r: {ended} {said}")
    with world.agent(options="-v -r", guest=guest) as agent:
        must_sleep(guest, agent.pid, 2)
        plug(guest)
        with guest.port() as port:
            must_be_fresh(port, 6)


SANITIZED = (half_a_request_is_gone_with_the_host_that_sent_it,
             answers_that_nobody_reads_do_not_reach_the_next_host,
             a_host_that_comes_back_at_once_gets_nothing_stale_after_its_sync,
             a_host_that_never_reads_harms_nobody,
             a_flood_is_answered_whole_and_in_order,
             a_freeze_asked_for_by_a_host_that_left_holds_and_its_answer_is_dropped,
             a_port_that_is_unplugged_and_plugged_again_is_used_again,
             a_freeze_outlives_the_unplugging_of_its_port,
             a_chardev_that_reconnects_finds_the_agent_each_time,
             an_isa_serial_line_carries_the_same_commands,
             vsock_carries_the_same_commands)
