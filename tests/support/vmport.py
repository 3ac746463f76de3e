# SPDX-License-Identifier: MIT
"""What the guest knows of its ports, and what its agent costs."""
import time

from cases import true, within
from guest import AGENT_PORT


def ports(guest):
    """{name: {"host_connected": 1, ...}}, the kernel driver's own state."""
    said = guest.run("mountpoint -q /sys/kernel/debug || mount -t debugfs debug /sys/kernel/debug;"
                     "cat /sys/kernel/debug/virtio-ports/*")
    found, one = {}, {}
    for line in said.splitlines():
        key, _, value = line.partition(": ")
        if key == "name":
            one = found.setdefault(value.strip(), {})
        elif key:
            one[key.strip()] = value.strip()
    return found


def wait_until_host_is(guest, connected, name=AGENT_PORT):
    """The guest has been told; what is asked of it afterwards comes later for the agent, too."""
    wanted = "1" if connected else "0"
    within(20, lambda: ports(guest)[name]["host_connected"] == wanted,
           f"the guest knows that the host is {'there' if connected else 'gone'}")


def slices(guest, pid):
    """How often the threads of a process were given a processor."""
    return int(guest.run(f"cat /proc/{pid}/task/*/schedstat | awk '{{n += $3}} END {{print n}}'"))


def must_sleep(guest, pid, seconds=3):
    """Waits until the process has come to rest; then no thread of it may run for so many
    seconds."""
    within(20, lambda: _still(guest, pid, 1), "the agent comes to rest")   # from doubts, too
    before = slices(guest, pid)
    time.sleep(seconds)
    true(slices(guest, pid) == before,
         f"{slices(guest, pid) - before} wake-ups in {seconds} s of rest")


def _still(guest, pid, seconds):
    before = slices(guest, pid)
    time.sleep(seconds)
    return slices(guest, pid) == before
