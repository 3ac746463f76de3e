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
frost_disk_knobs_open(FrostKernel *kernel, uint64_t device, int out_fds[FROST_KNOBS],
                      uint32_t out_values[FROST_KNOBS])
{
    for (int knob = 0; knob < FROST_KNOBS; knob++) {
        int fd = kernel->open_knob(kernel, device, (FrostKnob)knob, &out_values[knob]);

        if (fd < 0) {
            while (knob-- > 0)
                kernel->close(kernel, out_fds[knob]);
            return fd;
        }
        out_fds[knob] = fd;
    }
    return 0;
}

/* The note comes first. After a death between the two, old values are set that are set already. */
int
frost_disk_knobs_turn(FrostKernel *kernel, const int fds[FROST_KNOBS],
                      const uint32_t values[FROST_KNOBS], const uint32_t old[FROST_KNOBS],
                      _Atomic uint32_t *note, uint32_t owner)
{
    int why = 0;

    atomic_store(note, owner);
    for (int knob = 0; knob < FROST_KNOBS; knob++) {
        uint32_t value = values[knob] < old[knob] ? values[knob] : old[knob];
        int r = kernel->turn_knob(kernel, fds[knob], value);

        why = r < 0 ? r : why;
    }
    return why;
}

void
frost_disk_knobs_put_back(FrostKernel *kernel, const int fds[FROST_KNOBS],
                          const uint32_t old[FROST_KNOBS], _Atomic uint32_t *note)
{
    uint32_t turned_by = atomic_load(note);

    if (turned_by == 0)
        return;
    for (int knob = 0; knob < FROST_KNOBS; knob++)
        kernel->turn_knob(kernel, fds[knob], old[knob]);
    atomic_compare_exchange_strong(note, &turned_by, 0);
}

void
frost_disk_knobs_recover(FrostKernel *kernel, uint64_t device, const uint32_t old[FROST_KNOBS],
                         _Atomic uint32_t *note)
{
    uint32_t turned_by = atomic_load(note);
    uint32_t now[FROST_KNOBS];
    int fds[FROST_KNOBS];

    if (turned_by == 0)
        return;
    int r = frost_disk_knobs_open(kernel, device, fds, now);
    if (r == 0) {
        frost_disk_knobs_put_back(kernel, fds, old, note);
        close_all(kernel, fds);
    } else if (r == -ENOENT || r == -ENODEV) {
        atomic_compare_exchange_strong(note, &turned_by, 0); /* the disk is gone */
    }
}
