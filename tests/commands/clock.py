# SPDX-License-Identifier: MIT
"""guest-get-time and guest-set-time, of agents that may not set the clock."""
from cases import case, contains, equal, true
from twins import BOTH, Twins, harmless


@case(once=True, own=BOTH)
def the_time_is_the_same(world):
    with Twins(world) as twins:
        before, ours, after = twins.between("guest-get-time")
    true(before <= ours <= after, f"{before} <= {ours} <= {after}")
    equal((ours % 1000, before % 1000), (0, 0), "nanoseconds below a microsecond")


def _asked(world, **args):
    _, client = world.connect(preexec=harmless)
    return client.refusal("guest-set-time", args)


@case(differs="7.2 looks for hwclock first, and refuses without it", of="7.2")
def a_clock_that_may_not_be_set_is_an_error_of_the_kernel(world):
    error = _asked(world, time=1700000000 * 10**9)
    equal((error.error_class, error.desc),
          ("GenericError", "Failed to set time to guest: Operation not permitted"))


@case(differs="D29: a stale errno; and only whole years are judged")
def a_time_out_of_range_is_named(world):
    for time in (-1, -2**63, 3155760000 * 10**9, 2**63 - 1):
        error = _asked(world, time=time)
        contains(error.desc, "Invalid time")
        contains(error.desc, str(time))


@case(own="/dev/rtc is asked where there is no hwclock; qemu-ga needs the program")
def without_a_hardware_clock_its_time_is_an_error(world):
    _, client = world.connect(preexec=harmless)
    error = client.refusal("guest-set-time")
    contains(error.desc, "cannot read hardware clock")
