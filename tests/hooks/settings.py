# SPDX-License-Identifier: MIT
"""Every command for a person is about the agent that runs, however that was told its settings."""
import json
import os

import probe
from cases import case, contains, equal, true
from host import freeze, status

OWN = "commands of frost-ga"
_HOOK = "/root/hook"
_GENERAL = f"[general]\nfsfreeze-hook={_HOOK}\n"
_EXCLUDE = "[fsfreeze]\nexclude=/mnt/b\n"


def _write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    return path


def _default_hook():
    os.makedirs("/etc/qemu", exist_ok=True)
    if not os.path.exists("/etc/qemu/fsfreeze-hook"):
        os.symlink(_HOOK, "/etc/qemu/fsfreeze-hook")
    return "-F"


def _in_root():
    os.chdir("/root")


# name: how the agent is told its hook and that /mnt/b is excluded
_WAYS = {
    "-F and its path, as RHEL's unit has it":
        lambda: {"options": [f"-F{_HOOK}", "--exclude=/mnt/b"]},
    "-F alone": lambda: {"options": [_default_hook(), "--exclude", "/mnt/b"]},
    "long options": lambda: {"options": [f"--fsfreeze-hook={_HOOK}", "--exclude=/mnt/b"]},
    "abbreviated options": lambda: {"options": [f"--fs={_HOOK}", "--exc=/mnt/b"]},
    "a relative path": lambda: {"options": ["-F./hook", "--exclude=/mnt/b"], "preexec": _in_root},
    "-c": lambda: {"options": ["-c", _write("/run/a.conf", _GENERAL + _EXCLUDE)]},
    "-c and a relative path":
        lambda: {"options": [f"-c{os.path.basename(_write('/root/b.conf', _GENERAL + _EXCLUDE))}"],
                 "preexec": _in_root},
    "QGA_CONF": lambda: {"options": [],
                         "env": {"QGA_CONF": _write("/run/c.conf", _GENERAL + _EXCLUDE)}},
    "QGA_CONF and options":
        lambda: {"options": [f"-F{_HOOK}"], "env": {"QGA_CONF": _write("/run/d.conf", _EXCLUDE)}},
    "the config file": lambda: {"options": []} if _write("/etc/qemu/qemu-ga.conf",
                                                         _GENERAL + _EXCLUDE) else None,
}


def _the_hook_is_known(world):
    listed = world.run("hooks", "list")
    equal(listed.returncode, 0, f"exit status of hooks list: {listed.stdout}{listed.stderr}")
    contains(listed.stdout, "hook", "hooks list")
    checked = world.run("check", "--json")
    texts = [f["text"] for f in json.loads(checked.stdout)["findings"] if f["topic"] == "hooks"]
    true(any(text.startswith("1 of /") for text in texts), f"check says {texts}")
    run = world.run("hooks", "run", "freeze")
    equal(run.returncode, 0, f"exit status of hooks run: {run.stdout}{run.stderr}")
    equal(world.hook_calls(), ["freeze", "thaw"])
    equal(world.run("hooks", "run", "thaw").returncode, 0, "exit status of hooks run thaw")
    equal(world.hook_calls(), ["freeze", "thaw", "thaw"])


def _the_exclusion_is_known(world):
    plan = world.run("plan", "--json")
    equal(plan.returncode, 0, f"exit status of plan: {plan.stdout}{plan.stderr}")
    found = {fs["mount_point"]: fs["verdict"] for fs in json.loads(plan.stdout)["filesystems"]}
    equal((found["/mnt/a"], found["/mnt/b"]), ("freeze", "excluded"), "verdicts of plan")


def _its_state_is_known(world, client):
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    contains(world.run("status").stdout, "/mnt/a", "status")
    equal(world.run("thaw").returncode, 0, "exit status of thaw")
    writer.must_end()
    status(client, "thawed")


def _asked(world, way):
    for point in ("/mnt/a", "/mnt/b"):
        world.disk("ext4", point)
    world.hook(path=_HOOK)
    how = _WAYS[way]()
    agent = world.agent(statedir="/run/elsewhere").start(*how.pop("options"), **how)
    with agent.client() as client:
        _the_hook_is_known(world)
        _the_exclusion_is_known(world)
        _its_state_is_known(world, client)


@case(own=OWN, limit=60)
def hooks_set_by_the_path_behind_the_letter_are_known(world):
    _asked(world, "-F and its path, as RHEL's unit has it")


@case(own=OWN, limit=60)
def hooks_set_by_the_letter_alone_are_known(world):
    _asked(world, "-F alone")


@case(own=OWN, limit=60)
def long_options_of_the_running_agent_are_known(world):
    _asked(world, "long options")


@case(own=OWN, limit=60)
def abbreviated_options_of_the_running_agent_are_known(world):
    _asked(world, "abbreviated options")


@case(own=OWN, limit=60)
def relative_paths_are_from_where_the_agent_works(world):
    _asked(world, "a relative path")


@case(own=OWN, limit=60)
def another_config_file_of_the_running_agent_is_known(world):
    _asked(world, "-c")


@case(own=OWN, limit=60)
def a_config_file_with_a_relative_path_is_known(world):
    _asked(world, "-c and a relative path")


@case(own=OWN, limit=60)
def the_config_file_of_the_environment_is_known(world):
    _asked(world, "QGA_CONF")


@case(own=OWN, limit=60)
def options_and_environment_together_are_known(world):
    _asked(world, "QGA_CONF and options")


@case(own=OWN, limit=60)
def the_usual_config_file_is_known(world):
    _asked(world, "the config file")
