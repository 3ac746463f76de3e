# SPDX-License-Identifier: MIT
"""A filesystem that the kernel does not give back in time: inside FIFREEZE, inside syncfs."""
import os
import resource
import signal
import time

import probe
import proc
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


def _may_still_freeze(client):
    """The freeze is over, and the host is told what the kernel has not given back."""
    status(client, "frozen")
    client.refusal("guest-fsfreeze-freeze")
    client.request("guest-fsfreeze-thaw")
    contains(_error(client), NAMED, "answer to a thaw meanwhile")
    status(client, "frozen")


def _again(world, agent):
    return world.restart(agent, "-F/root/hook")


def _others_are_free(limit_s=2):
    probe.Writer("/mnt/b").must_end(limit_s)


def _are_gone(pids):
    """By their numbers: one does not end as the freezer, but becomes the process that closes the ledger."""
    within(5, lambda: all(proc.has_ended(pid) for pid in pids), "the freezer ends")


def _all_comes_free(world, agent, stall):
    """The kernel lets go: what it froze late is thawed, and nobody stays behind."""
    late = agent.freezers()
    stall.release()
    _are_gone(late)
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
    _may_still_freeze(client)
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


@case(own=OURS, limit=60)
def a_freezer_killed_after_a_late_freeze_was_answered_leaves_nothing_frozen(world):
    agent, client, stall = _stuck(world, "--freeze-timeout=1")
    contains(_error(client), NAMED, "answer to freeze")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
    status(client, "frozen")
    late = agent.freezers()
    os.kill(late[0], signal.SIGKILL)
    within(10, lambda: [pid for pid in agent.freezers() if pid not in late], "another one watches")
    _others_are_free()
    status(client, "frozen")
    _all_comes_free(world, agent, stall)
    _works_again(client)
    equal(agent.stop(), 0, "exit status")


@case(own=OURS, limit=60)
def a_log_file_on_what_is_still_freezing_does_not_hang_the_agent(world):
    agent, client, stall = _stuck(world, "--freeze-timeout=1", "-v", "-l/mnt/a/log")
    contains(_error(client), NAMED, "answer to freeze")
    for _ in range(20):   # each is logged
        client.call("guest-ping")
    status(client, "frozen")
    _all_comes_free(world, agent, stall)
    _works_again(client)
    contains(open("/mnt/a/log").read(), "guest-ping", "the log, after the thaw")
    equal(agent.stop(), 0, "exit status")


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
    within(10, lambda: probe.waits_in_the_kernel(freezer), "/mnt/a is inside FIFREEZE")
    os.kill(freezer, signal.SIGKILL)
    stop.release()
    _others_are_free(10)
    equal(proc.state(freezer), "Z", "the process, one thread of which the kernel still has")
    stall.release()
    _error(client)
    probe.writable("/mnt/a", "/mnt/b")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
    _works_again(client)


@case(own=OURS)
def both_killed_while_the_kernel_freezes_keep_nothing_else_frozen(world):
    agent, client, stall = _stuck(world)
    agent.kill_all()
    agent, client = _again(world, agent)
    _others_are_free()
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
    _may_still_freeze(client)
    late = agent.freezers()
    stall.release()
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "it thaws by itself")
    probe.writable("/mnt/a", "/mnt/b")
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    client.request("guest-fsfreeze-thaw")
    _are_gone(late)
    client.line()   # 0, or once the error that says what happened
    _works_again(client)


@case(own=OURS, limit=60)
def what_both_killed_leave_beside_a_stuck_one_is_thawed_by_a_person(world):
    agent, _, stall = _stuck(world)
    agent.kill_all()
    run = world.run("thaw", f"--statedir={agent.statedir}", limit_s=20)
    _others_are_free()
    contains(run.stdout, f"Still frozen: {NAMED}", "output of frost-ga thaw")
    equal(run.returncode, 1, "exit status")
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    stall.release()
    probe.writable("/mnt/a", "/mnt/b")
    within(5, lambda: world.run("thaw", f"--statedir={agent.statedir}").returncode == 0, "all is undone")


def _cannot_start_another(agent, how):
    """How many descriptors the agent may have; it has enough for what it has to do, but no pair."""
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, how)


@case(own=OURS, limit=60)
def what_no_rescue_could_be_started_for_is_thawed_when_the_kernel_lets_go(world):
    agent, client, stall = _stuck(world)
    before = resource.prlimit(agent.pid, resource.RLIMIT_NOFILE)
    _cannot_start_another(agent, (3, before[1]))
    os.kill(agent.freezers()[0], signal.SIGKILL)
    contains(_error(client), "no other process could be started", "answer to freeze")
    _cannot_start_another(agent, before)
    client.request("guest-fsfreeze-thaw")
    _others_are_free()
    contains(_error(client), NAMED, "answer to thaw")
    late = agent.freezers()
    stall.release()
    probe.writable("/mnt/a", "/mnt/b")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
    _are_gone(late)
    _works_again(client)


@case(own=OURS, limit=60)
def late_returns_use_up_no_rescues(world):
    folders = [f"/mnt/{n}" for n in range(6)]
    for folder in folders:
        world.disk("ext4", folder)
    agent, client = world.connect(f"-F{world.hook()}")
    stalls = [Stall(folder) for folder in folders[:5]]
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: probe.Writer(folders[5]).is_blocked(), "the last one is frozen")
    os.kill(agent.freezers()[0], signal.SIGKILL)
    probe.Writer(folders[5]).must_end(2)
    contains(_error(client), "still freezing /mnt/", "answer to freeze")
    late = agent.freezers()
    for stall, folder in zip(stalls, folders):
        stall.release()
        probe.writable(folder)
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
    _are_gone(late)
    freeze(client, 6)
    thaw(client, 6)


def _frozen_by_a_stopped_freezer(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{world.hook()}", "--hold-timeout=60")
    freeze(client, 1)
    freezer, = agent.freezers()
    os.kill(freezer, signal.SIGSTOP)
    within(2, lambda: proc.state(freezer) == "T", "the freezer is stopped")
    return agent, probe.frozen("/mnt/a")


@case(own=OURS)
def a_stopped_freezer_without_an_agent_keeps_nobody_from_the_thaw(world):
    agent, writers = _frozen_by_a_stopped_freezer(world)
    agent.kill()
    agent, client = _again(world, agent)
    client.request("guest-fsfreeze-thaw")
    for writer in writers:
        writer.must_end(6)
    client.line()
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone once")
    freeze(client, 1)
    thaw(client, 1)


def _a_person_thaws(world, agent, writers):
    run = world.run("thaw", f"--statedir={agent.statedir}", limit_s=20)
    contains(run.stdout, "Thawed: /mnt/a", "output of frost-ga thaw")
    equal(run.returncode, 0, "exit status")
    for writer in writers:
        writer.must_end(2)
    equal(world.hook_calls(), ["freeze", "thaw"])


@case(own=OURS)
def a_stopped_freezer_keeps_no_person_from_the_thaw(world):
    agent, writers = _frozen_by_a_stopped_freezer(world)
    _a_person_thaws(world, agent, writers)


@case(own=OURS)
def a_stopped_freezer_without_an_agent_keeps_no_person_from_the_thaw(world):
    agent, writers = _frozen_by_a_stopped_freezer(world)
    agent.kill()
    _a_person_thaws(world, agent, writers)


@case(own=OURS)
def a_freezer_that_was_given_up_does_not_thaw_the_next_freeze(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(thaw="while [ ! -e /run/go ]; do sleep 0.02; done")
    agent, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    old, = agent.freezers()
    client.request("guest-fsfreeze-thaw")
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is being undone")
    os.kill(old, signal.SIGSTOP)
    open("/run/go", "w").close()
    client.line()
    freeze(client, 1)
    writers = probe.frozen("/mnt/a")
    within(2, lambda: proc.has_ended(old), "who was given up is ended")
    for writer in writers:
        writer.must_be_blocked()
    thaw(client, 1)
    for writer in writers:
        writer.must_end()


@case(own=OURS)
def term_while_the_kernel_freezes_leaves_nothing_frozen(world):
    agent, client, stall = _stuck(world)
    agent.send_signal(signal.SIGTERM)
    _others_are_free()
    equal(agent.wait(12), 0, "exit status")
    _all_comes_free(world, agent, stall)
    agent, client = _again(world, agent)
    _works_again(client)


def _make_unsyncable():
    with open("/mnt/a/dirty", "wb") as f:
        f.write(os.urandom(1 << 20))
    fsfreeze("/mnt/lower")


def _unsyncable(world):
    """/mnt/a stands on a filesystem that somebody else has frozen: its dirty pages go nowhere."""
    world.disk("ext4", "/mnt/lower", size=96 << 20)
    world.disk("ext4", "/mnt/a", image="/mnt/lower/image")
    world.disk("ext4", "/mnt/b")
    _make_unsyncable()


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


def _hangs_in_the_kernel(pid):
    """A thread of it is in an uninterruptible call, and 0.2 s later still is."""
    def in_d():
        return {thread for thread in os.listdir(f"/proc/{pid}/task")
                if proc.state(thread) == "D"}
    before = in_d()
    time.sleep(0.2)
    return before & in_d()


@case(own=OURS, limit=60)
def an_agent_killed_while_the_second_sync_hangs_has_its_hooks_undone_at_once(world):
    hook = world.hook(freeze="while [ ! -e /run/go ]; do sleep 0.02; done")
    agent, client = world.connect(f"-F{hook}")
    world.disk("ext4", "/mnt/lower", size=96 << 20)
    world.disk("ext4", "/mnt/a", image="/mnt/lower/image")
    client.request("guest-fsfreeze-freeze-list", {"mountpoints": ["/mnt/a"]})
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    _make_unsyncable()
    open("/run/go", "w").close()
    freezer, = agent.freezers()
    within(10, lambda: _hangs_in_the_kernel(freezer), "the second sync hangs")
    agent.kill()
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
    agent, client = _again(world, agent)
    status(client, "thawed")
    fsfreeze("/mnt/lower", thaw=True)
    _are_gone([freezer])
    probe.writable("/mnt/a", "/mnt/lower")
    freeze(client, 2)
    thaw(client, 2)
    equal(world.hook_calls(), ["freeze", "thaw"] * 2, "calls of the hook")


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
