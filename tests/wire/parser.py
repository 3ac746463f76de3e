# SPDX-License-Identifier: MIT
"""The parser: what somebody who has broken into it could do there, tried from outside; and what
becomes of a client when it dies or stops."""
import os
import signal

import probe
from cases import case, contains, equal, true, within
from deeds import OPTIONAL, status, threads, told

OURS = "qemu-ga is one process, with all rights"
USER = 65533
PING = b'{"execute": "guest-ping"}\n'


def _connected(world, *options):
    """An agent that has answered once, its client, and its parser."""
    agent, client = world.connect(*options)
    client.call("guest-ping")
    return agent, client, agent.parser()


@case(own=OURS)
def whoever_breaks_into_the_parser_can_do_nothing_there(world):
    _, client, parser = _connected(world)
    equal(threads(parser), [parser], "threads")
    said = told(parser, parser)
    equal(said, dict.fromkeys(said, "ENOSYS"), f"what the parser {parser} can do")
    client.call("guest-ping")


@case(own=OURS)
def without_the_seal_the_same_calls_get_past_in_the_parser(world):
    _, _, parser = _connected(world, "--sandbox=off")
    said = told(parser, parser)
    said.pop("open of an x32 program")   # of a kernel that has such programs
    true(all(answer != "ENOSYS" for what, answer in said.items() if what not in OPTIONAL),
         f"a call is refused: {said}")
    equal((said["signal to pid 1"], said["unshare"]), (0, 0), f"calls that succeed in {said}")


@case(own=OURS)
def the_parser_has_no_rights_and_no_descriptor_but_its_link(world):
    _, _, parser = _connected(world)
    rights = status(parser, parser)
    equal({name: int(rights[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")},
          {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0}, "its capabilities")
    equal((rights["NoNewPrivs"], rights["Seccomp"], rights["Uid"].split(), rights["Gid"].split(),
           rights["Groups"].strip()),
          ("1", "2", [str(USER)] * 4, [str(USER)] * 4, ""), "its user and its filter")
    names = [os.readlink(f"/proc/{parser}/fd/{fd}") for fd in os.listdir(f"/proc/{parser}/fd")
             if fd != "2"]   # a sanitizer's reports
    true(len(names) == 1 and names[0].startswith("socket:"), f"its descriptors: {names}")


@case(own=OURS)
def a_parser_that_dies_is_replaced_and_no_client_notices(world):
    agent, client, parser = _connected(world)
    for _ in range(3):
        os.kill(agent.parser(), signal.SIGKILL)
        client.call("guest-ping")
    true(agent.parser() not in (0, parser), "another one parses")
    said = told(agent.parser(), agent.parser())
    equal(said, dict.fromkeys(said, "ENOSYS"), "what the one that took its place can do")


@case(own=OURS)
def an_agent_that_has_given_up_its_rights_can_replace_its_parser(world):
    agent, client, _ = _connected(world, "-b", "exec,file,password,ssh,suspend,time,power")
    os.kill(agent.parser(), signal.SIGKILL)
    client.call("guest-ping")
    rights = status(agent.parser(), agent.parser())
    equal((rights["Uid"].split()[0], int(rights["CapBnd"], 16), rights["Seccomp"]), (str(USER), 0, "2"),
          "user, capabilities and filter of the one that took its place")
    os.kill(agent.parser(), signal.SIGSTOP)
    client.send(PING)
    contains(client.line().decode(), "parser has ended")
    agent.client().call("guest-ping")


@case(own=OURS)
def a_parser_that_dies_in_a_request_costs_its_client_the_connection(world):
    agent, client, parser = _connected(world, "-v")
    for length, part in ((10, PING[:10]), (11, PING[10:21])):   # when it reads the second, it has parsed the first
        client.send(part)
        within(5, lambda length=length: f"count: {length}\n" in agent.log(), "it is read")
    os.kill(parser, signal.SIGKILL)
    contains(client.line().decode(), "parser has ended")
    equal(client.line(), b"", "the connection is closed")
    agent.client().call("guest-ping")


@case(own=OURS)
def a_parser_that_is_stopped_is_killed_and_replaced(world):
    agent, client, parser = _connected(world)
    os.kill(parser, signal.SIGSTOP)
    client.send(PING)
    contains(client.line().decode(), "parser has ended")
    contains(agent.log(), "the parser has not answered in its time, and is killed")
    agent.client().call("guest-ping")
    true(agent.parser() not in (0, parser), "another one parses")


@case(own=OURS)
def the_parser_ends_with_its_agent_even_if_it_is_stopped(world):
    agent, _, parser = _connected(world)
    os.kill(parser, signal.SIGSTOP)
    agent.kill()
    within(5, lambda: probe.state(parser) in ("", "Z"), "it has ended")
