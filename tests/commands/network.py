# SPDX-License-Identifier: MIT
"""Interfaces and routes, in this network and in one of the case's own."""
import fcntl
import os
import socket
import struct

import kernel
from cases import case, equal, true
from twins import BOTH, Twins

_SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFNETMASK, _SIOCADDRT = 0x8914, 0x8916, 0x891c, 0x890b
_IFF_UP = 1
_CLONE_NEWNET = 0x40000000


def _figureless(interfaces):
    """Without the figures, which move."""
    return [{**i, "statistics": sorted(i["statistics"])} if "statistics" in i else i
            for i in interfaces]


def _ioctl(request, name, payload):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, request, struct.pack("16s24s", name.encode(), payload))


def _address(text):
    return struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(text))


def _own_network():
    """A network with nothing but a loopback interface, which is down."""
    kernel.unshare(_CLONE_NEWNET)


def _up(name):
    _ioctl(_SIOCSIFFLAGS, name, struct.pack("h", _IFF_UP))


def _add(name, address, mask):
    _ioctl(_SIOCSIFADDR, name, _address(address))
    _ioctl(_SIOCSIFNETMASK, name, _address(mask))


@case(once=True, own=BOTH)
def the_interfaces_of_the_machine_are_the_same(world):
    with Twins(world) as twins:
        twins.same("guest-network-get-interfaces", arrange=_figureless)


@case(once=True, own=BOTH)
def an_interface_without_an_address_is_the_same(world):
    _own_network()
    with Twins(world) as twins:
        interfaces = twins.same("guest-network-get-interfaces")
    equal(interfaces, [{"name": "lo", "hardware-address": "00:00:00:00:00:00"}])


@case(once=True, own=BOTH)
def labels_and_odd_masks_are_the_same(world):
    _own_network()
    _up("lo")
    _add("lo:1", "192.0.2.77", "255.255.255.224")
    _add("lo:label", "198.51.100.9", "255.255.255.255")
    with Twins(world) as twins:
        interfaces = twins.same("guest-network-get-interfaces")
    prefixes = {a["ip-address"]: a["prefix"] for i in interfaces for a in i.get("ip-addresses", [])}
    equal((prefixes["192.0.2.77"], prefixes["198.51.100.9"]), (27, 32), "prefixes")
    true({"lo:1", "lo:label"} <= {i["name"] for i in interfaces}, "a label is an interface")


@case(once=True, own=BOTH)
def the_figures_of_an_interface_are_the_kernel_s(world):
    _own_network()
    _up("lo")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(10):
            s.sendto(b"x" * 100, ("127.0.0.1", 9))
    with Twins(world) as twins:
        interfaces = twins.same("guest-network-get-interfaces")
    statistics = interfaces[0]["statistics"]
    true(statistics["rx-packets"] >= 10 and statistics["tx-bytes"] >= 1000, f"{statistics}")


@case(own="guest-network-get-route came after 7.2")
def the_routes_are_the_kernel_s(world):
    _own_network()
    _up("lo")
    _add("lo:1", "192.0.2.77", "255.255.255.0")
    route = struct.pack("L16s16s16sHhLLHhPLLH", 0, _address("0.0.0.0").ljust(16, b"\0"),
                        _address("192.0.2.1").ljust(16, b"\0"),
                        _address("0.0.0.0").ljust(16, b"\0"), 3, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, _SIOCADDRT, route.ljust(120, b"\0"))
    _, client = world.connect()
    routes = client.call("guest-network-get-route")
    default = [r for r in routes if r["version"] == 4 and r["destination"] == "0.0.0.0"]
    equal([(r["iface"], r["gateway"], r["mask"], r["flags"]) for r in default],
          [("lo", "192.0.2.1", "0.0.0.0", 3)], "default route")
    equal(len([r for r in routes if r["version"] == 4]), _lines("/proc/self/net/route") - 1,
          "routes of IPv4")
    equal(len([r for r in routes if r["version"] == 6]), _lines("/proc/self/net/ipv6_route"),
          "routes of IPv6")


def _lines(path):
    if not os.path.exists(path):
        return 0
    with open(path) as f:
        return len(f.readlines())


@case(own="guest-network-get-route came after 7.2")
def a_network_without_routes_has_none(world):
    _own_network()
    _, client = world.connect()
    equal([r for r in client.call("guest-network-get-route") if r["version"] == 4], [])
