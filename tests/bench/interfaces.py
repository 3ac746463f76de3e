# SPDX-License-Identifier: MIT
"""Many network interfaces, in a network of this process's own: they end with it."""
import fcntl
import socket
import struct

_SIOCBRADDBR, _SIOCSIFADDR = 0x89A0, 0x8916


def _address(n):
    return struct.pack("HH4s", socket.AF_INET, 0, bytes([10, n >> 8, n & 255, 1]))


def make(made, count):
    """Bridges without ports, each with an address, until there are so many; the new number of them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for n in range(made, count):
            name = f"many{n}".encode()
            fcntl.ioctl(s, _SIOCBRADDBR, name + b"\0")
            fcntl.ioctl(s, _SIOCSIFADDR, struct.pack("16s24s", name, _address(n)))
    return count
