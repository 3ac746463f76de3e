# SPDX-License-Identifier: MIT
"""guest-shutdown and guest-suspend-*: who is asked, with programs that only note what they are told.

The agents may not stop the machine, and nobody here sees /sys/power.
"""
import os

import proc
from cases import case, contains, equal, within
from twins import harmless, hide_power

TOLD = "/run/told"


def _program(name, does="exit 0"):
    """In a folder of its own, found by PATH: there is no such program in an arena's /sbin."""
    os.makedirs("/root/bin", exist_ok=True)
    with open(f"/root/bin/{name}", "w") as f:
        f.write(f'#!/bin/sh\necho "{name} $*" >> {TOLD}\n{does}\n')
    os.chmod(f"/root/bin/{name}", 0o755)


def _connect(world):
    hide_power()
    return world.connect("-v", env={"PATH": f"/root/bin:{os.environ['PATH']}"}, preexec=harmless)


def _told():
    if not os.path.exists(TOLD):
        return []
    with open(TOLD) as f:
        return f.read().splitlines()


@case(own="asks /sbin/shutdown only")
def a_shutdown_that_is_under_way_is_not_answered(world):
    _program("shutdown")
    _, client = _connect(world)
    for mode in (None, "powerdown", "halt", "reboot"):
        client.request("guest-shutdown", {"mode": mode} if mode else None, id=1)
    equal(client.call("guest-ping"), {})   # the first answer there is
    equal(_told(), [f"shutdown -h {flag} +0 hypervisor initiated shutdown"
                    for flag in ("-P", "-P", "-H", "-r")])


@case(own="asks /sbin/shutdown only")
def a_shutdown_that_is_refused_is_an_error_in_the_program_s_words(world):
    _program("shutdown", "echo 'not while I compile' >&2; exit 1")
    _, client = _connect(world)
    contains(client.refusal("guest-shutdown").desc,
             "child process has failed to shutdown: not while I compile")


@case(own="asks /sbin/shutdown only")
def without_shutdown_the_next_one_is_asked(world):
    for name, mode in (("halt", "halt"), ("reboot", "reboot")):
        _program(name)
        _, client = _connect(world)
        client.request("guest-shutdown", {"mode": mode})
        client.call("guest-ping")
        client.close()
    equal(_told(), ["halt ", "reboot "])


@case(own="asks /sbin/shutdown only")
def without_any_program_the_kernel_is_asked_last(world):
    _, client = _connect(world)
    contains(client.refusal("guest-shutdown").desc,
             "reboot(2) failed: Operation not permitted")


@case(own="asks others")
def systemd_is_asked_whether_it_can_before_it_is_told_to_sleep(world):
    _program("systemctl", '[ "$1" = status ] && exit 3; exit 0')
    _, client = _connect(world)
    client.request("guest-suspend-ram")
    client.request("guest-suspend-disk")
    client.request("guest-suspend-hybrid")
    equal(client.call("guest-ping"), {})
    equal(_told(), ["systemctl status systemd-suspend.service", "systemctl suspend",
                    "systemctl status systemd-hibernate.service", "systemctl hibernate",
                    "systemctl status systemd-hybrid-sleep.service", "systemctl hybrid-sleep"])


@case(own="another order")
def a_guest_that_cannot_sleep_says_so(world):
    _, client = _connect(world)
    for name in ("guest-suspend-ram", "guest-suspend-disk", "guest-suspend-hybrid"):
        equal(client.refusal(name).desc,
              "the requested suspend mode is not supported by the guest")


@case(own="waits for the program without an end")
def an_agent_that_is_stopped_ends_the_program_it_waits_for(world):
    _program("shutdown", "exec sleep 1000")
    agent, client = _connect(world)
    client.request("guest-shutdown")
    within(10, _told, "the program runs")
    equal(agent.stop(), 0, "exit status")
    within(10, lambda: not _sleepers(), "the program has ended")


def _sleepers():
    found = []
    for pid in proc.pids():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if f.read().startswith(b"sleep\x001000"):
                    found.append(pid)
        except OSError:
            continue
    return found
