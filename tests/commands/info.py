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
def what_is_only_in_one_of_them_is_known(world):
    with Twins(world) as twins:
        (ours, _), (theirs, _) = twins.both("guest-info")
    ours = {c["name"] for c in ours["supported_commands"]}
    equal(ours - {c["name"] for c in theirs["supported_commands"]},
          {"guest-get-load", "guest-network-get-route"}, "what came after 7.2")
    true(GONE.isdisjoint(ours), "guest-get-devices is not listed")
