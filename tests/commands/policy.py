# SPDX-License-Identifier: MIT
"""Lists of commands with families and globs; what of them means nothing; what is logged."""
import os
import socket

from cases import case, contains, equal, true


def _enabled(client):
    return {c["name"] for c in client.call("guest-info")["supported_commands"] if c["enabled"]}


@case(own="families in a list")
def a_family_is_blocked_as_a_whole(world):
    _, client = world.connect("-b", "time,system")
    enabled = _enabled(client)
    equal({"guest-get-time", "guest-set-time", "guest-get-load", "guest-get-osinfo"} & enabled,
          set(), "what is left of the two families")
    equal(client.refusal("guest-get-time").desc,
          "Command guest-get-time has been disabled: the command is not allowed")


@case(own="globs in a list")
def a_glob_blocks_what_it_matches(world):
    _, client = world.connect("-b", "suspend-*,guest-set-*")
    enabled = _enabled(client)
    true(not [name for name in enabled if "suspend" in name or "set-" in name],
         f"nothing is left: {enabled}")
    true("guest-get-time" in enabled, "others are")


@case(own="families in a list")
def only_the_families_of_an_allow_list_are_allowed(world):
    _, client = world.connect("-a", "core,network")
    equal(_enabled(client), {"guest-sync", "guest-sync-delimited", "guest-ping", "guest-info",
                             "guest-network-get-interfaces"})


@case(own="an item that matches nothing is reported")
def an_item_that_means_nothing_is_reported_at_the_start(world):
    agent, client = world.connect("-b", "guest-exce,tiem,guest-ping")
    client.call("guest-info")
    contains(agent.log(), "block-rpcs: 'guest-exce' is not a command and matches none")
    contains(agent.log(), "'tiem'")
    true("guest-ping" not in agent.log(), "what means something is not reported")


@case(own="an allow list of mistakes")
def an_allow_list_that_means_nothing_allows_nothing(world):
    _, client = world.connect("-a", "guest-exce")
    contains(client.refusal("guest-ping").desc, "the command is not allowed")


# A line of its own, a terminal's sequences, and one that is longer than a datagram may be.
_HOSTILE = "/none\n<38>Jan  1 00:00:00 sshd[1]: forged\r\x1b[2J\x7f\u009b2J"
_LONG = "x" * 300_000


@case(own="what is logged, and how")
def each_request_makes_one_line_of_syslog(world):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind("/dev/log")
        daemon.settimeout(20)
        try:
            _, client = world.connect()
            asked = 0
            for path in (_HOSTILE, "/none/" + _LONG, "/none"):
                client.refusal("guest-file-open", {"path": path})
                client.refusal("guest-exec", {"path": path, "arg": [_HOSTILE, "b\nc"]})
                client.refusal("guest-ssh-get-authorized-keys", {"username": path})
                client.refusal("guest-set-user-password",
                               {"username": path, "password": "!", "crypted": False})
                for name in ("guest-file-open", "guest-exec", "guest-ssh-get-authorized-keys",
                             "guest-set-user-password"):
                    line = daemon.recv(1 << 20)
                    contains(line, f"info: {name} called".encode(), "the line of this call")
                    true(line.startswith(b"<14>"), f"what it says it is: {line[:80]}")
                    bad = [c for c in line.decode() if ord(c) < 32 or 127 <= ord(c) < 160]
                    equal(bad, [], f"control characters in {line[:200]}")
                    asked += 1
            daemon.setblocking(False)
            try:
                rest = daemon.recv(1 << 20)
            except BlockingIOError:
                rest = None
            equal((asked, rest), (12, None), "lines")
        finally:
            os.unlink("/dev/log")
