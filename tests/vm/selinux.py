# SPDX-License-Identifier: MIT
"""The package where SELinux enforces Debian's own policy, which knows no agent: a booted Debian of the
machine's release. The kernel tells what the policy denies."""
import guestdebian
import releases
from cases import case, contains, equal, true, within
from guest import Guest
from host import freeze, thaw
from vmworld import must_be_frozen, must_come_through

_UNIT = "qemu-guest-agent"
_INSTALLED = "dpkg -L frost-ga | xargs -d '\\n' restorecon -n -v"
# Makes its own heap executable, which is denied to each domain.
_FORBIDDEN = "perl -e '$end = syscall(12, 0); syscall(10, $end - 4096, 4096, 7)'"


def GUEST(world):
    release = releases.codename()
    guest = Guest(guestdebian.parts(world.builder, release, selinux=True), memory=768,
                  words=guestdebian.SELINUX_WORDS)
    guest.disks = guestdebian.disks(world.builder, guest, release, selinux=True)
    return guest


def _pid(guest):
    """The service's process."""
    found = int(guest.run(f"systemctl show -P MainPID {_UNIT}"))
    return found and guest.run(f"readlink /proc/{found}/exe").strip() == "/usr/sbin/frost-ga" and found


def _domain(guest, pid):
    return guest.run(f"tr -d '\\0' </proc/{pid}/attr/current").split(":")[2]


def _denials(guest, domain):
    """What was denied to the domain since this was asked last."""
    told = guest.run("dmesg -c").splitlines()
    equal([line for line in told if "audit_lost" in line], [], "denials that were not told")
    return [line for line in told if "denied" in line and f":{domain}:" in line]


def _frozen(guest, port):
    guest.run("rm -f /run/calls")
    freeze(port, 2, limit_s=60)
    return must_be_frozen(guest)


def _is_thawed(guest, held):
    must_come_through(guest, held, 60)
    within(60, lambda: guest.run("cat /run/calls").split() == ["freeze", "thaw"], "the hook is undone")


@case(limit=1800)   # with the making of its root
def nothing_is_denied_to_the_package_its_service_and_a_freeze_with_hooks(world):
    guest = world.guest
    guest.run("systemctl is-system-running --wait; true", 300)
    equal(guest.run("cat /sys/fs/selinux/enforce"), "1", "SELinux enforces")
    guest.run("echo 0 >/proc/sys/kernel/printk_ratelimit")   # each denial is told
    guest.run(f"dpkg -i {guestdebian.PACKAGE} </dev/null", 300)
    within(90, lambda: _pid(guest), "the service runs")
    pid = _pid(guest)
    domain = _domain(guest, pid)
    contains(guest.run("frost-ga check; true"), f"SELinux lets it run as system_u:system_r:{domain}",
             "check")
    port = guest.port()
    held = _frozen(guest, port)
    thaw(port, 2, limit_s=60)
    _is_thawed(guest, held)

    # By the freezer, which is another process; by the next agent's own end; and on request from inside.
    for end in (f"systemctl kill --kill-who=main -s KILL {_UNIT}", f"systemctl stop {_UNIT}",
                "frost-ga thaw"):
        guest.run(f"systemctl start {_UNIT}")
        within(90, lambda: _pid(guest), "the service runs")
        held = _frozen(guest, port)
        guest.run(end, 120)
        _is_thawed(guest, held)
    equal(guest.run(_INSTALLED), "", "labels that are not the policy's")
    equal(_denials(guest, domain), [], f"what was denied to {domain}")

    guest.run(_FORBIDDEN)
    true(_denials(guest, _domain(guest, "self")), "a denial is told")


FULL_ONLY = (nothing_is_denied_to_the_package_its_service_and_a_freeze_with_hooks,)
