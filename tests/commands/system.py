# SPDX-License-Identifier: MIT
"""osinfo, host name, time zone, users, load; statistics of processors and disks."""
import os
import struct

from cases import case, equal, true
from twins import BOTH, Twins

_OS_RELEASES = {
    "plain": 'NAME=Plain\nID=plain\nVERSION_ID=1\n',
    "quoted": 'NAME="A quoted name"\nPRETTY_NAME="with \\"quotes\\" and \\$ and \\` and \\\\"\n'
              'VERSION="1 (one)"\nVARIANT="Server Edition"\nVARIANT_ID=server\n',
    "comments": '# a comment\n\nNAME=x\n  # another\nID=y\n',
    "empty": '',
    "cut off": 'NAME=two words\nPRETTY_NAME=one;two\n',
    "no utf-8": b'NAME=\xff\xfe\n',
}


def _write(path, content):
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path


def _osinfo(world, content):
    path = _write("/run/os-release", content)
    with Twins(world, env={"QGA_OS_RELEASE": path}) as twins:
        twins.same("guest-get-osinfo")


@case(once=True, own=BOTH)
def osinfo_is_the_same(world):
    for name, content in _OS_RELEASES.items():
        yield (f"osinfo from an os-release that is {name}",
               lambda c=content: _osinfo(world, c))
    yield "osinfo without an os-release", lambda: _osinfo_of(world, "/nowhere")


def _osinfo_of(world, path):
    with Twins(world, env={"QGA_OS_RELEASE": path}) as twins:
        answer = twins.same("guest-get-osinfo")
        equal(sorted(answer), ["kernel-release", "kernel-version", "machine"], "what is left")


@case(differs="D30: single quotes are kept, and the value is cut at the first blank")
def single_quotes_in_os_release_are_quotes(world):
    path = _write("/run/os-release", "NAME='a b'\n")
    _, client = world.connect(env={"QGA_OS_RELEASE": path})
    equal(client.call("guest-get-osinfo")["name"], "a b")


@case(differs="reads os-release as a key file, and nothing of it where one line is no assignment")
def a_line_that_is_no_assignment_does_not_spoil_the_others(world):
    path = _write("/run/os-release", "nonsense\nNAME=x\n")
    _, client = world.connect(env={"QGA_OS_RELEASE": path})
    equal(client.call("guest-get-osinfo").get("name"), "x")


@case(once=True, own=BOTH)
def the_host_name_is_the_same(world):
    with Twins(world) as twins:
        twins.same("guest-get-host-name")


@case(once=True, own=BOTH)
def the_time_zone_is_the_same(world):
    for zone in ("", "UTC", "XYZ-5:30", "ABC+3", "<+0545>-5:45", "nonsense", ":/etc/nowhere"):
        yield f"time zone {zone or 'unset'}", lambda z=zone: _timezone(world, z)


def _timezone(world, zone):
    with Twins(world, env={"TZ": zone} if zone else None) as twins:
        twins.same("guest-get-timezone")


# type, pid, line, id, user, host, exit, session, sec, usec, address, reserve (glibc, 384 bytes)
_UTMP = struct.Struct("hi32s4s32s256shhiii16s20s")


def _record(kind, user, sec, usec):
    return _UTMP.pack(kind, 1, b"tty1", b"1", user, b"", 0, 0, 0, sec, usec, b"", b"")


def _users(world, content):
    _write("/run/utmp", content)
    with Twins(world) as twins:
        twins.same("guest-get-users")
    os.unlink("/run/utmp")


@case(once=True, own=BOTH)
def the_users_are_the_same(world):
    user, boot, dead = 7, 2, 8
    equal(_UTMP.size, 384, "size of a record")
    files = {
        "is empty": b"",
        "has one user": _record(user, b"root", 1700000000, 0),
        "has one user twice": _record(user, b"root", 1700000000, 250000)
                              + _record(user, b"root", 1600000000, 500000),
        "has several users": b"".join(_record(user, name, 1700000000 + i, 0) for i, name in
                                      enumerate((b"root", b"alice", b"bob", b"alice"))),
        "has other records": _record(boot, b"reboot", 1, 0) + _record(dead, b"x", 2, 0)
                             + _record(user, b"y", 3, 0),
        "has a name that fills its field": _record(user, b"n" * 32, 5, 0),
        "ends in half a record": _record(user, b"root", 6, 0) + b"half",
    }
    yield "users where there is no utmp", lambda: _no_utmp(world)
    for name, content in files.items():
        yield f"users from a utmp that {name}", lambda c=content: _users(world, c)


def _no_utmp(world):
    with Twins(world) as twins:
        equal(twins.same("guest-get-users"), [])


def _session(name, **words):
    os.makedirs("/run/systemd/sessions", exist_ok=True)
    text = "".join(f"{key}={value}\n" for key, value in words.items())
    _write(f"/run/systemd/sessions/{name}", text)
    os.mkfifo(f"/run/systemd/sessions/{name}.ref")


@case(differs="it knows utmp only, which Debian since 13 does not have")
def where_there_is_no_utmp_logind_tells_who_is_logged_in(world):
    _session("1", USER="root", CLASS="manager", REALTIME=1000000)
    _session("2", USER="alice", CLASS="user", TTY="pts/0", REMOTE=1, REALTIME=50500000)
    _session("c3", USER="alice", CLASS="user", TTY="tty1", REALTIME=40250000)
    _, client = world.connect()
    equal(client.call("guest-get-users"), [{"user": "alice", "login-time": 40.25}])


@case(own="guest-get-load came after 7.2")
def the_load_is_the_kernel_s(world):
    _, client = world.connect()
    with open("/proc/loadavg") as f:
        before = [float(word) for word in f.read().split()[:3]]
    load = client.call("guest-get-load")
    equal(list(load), ["load1m", "load5m", "load15m"], "its members")
    # It moves by a few hundredths a second.
    for value, known in zip(load.values(), before):
        true(abs(value - known) < 5, f"{load} is near {before}")


def _within(before, ours, after, slack, what):
    low, high = min(before, after) - slack, max(before, after) + slack
    true(low <= ours <= high, f"{what}: {ours} is not between {before} and {after}")


@case(once=True, own=BOTH)
def the_times_of_the_processors_are_the_same(world):
    with Twins(world) as twins:
        before, ours, after = twins.between("guest-get-cpustats")
    equal([sorted(c) for c in ours], [sorted(c) for c in before], "members")
    for mine, low, high in zip(ours, before, after):
        equal((mine["type"], mine["cpu"]), (low["type"], low["cpu"]), "processor")
        for name in set(mine) - {"type", "cpu"}:
            # The kernel lets the times of waiting go back by a tick or two.
            _within(low[name], mine[name], high[name], 100, f"cpu {mine['cpu']}: {name}")


@case(once=True, own=BOTH)
def the_statistics_of_the_disks_are_the_same(world):
    with Twins(world) as twins:
        before, ours, after = twins.between("guest-get-diskstats")
    known = {disk["name"]: disk for disk in ours}
    later = {disk["name"]: disk for disk in after}
    for low in before:
        if low["name"] not in later:   # other tests' loop devices come and go
            continue
        mine, high = known[low["name"]], later[low["name"]]
        equal(sorted(mine["stats"]), sorted(low["stats"]), "members")
        equal((mine["major"], mine["minor"]), (low["major"], low["minor"]), "number")
        for name in set(mine["stats"]) - {"ios-pgr"}:
            _within(low["stats"][name], mine["stats"][name], high["stats"][name], 0,
                    f"{low['name']}: {name}")
