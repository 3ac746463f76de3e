# SPDX-License-Identifier: MIT
"""How bytes become requests, and in which order answers come."""
import json

from cases import PATIENCE, case, contains, equal, true, within

PING = b'{"execute":"guest-ping"}\n'
PONG = b'{"return": {}}\n'


@case()
def a_request_in_single_bytes_is_answered(world):
    _, client = world.connect()
    for i in range(len(PING)):
        client.send(PING[i:i + 1])
    equal(client.line(), PONG)


@case()
def a_request_split_at_any_byte_is_answered(world):
    _, client = world.connect()
    for i in range(1, len(PING) - 1):
        client.send(PING[:i])
        client.send(PING[i:])
        equal(client.line(), PONG, f"split at {i}")


@case()
def requests_without_a_newline_between_are_answered(world):
    _, client = world.connect()
    client.send(PING.strip() * 5)
    equal(client.lines(5), [PONG] * 5)


@case()
def sync_and_command_in_one_write_are_answered_in_order(world):
    """As Proxmox VE writes."""
    _, client = world.connect()
    for n in range(1, 40):
        sync = json.dumps({"execute": "guest-sync-delimited", "arguments": {"id": n}}).encode()
        client.send(sync + b"\n" + b'{"execute":"guest-fsfreeze-status"}\n')
        equal(client.line(), b"\xff" + b'{"return": %d}\n' % n, "sync")
        equal(client.line(), b'{"return": "thawed"}\n', "status")


@case()
def thousand_requests_in_one_write_are_answered_in_order(world):
    _, client = world.connect()
    client.send(b"".join(b'{"execute":"guest-sync","arguments":{"id":%d}}' % n
                         for n in range(1000)))
    equal(client.lines(1000), [b'{"return": %d}\n' % n for n in range(1000)])


@case()
def errors_and_answers_keep_their_order(world):
    _, client = world.connect()
    client.send(b'{"execute":"guest-ping"} nul {"execute":"no-such"} ' + PING)
    lines = client.lines(4)
    equal(lines[0], PONG)
    contains(lines[1], b"JSON parse error, invalid keyword 'nul'")
    contains(lines[2], b'"CommandNotFound", "desc": "The command no-such has not been found"')
    equal(lines[3], PONG)


@case()
def the_reset_byte_drops_what_was_begun(world):
    _, client = world.connect()
    client.send(b'{"execute":"guest-pi\xff{"execute":"guest-sync-delimited","arguments":{"id":5}}')
    contains(client.line(), b"JSON parse error, stray")
    equal(client.line(), b'\xff{"return": 5}\n')


@case(differs="a wrong token is answered at once, as by 11.1: 7.2 and 10.0 wait for the brackets",
      of="7.2 10.0", cheap=True)
def a_wrong_token_is_answered_at_once(world):
    _, client = world.connect()
    client.send(b'{"execute":[}')
    contains(client.line(2), b"JSON parse error, expecting value")
    client.send(b'{"execute":"guest-ping"} nul ]' + PING)   # the rest of the first, to its bracket
    equal(client.line(), PONG)


@case()
def numbers_of_64_bits_are_exact(world):
    _, client = world.connect()
    for number in (2**63 - 1, -2**63, 1763840000123):
        equal(client.call("guest-sync", {"id": number}), number)


@case()
def an_id_of_any_type_is_echoed(world):
    _, client = world.connect()
    for value in (None, 1, -1, "x\x07é\U0001F600", [1, {"a": None}], {"b": [True, 2.5]}, 2**64 - 1):
        client.request("guest-ping", id=value)
        equal(json.loads(client.line()), {"return": {}, "id": value})
        client.request("no-such", id=value)
        equal(json.loads(client.line())["id"], value, "id of an error")


@case()
def a_large_request_is_echoed_whole(world):
    _, client = world.connect()
    # Nothing multiplies the agent's own limit for its parser: where that is emulated, it has less to read.
    text = "a" * ((4 << 20) if PATIENCE == 1 else (256 << 10))
    client.request("guest-ping", id=text)
    equal(len(client.line(30)), len(text) + len('{"return": {}, "id": ""}\n'))
    equal(client.call("guest-ping"), {})


@case(own="--max-request")
def a_request_over_the_bound_is_refused_and_the_next_is_answered(world):
    agent, client = world.connect("--max-request=4096")
    client.send(b'{"execute":"guest-ping","id":"' + b"x" * 8192 + b'"}\n')
    contains(client.line(), b'{"error": {"class": "GenericError", "desc": "')
    client.send(b'\xff{"execute":"guest-sync-delimited","arguments":{"id":5}}\n')
    within(5, lambda: b'\xff{"return": 5}\n' in client.line(), "an answer after the reset")
    equal(client.call("guest-ping"), {})
    equal(agent.stop(), 0, "exit status")


@case(own="the bound on a request")
def a_bounded_request_takes_bounded_memory(world):
    agent, client = world.connect(env={"ASAN_OPTIONS": "quarantine_size_mb=0:exitcode=99"})
    equal(client.call("guest-ping"), {})
    client.send(b'{"execute":"guest-ping","id":"')
    for _ in range(96):
        client.send(b"x" * (1 << 20))
    with open(f"/proc/{agent.pid}/status") as f:
        peak = next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
    true(peak < 160 << 10, f"peak of {peak} KiB for a request of 96 MiB with a bound of 16 MiB")
    true(agent.alive(), "the agent ended")
