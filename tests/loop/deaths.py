# SPDX-License-Identifier: MIT
"""Signals and violent ends while frozen: the guest must come free."""
import concurrent.futures
import os
import resource
import shutil
import signal
import time

import probe
import proc
from cases import case, contains, equal, true, within
from disks import fsfreeze
from host import freeze, status, thaw
from hostclients import Proxmox, Reached
from serial import Port
from stops import PROGRAM, Stop

SOON_S = 2.0   # some hundred milliseconds, on a machine with other work


def _frozen(world, *options, **how):
    """A frozen ext4 and xfs with a hook; agent, client, blocked writers."""
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    hook = world.hook()
    agent, client = world.connect(f"-F{hook}", *options, **how)
    freeze(client, 2)
    return agent, client, probe.frozen("/mnt/a", "/mnt/x")


def _come_free(writers, limit_s=SOON_S):
    began = time.monotonic()
    for writer in writers:
        writer.must_end(max(0.05, limit_s - (time.monotonic() - began)))


def _again(world, agent):
    return world.again(agent, "-F/root/hook")


def _one_freezer(agent):
    freezers = agent.freezers()
    equal(len(freezers), 1, "freezers")
    return freezers[0]


def _signal_thaws(world, number):
    agent, _, writers = _frozen(world)
    agent.send_signal(number)
    _come_free(writers)
    equal(agent.wait(), 0, "exit status")
    equal(world.hook_calls(), ["freeze", "thaw"])
    within(5, lambda: agent.freezers() == [], "the freezer ends, too")


@case(differs="D6: SIGTERM is ignored while frozen", limit=20)
def term_while_frozen_thaws_and_ends(world):
    _signal_thaws(world, signal.SIGTERM)


@case(differs="D6: SIGINT is ignored while frozen", limit=20)
def int_while_frozen_thaws_and_ends(world):
    _signal_thaws(world, signal.SIGINT)


@case(differs="it dies of SIGHUP and leaves the guest frozen", limit=20)
def hup_while_frozen_thaws_and_ends(world):
    _signal_thaws(world, signal.SIGHUP)


@case(differs="D13: the freeze is answered with success and then undone", limit=20)
def term_during_the_hook_fails_the_freeze_and_undoes_the_hook(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 3")
    agent, client = world.connect(f"-F{hook}")
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    agent.send_signal(signal.SIGTERM)
    line = client.line()
    true(line.startswith(b'{"error"'), f"answered {line!r}")
    equal(agent.wait(), 0, "exit status")
    equal(world.hook_calls(), ["freeze", "thaw"])
    probe.writable("/mnt/a")


@case(differs="D5: the guest stays frozen", limit=20)
def kill_9_of_the_agent_thaws_the_guest(world):
    agent, _, writers = _frozen(world)
    agent.kill()
    _come_free(writers)
    second = _again(world, agent)
    with second.client() as client:
        within(10, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
        within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
        freeze(client, 2)
        writers = probe.frozen("/mnt/a", "/mnt/x")
        thaw(client, 2)
    _come_free(writers)
    equal(second.stop(), 0, "exit status")


@case(own="qemu-ga has no freezer", limit=30)
def kill_9_of_the_agent_thaws_a_stack_the_wrong_way_round(world):
    world.disk("ext4", "/mnt/lower", size=96 << 20)
    world.disk("ext4", "/mnt/upper", image="/mnt/lower/image")
    world.hook()
    agent, client = world.connect()
    for _ in range(3):
        freeze(client, 2)
        writers = probe.frozen("/mnt/lower", "/mnt/upper")
        agent.kill()
        _come_free(writers)
        agent = _again(world, agent)
        client = agent.client()
        within(10, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")


@case(limit=30)
def after_kill_9_of_everything_the_restarted_agent_is_frozen_and_thaws(world):
    agent, _, writers = _frozen(world)
    agent.kill_all()
    time.sleep(0.3)
    for writer in writers:
        writer.must_be_blocked()
    second = _again(world, agent)
    with second.client() as client:
        status(client, "frozen")
        equal(client.refusal("guest-fsfreeze-freeze").error_class, "CommandNotFound")
        thaw(client, 2)
        status(client, "thawed")
        _come_free(writers)
        equal(world.hook_calls(), ["freeze", "thaw"])
        freeze(client, 2)
        thaw(client, 2)
    equal(second.stop(), 0, "exit status")


@case(own="qemu-ga has no freezer", limit=30)
def term_ends_a_restarted_agent_that_came_up_frozen(world):
    agent, _, writers = _frozen(world)
    agent.kill_all()
    second = _again(world, agent)
    with second.client() as client:
        status(client, "frozen")
    equal(second.stop(), 0, "exit status")
    _come_free(writers)
    equal(world.hook_calls(), ["freeze", "thaw"])


@case(own="qemu-ga has no second process", limit=40)
def hooks_that_no_recovery_could_be_started_for_are_undone_by_the_next_agent(world):
    program = shutil.copy(world.program, "/root/agent")
    world.disk("ext4", "/mnt/a")
    agent = world.agent(program=program).start(f"-F{world.hook()}")
    freeze(agent.client(), 1)
    writers = probe.frozen("/mnt/a")
    freezers = agent.freezers()
    os.chmod(program, 0o600)   # nobody can execute it
    agent.kill()
    _come_free(writers)
    within(5, lambda: all(proc.has_ended(pid) for pid in freezers), "the freezer ends")
    equal(world.hook_calls(), ["freeze"], "calls of the hook")
    agent = _again(world, agent)
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the next agent undoes the hook")
    with agent.client() as client:
        within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
        freeze(client, 1)
        thaw(client, 1)
    equal(world.hook_calls(), ["freeze", "thaw"] * 2, "calls of the hook")


def _dies_and_its_hook_is_undone_until_go(world):
    """The agent that was killed; its recovery undoes the hook, which ends when /run/go is there."""
    world.disk("ext4", "/mnt/a")
    hook = world.hook(thaw="while [ ! -e /run/go ]; do sleep 0.02; done")
    agent, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    writers = probe.frozen("/mnt/a")
    agent.kill()
    _come_free(writers)
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is being undone")
    return agent


@case(own="qemu-ga has no second process", limit=40)
def a_recovery_that_is_stopped_keeps_no_freeze_waiting(world):
    agent = _dies_and_its_hook_is_undone_until_go(world)
    recovery, = agent.recoveries()
    os.kill(recovery, signal.SIGSTOP)
    within(2, lambda: proc.state(recovery) == "T", "the recovery is stopped")
    open("/run/go", "w").close()
    with _again(world, agent).client() as client:
        status(client, "thawed")
        freeze(client, 1)
        writers = probe.frozen("/mnt/a")
        thaw(client, 1)
        _come_free(writers)
    equal(proc.has_ended(recovery), True, "the recovery was killed")
    # Nobody knows how the call that was cut off has ended.
    equal(world.hook_calls(), ["freeze", "thaw", "thaw", "freeze", "thaw"])


@case(own="qemu-ga has no second process, and its hooks die with it", limit=40)
def a_backup_after_a_restart_is_of_a_frozen_guest_although_old_hooks_are_still_undone(world):
    """qemu-server since 9.1.10 asks first: of a guest that says frozen it takes the backup without a freeze."""
    agent = _dies_and_its_hook_is_undone_until_go(world)
    host = Proxmox(Reached(_again(world, agent)))
    equal(host.call("guest-ping"), {})
    equal(host.call("guest-fsfreeze-status"), "thawed", "status")
    with concurrent.futures.ThreadPoolExecutor(1) as aside:
        answer = aside.submit(host.call, "guest-fsfreeze-freeze")
        true(not concurrent.futures.wait([answer], 0.5).done, "the freeze waits for the old hook")
        equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook meanwhile")
        open("/run/go", "w").close()
        equal(answer.result(), 1, "answer to freeze")
    writers = probe.frozen("/mnt/a")
    equal(host.call("guest-fsfreeze-thaw"), 1, "answer to thaw")
    for writer in writers:
        writer.must_end()
    equal(world.hook_calls(), ["freeze", "thaw"] * 2, "calls of the hook")


def _dies_before_it_says_what_another_thawed(world, point):
    world.disk("ext4", "/mnt/a")
    stop = Stop(point)
    agent = world.agent(PROGRAM).start(f"-F{world.hook()}", env=stop.environment)
    client = agent.client()
    freeze(client, 1)
    fsfreeze("/mnt/a", thaw=True)
    client.request("guest-fsfreeze-thaw")
    stop.wait()
    agent.kill()
    stop.release()
    within(5, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
    with _again(world, agent).client() as client:
        contains(client.refusal("guest-fsfreeze-thaw").desc, "somebody else thawed a filesystem")
        thaw(client, 0)


@case(own="qemu-ga does not notice what other programs thaw", once=True)
def what_another_program_thawed_is_told_although_the_agent_died_before_its_answer(world):
    _dies_before_it_says_what_another_thawed(world, "freezer:thaw-asked")


@case(own="qemu-ga does not notice what other programs thaw", once=True)
def the_same_if_the_agent_died_when_all_was_undone(world):
    _dies_before_it_says_what_another_thawed(world, "agent:thawed")


@case(own="qemu-ga has no freezer", limit=30)
def kill_9_of_the_freezer_thaws_the_guest(world):
    agent, client, writers = _frozen(world)
    os.kill(_one_freezer(agent), signal.SIGKILL)
    _come_free(writers)
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
    within(10, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
    client.request("guest-fsfreeze-thaw")
    client.line()   # 0, or once the error that says what happened
    thaw(client, 0)
    freeze(client, 2)
    thaw(client, 2)
    equal(agent.stop(), 0, "exit status")


def _without_descriptors(agent):
    """It can open nothing from here on; returns the way back."""
    _, most = resource.prlimit(agent.pid, resource.RLIMIT_NOFILE)
    used = {int(fd) for fd in os.listdir(f"/proc/{agent.pid}/fd")}
    few = 8   # none of these is closed with the freezer
    true(set(range(few)) <= used, f"the descriptors in use: {sorted(used)}")
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, (few, most))
    return lambda: resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, (most, most))


@case(own="qemu-ga has no freezer", limit=30)
def a_lost_freezer_that_cannot_be_replaced_is_told_as_frozen_until_it_can(world):
    agent, client, writers = _frozen(world, "--hold-timeout=30")
    undo = _without_descriptors(agent)
    os.kill(_one_freezer(agent), signal.SIGKILL)
    within(10, lambda: agent.freezers() == [], "the freezer ends")
    desc = client.refusal("guest-fsfreeze-thaw").desc
    # The thaw comes before the agent has seen the death, or after it: two ways to say it.
    contains(desc, "frozen", "error of the thaw")
    contains(desc, "the next thaw tries again", "error of the thaw")
    status(client, "frozen")
    for writer in writers:
        writer.must_be_blocked()
    equal(world.hook_calls(), ["freeze"], "calls of the hook")
    undo()
    thaw(client, 2)   # it has held until here: nothing is owed
    _come_free(writers)
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")
    thaw(client, 0)
    freeze(client, 2)
    thaw(client, 2)
    equal(agent.stop(), 0, "exit status")


@case(own="qemu-ga has no freezer", limit=60)
def a_lost_freezer_that_cannot_be_replaced_at_once_is_replaced_later(world):
    agent, client, writers = _frozen(world, "--hold-timeout=1")
    undo = _without_descriptors(agent)
    os.kill(_one_freezer(agent), signal.SIGKILL)
    within(10, lambda: agent.freezers() == [], "the freezer ends")
    status(client, "frozen")
    undo()
    _come_free(writers, 30)   # without a word from the host: the limit has passed
    within(5, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
    contains(client.refusal("guest-fsfreeze-thaw").desc, "fsfreeze is limited to 1 seconds")
    equal(world.hook_calls(), ["freeze", "thaw"], "calls of the hook")


@case(own="qemu-ga has no freezer", limit=30)
def term_of_the_freezer_thaws_the_guest(world):
    agent, client, writers = _frozen(world)
    os.kill(_one_freezer(agent), signal.SIGTERM)
    _come_free(writers)
    within(10, lambda: client.call("guest-fsfreeze-status") == "thawed", "thawed")
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
    true(agent.alive(), "the agent ended")


@case(own="qemu-ga has no freezer", limit=30)
def a_freezer_that_is_killed_before_the_freeze_fails_it(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="while [ ! -e /run/go ]; do sleep 0.05; done")
    agent, client = world.connect(f"-F{hook}")
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    os.kill(_one_freezer(agent), signal.SIGKILL)
    open("/run/go", "w").close()
    contains(client.line(15).decode(), "the freezer process was lost", "the answer to freeze")
    status(client, "thawed")
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
    probe.writable("/mnt/a")


@case(differs="D5: nobody undoes the hook", limit=30)
def kill_9_during_the_hook_is_undone_by_the_restarted_agent(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="echo $$ > /run/pid; sleep 1000")
    agent, client = world.connect(f"-F{hook}")
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: os.path.exists("/run/pid") and os.path.getsize("/run/pid"), "the hook runs")
    agent.kill()
    second = _again(world, agent)
    with second.client() as again:
        within(15, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
        within(10, lambda: again.call("guest-fsfreeze-status") == "thawed", "thawed")
    with open("/run/pid") as f:
        pid = int(f.read())
    within(5, lambda: proc.has_ended(pid), "the hook's freeze side is ended")
    probe.writable("/mnt/a")


@case(differs="D19: after the end of the line it is deaf, and the guest frozen for ever", limit=25)
def a_port_that_disappears_while_frozen_thaws_and_ends(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook()
    port = Port("/run/port", raw=False)
    agent = world.start(f"-F{hook}", method="isa-serial", path=port.path)
    port.wait_until_raw()
    freeze(port, 1)
    writer, = probe.frozen("/mnt/a")
    port.hang_up()
    writer.must_end(5)
    equal(agent.wait(), 0, "exit status")
    equal(world.hook_calls(), ["freeze", "thaw"])


@case(own="what is left in /run is ours")
def after_a_freeze_no_process_is_left(world):
    agent, client, writers = _frozen(world)
    thaw(client, 2)
    _come_free(writers)
    within(5, lambda: agent.freezers() == [], "the freezer ends")
    equal(agent.stop(), 0, "exit status")
