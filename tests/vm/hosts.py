# SPDX-License-Identifier: MIT
"""The exchanges of hosts that are not at hand, replayed over the port with their time limits."""
import concurrent.futures

import snapshot
from cases import Failed, case, equal, true, within
from client import Refused
from hostclients import Connection, Proxmox, TimedOut
from vmload import Load
from vmworld import FAILS, WAITS, Hook, must_be_frozen, must_come_through, must_not_be_frozen

GUEST = {"disks": ("ext4", "xfs")}


def timed_out(call, *args, **more):
    try:
        answer = call(*args, **more)
    except TimedOut:
        return
    raise Failed(f"answered {answer!r} although it was held up")


@case(limit=120)
def proxmox_makes_a_backup(world):
    guest, host = world.guest, Proxmox(world.guest)
    with world.agent(), Load(guest) as load:
        for number in range(2):
            equal(host.call("guest-ping"), {}, "ping")
            equal(host.call("guest-fsfreeze-status"), "thawed", "status")
            equal(host.call("guest-fsfreeze-freeze"), 2, "freeze")
            notes = load.notes()
            images = snapshot.by_backup(guest, f"vzdump{number}", lambda: equal(
                host.call("guest-fsfreeze-thaw"), 2, "thaw, while the copy runs"))
            equal(snapshot.faults(guest, images, notes), {"/mnt/ext4": [], "/mnt/xfs": []},
                  "faults of the backup")
            snapshot.remove(images)


@case(limit=120)
def proxmox_asks_for_the_status_behind_a_slow_freeze(world):
    """Its freeze times out; then it asks for the status, which waits for the freeze."""
    guest, host = world.guest, Proxmox(world.guest)
    hook = Hook(guest, WAITS)
    with world.agent(options=f"-v {hook.option}"):
        timed_out(host.call, "guest-fsfreeze-freeze", limit_s=2)
        timed_out(host.call, "guest-fsfreeze-status", limit_s=2)
        hook.open_gate()
        equal(host.call("guest-fsfreeze-status", limit_s=60), "frozen", "status")
        held = must_be_frozen(guest)
        equal(host.call("guest-fsfreeze-thaw"), 2, "thaw")
        must_come_through(guest, held)
        equal(hook.calls(), ["freeze", "thaw"], "calls of the hook")


@case(limit=120)
def proxmox_thaws_after_a_failed_freeze(world):
    guest, host = world.guest, Proxmox(world.guest)
    hook = Hook(guest, FAILS)
    with world.agent(options=f"-v {hook.option}"):
        answer = host.call("guest-fsfreeze-freeze")
        true(isinstance(answer, dict) and "hook" in answer["error"], f"freeze: {answer}")
        must_not_be_frozen(guest)
        equal(host.call("guest-fsfreeze-thaw"), 0, "thaw")
        equal(host.call("guest-fsfreeze-status"), "thawed", "status")
        equal(hook.calls(), ["freeze", "thaw"], "calls of the hook")


@case(limit=120)
def proxmox_freezes_through_a_restarted_agent_although_hooks_of_the_dead_one_still_run(world):
    """It asks for the status first: of a guest that says frozen it takes the backup without a freeze."""
    guest, host = world.guest, Proxmox(world.guest)
    guest.run("rm -f /run/go")
    hook = Hook(guest, "while [ $1 = thaw ] && [ ! -e /run/go ]; do sleep 0.1; done")
    with world.agent(options=f"-v {hook.option}") as agent, \
            concurrent.futures.ThreadPoolExecutor(1) as aside:
        equal(host.call("guest-fsfreeze-freeze"), 2, "freeze")
        held = must_be_frozen(guest)
        guest.run(f"kill -9 {agent.pid}")
        must_come_through(guest, held)
        hook.wait_for("freeze", "thaw")
        agent.start(f"-v {hook.option}")
        within(60, lambda: _pings(host), "the restarted agent answers")
        equal(host.call("guest-fsfreeze-status"), "thawed", "status")
        answer = aside.submit(host.call, "guest-fsfreeze-freeze")
        true(not concurrent.futures.wait([answer], 1).done, "the freeze waits for the old hook")
        guest.run("touch /run/go")
        equal(answer.result(), 2, "the next freeze")
        held = must_be_frozen(guest)
        equal(host.call("guest-fsfreeze-thaw"), 2, "its thaw")
        must_come_through(guest, held)
        equal(hook.calls(), ["freeze", "thaw"] * 2, "calls of the hook")


def _pings(host):
    try:
        return host.call("guest-ping") == {}
    except TimedOut:
        return False


@case(limit=120)
def kubevirt_polls_while_frozen(world):
    guest = world.guest
    with world.agent() as agent, Connection(agent.port()) as host:
        equal(host.call("guest-fsfreeze-status", limit_s=5), "thawed", "status")
        equal(host.call("guest-fsfreeze-freeze", limit_s=60), 2, "freeze within its 60 s")
        held = must_be_frozen(guest)
        for _ in range(20):
            equal(host.call("guest-fsfreeze-status", limit_s=5), "frozen", "status")
            info = host.call("guest-info", limit_s=5)
            enabled = {c["name"] for c in info["supported_commands"] if c["enabled"]}
            true("guest-fsfreeze-thaw" in enabled and "guest-fsfreeze-freeze" not in enabled,
                 f"enabled while frozen: {sorted(enabled)}")
            for name in ("guest-get-osinfo", "guest-network-get-interfaces", "guest-get-users"):
                _refused(host, name)
        equal(host.call("guest-fsfreeze-thaw", limit_s=20), 2, "thaw within its 20 s")
        must_come_through(guest, held)


def _refused(host, name):
    """With the class that libvirt takes for "unsupported"."""
    try:
        answer = host.call(name, limit_s=5)
    except Refused as e:
        equal(e.error_class, "CommandNotFound", f"class of the error of {name}")
        return
    raise Failed(f"{name} answered {answer!r} while frozen")


@case(limit=120)
def kubevirt_finds_a_guest_that_has_thawed_itself_and_goes_on(world):
    """It asks for the status first, and sends no thaw when that is "thawed"."""
    guest = world.guest
    with world.agent(options="-v --hold-timeout=2") as agent, Connection(agent.port()) as host:
        equal(host.call("guest-fsfreeze-freeze", limit_s=60), 2, "freeze")
        within(60, lambda: host.call("guest-fsfreeze-status", limit_s=5) == "thawed",
               "the agent thaws by itself")
        must_not_be_frozen(guest)
        equal(host.call("guest-fsfreeze-freeze", limit_s=60), 2, "the next freeze")
        equal(host.call("guest-fsfreeze-thaw", limit_s=20), 2, "its thaw")


@case(limit=120)
def a_thaw_after_the_limit_tells_every_host_once_that_the_freeze_did_not_hold(world):
    guest, host = world.guest, Proxmox(world.guest)
    with world.agent(options="-v --hold-timeout=2"):
        equal(host.call("guest-fsfreeze-freeze"), 2, "freeze")
        within(60, lambda: host.call("guest-fsfreeze-status") == "thawed", "the agent thaws")
        answer = host.call("guest-fsfreeze-thaw")
        true(isinstance(answer, dict) and "fsfreeze is limited" in answer["error"],
             f"thaw: {answer}")
        equal(host.call("guest-fsfreeze-thaw"), 0, "the thaw after that")
        must_not_be_frozen(guest)


@case(limit=120)
def vdsm_polls_with_a_limit_of_a_second_and_recovers_from_each_miss(world):
    guest = world.guest
    hook = Hook(guest, WAITS)
    with world.agent(options=f"-v {hook.option}") as agent, Connection(agent.port()) as host:
        within(60, lambda: _polled(host), "guest-info within its second")
        host.port.request("guest-fsfreeze-freeze")   # blocks, without a limit of its own
        hook.wait_for("freeze")
        host.is_synced = False
        for _ in range(2):
            timed_out(_poll, host)
        hook.open_gate()
        within(60, lambda: _polled(host), "guest-info within its second, behind the freeze")
        equal(host.call("guest-fsfreeze-status"), "frozen", "status")
        held = must_be_frozen(guest)
        equal(host.call("guest-fsfreeze-thaw", limit_s=60), 2, "thaw")
        must_come_through(guest, held)


def _poll(host):
    return host.call("guest-info", limit_s=1)


def _polled(host):
    try:
        return _poll(host)
    except TimedOut:
        return None


@case(limit=120)
def vdsm_thaws_after_a_failed_freeze(world):
    hook = Hook(world.guest, FAILS)
    with world.agent(options=f"-v {hook.option}") as agent, Connection(agent.port()) as host:
        try:
            raise Failed(f"freeze: {host.call('guest-fsfreeze-freeze', limit_s=60)}")
        except Refused:
            equal(host.call("guest-fsfreeze-thaw", limit_s=60), 0, "thaw")
        must_not_be_frozen(world.guest)


@case(limit=120)
def cloudstack_believes_the_status_and_nothing_else(world):
    """Freeze, status, thaw and status, each within 10 s."""
    guest = world.guest
    with world.agent() as agent, Connection(agent.port()) as host:
        for _ in range(2):
            equal(host.call("guest-fsfreeze-freeze", limit_s=10), 2, "freeze")
            equal(host.call("guest-fsfreeze-status", limit_s=10), "frozen", "status")
            held = must_be_frozen(guest)
            equal(host.call("guest-fsfreeze-thaw", limit_s=10), 2, "thaw")
            equal(host.call("guest-fsfreeze-status", limit_s=10), "thawed", "status")
            must_come_through(guest, held)


@case(limit=120)
def a_script_with_echo_and_socat_gets_one_line_for_each_of_its_own(world):
    """No sync, no id: what many backup scripts do."""
    guest = world.guest
    with world.agent() as agent:
        agent.port().close()
        for name, answer in (("freeze", b'{"return": 2}\n'), ("status", b'{"return": "frozen"}\n'),
                             ("thaw", b'{"return": 2}\n'), ("thaw", b'{"return": 0}\n')):
            with guest.port() as port:
                port.send(b'{"execute":"guest-fsfreeze-%s"}\n' % name.encode())
                equal(port.line(30), answer, f"answer to {name}")
        must_not_be_frozen(guest)


# Suite loop has the same exchange, over a socket.
FULL_ONLY = (proxmox_freezes_through_a_restarted_agent_although_hooks_of_the_dead_one_still_run,)
