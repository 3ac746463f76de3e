# SPDX-License-Identifier: MIT
"""frost-ga check: what it finds in a real system, and the freeze that it does to be sure."""
import json
import os
import shutil
import signal
import subprocess

import probe
from cases import case, contains, equal, true, within
from disks import fsfreeze
from host import freeze, status, thaw

OURS = "qemu-ga has no such command"


def _check(world, *options, code, limit_s=20):
    run = world.run("check", *options, limit_s=limit_s)
    if code is None:   # the kernel of the machine has a say in it
        true(run.returncode in (0, 2), f"exit status {run.returncode} after {run.stdout!r}")
        return run
    equal(run.returncode, code, f"exit status after {run.stdout!r}, {run.stderr!r}")
    return run


def _found(world, *options, code):
    """The findings by topic: {topic: [(grade, text)]}, and the whole document."""
    document = json.loads(_check(world, "--json", *options, code=code).stdout)
    found = {}
    for finding in document["findings"]:
        found.setdefault(finding["topic"], []).append((finding["grade"], finding["text"]))
    return found, document


def _grade(found, topic, part):
    for grade, text in found.get(topic, []):
        if part in text:
            return grade
    return None


@case(own=OURS)
def an_agent_that_is_running_is_judged_as_it_was_started(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{world.hook()}", "--exclude=/mnt/b")
    found, document = _found(world, code=None)
    contains(found["agent"][0][1], f"pid {agent.pid}")
    equal(_grade(found, "port", f"a program listens on {agent.socket_path}"), "ok")
    equal(_grade(found, "hooks", "1 of /root/hook would run"), "ok")
    equal(_grade(found, "filesystems", "1 would be frozen"), "ok")
    equal(document["freeze"], None)
    status(client, "thawed")
    equal(world.hook_calls(), [])


@case(own=OURS)
def without_an_agent_and_a_port_it_says_so(world):
    found, document = _found(world, "-t/run", code=1)
    equal(document["grade"], "problem")
    equal(_grade(found, "agent", "no frost-ga is running"), "warning")
    equal(_grade(found, "port", "there is no /dev/virtio-ports/org.qemu.guest_agent.0"), "problem")
    equal(_grade(found, "filesystems", "nothing to freeze"), "problem")


@case(own=OURS)
def whoever_has_the_port_is_named(world):
    world.disk("ext4", "/mnt/a")
    os.makedirs("/dev/virtio-ports", exist_ok=True)
    os.symlink("/dev/full", "/dev/virtio-ports/org.qemu.guest_agent.0")
    equal(_grade(_found(world, "-t/run", code=2)[0], "port", "no other process has it open"), "ok")
    shutil.copy(shutil.which("sleep"), "/run/qemu-ga")
    held = os.open("/dev/full", os.O_WRONLY)
    with subprocess.Popen(["/run/qemu-ga", "60"], stdout=held) as other:
        os.close(held)
        found, _ = _found(world, "-t/run", code=1)
        other.kill()
    equal(_grade(found, "port", f"is taken by qemu-ga (pid {other.pid})"), "problem")


@case(own=OURS)
def a_lack_of_rights_is_a_problem(world):
    world.disk("ext4", "/mnt/a")
    run = subprocess.run(["setpriv", "--bounding-set=-sys_admin", world.program, "check", "-t/run"],
                         capture_output=True, text=True, check=False, timeout=20)
    equal(run.returncode, 1)
    contains(run.stdout, "without CAP_SYS_ADMIN")


@case(own=OURS)
def files_of_the_agent_on_what_would_be_frozen_are_named(world):
    world.disk("ext4", "/mnt/a")
    os.makedirs("/mnt/a/state")
    os.symlink("/mnt/a/state", "/run/link")
    found, _ = _found(world, "-t/run/link", "-l/mnt/a/later/agent.log", "-munix-listen",
                      "-p/mnt/a/sock", code=1)
    equal(_grade(found, "places", "the state directory /run/link is on /mnt/a"), "warning")
    equal(_grade(found, "places", "the log /mnt/a/later/agent.log is on /mnt/a"), "ok")
    equal(_grade(found, "places", "the socket /mnt/a/sock is on /mnt/a"), "warning")


@case(own=OURS)
def a_hook_that_others_could_change_is_named(world):
    world.disk("ext4", "/mnt/a")
    os.chmod(world.hook(), 0o777)
    found, _ = _found(world, "-F/root/hook", "-t/run", "-munix-listen", "-p/run/none", code=1)
    equal(_grade(found, "hooks", "/root/hook is refused"), "problem")
    equal(world.run("hooks", "list", "-F/root/hook").returncode, 1)


@case(own=OURS)
def a_hook_that_is_not_there_is_named(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect("-F/root/none")
    equal(_grade(_found(world, code=1)[0], "hooks", "/root/none is refused: No such"), "problem")
    listed = world.run("hooks", "list", "-F/root/none")
    equal((listed.returncode, "refused: No such file" in listed.stdout), (1, True))
    client.refusal("guest-fsfreeze-freeze")   # for this it is a problem


@case(own=OURS)
def a_freeze_under_way_is_a_problem_of_check_freeze(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    freeze(client, 1)
    found, _ = _found(world, "--freeze", code=1)
    equal(_grade(found, "freeze", "a freeze is under way"), "problem")
    thaw(client, 1)
    probe.writable("/mnt/a")


@case(own=OURS)
def a_trial_freezes_and_thaws_and_tells_the_window(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    agent, client = world.connect(f"-F{world.hook()}")
    text = _check(world, "--freeze=1", code=None).stdout
    contains(text, "2 filesystems were frozen and thawed again")
    contains(text, "FIFREEZE")
    found, document = _found(world, "--freeze=300", code=None)
    equal(_grade(found, "freeze", "2 filesystems were frozen and thawed again"), "ok")
    equal([fs["outcome"] for fs in document["freeze"]["filesystems"]
           if fs["mount_point"] in ("/mnt/a", "/mnt/x")], ["frozen", "frozen"])
    true(document["freeze"]["window_us"] >= 290000, f"{document['freeze']['window_us']} us")
    equal(world.hook_calls(), ["freeze", "thaw"] * 2)
    status(client, "thawed")
    freeze(client, 2)   # and its agent is as able as before
    thaw(client, 2)


@case(own=OURS)
def a_trial_without_an_agent_is_possible(world):
    world.disk("ext4", "/mnt/a")
    os.makedirs("/run/state", exist_ok=True)
    found, _ = _found(world, "--freeze=1", "-t/run/state", "-munix-listen", "-p/run/none", code=1)
    equal(_grade(found, "freeze", "1 filesystem was frozen and thawed again"), "ok")


@case(own=OURS)
def a_filesystem_that_somebody_else_froze_is_told(world):
    world.disk("ext4", "/mnt/a")
    fsfreeze("/mnt/a")
    os.makedirs("/run/state", exist_ok=True)
    found, document = _found(world, "--freeze=1", "-t/run/state", code=1)
    equal(_grade(found, "freeze", "0 filesystems were frozen"), "problem")
    equal(document["freeze"]["filesystems"][0]["outcome"], "foreign")
    fsfreeze("/mnt/a", thaw=True)


def _in_trial(world, number):
    """A trial that is ended from outside while it holds the filesystem."""
    world.disk("ext4", "/mnt/a")
    os.makedirs("/run/state", exist_ok=True)
    hook = world.hook()
    with open("/run/check.out", "wb") as out:
        trial = subprocess.Popen([world.program, "check", "--freeze=10000", "-t/run/state",
                                  f"-F{hook}"], stdout=out, stderr=out)
    within(10, _is_frozen, "the filesystem is frozen")
    writers = probe.frozen("/mnt/a")
    trial.send_signal(number)
    trial.wait(20)
    for writer in writers:
        writer.must_end(5)
    within(10, lambda: world.hook_calls() == ["freeze", "thaw"], "the hook is undone")
    return trial


def _is_frozen():
    """The hook has run, and the ledger says frozen: `frost-ga status` reads it."""
    return b'"frozen"' in subprocess.run(["/agent/frost-ga", "status", "-j", "-t/run/state"],
                                         capture_output=True, check=False, timeout=20).stdout


@case(own=OURS)
def an_interrupted_trial_thaws(world):
    trial = _in_trial(world, signal.SIGINT)
    equal(trial.returncode, 1)
    with open("/run/check.out", encoding="utf-8") as f:
        contains(f.read(), "interrupted")


@case(own=OURS)
def a_killed_trial_is_thawed(world):
    _in_trial(world, signal.SIGKILL)
