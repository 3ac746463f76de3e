# SPDX-License-Identifier: MIT
"""What a writer on xfs experiences."""
import loaded


def run(bench):
    loaded.run(bench, "xfs")
