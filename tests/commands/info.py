# SPDX-License-Identifier: MIT
"""guest-info: the same commands, described alike, in the same order."""
from cases import case, equal, true
from twins import BOTH, Twins

# Listed by qemu-ga 7.2 on Linux, where it is always disabled; gone since.
GONE = {"guest-get-devices"}


@case(once=True, own=BOTH)
def the_commands_both_have_are_described_alike(world):
    with Twins(world) as twins:
        (ours, _), (theirs, _) = twins.both("guest-info")
    ours, theirs = ours["supported_commands"], theirs["supported_commands"]
    names = {c["name"] for c in ours}
    equal([c for c in ours if c["name"] in {t["name"] for t in theirs}],
          [c for c in theirs if c["name"] in names and c["name"] not in GONE],
          "the commands that both have")


@case(once=True, own=BOTH)
def commands_of_only_one_agent_are_known(world):
    with Twins(world) as twins:
        (ours, _), (theirs, _) = twins.both("guest-info")
    own = {"__org.frost-ga_fsfreeze-receipt"}   # named by QEMU's rule for extensions of others
    younger = {"guest-get-load", "guest-network-get-route"}   # than 7.2, the reference of Debian 12
    ours = {c["name"] for c in ours["supported_commands"]}
    true(own <= ours, "what is our own is listed")
    equal(ours - own - {c["name"] for c in theirs["supported_commands"]},
          younger if theirs["version"].startswith("7.") else set(), "what only frost-ga has")
    true(GONE.isdisjoint(ours), "guest-get-devices is not listed")
