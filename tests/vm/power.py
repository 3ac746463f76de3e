# SPDX-License-Identifier: MIT
"""guest-shutdown and the guest-suspend commands do what they say. QEMU itself is the witness."""
import subprocess
import time

import snapshot
from cases import case, contains, equal, true, within
from guestdisk import Disk
from vmworld import Agent

GUEST = {"disks": ("ext4",)}

# An agent in a place with no program at all. What it has to load lies there.
EMPTY = "/run/empty"
_EMPTY = f"""set -e; for folder in lib lib64 agent dev proc sys run; do
[ -e /$folder ] || continue
mkdir -p {EMPTY}/$folder; mountpoint -q {EMPTY}/$folder || mount -o bind /$folder {EMPTY}/$folder
done"""

# By whom the guest is ended: options of World.prepare(), how the agent is started, and whether the
# filesystems are unmounted before.
BY_KERNEL = ({}, f"chroot {EMPTY}", False)
BY_INIT = ({"words": "vminit=yes"}, "", True)   # busybox's poweroff, halt and reboot tell its init


def boot(world, way):
    guest = world.boot(disks=("ext4",), **way[0])
    guest.qmp.call("set-action", shutdown="pause", reboot="reset")
    return guest


def end_guest(guest, way, word, mode, event):
    """Has the guest's agent end it, right after a word was written. event: QEMU's, None: there is
    none. Returns the event's data."""
    guest.run(_EMPTY)
    with Agent(guest, wrap=way[1]).start().port() as port:
        guest.run(f"echo {word} >/mnt/ext4/kept")
        port.request("guest-shutdown", {"mode": mode} if mode else None)
        data = guest.qmp.wait_for(event) if event else None
        port.silent(0)   # a shutdown that is under way has no answer
    return data


def must_be_whole(guest, word, unmounted):
    """The disk that is left. Without an unmount its journal may be replayed, on a copy."""
    image = guest.path("after.img")
    snapshot.copy_sparse(guest.disks[0].image, image)
    done = subprocess.run(["e2fsck", "-f", "-n" if unmounted else "-y", image], check=False,
                          capture_output=True, text=True)
    true(done.returncode in ((0,) if unmounted else (0, 1)), f"e2fsck: {done.stdout}{done.stderr}")
    if unmounted:
        true("recover" not in done.stdout + done.stderr, f"a journal to replay: {done.stdout}")
    kept = subprocess.run(["debugfs", "-R", "cat /kept", image], check=False, capture_output=True,
                          text=True)
    equal(kept.stdout, f"{word}\n", "what was written just before the end")


def halts(world, way):
    """A machine that is halted is still on; the kernel says it on the console, and nothing more."""
    guest = boot(world, way)
    end_guest(guest, way, "halted", "halt", None)
    within(60, lambda: "System halted" in guest.console(), "the guest halts")
    equal(guest.qmp.call("query-status")["status"], "running", "the machine")
    equal(guest.qmp.seen("SHUTDOWN") + guest.qmp.seen("RESET"), [], "events")
    guest.pull_the_plug()
    must_be_whole(guest, "halted", way[2])


def restarts_and_switches_off(world, way, mode):
    """mode: of the latter."""
    guest = boot(world, way)
    data = end_guest(guest, way, "restarted", "reboot", "RESET")
    true(data["guest"], f"QEMU's event: {data}")
    guest.wait_until_it_answers()
    equal(guest.run("cat /mnt/ext4/kept"), "restarted\n", "what was written just before the end")
    equal(guest.qmp.seen("SHUTDOWN"), [], "events")
    data = end_guest(guest, way, "off", mode, "SHUTDOWN")
    equal(data, {"guest": True, "reason": "guest-shutdown"}, "QEMU's event")
    guest.pull_the_plug()
    must_be_whole(guest, "off", way[2])


@case(limit=120)
def with_no_program_in_the_guest_the_kernel_restarts_it_and_it_comes_again_and_goes(world):
    restarts_and_switches_off(world, BY_KERNEL, None)


@case(limit=120)
def with_no_program_in_the_guest_the_kernel_halts_it(world):
    halts(world, BY_KERNEL)


@case(limit=120)
def busybox_restarts_the_guest_and_switches_it_off_and_unmounts_before(world):
    restarts_and_switches_off(world, BY_INIT, "powerdown")


@case(limit=120)
def busybox_halts_the_guest(world):
    halts(world, BY_INIT)


@case(limit=120)
def qemu_ga_cannot_end_a_guest_without_a_shutdown_program(world):
    with world.agent("qemu-ga") as agent, agent.port() as port:
        for mode in ("powerdown", "halt", "reboot"):
            contains(port.refusal("guest-shutdown", {"mode": mode}, limit_s=30).desc,
                     "child process has failed to shutdown", "error")
    equal(world.guest.qmp.seen("SHUTDOWN") + world.guest.qmp.seen("RESET"), [], "events")


def put_to_sleep(world, guest, program):
    """Nanoseconds that the guest's clock went on, and that the host's did at least."""
    guest.qmp.forget()
    with world.agent(program, guest=guest) as agent, agent.port() as port:
        before, began = port.call("guest-get-time", limit_s=30), time.monotonic_ns()
        port.request("guest-suspend-ram")
        guest.qmp.wait_for("SUSPEND")
        equal(guest.qmp.call("query-status")["status"], "suspended", "the machine")
        time.sleep(3)   # for the clock to be seen to go on
        passed = time.monotonic_ns() - began
        guest.qmp.call("system_wakeup")
        guest.qmp.wait_for("WAKEUP")
        # the first line that comes: the sleep itself has no answer
        return port.call("guest-get-time", limit_s=60) - before, passed


@case(limit=120)
def a_guest_sleeps_and_wakes_up_and_its_agent_answers(world):
    guest = world.boot(disks=("ext4",), packed=True)
    for program in ("qemu-ga", "frost-ga"):
        went_on, passed = put_to_sleep(world, guest, program)
        # the clock is read from the RTC, which counts seconds
        true(went_on > passed - 2_000_000_000,
             f"{program}: the guest's clock went on by {went_on} of {passed} ns")


def _swap(guest):
    return Disk("vda", None, None, guest.path("vda.img"), size=512 << 20)


@case(limit=180)
def a_guest_that_slept_on_its_disk_goes_on_after_the_next_start(world):
    guest = world.boot(disks=(_swap,), words="vmresume=vda")
    guest.run("mkswap /dev/vda && swapon /dev/vda")
    guest.qmp.call("set-action", shutdown="pause")
    agent = Agent(guest).start()
    with agent.port() as port:
        port.request("guest-suspend-disk")
        guest.qmp.wait_for("SUSPEND_DISK")
        guest.qmp.wait_for("SHUTDOWN")
        port.silent(0)
    guest.pull_the_plug()
    guest.start()
    guest.wait_until_it_answers()
    true(agent.alive(), "the agent is another one")
    with guest.port() as port:
        equal(port.call("guest-sync", {"id": 7}, limit_s=60), 7, "answer of the agent that slept")


def _refusals(world, program):
    with world.agent(program) as agent, agent.port() as port:
        return [port.refusal(f"guest-suspend-{mode}", limit_s=60).desc
                for mode in ("disk", "hybrid")]


@case(limit=120)
def suspending_to_disk_without_swap_is_refused(world):
    """As qemu-ga does; its word for the former does not say why."""
    ours, theirs = _refusals(world, "frost-ga"), _refusals(world, "qemu-ga")
    equal(ours, ["suspend: cannot write to '/sys/power/state': No such device", theirs[1]],
          "errors")
    equal(theirs, ["child process has failed to suspend",
                   "the requested suspend mode is not supported by the guest"], "qemu-ga's")


# Each is a boot or two of its own, and its like is asked in the short form.
FULL_ONLY = (busybox_halts_the_guest, a_guest_that_slept_on_its_disk_goes_on_after_the_next_start)
