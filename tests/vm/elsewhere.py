# SPDX-License-Identifier: MIT
"""A filesystem that is mounted in another namespace only, as a container's volume is: it is
frozen with the rest; where the agent is told to leave it out, whoever asks is told."""
import subprocess

import selfserved
import snapshot
from cases import case, contains, equal, true, within
from guestdisk import Disk
from host import freeze, status, thaw
from vmworld import Agent, has_kernel, must_be_frozen, must_come_through


def _volume(guest):
    return Disk("vdc", None, None, guest.path("vdc.img"), size=130 << 20)


GUEST = {"disks": ("ext4", "xfs", _volume), "initramfs": ("served",), "memory": 500}
MAKE = {"ext4": "mke2fs -q -F -t ext4", "xfs": "mkfs.xfs -q -f --unsupported",
        "btrfs": "mkfs.btrfs -q -f"}

PLAN_OF_OWN = "/agent/frost-ga plan --namespaces=own"
SNAP = "/run/ns/snap.mnt"   # a mount of a namespace that no process is in
WHY = "mounted in other namespaces only (namespaces=own)"


def head_of(image):
    return subprocess.run(["dumpe2fs", "-h", image], check=True, capture_output=True, text=True,
                          timeout=60).stdout


def hide(guest, fs_type):
    """In a namespace of its own, with one process in it; its pid."""
    selfserved.load(guest)
    guest.run(f"{selfserved.BIN}/{MAKE[fs_type]} /dev/vdc && mkdir -p /mnt/volume")
    pid = guest.spawn(f"unshare -m sh -c 'mount --make-rprivate / && mount -t {fs_type} /dev/vdc "
                      "/mnt/volume && exec sleep 1000'", "/run/hidden.log")
    within(30, lambda: "/mnt/volume" in guest.run(f"cat /proc/{pid}/mountinfo"), "it is mounted")
    equal(guest.run("grep -c /mnt/volume /proc/mounts || true").strip(), "0", "our own mounts")
    return pid


def told(world, fs_type):
    guest = world.guest
    pid = hide(guest, fs_type)
    world.discard_later()
    where = f"/proc/{pid}/root/mnt/volume"
    said = " ".join(guest.run(f"{PLAN_OF_OWN}; true").split())
    contains(said, f"not frozen: {WHY} (1): {where}", "plan")
    contains(guest.run("/agent/frost-ga check --namespaces=own; true"), where, "check")
    with world.agent(options="-v --namespaces=own") as agent, agent.port() as port:
        freeze(port, 2, limit_s=60)
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/xfs"])
        guest.run(f"date >{where}/written")
        thaw(port, 2, limit_s=60)
        must_come_through(guest, held)
        contains(agent.log(), f"1 filesystem is not frozen, being {WHY}: {where} ({fs_type})",
                 "the log")
        contains(guest.run("/agent/frost-ga status -t /run/agent --json; true"), where, "the record")
    guest.run(f"kill {pid}")
    within(30, lambda: where not in guest.run(f"{PLAN_OF_OWN}; true"), "it is gone")
    true("elsewhere" not in guest.run(f"{PLAN_OF_OWN} --json; true"), "nothing is elsewhere")


@case(limit=200)
def an_ext4_of_another_namespace_is_named(world):
    told(world, "ext4")


@case(limit=200)
def an_xfs_of_another_namespace_is_named(world):
    told(world, "xfs")


@case(limit=200)
def a_btrfs_of_another_namespace_is_named(world):
    told(world, "btrfs")


@case(limit=240)
def what_another_namespace_shows_is_frozen_and_outlives_it(world):
    """The container ends while its volume is frozen: it is thawed all the same."""
    guest = world.guest
    pid = hide(guest, "ext4")
    world.discard_later()
    where = f"/proc/{pid}/root/mnt/volume"
    with world.agent(options="-v") as agent, agent.port() as port:
        freeze(port, 3, limit_s=60)
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/xfs", where])
        image = snapshot.by_backup(guest, "hidden")
        true("needs_recovery" not in head_of(guest.path("hidden-vdc.img")), "the image is clean")
        guest.run(f"kill {pid}")
        within(30, lambda: guest.run(f"kill -0 {pid} 2>&1 || true") != "", "its process has ended")
        thaw(port, 3, limit_s=60)
        ticket = held.pop(where)   # whose path has gone
        within(60, lambda: guest.control.has_ended(ticket), "the writer there ends")
        must_come_through(guest, held)
        snapshot.remove({**image, "": guest.path("hidden-vdc.img")})
        freeze(port, 2, limit_s=60)
        thaw(port, 2, limit_s=60)


@case(limit=240)
def what_another_namespace_shows_is_thawed_by_the_ledger_when_everybody_was_killed(world):
    guest = world.guest
    hide(guest, "ext4")
    world.discard_later()
    first = Agent(guest).start("-v")
    with first.port() as port:
        freeze(port, 3, limit_s=60)
    first.kill_all()
    with world.agent(options="-v") as agent, agent.port() as port:
        status(port, "frozen")
        thaw(port, 3, limit_s=60)
        status(port, "thawed")


# A root of its own, a volume, and ids that its makers gave it: what a pod of Kubernetes has. The root
# of an initramfs cannot be pivoted: the pod's is moved over it.
POD = ("mount --make-rprivate / && mkdir -p /run/pod && mount -t tmpfs pod /run/pod && "
       "cd /run/pod && mkdir bin data proc && cp /bin/busybox bin && mount -t ext4 /dev/vdc data && "
       "chmod 777 data && mount --move . / && "
       'exec chroot . /bin/busybox unshare -U -m -p -f /bin/busybox sh -c "'
       "until [ -e /data/go ]; do /bin/busybox sleep 1; done; "
       'while :; do echo line; /bin/busybox usleep 20000; done >>/data/log"')


def _pod(guest):
    """The pid of a process of it, seen from outside."""
    selfserved.load(guest)
    guest.run(f"{selfserved.BIN}/{MAKE['ext4']} /dev/vdc")
    with_root = f"unshare -m sh -c '{POD}'"
    pid = guest.spawn(with_root, "/run/pod.log")
    ours = guest.run("readlink /proc/self/ns/user").strip()
    within(60, lambda: guest.run(f"readlink /proc/{pid}/ns/user; true").strip() not in ("", ours),
           lambda: f"the pod has ids of its own: {guest.run('cat /run/pod.log')}")
    guest.run(f"echo 0 100000 65536 >/proc/{pid}/uid_map; touch /proc/{pid}/root/data/go")
    within(60, lambda: _length_of_log(guest, pid) > 0, "the pod writes")
    return pid


def _length_of_log(guest, pid):
    return int(guest.run(f"stat -c %s /proc/{pid}/root/data/log 2>/dev/null || echo 0"))


@case(limit=300)
def the_volume_of_a_pod_is_frozen(world):
    """Mounts, pids and ids of its own; no path of ours has ever led to the volume."""
    guest = world.guest
    pid = _pod(guest)
    world.discard_later()
    where = f"/proc/{pid}/root/data"
    equal(guest.run("grep -c vdc /proc/mounts || true").strip(), "0", "our own mounts")
    said = guest.run("/agent/frost-ga plan; true")
    contains(said, where, "plan")
    with world.agent() as agent, agent.port() as port:
        freeze(port, 3, limit_s=60)
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/xfs", where])
        length = _length_of_log(guest, pid)
        snapshot.by_backup(guest, "pod")
        true("needs_recovery" not in head_of(guest.path("pod-vdc.img")), "the image is clean")
        equal(_length_of_log(guest, pid), length, "the pod's own log, while frozen")
        thaw(port, 3, limit_s=60)
        must_come_through(guest, held)
        within(60, lambda: _length_of_log(guest, pid) > length, "the pod writes on")


def _leave_without_process(guest, pid):
    """As snapd keeps those of its snaps: by a mount of the namespace itself."""
    guest.run("mkdir -p /run/ns && mount -t tmpfs ns /run/ns && mount --make-private /run/ns && "
              f"touch {SNAP} && mount --bind /proc/{pid}/ns/mnt {SNAP} && kill {pid}")
    within(30, lambda: guest.run(f"kill -0 {pid} 2>&1 || true") != "", "its process has ended")
    contains(guest.run(f"nsenter --mount={SNAP} cat /proc/self/mountinfo"), "/mnt/volume",
             "mounts of the snap")


def _is_named(guest, world):
    said = " ".join(guest.run("/agent/frost-ga plan; true").split())
    contains(said, "not frozen: mounted in no namespace that can be reached (1): /dev/vdc", "plan")
    with world.agent() as agent, agent.port() as port:
        freeze(port, 2, limit_s=60)
        guest.run(f"nsenter --mount={SNAP} sh -c 'date >/mnt/volume/written'")
        thaw(port, 2, limit_s=60)
        contains(agent.log(), "mounted in no namespace that can be reached: /dev/vdc (ext4)",
                 "the log")
    guest.run(f"umount {SNAP}")


def _is_frozen(guest, world):
    """The namespace ends while its volume is frozen."""
    name = f"mnt:[{guest.run(f'stat -c %i {SNAP}').strip()}]/mnt/volume"
    contains(guest.run("/agent/frost-ga plan; true"), name, "plan")
    with world.agent() as agent, agent.port() as port:
        freeze(port, 3, limit_s=60)
        inside = guest.spawn(f"nsenter --mount={SNAP} sleep 1000", "/run/inside.log")
        where = f"/proc/{inside}/root/mnt/volume"
        within(30, lambda: guest.run(f"[ -d {where} ] && echo yes; true"), "a process is in it")
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/xfs", where])
        snapshot.by_backup(guest, "snap")
        true("needs_recovery" not in head_of(guest.path("snap-vdc.img")), "the image is clean")
        guest.run(f"kill {inside}; umount {SNAP}")
        thaw(port, 3, limit_s=60)
        ticket = held.pop(where)   # whose path has gone
        within(60, lambda: guest.control.has_ended(ticket), "the writer there ends")
        must_come_through(guest, held)
        contains(guest.run("/agent/frost-ga status -t /run/agent --json; true"), name, "the record")
        within(30, lambda: name not in guest.run("/agent/frost-ga plan; true"), "it is gone")
        freeze(port, 2, limit_s=60)
        thaw(port, 2, limit_s=60)


@case(limit=300)
def a_namespace_without_a_process_is_frozen_where_the_kernel_lists_it(world):
    """Linux 6.11 and later; before, it is named."""
    guest = world.guest
    pid = hide(guest, "ext4")
    world.discard_later()
    _leave_without_process(guest, pid)
    (_is_frozen if has_kernel(guest, 6, 11) else _is_named)(guest, world)


FULL_ONLY = (an_xfs_of_another_namespace_is_named, a_btrfs_of_another_namespace_is_named)
NEWEST_KERNEL = (a_namespace_without_a_process_is_frozen_where_the_kernel_lists_it,)
