# SPDX-License-Identifier: MIT
"""What can go wrong around a frozen guest: its host stops, its clock jumps, its agent dies."""
from cases import case, equal, true, within
from client import Refused
from host import freeze, status, thaw
from vmworld import Hook, must_be_frozen, must_come_through, must_not_be_frozen

GUEST = {"disks": ("ext4", "xfs")}


@case(limit=120)
def a_guest_that_is_paused_and_resumed_is_still_frozen(world):
    guest = world.guest
    with world.agent() as agent, agent.port() as port:
        freeze(port, 2)
        for _ in range(3):
            guest.qmp.call("stop")
            equal(guest.qmp.call("query-status")["status"], "paused", "state of the guest")
            guest.qmp.call("cont")
        status(port, "frozen")
        held = must_be_frozen(guest)
        thaw(port, 2)
        must_come_through(guest, held)


@case(limit=120)
def a_host_that_leaves_and_never_comes_back_does_not_leave_the_guest_frozen(world):
    guest = world.guest
    hook = Hook(guest)
    with world.agent(options=f"-v --hold-timeout=8 {hook.option}") as agent:
        with agent.port() as port:
            freeze(port, 2)
            held = must_be_frozen(guest)
        must_come_through(guest, held)
        hook.wait_for("freeze", "thaw")


@case(limit=120)
def a_clock_that_is_set_forth_and_back_moves_no_limit(world):
    guest = world.guest
    with world.agent(options="-v --restored=hold --hold-timeout=12") as agent, agent.port() as port:
        freeze(port, 2)
        guest.run("date -s @$(($(date +%s) + 40000000))")
        status(port, "frozen")
        held = must_be_frozen(guest)
        guest.run("date -s @$(($(date +%s) - 80000000))")
        status(port, "frozen")
        must_come_through(guest, held, 60)
        status(port, "thawed")
        try:
            thaw(port, 2)
        except Refused as e:
            true("fsfreeze is limited" in e.desc, e.desc)
        guest.run("date -s @$(($(date +%s) + 40000000))")


@case(limit=120)
def an_agent_that_is_killed_and_started_again_by_init_finds_nothing_frozen(world):
    guest = world.guest
    hook = Hook(guest)
    guest.run("mkdir -p /run/agent; rm -f /run/agents /run/stop")
    guest.control.begin("while [ ! -e /run/stop ]; do /agent/frost-ga -t /run/agent -v "
                        f"{hook.option} 2>>/run/agent.log & echo $! >>/run/agents; wait; done")

    def current():
        return guest.run("tail -n 1 /run/agents").strip()

    try:
        within(20, lambda: guest.run("cat /run/agents 2>/dev/null; true"), "init starts an agent")
        for number in range(2):
            port = guest.port()
            equal(port.call("guest-sync", {"id": number}, 60), number, "answer to sync")
            # "frozen" while a process of the agent before still undoes what that one did
            within(60, lambda: port.call("guest-fsfreeze-status") == "thawed", "all is undone")
            freeze(port, 2)
            held = must_be_frozen(guest)
            before = current()
            guest.run(f"kill -9 {before}")
            must_come_through(guest, held)
            hook.wait_for(*["freeze", "thaw"] * (number + 1))
            within(60, lambda: current() != before, "init starts the next one")
            port.close()
    finally:
        guest.run("touch /run/stop; kill $(tail -n 1 /run/agents)")
    within(20, lambda: not guest.run("pidof frost-ga || true").strip(), "the last agent ends")
    must_not_be_frozen(guest)


@case(limit=120)
def agent_and_freezer_killed_together_leave_it_to_the_next_agent(world):
    guest = world.guest
    with world.agent() as agent:
        with agent.port() as port:
            freeze(port, 2)
            held = must_be_frozen(guest)
            agent.kill_all()
        agent.start()
        with agent.port() as port:
            status(port, "frozen")
            thaw(port, 2)
            must_come_through(guest, held)


@case(limit=120)
def full_disks_are_frozen_like_others(world):
    guest = world.guest
    guest.run("for d in ext4 xfs; do dd if=/dev/zero of=/mnt/$d/fill bs=1M 2>/dev/null; "
              "dd if=/dev/zero of=/mnt/$d/fill2 bs=512 2>/dev/null; done; df -m | grep mnt")
    try:
        with world.agent() as agent, agent.port() as port:
            freeze(port, 2, limit_s=60)
            held = must_be_frozen(guest)
            guest.run("rm -f /run/full-*")
            thaw(port, 2, limit_s=60)
            for ticket in held.values():
                guest.control.end(ticket, 60)   # done, or refused for want of room: not held
            guest.run("rm /mnt/*/fill*")
    finally:
        guest.run("rm -f /mnt/*/fill*")


@case(limit=120)
def memory_goes_to_a_swap_file_on_a_frozen_filesystem(world):
    guest = world.guest
    guest.run("dd if=/dev/zero of=/mnt/xfs/swap bs=1M count=200 2>/dev/null && "
              "mkswap /mnt/xfs/swap >/dev/null && swapon /mnt/xfs/swap", 120)
    try:
        with world.agent() as agent, agent.port() as port:
            freeze(port, 2)
            held = must_be_frozen(guest)
            guest.run("mount -o remount,size=400M /run; "
                      "dd if=/dev/urandom of=/run/hog bs=1M count=340 2>/dev/null", 120)
            used = int(guest.run("awk '/xfs.swap/ {print $4}' /proc/swaps"))
            true(used > 8 << 10, f"only {used} KiB are swapped out: no pressure")
            status(port, "frozen")
            thaw(port, 2, limit_s=60)
            must_come_through(guest, held)
    finally:
        guest.run("rm -f /run/hog; swapoff /mnt/xfs/swap; rm -f /mnt/xfs/swap", 120)
