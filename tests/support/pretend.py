# SPDX-License-Identifier: MIT
"""Files of /proc and /sys with another content, in this arena only."""
import os

import kernel


def pretend(path, text, read_only=False):
    """Binds a file over path; returns the name under which it can be read as it is now."""
    stand_in = f"/run/pretended-{os.path.basename(path)}"
    with open(stand_in, "w") as f:
        f.write(text)
    kernel.mount(stand_in, path, None, kernel.MS_BIND)
    if read_only:
        kernel.mount(None, path, None, kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY)
    return stand_in


def content(path):
    with open(path) as f:
        return f.read().strip()
