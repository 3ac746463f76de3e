# SPDX-License-Identifier: MIT
"""A client of mosquitto: retained messages, each acknowledged, over the loopback."""
import socket


def _text(words):
    data = words.encode()
    return len(data).to_bytes(2, "big") + data


class Session:
    """MQTT 3.1.1, with messages of less than 100 bytes."""

    def __init__(self, port):
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._send(0x10, _text("MQTT") + b"\x04\x02\x00\x3c" + _text(f"case{id(self)}"))
        self._receive(0x20)

    def _send(self, kind, body):
        self.wire.sendall(bytes([kind, len(body)]) + body)

    def _receive(self, kind):
        """The body of the next packet of this kind."""
        while True:
            head = self._exactly(2)
            body = self._exactly(head[1])
            if head[0] & 0xF0 == kind:
                return body

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.wire.recv(count - len(data))
            if not more:
                raise OSError("the connection has ended")
            data += more
        return data

    def retain(self, topic, message):
        """Publishes with the quality "at least once"; returns when the server has acknowledged
        it."""
        self._send(0x33, _text(topic) + b"\x00\x01" + message.encode())
        self._receive(0x40)

    def retained(self, topic):
        """The message that the server keeps for a topic, or None."""
        self._send(0x82, b"\x00\x02" + _text(topic) + b"\x00")
        self._receive(0x90)
        self.wire.settimeout(2)
        try:
            return self._receive(0x30)[2 + len(topic):].decode()
        except TimeoutError:
            return None

    def close(self):
        self.wire.close()
