# SPDX-License-Identifier: MIT
"""guest-exec and guest-exec-status: the same programs with both; storms, floods and orphans."""
import base64
import os
import signal
import time

import proc
from cases import Failed, case, contains, equal, true
from client import Refused
from twins import BOTH, Twins


def _end(client, pid, limit_s=20):
    """guest-exec-status when it has exited; an answer with all of its output may take as long."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        answer = client.call("guest-exec-status", {"pid": pid}, limit_s)
        if answer["exited"]:
            return answer
        time.sleep(0.01)
    raise Failed(f"process {pid} has not ended within {limit_s} s: {answer}")


def _run(client, **args):
    return _end(client, client.call("guest-exec", args)["pid"])


def _sh(client, script, **args):
    return _run(client, path="/bin/sh", arg=["-c", script], **args)


def _text(answer, stream="out"):
    return base64.b64decode(answer.get(f"{stream}-data", "")).decode()


_PROGRAMS = {
    "its status": {"path": "/bin/sh", "arg": ["-c", "exit 3"]},
    "a signal": {"path": "/bin/sh", "arg": ["-c", "kill -9 $$"]},
    "both streams": {"path": "/bin/sh", "arg": ["-c", "echo out; echo err >&2"],
                     "capture-output": True},
    "streams that are not captured": {"path": "/bin/sh", "arg": ["-c", "echo out; echo err >&2"]},
    "capture that is off": {"path": "/bin/sh", "arg": ["-c", "echo out"], "capture-output": False},
    "input": {"path": "cat", "input-data": "aGVsbG8=", "capture-output": True},
    "input in lines": {"path": "cat", "input-data": "aGVs\nbG8=", "capture-output": True},
    "empty input": {"path": "cat", "input-data": "", "capture-output": True},
    "no input": {"path": "cat", "capture-output": True},
    "its arguments": {"path": "/bin/sh", "arg": ["-c", 'printf "%s|" "$0" "$@"', "a", "b c", ""],
                      "capture-output": True},
    "its environment": {"path": "env", "env": ["PATH=/usr/bin:/bin", "A=b", "none"],
                        "capture-output": True},
    "an empty environment": {"path": "/usr/bin/env", "env": [], "capture-output": True},
    "U+0000 in its arguments": {"path": "/bin/sh", "capture-output": True,
                                "arg": ["-c", 'printf "%s|" "$@"', "", "a\0b", "\0", "c\nd"]},
    "U+0000 in its environment": {"path": "env", "env": ["PATH=/usr/bin:/bin", "A=b\0c", "D=e\nf"],
                                  "capture-output": True},
    "U+0000 after its name": {"path": "/bin/sh\0", "arg": ["-c", "exit 3"]},
    "a newline after its name": {"path": "/bin/sh\n", "arg": ["-c", "exit 3"]},
    "default signals": {"path": "/bin/sh", "arg": ["-c", "kill -PIPE $$; exit 1"]},
    "a file that cannot be run": {"path": "/etc/passwd"},
    "base64 that is none": {"path": "cat", "input-data": "!!"},
}


def _same(world, args):
    with Twins(world) as twins:
        heard = []
        for client in (twins.ours, twins.theirs):
            try:
                heard.append(_run(client, **args))
            except Refused as e:
                # 7.2 wraps the words that newer ones have alone
                desc = e.desc.removeprefix("Guest agent command failed, error was '")
                heard.append(desc if desc == e.desc else desc[:-1])
        equal(*heard, "how it ended")


@case(once=True, own=BOTH, limit=120)
def a_program_ends_alike(world):
    for name, args in _PROGRAMS.items():
        yield f"a program with {name} ends alike", lambda a=args: _same(world, a)


@case(differs="D26: newer ones print their own format, 7.2 no pid")
def a_pid_that_is_none_of_ours_is_named(world):
    _, client = world.connect()
    for pid in (0, -1, 1, 2**63 - 1):
        equal(client.refusal("guest-exec-status", {"pid": pid}).desc, f"PID {pid} does not exist")


@case(differs="7.2 knows no modes; newer ones lose output in these (D25, D27)")
def each_mode_captures_what_it_says(world):
    _, client = world.connect()
    script = "echo out; echo err >&2"
    for _ in range(5):
        answers = {mode: _sh(client, script, **{"capture-output": mode})
                   for mode in ("none", "stdout", "stderr", "separated", "merged")}
        got = {mode: (_text(a), _text(a, "err")) for mode, a in answers.items()}
        equal(got, {"none": ("", ""), "stdout": ("out\n", ""), "stderr": ("", "err\n"),
                    "separated": ("out\n", "err\n"), "merged": ("out\nerr\n", "")})


@case()
def an_end_is_told_once(world):
    _, client = world.connect()
    pid = client.call("guest-exec", {"path": "/bin/sh", "arg": ["-c", "exit 0"]})["pid"]
    equal(_end(client, pid), {"exited": True, "exitcode": 0})
    client.refusal("guest-exec-status", {"pid": pid})


@case()
def a_running_program_has_not_exited(world):
    _, client = world.connect()
    pid = client.call("guest-exec", {"path": "sleep", "arg": ["60"]})["pid"]
    equal(client.call("guest-exec-status", {"pid": pid}), {"exited": False})
    os.kill(pid, signal.SIGKILL)
    equal(_end(client, pid), {"exited": True, "signal": 9})


@case(differs="exited only when the last one that holds its output is gone")
def a_process_that_keeps_the_output_open_delays_nobody(world):
    _, client = world.connect()
    answer = _sh(client, "sleep 60 & echo now", **{"capture-output": True})
    equal((answer["exitcode"], _text(answer)), (0, "now\n"))


@case(own="minutes with qemu-ga: it reads what it throws away in small pieces")
def a_flood_is_bounded_and_marked(world):
    agent, client = world.connect()
    answer = _sh(client, "head -c 40000000 /dev/zero 2>/dev/null || "
                         "while :; do echo 0123456789012345678901234567890123456789; done "
                         "| { n=0; while [ $n -lt 500000 ] && read -r l; do echo $l$l$l; "
                         "n=$((n+1)); done; }", **{"capture-output": True})
    true(answer["out-truncated"], "truncated")
    equal(len(base64.b64decode(answer["out-data"])), 16 * 1024 * 1024)
    equal(client.call("guest-ping"), {})


@case(own="64 at a time is frost-ga's bound")
def a_storm_of_programs_meets_a_bound(world):
    agent, client = world.connect()
    pids, refused = [], 0
    for _ in range(200):
        try:
            pids.append(client.call("guest-exec", {"path": "sleep", "arg": ["600"]})["pid"])
        except Refused as e:
            contains(e.desc, "programs run already")
            refused += 1
    equal((len(pids), refused), (64, 136))
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        equal(_end(client, pid)["signal"], 9)
    equal(_sh(client, "exit 7")["exitcode"], 7)


@case()
def five_hundred_programs_leave_no_descriptor_behind(world):
    agent, client = world.connect()
    _sh(client, "exit 0", **{"capture-output": True})
    before = len(os.listdir(f"/proc/{agent.pid}/fd"))
    for _ in range(50):
        pids = [client.call("guest-exec", {"path": "/bin/sh", "arg": ["-c", "echo x"],
                                           "capture-output": True})["pid"] for _ in range(10)]
        for pid in pids:
            _end(client, pid)
    equal(len(os.listdir(f"/proc/{agent.pid}/fd")), before, "descriptors")


@case()
def a_program_survives_the_client_that_started_it(world):
    agent, client = world.connect()
    pid = client.call("guest-exec", {"path": "/bin/sh", "arg": ["-c", "read x; echo $x"],
                                     "input-data": "YWJjCg==", "capture-output": True})["pid"]
    client.close()
    with agent.client() as other:
        equal(_text(_end(other, pid)), "abc\n")


@case()
def the_agent_ends_while_a_program_runs(world):
    agent, client = world.connect()
    pid = client.call("guest-exec", {"path": "sleep", "arg": ["600"],
                                     "capture-output": True})["pid"]
    equal(agent.stop(), 0, "exit status")
    os.kill(pid, signal.SIGKILL)


@case()
def a_program_inherits_nothing_but_its_streams(world):
    _, client = world.connect()
    answer = _sh(client, "ls /proc/$$/fd", **{"capture-output": True})
    true(set(_text(answer).split()) <= {"0", "1", "2", "10", "255"}, f"descriptors {_text(answer)}")


def _memory_kib(agent):
    with open(f"/proc/{agent.pid}/status") as f:
        return int(next(line for line in f if line.startswith("VmRSS:")).split()[1])


def _writes_for_ever(client):
    """Starts a program that fills its output and never ends."""
    return client.call("guest-exec", {"path": "/bin/sh", "capture-output": True,
                                      "arg": ["-c", "exec cat /dev/zero"]})["pid"]


def _must_take(pid, count):
    """So many bytes are taken from the output of this program, whatever is kept of them."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/io") as f:
            written = int(next(line for line in f if line.startswith("wchar:")).split()[1])
        if written > count:
            return
        time.sleep(0.02)
    raise Failed(f"only {written} bytes are taken from process {pid}")


@case(own="64 MiB for all together is frost-ga's bound", limit=180)
def programs_that_never_end_and_fill_their_output_are_bounded(world):
    agent, client = world.connect()
    equal(client.call("guest-ping"), {})
    before = len(os.listdir(f"/proc/{agent.pid}/fd"))
    pids = [_writes_for_ever(client) for _ in range(5)]
    for pid in pids:
        _must_take(pid, 20 * 1024 * 1024)
        equal(client.call("guest-exec-status", {"pid": pid}), {"exited": False})
    # 64 MiB of output in all, the room that growing takes, and what the sanitizers keep
    true(_memory_kib(agent) < 768 * 1024, f"memory: {_memory_kib(agent)} KiB")
    true(len(os.listdir(f"/proc/{agent.pid}/fd")) <= before + 5 * 4, "descriptors")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    ends = [_end(client, pid, limit_s=60) for pid in pids]
    true(all(end["signal"] == 9 and end["out-truncated"] for end in ends), "ended and truncated")
    kept = sum(len(base64.b64decode(end["out-data"])) for end in ends)
    true(kept <= 64 * 1024 * 1024, f"{kept} bytes are kept")
    equal(len(os.listdir(f"/proc/{agent.pid}/fd")), before, "descriptors afterwards")
    equal(_text(_sh(client, "echo again", **{"capture-output": True})), "again\n")


@case(own="who reads its output until when is frost-ga's promise", limit=180)
def a_program_that_fills_its_output_outlives_its_client_but_not_the_agent(world):
    agent, client = world.connect()
    pid = _writes_for_ever(client)
    client.close()
    with agent.client() as other:
        equal(other.call("guest-exec-status", {"pid": pid}), {"exited": False})
        _must_take(pid, 20 * 1024 * 1024)
    equal(agent.stop(), 0, "exit status")
    # nobody is left who reads: its next write ends it
    deadline = time.monotonic() + 30
    while not proc.has_ended(pid):
        true(time.monotonic() < deadline, "the program is gone")
        time.sleep(0.02)
