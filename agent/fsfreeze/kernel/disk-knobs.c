/* SPDX-License-Identifier: MIT */
#include "disk-knobs.h"

#include <errno.h>

static void
close_all(FrostKernel *kernel, const int fds[FROST_KNOBS])
{
    for (int knob = 0; knob < FROST_KNOBS; knob++)
        kernel->close(kernel, fds[knob]);
}

int
frost_disk_knobs_open(FrostKernel *kernel, uint64_t device, int out_fds[FROST_KNOBS])
{
    for (int knob = 0; knob < FROST_KNOBS; knob++) {
        int fd = kernel->open_knob(kernel, device, (FrostKnob)knob);

        if (fd < 0) {
            while (knob-- > 0)
                kernel->close(kernel, out_fds[knob]);
            return fd;
        }
        out_fds[knob] = fd;
    }
    return 0;
}

/* One that is not lower any more has been set by another program, or by a change of the scheduler,
 * and stays. Not compared with what was written: what a kernel has rounded has to go back, too. */
static int
put_one_back(FrostKernel *kernel, int fd, uint32_t old)
{
    uint32_t now;
    int r = kernel->read_knob(kernel, fd, &now);

    return r < 0 || now >= old ? r : kernel->turn_knob(kernel, fd, old);
}

/* While a value is written, even the same one, the disk stands still. */
static int
turn_one(FrostKernel *kernel, int fd, uint32_t value)
{
    uint32_t now;
    int r = kernel->read_knob(kernel, fd, &now);

    return r < 0 || now == value ? r : kernel->turn_knob(kernel, fd, value);
}

/* 0, or a negative errno. */
static int
read_all(FrostKernel *kernel, const int fds[FROST_KNOBS], uint32_t out[FROST_KNOBS])
{
    int r = 0;

    for (int knob = 0; knob < FROST_KNOBS && r == 0; knob++)
        r = kernel->read_knob(kernel, fds[knob], &out[knob]);
    return r;
}

/* The note comes first. After a death between the two, old values are set that are set already. */
int
frost_disk_knobs_turn(FrostKernel *kernel, const int fds[FROST_KNOBS],
                      const uint32_t values[FROST_KNOBS], uint32_t old[FROST_KNOBS],
                      _Atomic uint32_t *note, uint32_t owner)
{
    int why = atomic_load(note) == 0 ? read_all(kernel, fds, old) : 0;

    if (why < 0)
        return why;
    atomic_store(note, owner);
    for (int knob = 0; knob < FROST_KNOBS; knob++) {
        int r = values[knob] < old[knob] ? turn_one(kernel, fds[knob], values[knob])
                                         : put_one_back(kernel, fds[knob], old[knob]);

        why = r < 0 ? r : why;
    }
    return why;
}

void
frost_disk_knobs_put_back(FrostKernel *kernel, const int fds[FROST_KNOBS],
                          const uint32_t old[FROST_KNOBS], _Atomic uint32_t *note, uint32_t owner)
{
    for (int knob = 0; knob < FROST_KNOBS; knob++)
        put_one_back(kernel, fds[knob], old[knob]);
    atomic_compare_exchange_strong(note, &owner, 0);
}

void
frost_disk_knobs_recover(FrostKernel *kernel, uint64_t device, const uint32_t old[FROST_KNOBS],
                         _Atomic uint32_t *note)
{
    uint32_t turned_by = atomic_load(note);
    int fds[FROST_KNOBS];

    if (turned_by == 0)
        return;
    int r = frost_disk_knobs_open(kernel, device, fds);
    if (r == 0) {
        frost_disk_knobs_put_back(kernel, fds, old, note, turned_by);
        close_all(kernel, fds);
    } else if (r == -ENOENT || r == -ENODEV) {
        atomic_compare_exchange_strong(note, &turned_by, 0); /* the disk is gone */
    }
}
