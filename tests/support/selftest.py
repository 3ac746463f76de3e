# SPDX-License-Identifier: MIT
"""The harness proves itself, from outside: its guard must free whatever a case did."""
import os
import subprocess
import sys
import time

import arenas
import kernel
import loops
import nslist
import proc

TIMEOUT_S = 3
FOREIGN_S = 60   # longer than any case
# Each of these hangs for ever in tests/loop/harness.py; what it leaves is in its name.
HANGING = ("hangs_with_a_frozen_filesystem_and_a_blocked_writer",
           "hangs_with_a_frozen_filesystem_that_no_path_reaches",
           "hangs_with_a_stack_frozen_in_the_wrong_order")


def _processes_in(pid_namespace):
    found = []
    for pid in proc.pids():
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") == pid_namespace:
                found.append(pid)
        except OSError:
            pass
    return found


def _remaining(pid_namespace):
    """Those that stay. The number of a namespace that is gone is given again, to an arena of another
    run perhaps: its processes end."""
    remaining = set(_processes_in(pid_namespace))
    deadline = time.monotonic() + FOREIGN_S
    while remaining and time.monotonic() < deadline:
        time.sleep(0.5)
        remaining &= set(_processes_in(pid_namespace))
    return sorted(remaining)


def _freed(world, process, limit_s):
    """After the guard's end nothing is left of the arena."""
    began = time.monotonic()
    lines = arenas.said(process)
    took = time.monotonic() - began
    arena = next((line for line in lines if "namespace" in line), None)
    if not arena or not any("hangs" in line for line in lines):
        return "fail", f"the case did not do its part: {lines}"
    left = loops.owned(arena["token"], world.scratch())
    alive = _remaining(arena["namespace"])
    if left or alive:
        return "fail", f"left: loop devices {left}, processes {alive}; {lines}"
    if took > limit_s:
        return "fail", f"took {took:.1f} s"
    if not lines[-1]["guard"]["expired"]:
        return "fail", f"the guard did not end it: {lines}"
    return "ok", ""


def _by_deadline(world, name):
    process = world.start(arenas.inside("loop", "harness", name), TIMEOUT_S)
    return _freed(world, process, TIMEOUT_S + 10)


def _by_loss(world):
    """Whoever started the guard is gone: its standard input ends."""
    process = world.start(arenas.inside("loop", "harness", HANGING[0]), 60)
    token = loops.token_of(process.pid)
    lines = b""
    while b'"hangs"' not in lines:
        part = os.read(process.stdout.fileno(), 4096)
        if not part:
            return "fail", f"ended early: {lines!r}"
        lines += part
    process.stdin.close()
    began = time.monotonic()
    process.stdout.read()
    process.wait()
    left = loops.owned(token, world.scratch())
    if left or time.monotonic() - began > 10:
        return "fail", f"loop devices {left} after {time.monotonic() - began:.1f} s"
    return "ok", ""


def _nothing_outlives_a_daemon(by_its_end):
    """What it has started and left lives as long as it does, or as who started it."""
    daemon = subprocess.Popen(
        [sys.executable, "-B", f"{os.path.dirname(__file__)}/reaper.py", "sh", "-c",
         "(setsid sleep 1000 & echo $!); sleep 1000 & echo $!; wait"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    left = [int(daemon.stdout.readline()), int(daemon.stdout.readline())]
    if by_its_end:
        daemon.terminate()
    else:
        daemon.stdin.close()
    daemon.wait()
    daemon.stdin.close()
    daemon.stdout.close()
    alive = [pid for pid in left if os.path.exists(f"/proc/{pid}")]
    return ("ok", "") if not alive else ("fail", f"of {left} live {alive}")


def _refuses(world):
    """A block-device filesystem that is not the arena's own: nothing is run."""
    scratch = world.scratch()
    image, point = f"{scratch}/image", f"{scratch}/foreign"
    with open(image, "wb") as f:
        f.truncate(16 << 20)
    os.mkdir(point)
    if os.system(f"mkfs.ext4 -q -F '{image}'") != 0:
        return "fail", "mkfs.ext4 failed"
    number, fd = loops.attach(image, "frost-foreign", directory=scratch)
    try:
        kernel.mount(loops.node(number, scratch), point, "ext4")
        process = world.start(["/bin/sh", "-c", 'echo \'{"ran": 1}\' >&3'], 10, [point])
        lines = arenas.said(process)
        kernel.umount(point, kernel.MNT_DETACH)
    finally:
        os.close(fd)
    if any("ran" in line for line in lines) or not any("refused" in line for line in lines):
        return "fail", f"the case was run: {lines}"
    return "ok", ""


def _refuses_the_machines_processes(world):
    """Through /proc/PID/root an agent would find the filesystems of the machine."""
    lines = arenas.said(world.start(["/bin/sh", "-c", 'echo \'{"ran": 1}\' >&3'], 10, ["/proc"]))
    if any("ran" in line for line in lines) or \
            not any("outside the arena" in line.get("refused", "") for line in lines):
        return "fail", f"the case was run: {lines}"
    return "ok", ""


def _in_a_child(function):
    """What it returns, as the status of a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(function())
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _closes_the_kernels_list():
    """Out here, where root is told of all mount namespaces by a kernel that lists them at all."""
    def is_open_when_closed():
        nslist.close()
        return nslist.is_open()

    if _in_a_child(is_open_when_closed) != 0:
        return "fail", "the kernel still lists mount namespaces"
    if not nslist.is_open() and tuple(map(int, os.uname().release.split(".")[:2])) > (6, 10):
        return "fail", "the kernel lists them to nobody, or it is asked wrongly"
    return "ok", ""


def _catches_a_liar(world):
    """An agent that answers as if it froze, and does not."""
    name = "several_filesystems_are_frozen_by_one_request"
    lines = arenas.said(world.start(
        arenas.inside("loop", "freeze", name, "../tests/support/liar.py"), 30))
    results = [line for line in lines if "case" in line]
    if len(results) == 1 and "it is not frozen" in results[0]["detail"]:
        return "ok", ""
    return "fail", f"not caught: {lines}"


def run(world, report):
    report.run("loop/harness/an agent that only says that it freezes is caught",
               lambda: _catches_a_liar(world))
    report.run("loop/harness/what a daemon has left ends with it",
               lambda: _nothing_outlives_a_daemon(True))
    report.run("loop/harness/a daemon and what it has left end with who started it",
               lambda: _nothing_outlives_a_daemon(False))
    prefix = "loop/harness/the guard"
    report.run(f"{prefix} refuses an arena that shows a foreign filesystem",
               lambda: _refuses(world))
    report.run(f"{prefix} refuses an arena that shows the machine's processes",
               lambda: _refuses_the_machines_processes(world))
    report.run("loop/harness/an arena closes the kernel's list of mount namespaces",
               _closes_the_kernels_list)
    for name in HANGING:
        report.run(f"{prefix} frees a case that {name}", lambda: _by_deadline(world, name))
    report.run(f"{prefix} frees a case whose starter is gone", lambda: _by_loss(world))
