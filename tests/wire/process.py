# SPDX-License-Identifier: MIT
"""Signals, exit codes, daemonizing, pid file and log of an idle agent."""
import os
import re
import signal

import proc
from cases import case, contains, equal, true, within


@case()
def term_and_int_end_it_with_0(world):
    for number in (signal.SIGTERM, signal.SIGINT):
        agent, client = world.connect()
        equal(client.call("guest-ping"), {})
        equal(agent.stop(number), 0, f"exit status after signal {number}")


@case(differs="it dies of SIGHUP", cheap=True)
def hup_ends_it_with_0(world):
    agent, client = world.connect()
    equal(client.call("guest-ping"), {})
    equal(agent.stop(signal.SIGHUP), 0, "exit status")


@case()
def an_empty_environment_is_enough(world):
    agent = world.agent()
    agent.environment = lambda extra=None: {}
    with agent.start().client() as client:
        with open(f"/proc/{agent.pid}/environ", encoding="utf-8") as f:
            equal(f.read(), "", "its environment")
        equal(client.call("guest-ping"), {})
    equal(agent.stop(), 0, "exit status")


@case()
def a_signal_to_an_agent_without_a_client_ends_it_with_0(world):
    agent, client = world.connect()
    client.close()
    equal(agent.stop(), 0, "exit status")


@case(own="D21: qemu-ga sometimes dies of SIGABRT here")
def answers_given_before_the_signal_are_delivered(world):
    agent, client = world.connect()
    client.send(b'{"execute":"guest-ping"}\n' * 10)
    client.line()
    equal(agent.stop(), 0, "exit status")
    true(set(client.rest().splitlines()) <= {b'{"return": {}}'}, "half an answer")


def _daemon(world, *options):
    """Starts with -d; returns the launcher's status and the daemon's pid."""
    agent = world.agent()
    agent.start("-d", "-f", "/run/ga.pid", *options)
    status = agent.wait()
    return agent, status


def _pid_file():
    with open("/run/ga.pid") as f:
        return int(f.read())


def _gone(pid):
    return not os.path.exists(f"/proc/{pid}")


@case()
def a_daemon_writes_its_pid_and_serves(world):
    agent, status = _daemon(world)
    equal(status, 0, "exit status of the launcher")
    with agent.client() as client:
        equal(client.call("guest-ping"), {})
    pid = _pid_file()
    equal(oct(os.stat("/run/ga.pid").st_mode & 0o777), "0o600", "mode of the pid file")
    equal(os.readlink(f"/proc/{pid}/cwd"), "/", "working directory")
    for fd in (0, 1, 2):
        equal(os.readlink(f"/proc/{pid}/fd/{fd}"), "/dev/null", f"descriptor {fd}")
    equal(proc.stat(pid).session, pid, "session")
    with open(f"/proc/{pid}/status") as f:
        contains(f.read(), "Umask:\t0077", "umask")
    os.kill(pid, signal.SIGTERM)
    within(10, lambda: _gone(pid), "the daemon ends")
    true(not os.path.exists("/run/ga.pid"), "the pid file was left behind")


@case(differs="its launcher knows nothing of it", cheap=True)
def a_second_daemon_says_so_and_leaves_the_first_alone(world):
    first, _ = _daemon(world)
    first.client().close()
    pid = _pid_file()
    second, status = _daemon(world)
    equal(status, 1, "exit status of the launcher")
    contains(second.log(), "Cannot lock pid file")
    # Its launcher may be told a moment before it ends.
    within(10, lambda: not _others_of(pid), lambda: f"daemons beside the first: {_others_of(pid)}")
    equal(_pid_file(), pid, "pid file")
    true(not _gone(pid), "the first daemon is gone")


def _others_of(pid):
    """Daemons of this program besides pid, its launcher and its parser."""
    mine = os.readlink(f"/proc/{pid}/exe")
    found = []
    for other in proc.pids():
        try:
            if other == pid or os.readlink(f"/proc/{other}/exe") != mine:
                continue
            with open(f"/proc/{other}/comm", encoding="ascii") as f:
                if f.read() != "frost-ga-parser\n":
                    found.append(other)
        except OSError:
            pass
    return found


@case(differs="7.2 forks first and tells nobody", of="7.2", cheap=True)
def a_daemon_that_cannot_open_its_port_says_so(world):
    agent = world.agent()
    agent.start("-d", "-f", "/run/ga.pid", method="virtio-serial", path="/run/no-such-port")
    equal(agent.wait(), 1, "exit status of the launcher")
    contains(agent.log(), "/run/no-such-port")


@case(differs="D22: the pid file of the running daemon is removed", cheap=True)
def a_dump_leaves_the_pid_file_of_a_daemon(world):
    agent, _ = _daemon(world)
    agent.client().close()
    pid = _pid_file()
    equal(world.run("-D", "-d", "-f", "/run/ga.pid").returncode, 0, "exit status")
    equal(_pid_file(), pid, "pid file")


@case()
def no_pid_file_without_daemonizing(world):
    agent = world.start("-f", "/run/ga.pid")
    agent.client().close()
    true(not os.path.exists("/run/ga.pid"), "a pid file was written")


@case(cheap=False)
def the_log_goes_to_its_file_in_lines_with_time_and_level(world):
    agent = world.start("-v", "-l", "/run/ga.log")
    with agent.client() as client:
        equal(client.call("guest-ping"), {})
    agent.stop()
    with open("/run/ga.log") as f:
        lines = f.read().splitlines()
    true(lines, "nothing was logged")
    bad = [line for line in lines
           if line and not re.match(r"^\d+\.\d{6}: (error|critical|warning|message|info|debug): ", line)]
    equal(bad, [], "lines")


@case(differs="its log says how many bytes were read")
def with_verbose_each_request_is_a_line_of_the_log(world):
    agent, client = world.connect("-v", "-l", "/run/talk.log")
    client.call("guest-ping")
    client.call("guest-sync", {"id": 41})
    client.refusal("guest-no-such", {"with": "s3cr3t"})
    client.refusal("guest-file-open", {"path": "/no\nsuch\x1b[2J", "mode": "r"})
    client.refusal("guest-exec", {"path": "/no/such", "arg": ["s3cr3t"], "env": ["A=s3cr3t"],
                                  "input-data": "czNjcjN0"})
    client.send(b"{ s3cr3t }\n")
    client.line()
    equal(agent.stop(), 0, "exit status")
    with open("/run/talk.log") as f:
        log = f.read()
    asked = [line.split("asks for ")[1] for line in log.splitlines() if "asks for" in line]
    equal(asked, ["guest-ping", "guest-sync id=41", '"guest-no-such" (1 argument not shown)',
                  'guest-file-open path="/no\\nsuch\\u001B[2J" mode="r"',
                  'guest-exec path="/no/such" (3 arguments not shown)'])
    true("s3cr3t" not in log and "czNjcjN0" not in log, "a secret is in the log")


@case()
def without_verbose_no_request_is_in_the_log(world):
    agent, client = world.connect("-l", "/run/quiet.log")
    client.call("guest-ping")
    equal(agent.stop(), 0, "exit status")
    with open("/run/quiet.log") as f:
        true("guest-ping" not in f.read(), "it is in the log")


@case()
def without_verbose_an_idle_life_logs_nothing(world):
    agent, client = world.connect()
    equal(client.call("guest-ping"), {})
    client.close()
    equal(agent.stop(), 0, "exit status")
    # What a kernel lacks, or a program that emulates one, is told at any log level.
    told = [line for line in agent.log().splitlines() if ": this kernel has no " not in line]
    equal(told, [], "log")


@case()
def no_file_is_left_but_state_and_socket(world):
    agent, client = world.connect()
    equal(client.call("guest-ping"), {})
    agent.stop()
    true(not os.path.exists("/run/ga.pid"), "a pid file was left")
    true("qga.state.isfrozen" not in os.listdir(agent.statedir), "a mark of frozen was left")
