# SPDX-License-Identifier: MIT
"""The build for another processor: a static agent, and its unit tests."""
import sysroot
from build import Build


class CrossBuild(Build):
    """The agent and its unit tests for another processor; chosen: their names; empty: all, None: none.
    kills: of the kill form (killed.py)."""

    def __init__(self, tree, arch, chosen, kills):
        tests = tuple(f"tests/unit/test-{name}" for name in chosen or ())
        if chosen is not None and not chosen:
            tests = ("tests/unit/test-",)
        super().__init__(tree, arch + ("-kills" if kills else ""), ("agent/frost-ga", *tests))
        self.native = f"{sysroot.folder_of(tree, arch)}/cross.ini"
        self.how = "--cross-file"


def make(tree, arch, chosen, kills, report):
    """The build; None: it failed, and the report says so."""
    folder, why = sysroot.fetch(tree, arch)
    if not folder:
        report.add(f"build/{arch}", "fail", None, why)
        return None
    build = CrossBuild(tree, arch, chosen, kills)
    with open(build.native, "w") as f:
        f.write(sysroot.cross_file(tree, arch, ["seal_kills = true"] if kills else []))
    return build if build.make(report) else None
