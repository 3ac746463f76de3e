# SPDX-License-Identifier: MIT
"""What a writer on ext4 experiences."""
import loaded


def run(bench):
    loaded.run(bench, "ext4")
