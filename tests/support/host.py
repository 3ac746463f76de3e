# SPDX-License-Identifier: MIT
"""The host's dialogue around a snapshot, with the answers it must get."""
from cases import equal


def freeze(client, wanted, points=None, limit_s=15):
    if points is None:
        got = client.call("guest-fsfreeze-freeze", limit_s=limit_s)
    else:
        got = client.call("guest-fsfreeze-freeze-list", {"mountpoints": points}, limit_s)
    equal(got, wanted, "answer to freeze")


def thaw(client, wanted, limit_s=15):
    equal(client.call("guest-fsfreeze-thaw", limit_s=limit_s), wanted, "answer to thaw")


def status(client, wanted):
    equal(client.call("guest-fsfreeze-status"), wanted, "status")
