# SPDX-License-Identifier: MIT
"""The host's side: one connection to the agent, and the clock beside it.

While the host waits for an answer it also hears the hook, which tells its begin and end through a
pipe, so that everything in the story has one clock.
"""

import collections
import json
import os
import select
import socket
import time

import page
import playground

Exchange = collections.namedtuple("Exchange", "asked answered value error")
Event = collections.namedtuple("Event", "at text")

PATIENCE = 30   # seconds for one answer


class Host:
    def __init__(self):
        self.events = []
        os.mkfifo(playground.EVENTS)
        self._pipe = os.open(playground.EVENTS, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connect(time.monotonic() + PATIENCE)

    def _connect(self, deadline):
        while True:
            try:
                return self._socket.connect(playground.SOCKET)
            except ConnectionRefusedError:      # bound, and not yet listening
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def ask(self, name, arguments=None):
        """Send one command and show both lines."""
        request = {"execute": name}
        if arguments is not None:
            request["arguments"] = arguments
        data = json.dumps(request).encode() + b"\n"
        page.line()
        page.json_line("->", "host", data)
        asked = time.monotonic()
        self._socket.sendall(data)
        answer = self._read_line(asked + PATIENCE)
        answered = time.monotonic()
        page.json_line("<-", "agent", answer)
        message = json.loads(answer.lstrip(b"\xff").decode())
        return Exchange(asked, answered, message.get("return"), message.get("error"))

    def hook_phase(self, argument):
        """(begin, end) of the hook's run with freeze or thaw, None when it did not run."""
        times = {event.text: event.at for event in self.events}
        begin, end = times.get(argument + " begins"), times.get(argument + " ends")
        return None if begin is None or end is None else (begin, end)

    def _read_line(self, deadline):
        data = b""
        while not data.endswith(b"\n"):
            wait = max(0.0, deadline - time.monotonic())
            ready = select.select([self._socket, self._pipe], [], [], wait)[0]
            if not ready:
                raise RuntimeError("no answer within %d s" % PATIENCE)
            if self._pipe in ready:
                now = time.monotonic()
                text = os.read(self._pipe, 4096).decode()
                self.events += [Event(now, line) for line in text.splitlines()]
            if self._socket in ready:
                chunk = self._socket.recv(65536)
                if not chunk:
                    raise RuntimeError("the agent closed the connection")
                data += chunk
        return data
