# SPDX-License-Identifier: MIT
"""The hook: up before the first filesystem is frozen, down after the last is thawed."""
import os
import time

import probe
import proc
from cases import case, contains, equal, true, within
from host import freeze, status, thaw


def _refused(world, client, *parts):
    """The freeze is answered by an error with these parts, and nothing is frozen."""
    refusal = client.refusal("guest-fsfreeze-freeze", limit_s=15)
    equal(refusal.error_class, "GenericError")
    for part in parts:
        contains(refusal.desc, part, "error")
    status(client, "thawed")
    probe.writable("/mnt/a")
    return refusal


@case()
def the_hook_runs_while_nothing_is_frozen(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="touch /mnt/a/before", thaw="touch /mnt/a/after")
    _, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    equal(world.hook_calls(), ["freeze"])
    true(os.path.exists("/mnt/a/before"), "the hook did not write")
    true(not os.path.exists("/mnt/a/after"), "the thaw hook ran early")
    writer, = probe.frozen("/mnt/a")
    thaw(client, 1)
    writer.must_end()
    equal(world.hook_calls(), ["freeze", "thaw"])
    true(os.path.exists("/mnt/a/after"), "the thaw hook did not write")


@case()
def the_hook_comes_from_the_config_too(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook()
    with open("/run/ga.conf", "w") as f:
        f.write(f"[general]\nfsfreeze-hook={hook}\n")
    agent = world.agent().start(env={"QGA_CONF": "/run/ga.conf"})
    with agent.client() as client:
        freeze(client, 1)
        thaw(client, 1)
    equal(world.hook_calls(), ["freeze", "thaw"])


def _ways_to_say(path):
    """Options and config file of an agent whose hook this is, for each way to name it."""
    config = f"[general]\nfsfreeze-hook={path}\n"
    return [([f"-F{path}"], None), ([f"--fsfreeze-hook={path}"], None), ([], config),
            ([f"-F{path}"], "[general]\nfsfreeze-hook=/no/such/hook\n")]


@case(differs="a path that cannot be executed fails every freeze, /dev/null too")
def the_null_device_is_no_hook_however_it_is_set(world):
    world.disk("ext4", "/mnt/a")
    os.symlink("/dev/null", "/root/masked")
    for options, config in _ways_to_say("/dev/null") + _ways_to_say("/root/masked"):
        with open("/run/ga.conf", "w") as f:
            f.write(config or "")
        env = {"QGA_CONF": "/run/ga.conf"}
        agent = world.agent().start(*options, env=env)
        with agent.client() as client:
            freeze(client, 1)
            thaw(client, 1)
        equal(agent.stop(), 0, "exit status")


@case()
def the_hook_has_a_session_of_its_own_and_no_input(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="ls -l /proc/$$/fd/0 > /run/input; cat /proc/$$/stat > /run/stat; "
                             "ls /proc/$$/fd > /run/files")
    _, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    thaw(client, 1)
    with open("/run/input") as f:
        contains(f.read(), "/dev/null")
    with open("/run/stat") as f:
        fields = f.read().rsplit(")", 1)
    equal(fields[1].split()[3], fields[0].split()[0], "session")
    with open("/run/files") as f:
        # 255 or 10 is the shell's own, for its script
        equal([fd for fd in f.read().split() if 2 < int(fd) < 10], [], "open files of the hook")


@case(differs="D10: the thaw hook is not run")
def a_hook_that_fails_fails_the_freeze_and_is_undone(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="echo the database is away; exit 3")
    _, client = world.connect(f"-F{hook}")
    refusal = _refused(world, client, "child process has failed to execute fsfreeze hook: ")
    contains(refusal.desc, "the database is away")
    equal(world.hook_calls(), ["freeze", "thaw"])


@case()
def a_failed_freeze_is_followed_by_one_that_succeeds(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="test -e /run/ready")
    _, client = world.connect(f"-F{hook}")
    _refused(world, client)
    open("/run/ready", "w").close()
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    thaw(client, 1)
    writer.must_end()


@case(differs="7.2 has another text", of="7.2")
def a_hook_that_ends_by_a_signal_fails_the_freeze(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="kill -9 $$")
    _, client = world.connect(f"-F{hook}")
    _refused(world, client, "child process has terminated abnormally")


@case()
def a_hook_that_is_not_there_is_a_clear_error(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect("-F/run/no-such-hook")
    _refused(world, client, "fsfreeze hook", "/run/no-such-hook", "No such file or directory")


@case()
def a_hook_that_may_not_be_executed_is_a_clear_error(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook()
    os.chmod(hook, 0o644)
    _, client = world.connect(f"-F{hook}")
    _refused(world, client, "fsfreeze hook", hook, "Permission denied")


def _pids(path):
    with open(path) as f:
        return [int(word) for word in f.read().split()]


def _alive(pid):
    return not proc.has_ended(pid)


@case(own="--hook-timeout; qemu-ga waits for ever (D1)")
def a_hook_that_hangs_is_ended_with_all_its_children(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="sleep 1000 & echo $! $$ > /run/pids; sleep 1000")
    _, client = world.connect(f"-F{hook}", "--hook-timeout=1")
    began = time.monotonic()
    _refused(world, client, hook)
    took = time.monotonic() - began
    true(0.99 < took < 12, f"answered after {took:.1f} s")
    within(5, lambda: not any(_alive(pid) for pid in _pids("/run/pids")), "its group is ended")
    equal(world.hook_calls(), ["freeze", "thaw"])


@case(own="--hook-timeout; qemu-ga waits for ever (D1)")
def a_hook_that_ignores_term_is_ended_all_the_same(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="trap '' TERM; sh -c \"trap '' TERM; while :; do sleep 1; done\" & "
                             "echo $! $$ > /run/pids; while :; do sleep 1; done")
    _, client = world.connect(f"-F{hook}", "--hook-timeout=1")
    _refused(world, client, hook)
    within(10, lambda: not any(_alive(pid) for pid in _pids("/run/pids")), "its group is ended")


@case()
def a_hook_that_leaves_a_child_with_its_output_open_delays_nothing(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="echo begun; sleep 25 &", thaw="sleep 25 &")
    _, client = world.connect(f"-F{hook}")
    began = time.monotonic()
    freeze(client, 1)
    thaw(client, 1)
    took = time.monotonic() - began
    true(took < 5, f"took {took:.1f} s")


@case()
def a_hook_that_talks_much_is_read_to_its_end(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(freeze="i=0; while [ $i -lt 4000 ]; do echo 'a line of output of the hook "
                             "that nobody reads'; i=$((i+1)); done")
    _, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    thaw(client, 1)


@case(differs="D11: the thaw is answered with an error")
def a_thaw_hook_that_fails_does_not_turn_the_answer_into_an_error(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(thaw="echo it went wrong; exit 5")
    _, client = world.connect(f"-F{hook}")
    freeze(client, 1)
    thaw(client, 1)
    status(client, "thawed")
    equal(world.hook_calls(), ["freeze", "thaw"])


@case(own="--hook-timeout; qemu-ga waits for ever (D1)")
def a_thaw_hook_that_hangs_keeps_nobody_frozen(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook(thaw="sleep 1000")
    _, client = world.connect(f"-F{hook}", "--hook-timeout=1")
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    client.request("guest-fsfreeze-thaw")
    writer.must_end(0.9)
    equal(client.answer(10), 1)
    status(client, "thawed")


@case(differs="D10: the thaw hook is not run")
def a_freeze_of_nothing_undoes_the_hook(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook()
    _, client = world.connect(f"-F{hook}")
    freeze(client, 0, [])
    status(client, "thawed")
    true(world.hook_calls() in ([], ["freeze", "thaw"]), f"hook calls {world.hook_calls()}")
    freeze(client, 0, ["/no/such/path"])
    true(world.hook_calls().count("freeze") == world.hook_calls().count("thaw"),
         f"hook calls {world.hook_calls()}")


@case(differs="it runs the thaw hook at every thaw")
def a_thaw_when_thawed_runs_no_hook(world):
    world.disk("ext4", "/mnt/a")
    hook = world.hook()
    _, client = world.connect(f"-F{hook}")
    thaw(client, 0)
    equal(world.hook_calls(), [])
    freeze(client, 1)
    thaw(client, 1)
    thaw(client, 0)
    equal(world.hook_calls(), ["freeze", "thaw"])
