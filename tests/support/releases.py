# SPDX-License-Identifier: MIT
"""The releases of Debian that this is built and tested on, and what apt cannot tell of them."""
import functools

# By apt's codename:
#   version   as people call it
#   other     the release whose package is built beside, in a root of its own
#   newer     the release whose servers are tried as well: a program runs on a newer C library than
#             its own, not on an older one; None where there is no later one that stands still
#   moves     its lists are those of one day and lapse after a week; a mirror may have old ones
TABLE = {
    "bookworm": {"version": "12", "other": "trixie", "newer": "trixie", "moves": False},
    "trixie": {"version": "13", "other": "bookworm", "newer": None, "moves": False},
    "sid": {"version": "sid", "other": "trixie", "newer": None, "moves": True},
}


@functools.cache
def codename():
    """Of the machine's release. Testing and unstable call themselves alike; they count as one."""
    said = {}
    with open("/etc/os-release") as f:
        for line in f:
            name, _, value = line.strip().partition("=")
            said[name] = value.strip('"')
    name = said.get("VERSION_CODENAME", "")
    return "sid" if "sid" in said.get("PRETTY_NAME", "") else name


def row(name=None):
    """What differs in a release, by default in the machine's. A stranger is likest to the newest."""
    return TABLE.get(name or codename(), TABLE["sid"])
