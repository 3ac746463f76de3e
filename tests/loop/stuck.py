# SPDX-License-Identifier: MIT
"""A filesystem that the kernel does not give back in time: inside FIFREEZE, inside syncfs."""
import os
import signal

import probe
from cases import case, contains, equal, true, within
from disks import fsfreeze
from host import freeze, status, thaw
from stall import Stall
from stops import PROGRAM, Stop

OURS = "qemu-ga has no deadline and no second process: it hangs"
NAMED = "/mnt/a"


def _stuck(world, *options, fs_type="ext4", direct=False):
    """/mnt/a is inside FIFREEZE and stays there, /mnt/b is frozen; agent, client, stall."""
    world.disk(fs_type, "/mnt/a")
    world.disk("ext4", "/mnt/b")
    agent, client = world.connect(f"-F{world.hook()}", *options)
    stall = Stall("/mnt/a", direct)
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: probe.Writer("/mnt/b").is_blocked(), "the other one is frozen")
    return agent, client, stall


def _error(client, limit_s=12):
    line = client.line(limit_s)
    true(line.startswith(b'{"error"'), f"answered {line!r}")
    return line.decode()


def _again(world, agent):
    return world.restart(agent, "-F/root/hook")


def _others_are_free(limit_s=2):
    probe.Writer("/mnt/b").must_end(limit_s)


def _all_comes_free(world, agent, stall):
    """The kernel lets go: what it froze late is thawed, and nobody stays behind."""
    late = agent.freezers()
    stall.release()
    # By its number: it does not end as the freezer, but becomes the process that closes the ledger.
    within(5, lambda: all(probe.state(pid) in ("", "Z") for pid in late), "the freezer ends")
    probe.writable("/mnt/a", "/mnt/b")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")


def _works_again(client):
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "the status is thawed")
    freeze(client, 2)
    probe.frozen("/mnt/a", "/mnt/b")
    thaw(client, 2)
    thaw(client, 0)


def _deadline(world, **how):
    agent, client, stall = _stuck(world, "--freeze-timeout=1", **how)
    _others_are_free(2)
    text = _error(client)
    contains(text, NAMED, "answer to freeze")
    contains(text, "longer than 1 seconds", "answer to freeze")
    desc = client.refusal("guest-fsfreeze-freeze").desc
    contains(desc, NAMED, "answer to a second freeze")
    _others_are_free()
    _all_comes_free(world, agent, stall)
    _works_again(client)
    equal(agent.stop(), 0, "exit status")


@case(own=OURS)
def a_filesystem_that_does_not_freeze_in_time_fails_the_freeze(world):
    _deadline(world)


@case(own=OURS)
def a_direct_writer_on_xfs_that_holds_back_the_freeze_fails_it(world):
    _deadline(world, fs_type="xfs", direct=True)


@case(own=OURS)
def a_filesystem_that_freezes_late_but_before_the_answer_is_thawed(world):
    agent, client, stall = _stuck(world, "--freeze-timeout=1")
    _others_are_free(2)
    stall.release()
    contains(_error(client), NAMED, "answer to freeze")
    probe.writable("/mnt/a", "/mnt/b")
    _works_again(client)


@case(own=OURS)
def a_filesystem_that_freezes_late_but_in_time_is_frozen(world):
    agent, client, stall = _stuck(world)
    stall.release()
    equal(client.answer(), 2, "answer to freeze")
    writers = probe.frozen("/mnt/a", "/mnt/b")
    thaw(client, 2)
    for writer in writers:
        writer.must_end()


@case(own=OURS)
def an_agent_killed_while_the_kernel_freezes_leaves_nothing_frozen(world):
    agent, client, stall = _stuck(world)
    agent.kill()
    _others_are_free()
    agent, client = _again(world, agent)
    equal(client.call("guest-fsfreeze-status"), "frozen", "status meanwhile")
    client.refusal("guest-fsfreeze-freeze")
    _all_comes_free(world, agent, stall)
    _works_again(client)


@case(own=OURS)
def a_freezer_killed_while_the_kernel_freezes_leaves_nothing_frozen(world):
    agent, client, stall = _stuck(world)
    os.kill(agent.freezers()[0], signal.SIGKILL)
    _others_are_free()
    stall.release()
    _error(client)
    within(5, lambda: agent.freezers() == [], "the freezer ends")
    probe.writable("/mnt/a", "/mnt/b")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
    _works_again(client)


@case(own=OURS, once=True)
def what_a_killed_freezer_had_just_frozen_does_not_wait_for_what_it_is_still_freezing(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    stop = Stop("freezer:froze")   # /mnt/b: the kernel has frozen it, the ledger does not say so yet
    agent = world.agent(PROGRAM).start(f"-F{world.hook()}", env=stop.environment)
    client = agent.client()
    stall = Stall("/mnt/a")
    client.request("guest-fsfreeze-freeze")
    freezer = stop.wait()
    os.kill(freezer, signal.SIGKILL)
    stop.release()
    _others_are_free(10)
    equal(probe.state(freezer), "Z", "the process, one thread of which the kernel still has")
    stall.release()
    _error(client)
    probe.writable("/mnt/a", "/mnt/b")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
    _works_again(client)


@case(own=OURS)
def both_killed_while_the_kernel_freezes_leave_it_to_the_next_agent(world):
    agent, client, stall = _stuck(world)
    agent.kill_all()
    agent, client = _again(world, agent)
    status(client, "frozen")
    stall.release()
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "it thaws by itself")
    probe.writable("/mnt/a", "/mnt/b")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
    client.request("guest-fsfreeze-thaw")
    client.line()   # 0, or once the error that says what happened
    _works_again(client)


@case(own=OURS)
def term_while_the_kernel_freezes_leaves_nothing_frozen(world):
    agent, client, stall = _stuck(world)
    agent.send_signal(signal.SIGTERM)
    _others_are_free()
    equal(agent.wait(12), 0, "exit status")
    _all_comes_free(world, agent, stall)
    agent, client = _again(world, agent)
    _works_again(client)


def _unsyncable(world):
    """/mnt/a stands on a filesystem that somebody else has frozen: its dirty pages go nowhere."""
    world.disk("ext4", "/mnt/lower", size=96 << 20)
    world.disk("ext4", "/mnt/a", image="/mnt/lower/image")
    world.disk("ext4", "/mnt/b")
    with open("/mnt/a/dirty", "wb") as f:
        f.write(os.urandom(1 << 20))
    fsfreeze("/mnt/lower")


@case(own=OURS)
def a_sync_that_takes_too_long_fails_the_freeze(world):
    agent, client = world.connect(f"-F{world.hook()}", "--sync-timeout=1")
    _unsyncable(world)
    desc = client.refusal("guest-fsfreeze-freeze-list", {"mountpoints": ["/mnt/a", "/mnt/b"]}).desc
    contains(desc, "syncing /mnt/a took longer than 1 seconds", "answer to freeze")
    _others_are_free()
    status(client, "thawed")
    equal(world.hook_calls(), [], "calls of the hook")
    fsfreeze("/mnt/lower", thaw=True)
    within(5, lambda: agent.freezers() == [], "the freezer ends")
    probe.writable("/mnt/a")
    freeze(client, 3)
    writers = probe.frozen("/mnt/a", "/mnt/b", "/mnt/lower")
    thaw(client, 3)
    for writer in writers:
        writer.must_end()


@case(own=OURS)
def an_agent_killed_while_the_kernel_syncs_freezes_nothing_later(world):
    agent, client = world.connect(f"-F{world.hook()}")
    _unsyncable(world)
    client.request("guest-fsfreeze-freeze-list", {"mountpoints": ["/mnt/a", "/mnt/b"]})
    within(5, lambda: agent.freezers(), "the freezer is there")
    agent.kill()
    fsfreeze("/mnt/lower", thaw=True)
    within(5, lambda: agent.freezers() == [], "the freezer ends")
    probe.writable("/mnt/a", "/mnt/b", "/mnt/lower")
    equal(world.hook_calls(), [], "calls of the hook")
