# SPDX-License-Identifier: MIT
"""The parser: what somebody who has broken into it could do there, tried from outside; and what
becomes of a client when it dies or stops."""
import os
import signal

import deeds
import proc
import rights
from cases import case, contains, equal, kill_form, true, within

OURS = "qemu-ga is one process, with all rights"
USER = 65533
PING = b'{"execute": "guest-ping"}\n'
FEW = ("-b", "exec,file,password,ssh,suspend,time,power")


def _connected(world, *options):
    """An agent that has answered once, its client, and its parser."""
    agent, client = world.connect(*options)
    client.call("guest-ping")
    return agent, client, agent.parser()


def _tried(parser):
    """{deed: "yes", or the errno by which it is refused} in the only thread of a parser."""
    equal(deeds.threads(parser), [parser], "threads")
    return deeds.told(deeds.of_freezer(parser, parser)[0])


def _must_be_shut(parser):
    """In the kill form it does not live to tell, and its rights have to do."""
    if not kill_form():
        equal(_tried(parser), dict.fromkeys(deeds.PROMISED, deeds.IN_PARSER), f"what the parser {parser} can do")


@case(own=OURS, seal="errno")
def whoever_breaks_into_the_parser_can_do_nothing_there(world):
    deeds.prepare()
    _, client, parser = _connected(world)
    _must_be_shut(parser)
    true(not os.path.exists(deeds.MADE), "nothing was created")
    client.call("guest-ping")


@case(own=OURS, seal="kill")
def no_client_notices_that_a_parser_is_killed_for_a_call_and_the_suite_does(world):
    agent, client, parser = _connected(world)
    equal(deeds.killed_by(parser), signal.SIGSYS, "the signal that ends it")
    client.call("guest-ping")
    agent.parser_after(parser)


@case(own=OURS)
def without_the_seal_the_same_calls_get_past_in_the_parser(world):
    deeds.prepare()
    _, _, parser = _connected(world, "--sandbox=off")
    told = {what: answer for what, answer in _tried(parser).items() if what not in deeds.OPTIONAL}
    equal(told, dict.fromkeys(told, deeds.YES), "what it can do")
    true(os.path.exists(deeds.MADE), "a file was created")


def _promised(parser, user):
    """It has no right at all, and is user and nobody else."""
    equal(rights.of_threads(parser)[parser], rights.promised(0, no_new_privs=1, filtered=True), "its rights")
    with open(f"/proc/{parser}/status", encoding="ascii") as f:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    equal((lines["Uid"].split(), lines["Gid"].split(), lines["Groups"].strip()),
          ([str(user)] * 4, [str(user)] * 4, ""), "its user, groups")


@case(own=OURS)
def the_parser_has_no_rights_and_no_descriptor_but_its_link(world):
    _, _, parser = _connected(world)
    _promised(parser, USER)
    names = [os.readlink(f"/proc/{parser}/fd/{fd}") for fd in os.listdir(f"/proc/{parser}/fd")
             if fd != "2"]   # a sanitizer's reports
    true(len(names) == 1 and names[0].startswith("socket:"), f"its descriptors: {names}")


@case(own=OURS)
def a_parser_that_dies_is_replaced_and_no_client_notices(world):
    agent, client, parser = _connected(world)
    for _ in range(3):
        os.kill(parser, signal.SIGKILL)
        client.call("guest-ping")
        parser = agent.parser_after(parser)
    deeds.prepare()
    _must_be_shut(parser)
    _promised(agent.parser(), USER)


@case(own=OURS)
def an_agent_of_few_commands_replaces_its_parser_without_another_user(world):
    deeds.prepare()
    agent, client, parser = _connected(world, *FEW)
    _promised(parser, USER)
    os.kill(parser, signal.SIGKILL)
    client.call("guest-ping")
    _must_be_shut(agent.parser_after(parser))
    _promised(agent.parser(), 0)
    contains(agent.log(), "the parser keeps the agent's user: Operation not permitted")


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


def _has_ended(pid):
    return proc.has_ended(pid)


@case(own=OURS)
def a_parser_that_is_stopped_is_killed_and_replaced(world):
    for options in ((), FEW):
        agent, client, parser = _connected(world, *options)
        os.kill(parser, signal.SIGSTOP)
        client.send(PING)
        contains(client.line().decode(), "parser has ended")
        contains(agent.log(), "the parser has not answered in its time, and is killed")
        agent.client().call("guest-ping")
        within(5, lambda parser=parser: _has_ended(parser), "it has ended")
        agent.parser_after(parser)


@case(own=OURS)
def the_parser_ends_with_its_agent_even_if_it_is_stopped(world):
    for options in ((), FEW):
        agent, _, parser = _connected(world, *options)
        os.kill(parser, signal.SIGSTOP)
        agent.kill()
        within(5, lambda parser=parser: _has_ended(parser), "it has ended")
