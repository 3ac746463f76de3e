# SPDX-License-Identifier: MIT
"""Clock, processors, memory and network of a real machine: what the agent tells is what QEMU and
the kernel say, and what it switches is switched."""
import datetime

from cases import case, contains, equal, true, within
from guestdisk import Disk
from guesthardware import MIB
from vmtwins import TWIN, VmTwins

MAC = "52:54:00:f7:05:7a"
GUEST = {"disks": (lambda guest: Disk("vda", None, None, guest.path("vda.img"), size=32 * MIB),),
         "ports": (TWIN,),
         "extra": ["-smp", "cpus=2,maxcpus=3,sockets=3,cores=1,threads=1",
                   "-m", "384,slots=2,maxmem=2G",
                   "-netdev", "hubport,id=lan,hubid=0",
                   "-device", f"virtio-net-pci,netdev=lan,id=net,mac={MAC},romfile="]}
LATE_S = 120   # what a clock may have gone on until it is looked at


def ask(world, name, args=None, program="frost-ga"):
    """The answer of an agent that is started for this question."""
    with world.agent(program) as agent, agent.port() as port:
        return port.call(name, args, limit_s=60)


# Clock ---------------------------------------------------------------------------------------


def hardware_clock(guest):
    """What QEMU says of its clock, in seconds since 1970."""
    now = guest.qmp.call("qom-get", path="/machine", property="rtc-time")
    return int(datetime.datetime(
        now["tm_year"] + 1900, now["tm_mon"] + 1, now["tm_mday"], now["tm_hour"], now["tm_min"],
        now["tm_sec"], tzinfo=datetime.timezone.utc).timestamp())


def clock(guest):
    return int(guest.run("date +%s"))


def is_about(got, wanted, what):
    true(wanted - 2 <= got <= wanted + LATE_S, f"{what}: {got}, set to {wanted}")


def sets_both_clocks(world, program="frost-ga"):
    for year in (2031, 2024):
        wanted = int(datetime.datetime(year, 7, 1, tzinfo=datetime.timezone.utc).timestamp())
        equal(ask(world, "guest-set-time", {"time": wanted * 10**9}, program), {}, "answer")
        is_about(clock(world.guest), wanted, "clock")
        is_about(hardware_clock(world.guest), wanted, "hardware clock")


def sets_the_clock_by_the_hardware_clock(world, program="frost-ga"):
    for year in (2031, 2024):
        world.guest.run(f"date -u -s {year}-07-01")
        equal(ask(world, "guest-set-time", program=program), {}, "answer")
        is_about(clock(world.guest), hardware_clock(world.guest) - LATE_S // 2, "clock")


class NoHwclock:
    def __init__(self, guest):
        self.guest = guest

    def __enter__(self):
        self.guest.run("mv /bin/hwclock /run/hwclock")

    def __exit__(self, *_):
        self.guest.run("mv /run/hwclock /bin/hwclock")


@case(limit=200)
def the_time_is_set_in_the_guest_and_in_its_hardware_clock(world):
    sets_both_clocks(world)


@case(limit=120)
def so_it_is_by_qemu_ga(world):
    sets_both_clocks(world, "qemu-ga")


@case(limit=120)
def without_hwclock_too(world):
    with NoHwclock(world.guest):
        sets_both_clocks(world)


@case(limit=120)
def without_a_time_the_hardware_clock_s_is_taken(world):
    sets_the_clock_by_the_hardware_clock(world)


@case(limit=120)
def so_it_is_without_hwclock_and_by_qemu_ga(world):
    sets_the_clock_by_the_hardware_clock(world, "qemu-ga")
    with NoHwclock(world.guest):
        sets_the_clock_by_the_hardware_clock(world)


# Processors ----------------------------------------------------------------------------------


def at_work(guest):
    """The kernel's own list."""
    said = guest.run("grep -o '^cpu[0-9]*' /proc/stat").split()
    return sorted(int(name[3:]) for name in said if name != "cpu")


def online(processors):
    return sorted(p["logical-id"] for p in processors if p["online"])


def switch(port, number, on):
    return port.call("guest-set-vcpus", {"vcpus": [{"logical-id": number, "online": on}]},
                     limit_s=90)


@case(limit=120)
def a_processor_is_switched_off_and_on(world):
    guest = world.guest
    with world.agent() as agent, agent.port() as port:
        true({0, 1} <= set(at_work(guest)), "two are at work")
        for on in (False, True):
            equal(switch(port, 1, on), 1, "how many were switched")
            equal(1 in at_work(guest), on, f"the kernel counts processor 1 ({at_work(guest)})")
            equal(online(port.call("guest-get-vcpus")), at_work(guest), "told as online")
            equal(sorted(s["cpu"] for s in port.call("guest-get-cpustats")), at_work(guest),
                  "told with figures")


@case(limit=120)
def the_first_processor_stays_and_what_was_switched_before_it_is_counted(world):
    guest = world.guest
    off = [{"logical-id": number, "online": False} for number in (0, 1)]
    with VmTwins(world) as twins:
        error = twins.same("guest-set-vcpus", {"vcpus": off})
        contains(error["desc"], "logical processor #0 can't be offlined")
        true({0, 1} <= set(at_work(guest)), "both are at work")
        equal(twins.ours.call("guest-set-vcpus", {"vcpus": off[::-1]}, 60), 1, "switched")
        true(1 not in at_work(guest), "the second one is off")
        switch(twins.ours, 1, True)
        twins.same("guest-get-vcpus", arrange=lambda v: sorted(v, key=lambda p: p["logical-id"]))


@case(limit=120)
def a_processor_that_qemu_plugs_in_waits_to_be_switched_on(world):
    guest = world.guest
    free = [slot for slot in guest.qmp.call("query-hotpluggable-cpus") if "qom-path" not in slot]
    equal(len(free), 1, "slots that are free")
    with world.agent() as agent, agent.port() as port:
        before = {p["logical-id"] for p in port.call("guest-get-vcpus")}
        guest.qmp.call("device_add", driver=free[0]["type"], id="more", **free[0]["props"])
        found = within(30, lambda: [p for p in port.call("guest-get-vcpus")
                                    if p["logical-id"] not in before], "one more is told")
        equal((found[0]["online"], found[0]["can-offline"]), (False, True), "its state")
        number = found[0]["logical-id"]
        equal(switch(port, number, True), 1, "how many were switched")
        true(number in at_work(guest), f"processor {number} is at work: {at_work(guest)}")


# Memory --------------------------------------------------------------------------------------


def memory(guest):
    """Bytes that the kernel has."""
    return int(guest.run("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")) * 1024


def state_of(guest, number):
    return guest.run(f"cat /sys/devices/system/memory/memory{number}/state").strip()


def switch_block(port, number, on):
    """Its result, without its number."""
    said = port.call("guest-set-memory-blocks",
                     {"mem-blks": [{"phys-index": number, "online": on}]}, limit_s=150)
    equal([result.pop("phys-index") for result in said], [number], "number")
    return said[0]


@case(limit=120)
def memory_blocks_are_those_of_the_machine(world):
    with VmTwins(world) as twins:
        size = twins.same("guest-get-memory-block-info")["size"]
        blocks = twins.same("guest-get-memory-blocks",
                            arrange=lambda v: sorted(v, key=lambda b: b["phys-index"]))
    summary = world.guest.qmp.call("query-memory-size-summary")
    total = summary["base-memory"] + summary.get("plugged-memory", 0)
    equal(size * len(blocks), total, "all blocks together")


def plug_memory(guest, size):
    guest.qmp.call("object-add", **{"qom-type": "memory-backend-ram", "id": "more", "size": size})
    guest.qmp.call("device_add", driver="pc-dimm", id="dimm", memdev="more")


@case(limit=120)
def memory_that_qemu_plugs_in_is_switched_on_and_off(world):
    guest = world.guest
    # What the kernel puts elsewhere cannot be moved away again.
    guest.run("echo auto-movable >/sys/module/memory_hotplug/parameters/online_policy")
    with world.agent() as agent, agent.port() as port:
        size = port.call("guest-get-memory-block-info")["size"]
        before = {b["phys-index"] for b in port.call("guest-get-memory-blocks")}
        plug_memory(guest, size)
        number = within(30, lambda: [b["phys-index"] for b in port.call("guest-get-memory-blocks")
                                     if b["phys-index"] not in before], "one more is told")[0]
        had = memory(guest)
        equal(state_of(guest, number), "offline", "its state")
        equal(switch_block(port, number, True), {"response": "success"}, "on")
        equal((state_of(guest, number), memory(guest) - had), ("online", size), "with it")
        told = {b["phys-index"]: b["online"] for b in port.call("guest-get-memory-blocks")}
        true(told[number], "it is told as online")
        equal(switch_block(port, number, False), {"response": "success"}, "off")
        equal((state_of(guest, number), memory(guest) - had), ("offline", 0), "without it")


@case(limit=120)
def memory_that_the_kernel_needs_stays(world):
    guest = world.guest
    with VmTwins(world) as twins:
        said = twins.same("guest-set-memory-blocks",
                          {"mem-blks": [{"phys-index": 0, "online": False}]})
    equal((said[0]["response"], said[0]["error-code"] > 0), ("operation-failed", True), "result")
    equal(state_of(guest, 0), "online", "its state")


# Network and disks ---------------------------------------------------------------------------


def with_network(guest):
    guest.run("ip link set eth0 up; ip addr add 192.0.2.7/25 dev eth0 2>/dev/null; "
              "ip addr add 2001:db8::7/64 dev eth0 2>/dev/null; "
              "ip route replace default via 192.0.2.1")
    within(30, lambda: "fe80::" in guest.run("ip addr show dev eth0"), "its own address is there")


def figureless(interfaces):
    return [{k: v for k, v in i.items() if k != "statistics"} for i in interfaces]


@case(limit=120)
def an_interface_has_qemu_s_hardware_address_and_the_guest_s_addresses(world):
    guest = world.guest
    with_network(guest)
    with VmTwins(world) as twins:
        told = twins.same("guest-network-get-interfaces", arrange=figureless)
        before, ours, after = twins.between("guest-network-get-interfaces")
    found = {i["name"]: i for i in told}["eth0"]
    equal(found["hardware-address"],
          guest.qmp.call("qom-get", path="/machine/peripheral/net", property="mac"), "address")
    addresses = {(a["ip-address"], a["prefix"]) for a in found["ip-addresses"]}
    true({("192.0.2.7", 25), ("2001:db8::7", 64)} <= addresses, f"addresses: {addresses}")
    for number, interface in enumerate(ours):
        for name, value in interface["statistics"].items():
            true(before[number]["statistics"][name] <= value <= after[number]["statistics"][name],
                 f"{name} of {interface['name']}")


@case(limit=120)
def routes_are_those_that_ip_shows(world):
    with_network(world.guest)
    shown = world.guest.run("ip route").split("\n")
    true("default via 192.0.2.1 dev eth0 " in shown, f"ip shows {shown}")
    told = [(r["destination"], r.get("gateway"), r.get("mask"))
            for r in ask(world, "guest-network-get-route")
            if r["iface"] == "eth0" and r["version"] == 4]
    equal(sorted(told), [("0.0.0.0", "192.0.2.1", "0.0.0.0"),
                         ("192.0.2.0", "0.0.0.0", "255.255.255.128")], "routes of eth0")


@case(limit=120)
def figures_of_a_disk_are_those_that_qemu_counts(world):
    guest = world.guest

    def counted(port):
        """(sectors and requests written, bytes and requests of QEMU)"""
        told = {d["name"]: d["stats"] for d in port.call("guest-get-diskstats")}["vda"]
        said = [d["stats"] for d in guest.qmp.call("query-blockstats")
                if "dev-vda" in d.get("qdev", "")][0]
        return told["write-sectors"] * 512, said["wr_bytes"]

    with world.agent() as agent, agent.port() as port:
        before = counted(port)
        guest.run("dd if=/dev/zero of=/dev/vda bs=1M count=8 conv=fsync 2>/dev/null")
        after = counted(port)
    grown = [b - a for a, b in zip(before, after)]
    equal(grown, [8 * MIB, 8 * MIB], "bytes written")
