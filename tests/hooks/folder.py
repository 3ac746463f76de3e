# SPDX-License-Identifier: MIT
"""A folder given with -F: its hooks are run by the agent itself."""
import os

import probe
from cases import case, contains, equal, true, within
from hookfolder import Folder, calls, connect, last_freeze, told, wait_call
from host import freeze, status, thaw

OWN = "qemu-ga runs one program"


@case(own=OWN)
def hooks_run_in_the_order_of_their_names_and_back(world):
    folder = Folder()
    for name in ("20-b", "10-a", "Z", "a", "100"):
        folder.add(name)
    _, client = connect(world, folder)
    order = ["10-a", "100", "20-b", "Z", "a"]
    freeze(client, 1)
    equal(calls(), [f"{name} freeze" for name in order])
    writer, = probe.frozen("/mnt/a")
    thaw(client, 1)
    writer.must_end()
    equal(calls(), [f"{name} freeze" for name in order] + [f"{name} thaw" for name in order[::-1]])


@case(own=OWN)
def leftovers_are_no_hooks(world):
    folder = Folder()
    for name in ("10-a~", "10-a.bak", "10-a.orig", "10-a.rpmnew", "10-a.rpmorig", "10-a.rpmsave",
                 "10-a.sample", "10-a.dpkg-old", ".10-a", "10-\n"):
        folder.add(name)
    os.chmod(folder.add("20-off"), 0o644)
    os.mkdir(f"{folder.path}/30-folder")
    os.symlink("/no/such/program", f"{folder.path}/40-dangling")
    _, client = connect(world, folder)
    freeze(client, 1)
    thaw(client, 1)
    equal(calls(), [])


@case(own=OWN)
def without_a_hook_in_it_a_folder_is_no_hindrance(world):
    _, client = connect(world, Folder())
    freeze(client, 1)
    thaw(client, 1)
    equal(last_freeze(world, client)["hooks"], [])


@case(own=OWN)
def a_hook_that_fails_is_undone_and_does_not_stop_the_others(world):
    folder = Folder()
    folder.add("10-a")
    folder.add("20-b", freeze="echo first; echo no space left; exit 7")
    folder.add("30-c")
    _, client = connect(world, folder)
    freeze(client, 1)
    probe.frozen("/mnt/a")
    thaw(client, 1)
    equal(calls(), ["10-a freeze", "20-b freeze", "30-c freeze",
                    "30-c thaw", "20-b thaw", "10-a thaw"])
    record = told(last_freeze(world, client))
    equal(record["20-b freeze"], "exit 7: no space left")
    equal(record["30-c thaw"], "exit 0")


def _aborts(world, *options):
    folder = Folder()
    folder.add("10-a")
    folder.add("20-b", freeze="echo first; echo no space left; exit 7")
    folder.add("30-c")
    _, client = connect(world, folder, *options)
    refusal = client.refusal("guest-fsfreeze-freeze")
    for part in (f"{folder.path}/20-b", "exit status 7", "no space left"):
        contains(refusal.desc, part, "error")
    true("first" not in refusal.desc, "only the last line")
    status(client, "thawed")
    probe.writable("/mnt/a")
    equal(calls(), ["10-a freeze", "20-b freeze", "20-b thaw", "10-a thaw"])
    thaw(client, 0)
    equal(len(calls()), 4)
    contains(last_freeze(world, client)["error"], "20-b")


@case(own=OWN)
def with_hook_failure_abort_the_first_that_fails_fails_the_freeze(world):
    _aborts(world, "--hook-failure=abort")


@case(own=OWN)
def a_required_hook_that_fails_fails_the_freeze(world):
    _aborts(world, "--required-hooks=20-b")


@case(own=OWN)
def a_hook_that_is_not_required_does_not_fail_the_freeze_of_one_that_is(world):
    folder = Folder()
    folder.add("10-a", freeze="exit 1")
    folder.add("20-b")
    _, client = connect(world, folder, "--required-hooks=20-b")
    freeze(client, 1)
    thaw(client, 1)


@case(own=OWN)
def a_required_hook_that_is_not_there_fails_the_freeze_before_any_runs(world):
    folder = Folder()
    folder.add("10-a")
    os.chmod(folder.add("20-b"), 0o644)
    agent, client = connect(world, folder, "--required-hooks=20-b")
    contains(client.refusal("guest-fsfreeze-freeze").desc, "not executable")
    equal(agent.stop(), 0, "exit status")
    os.unlink(f"{folder.path}/20-b")
    _, client = world.connect(folder.option(), "--required-hooks=20-b")
    contains(client.refusal("guest-fsfreeze-freeze").desc, "20-b")
    equal(calls(), [])


@case(own=OWN)
def a_hook_that_ends_by_a_signal_or_hangs_is_told_so(world):
    folder = Folder()
    folder.add("10-a", freeze="kill -9 $$")
    folder.add("20-b", freeze="sleep 1000")
    _, client = connect(world, folder, "--hook-timeout=1")
    freeze(client, 1)
    thaw(client, 1)
    record = told(last_freeze(world, client))
    equal(record["10-a freeze"], "signal 9")
    equal(record["20-b freeze"], "timed out")


@case(own=OWN)
def a_hook_is_told_what_for_and_how_long(world):
    folder = Folder()
    tell = ('echo "$FROST_GA_PHASE|$FROST_GA_ID|$FROST_GA_TIME_LEFT|$1" >> /run/told; '
            'echo "$FROST_GA_MOUNTS" > /run/mounts')
    for name in ("10-a", "20-b"):
        folder.add(name, freeze=tell, thaw=tell)
    world.disk("ext4", "/mnt/with blank")
    _, client = connect(world, folder, "--hook-timeout=33")
    for _ in range(2):
        freeze(client, 2)
        thaw(client, 2)
    with open("/run/told") as f:
        rows = [line.strip().split("|") for line in f]
    equal([(row[0], row[3]) for row in rows],
          [("freeze", "freeze")] * 2 + [("thaw", "thaw")] * 2
          + [("freeze", "freeze")] * 2 + [("thaw", "thaw")] * 2)
    equal({row[2] for row in rows}, {"33"})
    first, second = {row[1] for row in rows[:4]}, {row[1] for row in rows[4:]}
    true(len(first) == len(second) == 1 and first != second and "" not in first,
         f"ids {first}, {second}")
    with open("/run/mounts") as f:
        equal(sorted(f.read().splitlines()), ["/mnt/a", "/mnt/with blank"])


@case(own=OWN)
def a_freeze_of_nothing_undoes_all_of_them(world):
    folder = Folder()
    folder.add("10-a")
    folder.add("20-b")
    _, client = connect(world, folder)
    freeze(client, 0, ["/no/such/path"])
    equal(calls(), ["10-a freeze", "20-b freeze", "20-b thaw", "10-a thaw"])


@case(own=OWN)
def the_output_of_hooks_is_in_the_log_file_after_the_thaw_and_not_before(world):
    folder = Folder()
    folder.add("10-a", freeze="echo quiet please", thaw="echo as you were")
    _, client = connect(world, folder, "--hook-log=/run/said.log")
    freeze(client, 1)
    true(not os.path.exists("/run/said.log"), "written while frozen")
    thaw(client, 1)
    with open("/run/said.log") as f:
        text = f.read()
    for part in ("10-a freeze: ok\nquiet please\n", "10-a thaw: ok\nas you were\n"):
        contains(text, part, "log")
    freeze(client, 1)
    thaw(client, 1)
    with open("/run/said.log") as f:
        equal(f.read().count("as you were"), 2)


@case(own=OWN)
def more_output_than_is_kept_harms_nobody(world):
    folder = Folder()
    flood = "i=0; while [ $i -lt 3000 ]; do echo 'a line of sixty-four bytes, of which there are " \
            "far too many'; i=$((i+1)); done"
    for name in ("10-a", "20-b", "30-c", "40-d", "50-e"):
        folder.add(name, freeze=flood, thaw=flood)
    _, client = connect(world, folder, "--hook-log=/run/said.log")
    freeze(client, 1)
    thaw(client, 1, limit_s=30)
    with open("/run/said.log") as f:
        text = f.read()
    contains(text[-100:], "more bytes", "end of the log")
    true(len(text) < 300 * 1024, f"{len(text)} bytes")


@case(own=OWN)
def the_history_has_each_hook_with_its_times(world):
    folder = Folder()
    folder.add("10-a", freeze="sleep 0.2")
    folder.add("20-b")
    _, client = connect(world, folder)
    freeze(client, 1)
    thaw(client, 1)
    hooks = last_freeze(world, client)["hooks"]
    equal([(h["name"], h["phase"]) for h in hooks],
          [("10-a", "freeze"), ("20-b", "freeze"), ("20-b", "thaw"), ("10-a", "thaw")])
    first = hooks[0]
    true(first["ended_us"] - first["begun_us"] >= 190_000, f"took {first}")
    times = [h[key] for h in hooks for key in ("begun_us", "ended_us")]
    equal(times, sorted(times), "times")
    drawn = world.run("status", "--statedir=/run/state").stdout
    for part in ("10-a", "20-b", "exit 0"):
        contains(drawn, part, "timeline")


@case(own=OWN)
def a_term_during_the_second_hook_undoes_both(world):
    folder = Folder()
    folder.add("10-a")
    folder.add("20-b", freeze="sleep 1000")
    folder.add("30-c")
    agent, client = connect(world, folder)
    client.request("guest-fsfreeze-freeze")
    wait_call("20-b freeze")
    agent.send_signal(15)
    true(client.line().startswith(b'{"error"'), "the freeze is cut off")
    equal(agent.wait(), 0, "exit status")
    equal(calls(), ["10-a freeze", "20-b freeze", "20-b thaw", "10-a thaw"])
    within(5, lambda: agent.freezers() == [], "the freezer ends")


@case(own=OWN)
def more_hooks_than_there_is_room_for_are_a_clear_error(world):
    folder = Folder()
    for n in range(65):
        folder.add(f"{n:02}-x")
    _, client = connect(world, folder)
    contains(client.refusal("guest-fsfreeze-freeze").desc, "more than 64")
    equal(calls(), [])
