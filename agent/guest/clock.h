/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * clock.h - reads and sets the guest's system clock, and its hardware clock
 *
 * The guest's program hwclock sets one from the other, to a fraction of a second. If there is no
 * such program we do it ourselves, to the second.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "blocking-jobs.h"
#include "machine.h"

#define FROST_CLOCK_ERROR (frost_clock_error_quark())

typedef enum {
    FROST_CLOCK_ERROR_INVALID, /* the time is out of the range that can be set */
    FROST_CLOCK_ERROR_SET,     /* the kernel refused to set the system clock */
    FROST_CLOCK_ERROR_RTC,     /* the hardware clock could not be read or set */
} FrostClockError;

GQuark frost_clock_error_quark(void);

typedef struct FrostClock FrostClock;

/* Called from the main loop, or from inside the request. @error: borrowed; NULL: the clock is set.
 */
typedef void (*FrostClockDone)(void *user, const GError *error);

/* The time in nanoseconds since the epoch, in steps of a microsecond, as with qemu-ga. */
int64_t frost_clock_now_ns(void);

/* Both are borrowed. */
FrostClock *frost_clock_new(FrostMachine *machine, FrostBlockingJobs *jobs);
/* done is not called any more. */
void frost_clock_free(FrostClock *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostClock, frost_clock_free)

/* Sets the system clock to a time from 1970 to 2069, and then the hardware clock from it. */
void frost_clock_set(FrostClock *self, int64_t ns_since_epoch, FrostClockDone done, void *user);
/* Sets the system clock from the hardware clock, as after a suspend or a restored snapshot. */
void frost_clock_set_from_hardware(FrostClock *self, FrostClockDone done, void *user);
