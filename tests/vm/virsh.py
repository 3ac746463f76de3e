# SPDX-License-Identifier: MIT
"""Each command of virsh that talks to the agent, under libvirt itself, with what comes of it.

Both agents are asked the same steps in the same guest, one after the other; where qemu-ga fails,
the step says how.
"""
import base64
import os
import re
import shlex
import struct
import time

import libvirtd
from cases import case, contains, equal, true, within
from guestdisk import Disk
from libvirtd import agent_of, raw, wait_until_agent_is
from vmworld import Agent, must_be_frozen, must_come_through

AGENTS = ("frost-ga", "qemu-ga")
KEYS = ("ssh-ed25519 AAAAC3 one@example", "ssh-rsa AAAAB3 two@example")


def GUEST(world):
    parts = world.builder.parts(world.flavour)
    guest = libvirtd.Domain(libvirtd.Daemon(), f"frost-{os.getpid()}-virsh", parts, [],
                            on_reboot="restart", words="vminit=yes", packed=True,
                            initramfs=[parts.extra["accounts"]()])
    guest.disks = [Disk("vda", "ext4", "/mnt/ext4", guest.path("vda.img")),
                   Disk("vdb", "xfs", "/mnt/xfs", guest.path("vdb.img"))]
    return guest


def _utmp(user):
    """A record of somebody who is logged in."""
    return struct.pack("<h2xi32s4s32s256shhiii16s20s", 7, 1, b"tty1", b"1", user.encode(), b"host",
                       0, 0, 1, 1_700_000_000, 0, b"", b"")


def _furnish(guest):
    """A name, a system, an address, somebody who is logged in, and a user for passwords."""
    utmp = base64.b64encode(_utmp("jane")).decode()
    guest.run(f"""hostname frost-guest; ip link set eth0 up; echo {utmp} | base64 -d >/run/utmp
ip addr show eth0 | grep -q 10.0.2.15 || ip addr add 10.0.2.15/24 dev eth0
printf 'ID=testos\\nNAME="Test OS"\\nVERSION_ID="7"\\n' >/etc/os-release
printf 'root:x:0:0:root:/root:/bin/sh\\njane:x:1234:1234::/home/jane:/bin/sh\\n' >/etc/passwd
printf 'root:*:19000:0:99999:7:::\\njane:!:19000:0:99999:7:::\\n' >/etc/shadow
printf 'root:x:0:\\njane:x:1234:\\n' >/etc/group
chmod 755 /home 2>/dev/null; rm -rf /home/jane; mkdir -p /home/jane; chown 1234:1234 /home/jane""")


class Step:
    """says: a pattern in what virsh says; leaves: (script, pattern in what that says in the guest
    afterwards); fails: it must, for both; theirs: what it says when qemu-ga is asked, who fails;
    option: later than Debian 12's virsh, and the step is taken where its help has it."""

    def __init__(self, line, says="", leaves=None, fails=False, theirs=None, option=""):
        self.words = shlex.split(line)
        self.line = line
        self.says = says
        self.leaves = leaves
        self.fails = fails
        self.theirs = theirs
        self.option = option

    def is_known(self, guest):
        return self.option in guest.daemon.virsh("help", self.words[0])

    def take(self, guest, program):
        status, said = guest.virsh_status(*self.words)
        alike = program == AGENTS[0] or self.theirs is None
        what = f"{program}: virsh {self.line}: {said}"
        equal(status != 0, self.fails if alike else True, what)
        pattern = self.says if alike else self.theirs
        true(re.search(pattern, said, re.S), f"{what}: no {pattern!r}")
        if self.leaves and alike:
            script, wanted = self.leaves
            left = guest.run(script)
            true(re.search(wanted, left, re.S), f"{what}: left {left!r}: no {wanted!r}")


def take(world, steps, programs=AGENTS):
    for program in programs:
        _furnish(world.guest)
        with agent_of(world, program=program):
            for step in steps:
                if not step.option or step.is_known(world.guest):
                    step.take(world.guest, program)


PING = '{"execute": "guest-ping"}'
_OF_ALL = ("--user", "--os", "--timezone", "--hostname", "--filesystem", "--disk", "--interface")
_IS_TOLD = (r"user.count *: 1.*os.id *: testos.*timezone.offset *: 0.*hostname *: frost-guest.*"
            r"fs.count *: 2.*disk.count *: \d.*if.count *: 2")
ASKED = (
    Step("domhostname", "^frost-guest$"),
    Step("domhostname --source agent", "^frost-guest$"),
    Step("guestinfo --user", r"user.count *: 1.*user.0.name *: jane.*login-time *: 1700000000"),
    Step("guestinfo --os", r"os.id *: testos.*os.name *: Test OS.*os.version-id *: 7"),
    Step("guestinfo --timezone", r"timezone.name *: \w+.*timezone.offset *: 0"),
    Step("guestinfo --hostname", r"hostname *: frost-guest"),
    Step("guestinfo --filesystem", r"fs.count *: 2.*fs.0.mountpoint *: /mnt/ext4.*"
                                   r"fs.0.disk.0.alias *: vda.*fs.1.mountpoint *: /mnt/xfs"),
    Step("guestinfo --disk", r"disk.count *: \d.*name *: /dev/vd[ab]"),
    Step("guestinfo --interface", r"if.count *: 2.*name *: eth0.*hwaddr *: 52:54:00:12:34:56.*"
                                  r"addr *: 10.0.2.15.*prefix *: 24"),
    Step("guestinfo --load", r"load.1m *: \d+\.\d+.*load.5m *: \d.*load.15m *: \d",
         theirs="guest-get-load", option="--load"),
    Step("guestinfo", _IS_TOLD),
    Step("guestinfo " + " ".join(_OF_ALL), _IS_TOLD),
    Step("domfsinfo", r"/mnt/ext4 *vda *ext4 *vda.*/mnt/xfs *vdb *xfs *vdb"),
    Step("domifaddr --source agent", r"lo .*127.0.0.1/8.*eth0 *52:54:00:12:34:56 *ipv4 *10.0.2.15"),
    Step("domifaddr --source agent --full", r"eth0 *52:54:00:12:34:56 *ipv4 *10.0.2.15/24"),
    Step("domifaddr --source agent --interface eth0", r"^ *eth0 .*10.0.2.15/24"),
    Step("domtime", r"^Time: \d{10}$"),
    Step("domtime --pretty", r"^Time: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"),
    Step("guestvcpus", r"vcpus *: 0-1.*online *: 0-1.*offlinable *: 1"),
    Step("vcpucount --guest", "^2$"),
    Step("get-user-sshkeys jane", "^$", theirs="failed to read '/home/jane/.ssh/authorized_keys'"),
    Step(f"qemu-agent-command '{PING}'", r'^{"return":{}}$'),
    Step(f"qemu-agent-command '{PING}' --pretty", r'"return": *{'),
    Step(f"qemu-agent-command '{PING}' --timeout 30", r'^{"return":{}}$'),
    Step(f"qemu-agent-command '{PING}' --block", r'^{"return":{}}$'),
    Step("guest-agent-timeout --timeout 30"),
    Step("guest-agent-timeout --timeout -2"),
)


@case(limit=180)
def every_command_of_virsh_gets_its_answer(world):
    take(world, ASKED)


def _near(now_s, more_s=600):
    """The guest's clock, for Step.leaves."""
    return f"late=$(($(date +%s) - {now_s})); [ $late -ge -5 ] && [ $late -lt {more_s} ] && echo it"


THEN = 1_000_000_000   # in 2001
_ONLINE = "cat /sys/devices/system/cpu/online"


@case(limit=120)
def virsh_sets_the_clock_and_by_the_hardware_clock(world):
    try:
        take(world, (
            Step(f"domtime --time {THEN}", leaves=(_near(THEN), "it")),
            Step("domtime", r"^Time: 1000000\d\d\d$", leaves=("date -s @5", "")),
            Step("domtime --sync", leaves=(_near(THEN), "it")),
            Step("domtime --now", leaves=(_near(int(time.time())), "it")),
        ))
    finally:
        world.guest.run(f"date -s @{int(time.time())}")


@case(limit=120)
def virsh_takes_a_processor_and_gives_it_back(world):
    take(world, (
        Step("setvcpus 1 --guest", leaves=(_ONLINE, "^0\n")),
        Step("vcpucount --guest", "^1$"),
        Step("setvcpus 2 --guest", leaves=(_ONLINE, "^0-1\n")),
        Step("guestvcpus --cpulist 1 --disable", leaves=(_ONLINE, "^0\n")),
        Step("guestvcpus", r"online *: 0\n"),
        Step("guestvcpus --cpulist 1 --enable", leaves=(_ONLINE, "^0-1\n")),
    ))


_SHADOW = "grep ^jane: /etc/shadow"
_FILE = "cat /home/jane/.ssh/authorized_keys"


@case(limit=120)
def virsh_sets_passwords_and_keys(world):
    files = [world.guest.path(f"key{number}") for number in (0, 1)]
    for path, key in zip(files, KEYS):
        with open(path, "w") as f:
            f.write(key + "\n")
    one, two = KEYS
    take(world, (
        Step("set-user-password jane secret", leaves=(_SHADOW, r"^jane:\$6\$")),
        Step("set-user-password jane '$6$salt$hash' --encrypted",
             leaves=(_SHADOW, r"^jane:\$6\$salt\$hash:")),
        Step("set-user-password nobody-here secret", "failed to set user password", fails=True),
        Step(f"set-user-sshkeys jane --file {files[0]}", leaves=(_FILE, f"^{one}\n?$")),
        Step(f"set-user-sshkeys jane --file {files[1]}", leaves=(_FILE, f"^{one}\n+{two}\n?$")),
        Step("get-user-sshkeys jane", f"{one}.*{two}|{two}.*{one}"),
        Step(f"set-user-sshkeys jane --remove --file {files[0]}", leaves=(_FILE, f"^{two}\n?$")),
        Step(f"set-user-sshkeys jane --reset --file {files[0]}", leaves=(_FILE, f"^{one}\n?$")),
        Step("set-user-sshkeys jane --reset", leaves=(_FILE, r"^\n?$")),
        Step("get-user-sshkeys nobody-here", "failed to lookup user", fails=True),
    ))


@case(limit=120)
def virsh_trims_and_the_images_shrink(world):
    guest = world.guest
    for program in AGENTS:
        guest.run("dd if=/dev/urandom of=/mnt/ext4/big bs=1M count=20 2>/dev/null; sync; "
                  "rm /mnt/ext4/big; sync")
        full = os.stat(guest.disks[0].image).st_blocks
        with agent_of(world, program=program):
            Step("domfstrim --minimum 4096").take(guest, program)
            Step("domfstrim").take(guest, program)
        true(os.stat(guest.disks[0].image).st_blocks < full - 20_000,
             f"{program}: {os.stat(guest.disks[0].image).st_blocks} of {full} blocks are left")
    equal(guest.virsh_status("domfstrim", "--mountpoint", "/mnt/ext4")[0], 1,
          "libvirt itself has no trim of one filesystem")


@case(limit=120)
def virsh_freezes_and_thaws_with_either_agent(world):
    guest = world.guest
    for program in AGENTS:
        with agent_of(world, program=program):
            for words in ((), ("--mountpoint", "/mnt/ext4"), ("/mnt/xfs", "/mnt/ext4")):
                guest.virsh("domfsfreeze", *words)
                held = must_be_frozen(guest, ["/mnt/ext4"])
                guest.virsh("domfsthaw")
                must_come_through(guest, held)


@case(limit=120)
def a_command_that_virsh_does_not_wait_for_is_done_if_libvirt_writes_it(world):
    guest = world.guest

    def try_once():
        guest.virsh_status("qemu-agent-command", "--async", '{"execute": "guest-exec", '
                           '"arguments": {"path": "touch", "arg": ["/run/async"]}}')
        equal(raw(guest, "guest-ping"), {}, "the next answer")
        return guest.run("ls /run | grep -x async || true")

    with agent_of(world):
        # libvirt sends it only when it knows where in the answers it is; and whoever does not
        # wait takes it back before it is written when libvirt's other thread is not quick: with
        # either agent about half of them never leave the host
        equal(raw(guest, "guest-ping"), {}, "the answer before")
        within(90, try_once, "none of the commands has come")


# What KubeVirt looks for in guest-info; without one of them it calls the agent unsupported.
KUBEVIRT = ("guest-ping", "guest-get-time", "guest-info", "guest-shutdown",
            "guest-network-get-interfaces", "guest-get-fsinfo", "guest-get-host-name",
            "guest-get-users", "guest-get-timezone", "guest-get-osinfo")
# And for its buttons: keys, files, programs, passwords.
KUBEVIRT_MORE = ("guest-ssh-get-authorized-keys", "guest-ssh-add-authorized-keys",
                 "guest-ssh-remove-authorized-keys", "guest-exec", "guest-exec-status",
                 "guest-file-open", "guest-file-read", "guest-file-write", "guest-file-close",
                 "guest-set-user-password", "guest-get-load", "guest-get-cpustats",
                 "guest-get-diskstats", "guest-get-disks", "guest-get-vcpus")


@case(limit=60)
def kubevirt_finds_every_command_that_it_looks_for(world):
    with agent_of(world):
        info = raw(world.guest, "guest-info")
        true(info["version"], "no version")
        enabled = {c["name"] for c in info["supported_commands"] if c["enabled"] is True}
        equal(sorted(set(KUBEVIRT + KUBEVIRT_MORE) - enabled), [], "missing")
        for name in KUBEVIRT:
            if name != "guest-shutdown":
                raw(world.guest, name)


# What ends the guest, or nearly ----------------------------------------------------------------

def _is(guest, state):
    within(60, lambda: guest.virsh_status("domstate")[1] == state,
           lambda: f"{state}: {guest.virsh_status('domstate')}")


def _answers_again(guest, what):
    """The port is closed until the guest's driver has woken up, too; libvirt says so until then."""
    within(60, lambda: guest.virsh_status("qemu-agent-command", PING)[0] == 0, what)


@case(limit=120)
def virsh_puts_the_guest_to_sleep_and_wakes_it_up(world):
    guest = world.guest
    for program in AGENTS:
        with agent_of(world, program=program):
            failed, said = guest.virsh_status("dompmsuspend", "hybrid")
            true(failed, f"{program}: asleep: {said}")
            contains(said, "not supported by the guest", f"{program}: what virsh says")
            guest.virsh("dompmsuspend", "mem")
            _is(guest, "pmsuspended")
            guest.virsh("dompmwakeup")
            _is(guest, "running")
            _answers_again(guest, f"{program} answers after its sleep")
            # Without swap it stays awake. The port is closed for a moment on the way, which
            # libvirt may take for success.
            guest.virsh_status("dompmsuspend", "disk")
            _answers_again(guest, f"{program} answers after a sleep that failed")
            _is(guest, "running")


@case(limit=120)
def virsh_restarts_the_guest_by_its_agent_which_comes_again(world):
    guest = world.guest
    Agent(guest).start()
    wait_until_agent_is(guest, "connected")
    guest.run("echo kept >/mnt/ext4/kept")
    guest.virsh("reboot", "--mode", "agent")
    guest.wait_until_it_answers()
    equal(guest.run("cat /mnt/ext4/kept"), "kept\n", "what was written just before")
    wait_until_agent_is(guest, "disconnected")
    with agent_of(world):
        equal(raw(guest, "guest-ping", "--timeout", "60"), {}, "the agent of the next boot")


@case(limit=120)
def virsh_switches_the_guest_off_by_its_agent(world):
    guest = world.guest
    world.discard_later()
    Agent(guest).start()
    wait_until_agent_is(guest, "connected")
    guest.virsh("shutdown", "--mode", "agent")
    within(60, lambda: not guest.qemu.alive(), "the machine is off")
    within(30, lambda: "reason=shutdown" in guest.qemu.log(), lambda: guest.qemu.log()[-300:])


# A boot more.
FULL_ONLY = (virsh_restarts_the_guest_by_its_agent_which_comes_again,)
