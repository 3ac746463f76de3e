# SPDX-License-Identifier: MIT
"""frost-ga thaw: a person in the guest ends a freeze, whoever is left of those that made it."""
import errno
import os
import signal
import subprocess

import kernel
import probe
import proc
from cases import case, contains, equal, true, within
from disks import fsfreeze
from host import freeze, status, thaw

OURS = "qemu-ga has no such command"


def _frozen(world, *options):
    """Two frozen filesystems with a hook; agent, client, blocked writers."""
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    agent, client = world.connect(f"-F{world.hook()}", "--hold-timeout=30", *options)
    freeze(client, 2)
    return agent, client, probe.frozen("/mnt/a", "/mnt/x")


def _rescue(world, code, *words, statedir="/run/state", limit_s=20):
    """frost-ga thaw; what it prints has these words."""
    run = world.run("thaw", f"--statedir={statedir}", limit_s=limit_s)
    for word in words:
        contains(run.stdout, word, "output of frost-ga thaw")
    equal(run.returncode, code, f"exit status after {run.stdout!r}, {run.stderr!r}")
    equal(run.stderr, "", "standard error")


def _kill_all(agent):
    equal(len(agent.kill_all()), 2, "processes")


def _again(world, agent, *options):
    return world.restart(agent, "-F/root/hook", *options)


def _come_free(world, writers):
    for writer in writers:
        writer.must_end(2)
    equal(world.hook_calls(), ["freeze", "thaw"])


def _is_owed(client):
    desc = client.refusal("guest-fsfreeze-thaw").desc
    contains(desc, "fsfreeze is limited to 30 seconds", "error of the thaw")
    contains(desc, "called frost-ga thaw", "error of the thaw")
    thaw(client, 0)


def _works_again(client):
    freeze(client, 2)
    probe.frozen("/mnt/a", "/mnt/x")
    thaw(client, 2)
    thaw(client, 0)


@case(own=OURS, limit=30)
def where_nothing_is_frozen_it_says_so(world):
    os.makedirs("/run/state")
    _rescue(world, 0, "Nothing is frozen")
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 1)
    thaw(client, 1)
    _rescue(world, 0, "Nothing is frozen")
    status(client, "thawed")
    freeze(client, 1)
    thaw(client, 1)


@case(own=OURS, limit=30)
def a_filesystem_that_another_program_froze_stays_frozen(world):
    os.makedirs("/run/state")
    world.disk("ext4", "/mnt/a")
    fsfreeze("/mnt/a")
    _rescue(world, 0, "Nothing is frozen by frost-ga")
    writers = probe.frozen("/mnt/a")
    fsfreeze("/mnt/a", thaw=True)
    writers[0].must_end()


@case(own=OURS)
def a_wrong_call_is_told_from_a_failure(world):
    for words in (["--what"], ["now"], ["--statedir"]):
        run = world.run("thaw", *words)
        equal(run.returncode, 2, f"exit status of thaw {words}")
        contains(run.stderr, "thaw --help", "standard error")
    run = world.run("thaw", "--statedir=/no/such")
    equal(run.returncode, 1, "exit status")
    contains(run.stderr, "/no/such", "standard error")
    equal(world.run("thaw", "--help").returncode, 0, "exit status")


@case(own=OURS, limit=30)
def a_live_freezer_thaws_and_the_agent_undoes_the_hook(world):
    agent, client, writers = _frozen(world)
    _rescue(world, 0, "Frozen:", f"process {agent.freezers()[0]}", "Thawed: /mnt/", "/mnt/a",
            "/mnt/x", "The hook is undone")
    _come_free(world, writers)
    status(client, "thawed")
    contains(world.run("status", "-t", agent.statedir).stdout, "ended by frost-ga thaw", "status")
    _is_owed(client)
    _works_again(client)
    equal(agent.stop(), 0, "exit status")


@case(own=OURS, limit=30)
def its_output_may_go_to_a_file_that_is_frozen(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect("--hold-timeout=30")
    with open("/mnt/a/output", "wb") as output:
        freeze(client, 1)
        run = subprocess.Popen([world.program, "thaw", "-t", agent.statedir], stdout=output,
                               stderr=output, stdin=subprocess.DEVNULL,
                               env=agent.environment())
        equal(run.wait(15), 0, "exit status")
    with open("/mnt/a/output") as output:
        contains(output.read(), "Thawed: /mnt/a", "output")
    status(client, "thawed")


@case(own=OURS, limit=30)
def what_two_dead_processes_left_is_thawed_and_its_hook_undone(world):
    agent, _, writers = _frozen(world)
    _kill_all(agent)
    for writer in writers:
        writer.must_be_blocked()
    _rescue(world, 0, "Frozen:", "are gone", "Thawed: /mnt/", "The hook is undone")
    _come_free(world, writers)
    equal(agent.freezers(), [], "freezers")
    _rescue(world, 0, "Nothing is frozen")
    contains(world.run("status", "-t", agent.statedir).stdout, "Last freeze", "the history")
    equal(world.hook_calls(), ["freeze", "thaw"])

    other, client = _again(world, agent, "--hold-timeout=30")
    status(client, "thawed")
    _is_owed(client)
    _works_again(client)
    equal(other.stop(), 0, "exit status")


@case(own=OURS, limit=30)
def a_recovery_that_is_under_way_is_waited_for(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(thaw="while [ ! -e /run/go ]; do sleep 0.05; done")
    agent, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    agent.kill()
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the recovery undoes the hook")
    run = subprocess.Popen([world.program, "thaw", "-t", agent.statedir], text=True,
                           stdout=subprocess.PIPE, env=agent.environment())
    contains(run.stdout.readline(), "Nothing is frozen, but", "output")
    contains(run.stdout.readline(), "Asking process", "output")
    open("/run/go", "w").close()
    contains(run.stdout.read(), "The hook is undone", "output")
    equal(run.wait(10), 0, "exit status")
    equal(world.hook_calls(), ["freeze", "thaw"])
    probe.writable("/mnt/a")


@case(own=OURS, limit=30)
def a_rescue_that_is_killed_is_finished_by_its_freezer(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(thaw="while [ ! -e /run/go ]; do sleep 0.05; done")
    agent, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    writers = probe.frozen("/mnt/a")
    _kill_all(agent)
    run = subprocess.Popen([world.program, "thaw", "-t", agent.statedir], text=True,
                           stdout=subprocess.PIPE, env=agent.environment())
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is being undone")
    writers[0].must_end(2)
    run.kill()
    run.wait()
    open("/run/go", "w").close()
    _rescue(world, 0)
    # The side that was cut off by the death is run again, to its end.
    equal(world.hook_calls(), ["freeze", "thaw", "thaw"])
    _rescue(world, 0, "Nothing is frozen")


@case(own=OURS, limit=30)
def a_hook_that_both_dead_owe_is_undone(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 1000")
    agent, client = world.connect(f"-F{hook}")
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    _kill_all(agent)
    _rescue(world, 0, "not undone", "The hook is undone")
    equal(world.hook_calls(), ["freeze", "thaw"])
    probe.writable("/mnt/a")


@case(own=OURS, limit=30)
def a_hook_that_cannot_be_undone_is_a_failure_of_the_rescue(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{world.hook(thaw='exit 3')}")
    freeze(client, 1)
    writers = probe.frozen("/mnt/a")
    _kill_all(agent)
    _rescue(world, 1, "Thawed: /mnt/a", "hook", "failed")
    _come_free(world, writers)


@case(own=OURS, limit=30)
def a_freeze_under_way_is_ended(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 1000")
    agent, client = world.connect(f"-F{hook}")
    client.request("guest-fsfreeze-freeze")
    within(5, lambda: world.hook_calls() == ["freeze"], "the hook runs")
    _rescue(world, 0, "Nothing is frozen, but", "Asking process")
    line = client.line()
    true(line.startswith(b'{"error"'), f"answered {line!r}")
    status(client, "thawed")
    contains(line.decode(), "called frost-ga thaw", "answer to freeze")
    equal(world.hook_calls(), ["freeze", "thaw"])
    probe.writable("/mnt/a")
    equal(agent.stop(), 0, "exit status")


def _rename_the_freezer(statedir, pid, started, stranger):
    """As if the pid had gone round: in the ledger the start time stays."""
    with open(f"{statedir}/frost-ga.ledger", "r+b") as ledger:
        data = ledger.read(64 << 10)
        at = data.index(started.to_bytes(8, "little") + pid.to_bytes(4, "little")) + 8
        ledger.seek(at)
        ledger.write(stranger.to_bytes(4, "little"))


@case(own=OURS, limit=30)
def another_process_with_the_freezers_pid_is_left_alone(world):
    agent, client, writers = _frozen(world)
    freezer, = agent.freezers()
    started = proc.stat(freezer).start
    agent.send_signal(signal.SIGSTOP)
    os.kill(freezer, signal.SIGKILL)
    within(5, lambda: agent.freezers() == [], "the freezer ends")
    stranger = subprocess.Popen(["sleep", "1000"])
    try:
        true(proc.stat(stranger.pid).start != started, "the stranger was started at another time")
        _rename_the_freezer(agent.statedir, freezer, started, stranger.pid)
        run = subprocess.Popen([world.program, "thaw", "-t", agent.statedir], text=True,
                               stdout=subprocess.PIPE, env=agent.environment())
        contains(run.stdout.readline(), "Frozen: ", "output")
        contains(run.stdout.readline(), "There is no freezer to ask", "output")
        agent.send_signal(signal.SIGCONT)
        contains(run.stdout.read(), "Thawed: /mnt/", "output")
        equal(run.wait(10), 0, "exit status")
        equal(stranger.poll(), None, "exit status of the stranger")
    finally:
        stranger.kill()
        stranger.wait()
    _come_free(world, writers)
    status(client, "thawed")


def _unmounted(world, fs_type):
    """Frozen, both killed, and unmounted; the restarted agent is frozen, thaws, all is well."""
    disk = world.disk(fs_type, "/mnt/a")
    agent, client = world.connect("--hold-timeout=30")
    freeze(client, 1)
    _kill_all(agent)
    within(5, lambda: _unmounts("/mnt/a"), "what the dead had open is closed")
    return disk, agent


def _unmounts(path):
    """A killed process may be reaped before the last of its descriptors is closed."""
    try:
        kernel.umount(path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


def _can_be_used_again(disk):
    disk.mount("/mnt/a")
    probe.writable("/mnt/a")


@case(own="qemu-ga cannot even be restarted", limit=40)
def a_filesystem_unmounted_while_frozen_is_thawed_by_a_restarted_agent(world):
    def one(fs_type):
        disk, agent = _unmounted(world, fs_type)
        other, client = world.restart(agent)
        status(client, "frozen")
        thaw(client, 1)
        status(client, "thawed")
        _can_be_used_again(disk)
        freeze(client, 1)
        thaw(client, 1)
        equal(other.stop(), 0, "exit status")
        kernel.umount("/mnt/a")

    for fs_type in ("ext4", "xfs", "btrfs"):
        yield f"{fs_type}, unmounted while frozen, is thawed", lambda t=fs_type: one(t)


@case(own=OURS, limit=30)
def a_filesystem_unmounted_while_frozen_is_thawed_by_the_rescue(world):
    disk, _ = _unmounted(world, "ext4")
    _rescue(world, 0, "Thawed: /mnt/a")
    _can_be_used_again(disk)


@case(own=OURS, limit=30)
def a_filesystem_that_was_unmounted_and_is_gone_is_not_frozen(world):
    disk, agent = _unmounted(world, "ext4")
    disk.mount("/mnt/a")
    fsfreeze("/mnt/a", thaw=True)
    kernel.umount("/mnt/a")
    run = world.run("thaw", "-t", agent.statedir)
    equal(run.returncode, 0, f"exit status after {run.stdout!r}, {run.stderr!r}")
    _rescue(world, 0, "Nothing is frozen")
    _can_be_used_again(disk)
