# SPDX-License-Identifier: MIT
"""libvirt itself (daemon and virsh) as the host."""
import json
import os
import subprocess

import libvirtd
import receipts
import snapshot
from cases import case, contains, equal, true, within
from guestdisk import Disk
from libvirtd import agent_of, raw, status, wait_until_agent_is
from vmload import Load
from vmworld import FAILS, WAITS, Hook, must_be_frozen, must_come_through, must_not_be_frozen

# What virsh offers that asks the agent for something else, and is refused by it while frozen; no
# words that end the guest.
OTHERS = ("domfsinfo", "domhostname", "guestinfo", "domtime", "domfstrim",
          "domifaddr --source agent", "guestvcpus", "domtime --now",
          "set-user-password root secret", "get-user-sshkeys root")


PACKAGING = f"{os.path.dirname(os.path.abspath(__file__))}/../../packaging"
SCHEMA = f"{PACKAGING}/schema/frost-ga-status.schema.json"


def GUEST(world):
    parts = world.builder.parts(world.flavour)
    daemon = libvirtd.Daemon()
    guest = libvirtd.Domain(daemon, f"frost-{os.getpid()}", parts, [])
    guest.disks = [Disk("vda", "ext4", "/mnt/ext4", guest.path("vda.img")),
                   Disk("vdb", "xfs", "/mnt/xfs", guest.path("vdb.img"))]
    return guest


@case(limit=180)
def domfsfreeze_holds_every_disk_until_domfsthaw(world):
    guest = world.guest
    with agent_of(world):
        guest.virsh("domfsfreeze")
        equal(raw(guest, "guest-fsfreeze-status"), "frozen", "status")
        held = must_be_frozen(guest)
        guest.virsh("domfsthaw")
        must_come_through(guest, held)
        equal(raw(guest, "guest-fsfreeze-status"), "thawed", "status")


@case(limit=120)
def domfsfreeze_of_one_mount_point_leaves_the_others_alone(world):
    guest = world.guest
    with agent_of(world):
        guest.virsh("domfsfreeze", "--mountpoint", "/mnt/xfs")
        held = must_be_frozen(guest, ["/mnt/xfs"])
        guest.run("echo >/mnt/ext4/free; sync /mnt/ext4/free", 20)
        guest.virsh("domfsthaw")
        must_come_through(guest, held)


@case(limit=120)
def domfsthaw_of_one_mount_point_is_refused_and_lets_nothing_go(world):
    """By libvirt itself: it knows only a thaw of all."""
    guest = world.guest
    with agent_of(world):
        guest.virsh("domfsfreeze")
        failed, said = guest.virsh_status("domfsthaw", "--mountpoint", "/mnt/xfs")
        true(failed, f"libvirt has learnt it: {said}")
        held = must_be_frozen(guest)
        guest.virsh("domfsthaw")
        must_come_through(guest, held)


@case(limit=240)
def a_quiesced_snapshot_under_load_is_clean_and_one_without_is_not(world):
    guest = world.guest
    with agent_of(world), Load(guest) as load:
        for number, quiesce in enumerate(("--quiesce", "--quiesce", "", "--quiesce")):
            found = snapshot.by_virsh(guest, load, f"snap{number}", quiesce)
            if quiesce:
                equal(found, {"/mnt/ext4": [], "/mnt/xfs": []}, f"faults of snapshot {number}")
            else:
                true(all(found.values()), f"without --quiesce: {found}: this test cannot fail")


@case(limit=240)
def a_backup_that_begins_while_frozen_is_clean_and_one_of_a_running_guest_is_not(world):
    guest = world.guest
    with agent_of(world), Load(guest) as load:
        equal(snapshot.by_libvirts_backup(guest, load, "frozen", True),
              {"/mnt/ext4": [], "/mnt/xfs": []}, "faults of the backup")
        found = snapshot.by_libvirts_backup(guest, load, "running", False)
        true(all(found.values()), f"without a freeze: {found}: this test cannot fail")


@case(limit=120)
def a_freeze_that_takes_longer_than_guest_agent_timeout_is_lost_on_nobody(world):
    guest = world.guest
    hook = Hook(guest, WAITS)
    with agent_of(world, f"-v {hook.option}"):
        guest.virsh("guest-agent-timeout", "--timeout", "3")
        try:
            failed, said = guest.virsh_status("domfsfreeze")
            true(failed, "the freeze was answered although its hook waits")
            contains(said, "agent", "what virsh says")
            hook.open_gate()
            within(60, lambda: status(guest) == "frozen", "the freeze is complete")
            held = must_be_frozen(guest)
            guest.virsh("domfsthaw")
            must_come_through(guest, held)
        finally:
            guest.virsh("guest-agent-timeout", "--timeout", "-2")
    equal(hook.calls(), ["freeze", "thaw"], "calls of the hook")


def _nova_snapshot(guest, *quiesce):
    """(status, what virsh says) of a snapshot of the first disk alone."""
    return guest.virsh_status(
        "snapshot-create-as", "nova", "--disk-only", "--no-metadata", *quiesce,
        "--diskspec", f"vda,file={guest.path('nova.qcow2')}", "--diskspec", "vdb,snapshot=no")


@case(limit=120)
def a_failing_hook_fails_the_snapshot_and_leaves_nothing_frozen(world):
    """Then the snapshot is made without a freeze, as Nova does."""
    guest = world.guest
    hook = Hook(guest, FAILS)
    with agent_of(world, f"-v {hook.option}"):
        failed, said = guest.virsh_status("domfsfreeze")
        true(failed, "a failing hook was overlooked")
        contains(said, "fsfreeze hook", "what virsh says")
        equal(hook.calls(), ["freeze", "thaw"], "calls of the hook")
        failed, said = _nova_snapshot(guest, "--quiesce")
        true(failed, "the snapshot was made although the freeze failed")
        must_not_be_frozen(guest)
        guest.virsh("domfsthaw")   # as hosts do after a failed freeze: harmless
        equal(_nova_snapshot(guest), (0, ""), "the snapshot without a freeze")
        guest.virsh("blockcommit", "vda", "--active", "--pivot", "--wait")
        os.unlink(guest.path("nova.qcow2"))
        equal(hook.calls(), ["freeze", "thaw"] * 2, "calls of the hook")


@case(limit=120)
def an_agent_that_is_killed_and_comes_back_is_found_again(world):
    guest = world.guest
    with agent_of(world) as agent:
        guest.virsh("domfsfreeze")
        held = must_be_frozen(guest)
        guest.run(f"kill -9 {agent.pid}")
        must_come_through(guest, held)   # its freezer thaws
        wait_until_agent_is(guest, "disconnected")
        agent.start()
        wait_until_agent_is(guest, "connected")
        within(30, lambda: status(guest) == "thawed", "the next agent answers")
        guest.virsh("domfsfreeze")
        guest.virsh("domfsthaw")


@case(limit=120)
def other_commands_leave_the_connection_whole_frozen_or_not(world):
    guest = world.guest
    with agent_of(world):
        for line in OTHERS:
            guest.virsh_status(*line.split())
            equal(raw(guest, "guest-ping"), {}, f"ping after {line}")
        guest.virsh("domfsfreeze")
        for line in OTHERS:
            guest.virsh_status(*line.split())
            equal(status(guest), "frozen", f"status after {line}")
        guest.virsh("domfsthaw")


@case(limit=60)
def a_raw_command_has_the_time_limit_it_is_given(world):
    guest = world.guest
    hook = Hook(guest, WAITS)
    with agent_of(world, f"-v {hook.option}"):
        failed, _ = guest.virsh_status("qemu-agent-command",
                                       '{"execute": "guest-fsfreeze-freeze"}', "--timeout", "2")
        true(failed, "answered although its hook waits")
        hook.open_gate()
        within(60, lambda: status(guest) == "frozen", "the freeze is complete")
        equal(raw(guest, "guest-fsfreeze-thaw", "--timeout", "60"), 2, "answer to thaw")


def _frost_snapshot(guest, command):
    """The reference host, where libvirt's daemon is."""
    done = subprocess.run(
        ["nsenter", "-t", str(guest.daemon.process.pid), "-m", "/usr/bin/python3", "-B",
         f"{PACKAGING}/host/frost-snapshot", "--json", "--connect", "qemu:///system", "--command",
         command, guest.name], capture_output=True, text=True, check=False, timeout=150)
    true(done.stdout, f"frost-snapshot says {done.stderr}")
    return done.returncode, json.loads(done.stdout)


@case(limit=180)
def the_reference_host_finds_its_verdict_by_virsh_and_the_guest_has_the_same_receipt(world):
    guest = world.guest
    with agent_of(world):
        code, told = _frost_snapshot(guest, "true")
        equal((code, told["verdict"]), (0, "consistent"), told["guests"][0]["why"])
        answer = json.loads(guest.virsh("qemu-agent-command", json.dumps(
            {"execute": receipts.RECEIPT, "arguments": {"last": 10}})))["return"]
        receipts.check(answer, SCHEMA)
        in_guest = json.loads(guest.run("/agent/frost-ga status -t /run/agent --json"))
        equal(answer, receipts.of_guest(in_guest, SCHEMA), "host and guest")
        freeze = answer["freezes"][0]
        equal(freeze, told["guests"][0]["record"], "what the reference host was told")
        equal({f["mount_point"]: f["serials"] for f in freeze["filesystems"]
               if f["outcome"] == "frozen"},
              {"/mnt/ext4": ["frost-vda"], "/mnt/xfs": ["frost-vdb"]}, "serials of the disks")
        code, told = _frost_snapshot(
            guest, "virsh -q -c qemu:///system qemu-agent-command $FROST_GUEST "
                   "'{\"execute\": \"guest-fsfreeze-thaw\"}'")
        equal((code, told["verdict"]), (2, "rejected"), "another host has thawed meanwhile")
        true("another host" in told["guests"][0]["why"], told["guests"][0]["why"])


FULL_ONLY = (the_reference_host_finds_its_verdict_by_virsh_and_the_guest_has_the_same_receipt,)
