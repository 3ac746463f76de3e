# SPDX-License-Identifier: MIT
"""What the writers of a load have noticed, in figures. Times are microseconds of CLOCK_BOOTTIME."""
import json


def longest_ms(writes, began, ended):
    """Of the writes that were under way at any time between the two."""
    return max((took for at, took in writes if at + took > began and at < ended), default=0) / 1000


def finished_a_second(writes, began, ended):
    return sum(began <= at + took < ended for at, took in set(writes)) / ((ended - began) / 1e6)


def figures(fsyncs, plain, began, ended):
    return {"longest_fsync": longest_ms(fsyncs, began, ended),
            "fsyncs": finished_a_second(fsyncs, began, ended),
            "longest_plain": longest_ms(plain, began, ended)}


def write_out(status):
    """How frost-ga's own record tells the write-out, in milliseconds and MB; for gentle.json only."""
    told = json.loads(status)["freezes"][0].get("write_out") or {}
    known = {"dirty_mb": (told.get("dirty_bytes"), 1e6), "expected": (told.get("expected_us"), 1e3),
             "paced": (told.get("paced_us"), 1e3), "rounds": (told.get("rounds"), 1)}
    return {**{name: value / unit for name, (value, unit) in known.items() if value is not None},
            "outrun": int(told.get("end") == "outrun")}


def window_ms(status):
    """From the first FIFREEZE to the last, as frost-ga's own record tells it. status: the JSON that
    `frost-ga status -j` prints."""
    record = json.loads(status)["freezes"][0]
    ends = [fs["frozen_us"] for fs in record["filesystems"] if fs["frozen_us"] is not None]
    return (max(ends) - record["freeze_begun_us"]) / 1000
