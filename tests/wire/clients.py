# SPDX-License-Identifier: MIT
"""Clients that come, go, stand in line and misbehave."""
import os
import select
import socket
import threading
import time

from cases import case, equal, true, within
from client import Client

PING = b'{"execute":"guest-ping"}\n'
PONG = b'{"return": {}}\n'


@case(differs="D16: half a request of one client is completed by the next one's bytes",
      cheap=True)
def half_a_request_dies_with_its_client(world):
    agent, client = world.connect()
    client.call("guest-ping")
    client.send(b'{"execute":"guest-ping","id":"half')
    client.close()
    with agent.client() as second:
        second.send(PING)
        equal(second.line(3), PONG)


@case()
def a_client_that_leaves_without_a_word_harms_nobody(world):
    agent, client = world.connect()
    client.close()
    for _ in range(20):
        agent.client().close()
    with agent.client() as last:
        equal(last.call("guest-ping"), {})


@case(differs="D17: the agent ends when a client closes with an answer unread", cheap=True)
def a_client_that_closes_with_an_answer_unread_harms_nobody(world):
    agent, client = world.connect()
    for _ in range(10):
        client.send(PING)
        select.select([client.socket], [], [], 10)   # the answer is there, and stays there
        client.close()
        client = agent.client()
    equal(client.call("guest-ping"), {})
    true(agent.alive(), "the agent ended")


@case()
def after_a_half_close_what_was_asked_is_answered(world):
    agent, client = world.connect()
    client.send(PING * 100)
    client.half_close()
    equal(client.rest(), PONG * 100)
    with agent.client() as second:
        equal(second.call("guest-ping"), {})


@case()
def a_second_client_waits_for_the_first_to_leave(world):
    agent, first = world.connect()
    equal(first.call("guest-ping"), {})
    second = Client(agent.socket_path)
    second.send(PING)
    second.silent(0.2)
    equal(first.call("guest-ping"), {})
    first.close()
    equal(second.line(), PONG)


def _stuff(client, limit_s=20):
    """Sends pings without reading, until the agent takes no more or 4 MiB are through."""
    client.socket.setblocking(False)
    deadline = time.monotonic() + limit_s
    sent, last = 0, time.monotonic()
    while sent < 4 << 20 and time.monotonic() < deadline:
        try:
            sent += client.socket.send(PING * 500)
            last = time.monotonic()
        except BlockingIOError:
            if time.monotonic() - last > 0.5:
                break
            time.sleep(0.002)
    return sent


def _rests(agent):
    """Uses no processor time for a quarter of a second."""
    before = agent.cpu_ticks()
    time.sleep(0.25)
    return agent.cpu_ticks() == before


@case(differs="D15: it spins while the peer does not read", cheap=False)
def a_client_that_never_reads_costs_neither_time_nor_memory(world):
    # Under AddressSanitizer freed memory goes back at once, or it would be counted.
    agent, client = world.connect(env={"ASAN_OPTIONS": "quarantine_size_mb=0:exitcode=99"})
    _stuff(client)
    within(10, lambda: _rests(agent), "it rests while nobody reads")
    with open(f"/proc/{agent.pid}/status") as f:
        peak = next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
    true(peak < 120 << 10, f"{peak} KiB at the peak")
    client.close()
    with agent.client() as second:
        equal(second.call("guest-ping", limit_s=20), {})


@case(cheap=False)
def after_a_client_that_never_read_the_next_one_is_served(world):
    agent, client = world.connect()
    _stuff(client, 5)
    client.close()
    with agent.client() as second:
        equal(second.call("guest-ping", limit_s=20), {})
        second.silent(0.1)


@case()
def an_answer_to_a_client_that_left_reaches_nobody_else(world):
    agent, client = world.connect()
    client.send(b'{"execute":"guest-sync","arguments":{"id":4711}}')
    client.line()
    client.send(b'{"execute":"guest-sync","arguments":{"id":4712}}')
    client.line()
    client.close()
    with agent.client() as second:
        second.send(PING)
        equal(second.line(), PONG)


@case()
def input_that_is_not_json_is_answered_with_errors_and_survived(world):
    agent, client = world.connect()
    random = os.urandom(100 << 10)
    got = []

    def read():
        while not got or b'\xff{"return": 99}\n' not in got[-1]:
            got.append(client.line(20))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    client.send(random)
    client.send(b'\xff{"execute":"guest-sync-delimited","arguments":{"id":99}}\n')
    reader.join(20)
    true(not reader.is_alive(), f"no answer after the noise of {len(got)} lines")
    true(len(got) > 100, "the noise was not answered")
    true(agent.alive(), "the agent ended")


@case()
def an_existing_file_at_the_socket_path_is_replaced(world):
    agent = world.agent()
    with open(agent.socket_path, "w") as f:
        f.write("old")
    agent.start()
    with agent.client() as client:
        equal(client.call("guest-ping"), {})


@case()
def the_socket_has_the_mode_of_the_umask(world):
    agent = world.agent().start(preexec=lambda: os.umask(0o022))
    agent.client().close()
    equal(oct(os.stat(agent.socket_path).st_mode & 0o777), "0o755")


@case()
def a_socket_that_was_passed_is_used_instead_of_the_path(world):
    """LISTEN_FDS."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("/run/passed.sock")
    listener.listen(1)
    agent = world.agent()
    agent.socket_path = "/run/passed.sock"

    def as_systemd_does():
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ["LISTEN_PID"] = str(os.getpid())

    # LISTEN_PID must be the agent's own: a shell that turns into it knows its number.
    real = agent.program
    agent.program = "/run/activated"
    with open(agent.program, "w") as f:
        f.write(f'#!/bin/sh\nLISTEN_PID=$$ LISTEN_FDS=1 exec {real} "$@"\n')
    os.chmod(agent.program, 0o755)
    agent.start(preexec=as_systemd_does, pass_fds=(3,), path="/run/not-used.sock")
    with agent.client() as client:
        equal(client.call("guest-ping"), {})
    true(not os.path.exists("/run/not-used.sock"), "the configured path was used")
    with open(f"/proc/{agent.pid}/environ", "rb") as f:
        true(b"LISTEN_PID" in f.read(), "the test did not pass LISTEN_PID")
    equal(agent.stop(), 0, "exit status")


@case()
def more_than_one_passed_socket_is_refused(world):
    with open("/run/activated", "w") as f:
        f.write(f'#!/bin/sh\nLISTEN_PID=$$ LISTEN_FDS=2 exec {world.program} "$@" '
                '3</dev/null 4</dev/null\n')
    os.chmod("/run/activated", 0o755)
    run = world.run("-t", "/run", program="/run/activated")
    equal(run.returncode, 1, "exit status")
