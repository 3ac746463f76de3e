# SPDX-License-Identifier: MIT
"""A process that passes itself off as a database server, and notes all that it is sent.

    stand-in.py CAUGHT SPEECH ADDRESS...      run by a copy of Python that has the server's name

ADDRESS is the path of a socket or a port of the loopback. What arrives is appended to the file
CAUGHT as it comes. SPEECH: what it asks for:

    redis       says NOAUTH to everything
    mysql-METHOD    greets as MariaDB does, and asks for the password by METHOD of the client
    postgres    asks for the password in clear
    silent      never says anything
"""
import os
import select
import socket
import sys

CAPABILITIES = 0x81AAF7FF     # protocol 4.1, secure connection, plugins: what a server of today has
SCRAMBLE = b"abcdefgh", b"ijklmnopqrst\0"


def packet(number, body):
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def greeting(method):
    low, high = CAPABILITIES & 0xFFFF, CAPABILITIES >> 16
    return packet(0, b"\x0a5.5.5-10.11.6-MariaDB\0" + (7).to_bytes(4, "little") + SCRAMBLE[0] + b"\0"
                  + low.to_bytes(2, "little") + b"\x21\x02\0" + high.to_bytes(2, "little")
                  + b"\x15" + bytes(10) + SCRAMBLE[1] + b"mysql_native_password\0")


class Peer:
    def __init__(self, wire, speech):
        self.wire = wire
        self.speech, _, self.method = speech.partition("-")
        self.count = 0
        if self.speech == "mysql":
            wire.sendall(greeting(self.method))

    def answer(self, data):
        self.count += 1
        if self.speech == "redis":
            self.wire.sendall(b"-NOAUTH Authentication required.\r\n")
        elif self.speech == "postgres":
            # "N" to a question about encryption, then AuthenticationCleartextPassword
            self.wire.sendall(b"N" if data[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30")
                              else b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big"))
        elif self.speech == "mysql" and self.count == 1:
            ask = b"\x04Password: " if self.method == "dialog" else b""
            self.wire.sendall(packet(data[3] + 1, b"\xfe" + self.method.encode() + b"\0" + ask))


def listener(address):
    if "/" in address:
        door = socket.socket(socket.AF_UNIX)
        door.bind(address)
        os.chmod(address, 0o777)
    else:
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", int(address)))
    door.listen()
    return door


def main():
    caught, speech, *addresses = sys.argv[1:]
    doors = [listener(address) for address in addresses]
    peers = {}
    with open(caught, "ab", buffering=0) as notes:
        notes.write(b"listens\n")
        while True:
            for wire in select.select([*doors, *peers], [], [])[0]:
                if wire in doors:
                    new, _ = wire.accept()
                    notes.write(b"connected\n")
                    peers[new] = Peer(new, speech)
                    continue
                try:
                    data = wire.recv(65536)
                    notes.write(data)
                    if data:
                        peers[wire].answer(data)
                except OSError:
                    data = b""
                if not data:
                    del peers[wire]
                    wire.close()


if __name__ == "__main__":
    main()
