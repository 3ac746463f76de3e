# SPDX-License-Identifier: MIT
"""Debian's qemu-ga, unpacked into the build folder and never installed."""
import os
import subprocess

import debs
from arenas import REFERENCE
from cases import Skipped


def fetch(folder):
    """Path of the binary, or None and why not."""
    binary = f"{folder}/usr/sbin/qemu-ga"
    if os.path.exists(binary):
        return binary, ""
    try:
        debs.renewing(lambda: debs.unpack(folder, ["qemu-guest-agent"]))
    except Skipped as e:
        return None, str(e)
    run = subprocess.run([binary, "-V"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return None, f"qemu-ga does not start here: {run.stderr.strip()[-300:]}"
    return binary, ""


def add(tree, agents, report, suite=""):
    """To the agents that are asked; where it cannot be had, the report says so."""
    binary, why = fetch(f"{tree}/build-test-reference")
    if binary:
        agents[REFERENCE] = binary
    else:
        report.add(f"{suite}all comparisons with Debian's qemu-ga", "skip", None, why)
