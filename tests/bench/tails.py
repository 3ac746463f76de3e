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


def window_ms(status):
    """From the first FIFREEZE to the last, as frost-ga's own record tells it. status: the JSON that
    `frost-ga status -j` prints."""
    record = json.loads(status)["freezes"][0]
    ends = [fs["frozen_us"] for fs in record["filesystems"] if fs["frozen_us"] is not None]
    return (max(ends) - record["freeze_begun_us"]) / 1000
