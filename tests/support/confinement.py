# SPDX-License-Identifier: MIT
"""The unit for an agent of few commands: systemd accepts it, and each line that it lacks is explained."""
import json
import os
import re
import shutil
import subprocess
import tempfile

UNIT = "qemu-guest-agent.service"
# Either would give the agent a mount namespace of its own, which the machine's mounts do not reach.
HIDING = ("Private(Tmp|Devices|Mounts)|Protect(System|Home|Proc|ControlGroups|Kernel(Tunables|Modules|Logs))|"
          "(ReadOnly|ReadWrite|Inaccessible|Exec|NoExec|Bind|BindReadOnly)Paths|Root(Directory|Image)|"
          "ProcSubset|TemporaryFileSystem|DynamicUser|MountFlags")


def _folder_of(tree, program, folder):
    """The unit with the drop-in, as it is installed."""
    os.mkdir(f"{folder}/{UNIT}.d")
    for source, target in ((f"{UNIT}.in", UNIT), ("limited.conf.in", f"{UNIT}.d/limited.conf")):
        with open(f"{tree}/packaging/systemd/{source}", encoding="utf-8") as f:
            text = f.read().replace("@SBINDIR@", os.path.dirname(program))
        with open(f"{folder}/{target}", "w", encoding="utf-8") as f:
            f.write(text.replace("Documentation=man:frost-ga(8)\n", ""))   # it is not installed here
    return f"{folder}/{UNIT}"


def _analyze(*words):
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def _explained(tree):
    """The names in the table of the packages' README."""
    with open(f"{tree}/packaging/README.md", encoding="utf-8") as f:
        section = f.read().split("## The unit for few commands\n")[1].split("\n## ")[0]
    return {name.replace("\\|", "|") for name in re.findall(r"`([^`]+)`", section)}


def _lacks_only_what_is_explained(tree, program):
    with tempfile.TemporaryDirectory() as folder:
        unit = _folder_of(tree, program, folder)
        verified = _analyze("verify", "--recursive-errors=no", unit)
        if verified.returncode != 0 or verified.stderr:
            return "fail", verified.stderr
        told = _analyze("security", "--offline=true", "--no-pager", "--json=short", unit)
        score = _analyze("security", "--offline=true", "--no-pager", unit).stdout.splitlines()[-1]
    lacking = {entry["name"] for entry in json.loads(told.stdout) if entry["set"] is False}
    missing = sorted(lacking - _explained(tree))
    return ("fail", f"not explained: {missing}") if missing else ("ok", score.strip("→ "))


def _hides_nothing(tree):
    bad = []
    for name in (f"{UNIT}.in", "limited.conf.in"):
        with open(f"{tree}/packaging/systemd/{name}", encoding="utf-8") as f:
            bad += [f"{name}: {line}" for line in f.read().splitlines()
                    if re.match(rf"({HIDING})=", line)]
    return ("fail", "\n".join(bad)) if bad else ("ok", "")


def run(tree, program, report):
    report.run("format/no line of a unit gives the agent mounts of its own", lambda: _hides_nothing(tree))
    if not shutil.which("systemd-analyze"):
        report.add("format/what the unit for few commands lacks is explained", "skip", None,
                   "no systemd-analyze")
        return
    report.run("format/what the unit for few commands lacks is explained",
               lambda: _lacks_only_what_is_explained(tree, program))
