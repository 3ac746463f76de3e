# SPDX-License-Identifier: MIT
"""Hooks that take their time at the thaw: the host and the guest do not wait for them."""
import os
import time

import probe
import proc
from cases import case, contains, equal, true, within
from hookfolder import Folder, calls, connect, last_freeze, pid_in, told, wait_call
from host import freeze, status, thaw

OWN = "--thaw-reply-timeout"


@case(own=OWN)
def a_thaw_is_answered_while_its_hook_still_runs_and_the_next_freeze_waits_for_it(world):
    folder = Folder()
    folder.add("10-a")
    folder.add("20-b", thaw="while [ ! -e /run/go ]; do sleep 0.02; done; echo end >> /run/hook.log")
    _, client = connect(world, folder, "--thaw-reply-timeout=1")
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    began = time.monotonic()
    client.request("guest-fsfreeze-thaw")
    writer.must_end()
    equal(client.answer(20), 1)
    true(time.monotonic() - began > 0.99, "answered before its time")
    equal(calls(), ["10-a freeze", "20-b freeze", "20-b thaw"])
    status(client, "thawed")
    thaw(client, 0)
    client.request("guest-fsfreeze-freeze")
    client.silent(0.3)
    open("/run/go", "w").close()
    equal(client.answer(15), 1)
    equal(calls(), ["10-a freeze", "20-b freeze", "20-b thaw", "end", "10-a thaw",
                    "10-a freeze", "20-b freeze"])
    thaw(client, 1)


@case(own=OWN)
def a_hook_that_ends_after_the_answer_is_in_the_history(world):
    folder = Folder()
    folder.add("20-b", thaw="echo gave up; sleep 1000")
    _, client = connect(world, folder, "--thaw-reply-timeout=1", "--hook-timeout=2")
    freeze(client, 1)
    thaw(client, 1)
    equal(world.run("status", "--json", "--statedir=/run/state").returncode, 2, "no history yet")
    freeze(client, 1, limit_s=30)
    equal(told(last_freeze(world, client))["20-b thaw"], "timed out: gave up")
    thaw(client, 1)


@case(own=OWN)
def a_thaw_hook_that_writes_to_nobody_is_ended(world):
    """As a script that writes to the FIFO of a session that is gone."""
    folder = Folder()
    os.mkfifo("/run/fifo")
    folder.add("10-a")
    folder.add("20-b", thaw="echo UNLOCK > /run/fifo")
    _, client = connect(world, folder, "--hook-timeout=1")
    freeze(client, 1)
    thaw(client, 1)
    equal(calls()[-2:], ["20-b thaw", "10-a thaw"])
    equal(told(last_freeze(world, client))["20-b thaw"], "timed out")


@case(own=OWN)
def a_child_in_the_background_neither_delays_nor_is_harmed(world):
    folder = Folder()
    folder.add("10-a", freeze="(while [ ! -e /run/bye ]; do echo alive; sleep 0.05; done; "
                              "echo end >> /run/hook.log) & echo $! > /run/child")
    _, client = connect(world, folder, "--hook-timeout=20")
    freeze(client, 1)
    child = pid_in("/run/child")
    thaw(client, 1)
    freeze(client, 1)
    thaw(client, 1)
    true(not proc.has_ended(child), "the session lives on")
    open("/run/bye", "w").close()
    wait_call("end")


@case(own=OWN)
def a_freeze_that_was_ended_by_its_deadline_is_told_in_time_although_a_hook_hangs(world):
    folder = Folder()
    folder.add("20-b", thaw="while [ ! -e /run/go ]; do sleep 0.02; done")
    _, client = connect(world, folder, "--hold-timeout=1", "--thaw-reply-timeout=1")
    freeze(client, 1)
    writer, = probe.frozen("/mnt/a")
    writer.must_end(10)
    wait_call("20-b thaw")
    contains(client.refusal("guest-fsfreeze-thaw", limit_s=20).desc, "fsfreeze is limited to")
    thaw(client, 0)
    open("/run/go", "w").close()
    within(10, lambda: last_freeze(world), "the history is written")


@case(own=OWN)
def a_failed_freeze_is_answered_when_all_is_undone(world):
    folder = Folder()
    folder.add("20-b", freeze="exit 1", thaw="sleep 1.5; echo end >> /run/hook.log")
    _, client = connect(world, folder, "--hook-failure=abort", "--thaw-reply-timeout=1")
    client.refusal("guest-fsfreeze-freeze", limit_s=20)
    equal(calls(), ["20-b freeze", "20-b thaw", "end"])
