# SPDX-License-Identifier: MIT
"""The Debian package in a booted Debian with systemd and udev, under libvirt.

All cases share one start of the machine. It begins with Debian's own agent and its user's settings;
a case that needs frost-ga installs it if no earlier one has.
"""
import os
import subprocess

import guestdebian
import libvirtd
import snapshot
from cases import case, contains, equal, true, within
from guest import AGENT_PORT
from guestdebian import PACKAGE
from vmload import Load
from vmworld import must_be_frozen, must_come_through, must_not_be_frozen, points

UNIT = "qemu-guest-agent"
OURS, THEIRS = "/usr/sbin/frost-ga", "/usr/sbin/qemu-ga"
WHOLE = ["frost-ga", "frost-ga-parser"]   # an agent at rest
_SETTINGS = "/etc/qemu/qemu-ga.conf /etc/default/qemu-guest-agent /etc/qemu/fsfreeze-hook " \
            "/etc/qemu/fsfreeze-hook.d/50-count"

# What a start of the machine, apt and the test itself make.
_OTHERS = ("/tmp/", "/var/tmp/", "/var/cache/", "/var/log/", "/var/lib/apt/", "/srv/",
           "/lost+found", "/usr/local/bin/", "/var/lib/systemd/random-seed",
           "/var/lib/systemd/timers", "/var/lib/systemd/linger", "/etc/.updated", "/var/.updated",
           "/touched", "/fsynced", "/buffered", "/mapped", "/churn")


def GUEST(world):
    parts = guestdebian.parts(world.builder, world.release)
    guest = libvirtd.Domain(libvirtd.Daemon(), f"frost-{world.release}-{os.getpid()}", parts, [],
                            cache="unsafe", memory=512)
    guest.disks = guestdebian.disks(world.builder, guest, world.release)
    return guest


# -- the service


def _show(guest, name):
    return guest.run(f"systemctl show -P {name} {UNIT}").strip()


def _pid(guest):
    return int(_show(guest, "MainPID"))


def _processes(guest):
    """Names of those that the unit has."""
    listed = f"/sys/fs/cgroup/system.slice/{UNIT}.service/cgroup.procs"
    return sorted(guest.run(f"for pid in $(cat {listed}); do cat /proc/$pid/comm; done 2>/dev/null; true").split())


def _settings(guest):
    return guest.run(f"cat {_SETTINGS} | sha256sum")


def must_answer(guest, program, before=0):
    """The service runs this program, in another process than before, and libvirt hears it; its
    process."""
    within(90, lambda: _pid(guest) not in (0, before), "the service runs")
    pid = _pid(guest)
    equal(guest.run(f"readlink /proc/{pid}/exe").strip(), program, "program of the service")
    within(60, lambda: libvirtd.status(guest) == "thawed", "the agent answers libvirt")
    return pid


def dpkg(guest, words):
    guest.run(f"DEBIAN_FRONTEND=noninteractive dpkg {words} </dev/null", 180)


def apt(guest, what):
    guest.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -y -q {what} </dev/null", 180)


def with_ours(world):
    """(guest, process of the agent): its start is over, and frost-ga is its agent."""
    guest = world.guest
    guest.run("systemctl is-system-running --wait", 180)
    guest.run(f"[ -e {OURS} ] || dpkg -i {PACKAGE} </dev/null", 180)
    return guest, must_answer(guest, OURS)


def frozen(guest):
    """Both filesystems, and the hook was called; the writers that wait."""
    guest.run("rm -f /run/calls")
    guest.virsh("domfsfreeze")
    held = must_be_frozen(guest)
    equal(_calls(guest), ["freeze"], "calls of the hook")
    return held


def _calls(guest):
    return guest.run("cat /run/calls").split()


def _must_be_undone(guest):
    """By whoever is left or comes next: not at once."""
    within(60, lambda: _calls(guest) == ["freeze", "thaw"], "the hook is undone")


def can_be_frozen(guest):
    held = frozen(guest)
    guest.virsh("domfsthaw")
    must_come_through(guest, held)
    equal(_calls(guest), ["freeze", "thaw"], "calls of the hook")


# -- replaced


@case(limit=900)
def one_command_replaces_qemu_ga_with_nothing_else_changed(world):
    guest = world.guest
    guest.run("systemctl is-system-running --wait", 180)
    theirs = must_answer(guest, THEIRS)
    before = _settings(guest)
    dpkg(guest, f"-i {PACKAGE}")
    ours = must_answer(guest, OURS, theirs)
    equal(_settings(guest), before, "the user's settings")
    contains(guest.run(f"tr '\\0' ' ' </proc/{ours}/cmdline"), " -v", "DAEMON_ARGS")
    told = libvirtd.raw(guest, "guest-info")["supported_commands"]
    commands = {c["name"]: c["enabled"] for c in told}
    equal(commands["guest-exec"], False, "what qemu-ga.conf blocks")
    can_be_frozen(guest)


@case(limit=300)
def a_quiesced_snapshot_of_root_and_data_under_load_is_clean(world):
    guest, _ = with_ours(world)
    with Load(guest) as load:
        equal(snapshot.by_virsh(guest, load, "quiesced", "--quiesce"), {"/": [], "/data": []},
              "faults of the snapshot")
    must_not_be_frozen(guest)


_HIDING = ("systemd-run --unit=hiding -p PrivateMounts=yes sh -c 'mkdir -p /run/hidden && "
           "mount /dev/vdc /run/hidden && exec sleep infinity'")


def _head(guest, disk):
    return subprocess.run(["dumpe2fs", "-h", guest.path(f"{disk}.img")], check=True,
                          capture_output=True, text=True, timeout=60).stdout


@case(limit=240)
def a_volume_that_only_a_service_with_private_mounts_has_mounted_is_frozen(world):
    guest, _ = with_ours(world)
    guest.run(_HIDING)
    pid = guest.run("systemctl show -P MainPID hiding").strip()
    where = f"/proc/{pid}/root/run/hidden"
    within(60, lambda: "vdc" in guest.run(f"cat /proc/{pid}/mounts"), "the service has mounted it")
    equal(guest.run("grep -c vdc /proc/mounts || true").strip(), "0", "our own mounts")
    guest.run(f"date >{where}/before; sync {where}/before")
    contains(_head(guest, "vdc"), "needs_recovery", "the disk before the freeze")
    guest.virsh("domfsfreeze")
    held = must_be_frozen(guest, [*points(guest), where])
    true("needs_recovery" not in _head(guest, "vdc"), "the disk is clean")
    guest.virsh("domfsthaw")
    must_come_through(guest, held)
    guest.run("systemctl stop hiding")
    can_be_frozen(guest)


@case(limit=300)
def a_service_that_ends_while_frozen_thaws_and_leaves_no_process_behind(world):
    guest, pid = with_ours(world)
    for end in ("kill -s TERM", "kill --kill-who=main -s INT", "kill --kill-who=main -s KILL"):
        held = frozen(guest)
        guest.run(f"systemctl {end} {UNIT}")
        must_come_through(guest, held, 60)
        pid = must_answer(guest, OURS, pid)
        _must_be_undone(guest)
        within(60, lambda: _processes(guest) == WHOLE, lambda: f"after {end}: {_processes(guest)}")
    held = frozen(guest)
    guest.run(f"systemctl stop {UNIT}", 120)
    must_come_through(guest, held)
    equal(_calls(guest), ["freeze", "thaw"], "calls of the hook")
    equal(_processes(guest), [], "processes of the service")
    equal(_show(guest, "ActiveState"), "inactive", "state of the service")
    guest.run(f"systemctl start {UNIT}")
    must_answer(guest, OURS)
    can_be_frozen(guest)


@case(limit=240)
def a_service_that_is_killed_as_a_whole_while_frozen_comes_back_and_is_thawed_by_its_host(world):
    """With both processes gone nobody is left to thaw; the root is frozen, and the log's disk."""
    guest, pid = with_ours(world)
    held = frozen(guest)
    # Stopped first, so that the one does not see the other's end.
    guest.run(f"systemctl kill -s STOP {UNIT} && systemctl kill -s KILL {UNIT}")
    within(90, lambda: _pid(guest) not in (0, pid), "another agent runs")
    within(60, lambda: libvirtd.status(guest) == "frozen", "the agent answers libvirt: frozen")
    equal(_calls(guest), ["freeze"], "calls of the hook")
    guest.virsh("domfsthaw")
    must_come_through(guest, held, 60)
    _must_be_undone(guest)
    can_be_frozen(guest)


@case(limit=240)
def a_service_that_is_restarted_while_frozen_thaws(world):
    guest, pid = with_ours(world)
    held = frozen(guest)
    guest.run(f"systemctl restart {UNIT}", 120)
    must_come_through(guest, held)
    equal(_calls(guest), ["freeze", "thaw"], "calls of the hook")
    must_answer(guest, OURS, pid)


_DROP_IN = f"/run/systemd/system/{UNIT}.service.d"


@case(limit=240)
def where_the_service_may_have_no_second_task_a_freeze_is_refused(world):
    guest, pid = with_ours(world)
    guest.run(f"mkdir -p {_DROP_IN}; printf '[Service]\nTasksMax=1\n' >{_DROP_IN}/tasks.conf; "
              f"systemctl daemon-reload; systemctl restart {UNIT}; rm -f /run/calls", 120)
    pid = must_answer(guest, OURS, pid)
    failed, said = guest.virsh_status("domfsfreeze")
    true(failed, f"frozen without a freezer: {said}")
    contains(said, "Resource temporarily unavailable", "what the host is told")
    must_not_be_frozen(guest)
    equal(guest.run("ls /run/calls 2>/dev/null || true"), "", "calls of the hook")
    equal(_processes(guest), ["frost-ga"], "processes of the service")
    guest.run(f"rm -r {_DROP_IN}; systemctl daemon-reload; systemctl restart {UNIT}", 120)
    must_answer(guest, OURS, pid)
    can_be_frozen(guest)


_TIMER = """[Timer]
OnCalendar=*-*-* *:*:0/2
AccuracySec=1s
Persistent=true
"""
_STAMPED = "/var/lib/systemd/timers/stamp-frost-test.timer"


def _start_timer(guest):
    """It touches its stamp, on the root, every two seconds."""
    units = "/run/systemd/system/frost-test"
    guest.run(f"printf '%s' '{_TIMER}' >{units}.timer; "
              f"printf '[Service]\nExecStart=/bin/true\n' >{units}.service; "
              "systemctl daemon-reload; systemctl start frost-test.timer")
    within(30, lambda: guest.run(f"test -e {_STAMPED} && echo yes || echo no").strip() == "yes",
           "the timer has elapsed")


def _init_state(guest):
    return guest.run("cut -d' ' -f3 </proc/1/stat").strip()


def _is_deaf(guest):
    """A question that changes nothing is not answered."""
    said = guest.run(f"timeout 3 systemctl show -P MainPID {UNIT} >/dev/null 2>&1; echo $?")
    return said.strip() == "124"


@case(limit=300)
def pid_1_that_stands_still_with_the_root_keeps_nobody_from_thawing(world):
    """systemd touches the stamp of a persistent timer, waits in the kernel, and hears nobody."""
    guest, pid = with_ours(world)
    _start_timer(guest)
    for end in (lambda: guest.virsh("domfsthaw"), lambda: guest.run("frost-ga thaw"),
                lambda: guest.run(f"kill -TERM {pid}")):
        held = frozen(guest)
        within(30, lambda: _init_state(guest) == "D", "PID 1 waits for the root")
        true(_is_deaf(guest), "systemctl got an answer")
        end()
        must_come_through(guest, held, 60)
        _must_be_undone(guest)
        within(60, lambda: not _is_deaf(guest), "PID 1 answers")
    guest.run("systemctl stop frost-test.timer; rm /run/systemd/system/frost-test.*; "
              f"systemctl daemon-reload; systemctl start {UNIT}")
    must_answer(guest, OURS)


# -- the port


def _channel(guest):
    path = guest.path("channel.xml")
    with open(path, "w") as f:
        f.write(f"<channel type='unix'><source mode='bind' path='{guest.path('agent')}'/>"
                f"<target type='virtio' name='{AGENT_PORT}'/></channel>")
    return path


def _port_is(guest, there):
    word = "" if there else "!"
    within(60, lambda: guest.run(f"[ {word} -e /dev/virtio-ports/{AGENT_PORT} ] && echo so; true"),
           f"the port {'appears' if there else 'vanishes'} in the guest")


@case(limit=240)
def udev_starts_the_service_with_the_port_and_with_nothing_else(world):
    guest, pid = with_ours(world)
    guest.virsh("detach-device", _channel(guest))
    _port_is(guest, False)
    equal(_pid(guest), pid, "process that waits for the port")
    guest.run(f"systemctl stop {UNIT}")
    guest.run("udevadm trigger --action=add && udevadm settle", 120)
    equal(_show(guest, "ActiveState"), "inactive", "state of the service without a port")
    equal(guest.run(f"systemctl list-dependencies --reverse --plain {UNIT} | tail -n +2"), "",
          "what else would start the service")
    guest.virsh("attach-device", _channel(guest))
    pid = must_answer(guest, OURS)
    guest.virsh("detach-device", _channel(guest))
    _port_is(guest, False)
    guest.virsh("attach-device", _channel(guest))
    _port_is(guest, True)
    equal(must_answer(guest, OURS), pid, "process that has found its port again")


# -- the unit


@case(limit=120)
def people_can_enable_it_by_either_name(world):
    guest, pid = with_ours(world)
    for name in (UNIT, "frost-ga"):
        guest.run(f"systemctl enable {name}")
        equal(guest.run(f"systemctl show -P MainPID {name}").strip(), str(pid), f"PID by {name}")
    guest.run(f"systemctl disable {UNIT}")
    equal(guest.run("systemctl --failed --plain --no-legend"), "", "units that have failed")


@case(limit=120)
def its_confinement_leaves_it_the_mounts_and_systemd_has_no_objection(world):
    guest, pid = with_ours(world)
    equal(guest.run(f"readlink /proc/{pid}/ns/mnt"), guest.run("readlink /proc/1/ns/mnt"),
          "mount namespace")
    equal(guest.run(f"systemd-analyze verify --man=no {UNIT}.service"), "", "objections of systemd")
    score = guest.run(f"systemd-analyze security {UNIT}.service").splitlines()[-1]
    contains(score, "exposure level", "what systemd says of its confinement")


# -- and put back


@case(limit=360)
def one_command_puts_qemu_ga_back_and_another_replaces_it_again(world):
    guest, pid = with_ours(world)
    before = _settings(guest)
    apt(guest, UNIT)
    # Debian's package starts nothing in a running system: its unit is static, too.
    guest.run(f"systemctl start {UNIT}")
    pid = must_answer(guest, THEIRS, pid)
    equal(_settings(guest), before, "the user's settings")
    apt(guest, PACKAGE)
    must_answer(guest, OURS, pid)
    equal(_settings(guest), before, "the user's settings")
    can_be_frozen(guest)


@case(limit=240)
def purged_it_leaves_nothing_behind(world):
    guest, pid = with_ours(world)
    dpkg(guest, f"--purge frost-ga {UNIT}")
    true(guest.run(f"kill -0 {pid} 2>/dev/null || echo ended"), "the agent still runs")
    guest.run("rm /etc/qemu/qemu-ga.conf /etc/default/qemu-guest-agent "
              "/etc/qemu/fsfreeze-hook.d/50-count; "
              "rmdir --ignore-fail-on-non-empty /etc/qemu/fsfreeze-hook.d /etc/qemu")
    changed = guest.run("find / -xdev ! -path '/proc/*' ! -path '/sys/*' ! -path '/dev/*' "
                        "! -path '/run/*' | sort | diff /srv/files - | sed -n 's/^[<>] //p'", 120)
    equal([path for path in changed.splitlines() if not path.startswith(_OTHERS)], [],
          "files that an installation has left or taken")
    world.discard_later()


@case(limit=240)
def the_host_shuts_it_down_by_the_agent(world):
    guest, _ = with_ours(world)
    world.discard_later()
    guest.virsh("shutdown", "--mode", "agent")
    within(180, lambda: not guest.qemu.alive(), "the machine ends")
    within(60, lambda: "reason=shutdown" in guest.qemu.log(), "libvirt knows that it was shut down")
    said = subprocess.run(["dumpe2fs", "-h", guest.disks[0].image], capture_output=True, text=True,
                          check=True).stdout
    true("needs_recovery" not in said, "the root was not unmounted")


# The first in every run, the others in the long form; each can be named (suite matrix).
RELEASES = ("trixie", "bookworm")
# Under an emulator each of these takes about a minute: for the long form.
FULL_ONLY = (where_the_service_may_have_no_second_task_a_freeze_is_refused,
             people_can_enable_it_by_either_name,
             one_command_puts_qemu_ga_back_and_another_replaces_it_again,
             the_host_shuts_it_down_by_the_agent)
