# SPDX-License-Identifier: MIT
"""The receipt: the host and a program in the guest are told the same of a freeze, in one form."""
import os
import time

from cases import Skipped, case, contains, equal, true, within
from client import Refused
from disks import fsfreeze
from host import freeze, status, thaw
from receipts import ID, ask, of_status

OURS = "qemu-ga gives no receipt"
JUMPING = "/agent/jumping-clock.so"
HOUR_US = 3600 * 10**6


def _fixed(freeze_told):
    """Without what still goes on while it holds: its end, and how far the clock has moved."""
    told = dict(freeze_told)
    for name in ("ended_us", "clock", "filesystems"):
        del told[name]
    return told


@case(own=OURS)
def before_the_first_freeze_a_receipt_is_empty_but_whole(world):
    agent, client = world.connect()
    told = ask(client)
    equal(told["freezes"], [], "freezes")
    equal(told["now"], {"state": "idle", "reason": None, "id": None, "mount_points": [],
                        "frozen_for_us": None, "time_left_us": None}, "now")
    equal(of_status(world, agent, code=2), told, "the same in the guest")


@case(own=OURS)
def a_freeze_that_holds_tells_since_when_what_and_for_how_long_yet(world):
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/b")
    agent, client = world.connect(f"-F{world.hook()}", "--hold-timeout=100")
    before = time.time_ns()
    freeze(client, 2)
    after = time.time_ns()
    told = ask(client)
    now, held = told["now"], told["freezes"][0]
    equal((now["state"], sorted(now["mount_points"]), now["id"]),
          ("frozen", ["/mnt/a", "/mnt/b"], held["id"]), "now")
    true(0 < now["frozen_for_us"] < 60 * 10**6, f"frozen for {now['frozen_for_us']} us")
    true(40 * 10**6 < now["time_left_us"] < 100 * 10**6, f"{now['time_left_us']} us left")
    utc = held["utc_ns"]
    true(before - 2000 <= utc["asked"] <= utc["freeze_begun"] <= utc["frozen"] <= after + 2000,
         f"{before} <= {utc} <= {after}")
    equal((held["end"], utc["thaw_begun"], utc["thawed"], held["count"]), (None, None, None, 2))
    equal([(f["mount_point"], f["outcome"]) for f in held["filesystems"] if f["outcome"] == "frozen"],
          [(f["mount_point"], "frozen") for f in held["filesystems"] if f["level"] == 0
           and f["left_out_as"] is None], "what is held")
    equal([(h["phase"], h["failed"]) for h in held["hooks"]], [("freeze", False)], "hooks")
    guest = of_status(world, agent, code=2)
    equal(_fixed(guest["freezes"][0]), _fixed(held), "the same in the guest")
    thaw(client, 2)


@case(own=OURS)
def after_the_thaw_host_and_guest_are_told_the_same(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect(f"-F{world.hook()}")
    freeze(client, 1)
    before = time.time_ns()
    thaw(client, 1)
    after = time.time_ns()
    told = ask(client)
    done = told["freezes"][0]
    equal((done["end"], done["count"], told["now"]["state"]), ("host", 1, "idle"))
    utc = done["utc_ns"]
    true(before - 2000 <= utc["thaw_begun"] <= utc["thawed"] <= after + 2000,
         f"{before} <= {utc} <= {after}")
    equal([(h["phase"], h["failed"], h["required"]) for h in done["hooks"]],
          [("freeze", False, True), ("thaw", False, True)], "hooks")
    left_out = {f["left_out_as"] for f in done["filesystems"]} - {None}
    true("untouched" in left_out, f"what is never touched is told: {left_out}")
    equal(of_status(world, agent), told, "the same in the guest")


@case(own=OURS)
def the_last_ones_and_one_by_its_id_are_told_on_request(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    for _ in range(3):
        freeze(client, 1)
        thaw(client, 1)
    ids = [f["id"] for f in ask(client, last=10)["freezes"]]
    equal(len(set(ids)), 3, "different ids")
    equal([f["id"] for f in ask(client)["freezes"]], ids[:1], "without a number the last one")
    equal([f["id"] for f in ask(client, last=2)["freezes"]], ids[:2], "the last two")
    equal([f["id"] for f in ask(client, id=ids[2])["freezes"]], ids[2:], "by its id")
    equal(ask(client, id="of-nobody")["freezes"], [], "an id of nobody")
    equal([f["id"] for f in of_status(world, agent)["freezes"]], ids, "all of them in the guest")


@case(own=OURS)
def the_next_agent_tells_what_the_one_before_has_seen(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    freeze(client, 1)
    thaw(client, 1)
    told = ask(client)
    agent.stop()
    with world.again(agent).client() as client:
        equal(ask(client), told, "after a restart")


@case(own=OURS, limit=60)
def what_both_deaths_have_left_is_told_by_the_agent_that_comes_after(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    freeze(client, 1)
    id_ = ask(client)["freezes"][0]["id"]
    agent.kill_all()
    with world.again(agent).client() as client:
        status(client, "frozen")
        held = ask(client)["freezes"][0]
        equal((held["id"], held["end"], held["count"]), (id_, None, 1), "what it has taken over")
        thaw(client, 1)
        equal(ask(client, id=id_)["freezes"][0]["end"], "host", "its end")


@case(own=OURS)
def a_freeze_that_its_limit_ended_tells_so(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect("--hold-timeout=1")
    freeze(client, 1)
    within(20, lambda: client.call("guest-fsfreeze-status") == "thawed", "the limit ends it")
    equal(ask(client)["freezes"][0]["end"], "deadline", "end")
    client.refusal("guest-fsfreeze-thaw")


@case(own=OURS)
def a_freeze_that_did_not_last_tells_who_ended_it(world):
    world.disk("ext4", "/mnt/a")
    agent, client = world.connect()
    freeze(client, 1)
    fsfreeze("/mnt/a", thaw=True)
    client.refusal("guest-fsfreeze-thaw")
    done = ask(client)["freezes"][0]
    equal((done["filesystems"][0]["outcome"], "limited to" in (done["error"] or "")),
          ("not-held", True), "what another has thawed")
    freeze(client, 1)
    equal(world.run("thaw", "-t", agent.statedir).returncode, 0, "exit status of thaw")
    status(client, "thawed")
    equal(ask(client)["freezes"][0]["end"], "operator", "end")


@case(own=OURS)
def how_far_the_clock_was_set_since_is_told(world):
    if not os.path.exists(JUMPING):
        raise Skipped("no clock that jumps was built")
    world.disk("ext4", "/mnt/a")
    _, client = world.connect("--restored=hold",
                              env={"LD_PRELOAD": JUMPING, "JUMPING_CLOCK_FLEES": "1",
                                   "ASAN_OPTIONS": "exitcode=99:verify_asan_link_order=0"})
    freeze(client, 1)
    thaw(client, 1)
    shift = ask(client)["freezes"][0]["clock"]["shift_us"]
    true(abs(shift) > HOUR_US, f"of a clock that jumps by years: {shift} us")


@case(own=OURS)
def wrong_arguments_of_a_receipt_are_refused(world):
    _, client = world.connect()
    for arguments in ({"id": 1}, {"last": "1"}, {"more": 1}, {"id": None}):
        client.refusal("__org.frost-ga_fsfreeze-receipt", arguments)


@case(own=OURS)
def the_name_that_the_host_gives_a_freeze_is_in_record_and_hooks(world):
    world.disk("ext4", "/mnt/a")
    note = 'echo "$FROST_GA_ID" >> /run/ids'
    hook = world.hook(freeze=note, thaw=note)
    agent, client = world.connect(f"-F{hook}")
    equal(client.call("guest-fsfreeze-freeze", {ID: "nightly:7@vm"}), 1)
    equal(ask(client)["now"]["id"], "nightly:7@vm", "while it holds")
    equal(client.call("guest-fsfreeze-thaw", {ID: "nightly:7@vm"}), 1)
    equal(ask(client, id="nightly:7@vm")["freezes"][0]["end"], "host", "its record")
    equal(client.call("guest-fsfreeze-freeze-list", {"mountpoints": ["/mnt/a"], ID: "b"}), 1)
    equal(client.call("guest-fsfreeze-thaw"), 1, "without a name, as ever")
    with open("/run/ids") as f:
        equal(f.read().split(), ["nightly:7@vm"] * 2 + ["b"] * 2, "what the hooks were told")
    equal([f["id"] for f in of_status(world, agent)["freezes"]], ["b", "nightly:7@vm"])


@case(own=OURS)
def a_thaw_that_names_a_freeze_ends_only_that(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect("--hold-timeout=2")
    equal(client.call("guest-fsfreeze-freeze", {ID: "mine"}), 1)
    contains(client.refusal("guest-fsfreeze-thaw", {ID: "yours"}).desc, "nothing was thawed")
    status(client, "frozen")
    within(20, lambda: client.call("guest-fsfreeze-status") == "thawed", "the limit ends it")
    contains(client.refusal("guest-fsfreeze-thaw", {ID: "yours"}).desc, "nothing was thawed")
    contains(client.refusal("guest-fsfreeze-thaw", {ID: "mine"}).desc, "limited to 2 seconds")
    equal(client.call("guest-fsfreeze-thaw", {ID: "mine"}), 0, "told once")


def _refused(client):
    try:
        return f"no refusal, but {client.answer()}"
    except Refused as refused:
        return refused.desc


@case(own=OURS)
def a_thaw_behind_a_freeze_gives_it_up_only_by_its_name(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect(f"-F{world.hook(freeze='sleep 1')}")
    client.request("guest-fsfreeze-freeze", {ID: "mine"})
    client.request("guest-fsfreeze-thaw", {ID: "yours"})
    equal(client.answer(), 1, "the freeze")
    contains(_refused(client), "nothing was thawed")
    status(client, "frozen")
    thaw(client, 1)
    client.request("guest-fsfreeze-freeze", {ID: "mine"})
    client.request("guest-fsfreeze-thaw", {ID: "mine"})
    contains(_refused(client), "the host has asked for the thaw before all was frozen")
    equal(client.answer(), 0, "the thaw behind it")


@case(own=OURS)
def a_name_that_is_no_word_is_refused_and_nothing_is_frozen(world):
    world.disk("ext4", "/mnt/a")
    _, client = world.connect()
    for name in ("", "a b", "a\nb", "x" * 65, "\u00e4", 7, None):
        client.refusal("guest-fsfreeze-freeze", {ID: name})
        client.refusal("guest-fsfreeze-thaw", {ID: name})
    status(client, "thawed")
