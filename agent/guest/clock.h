/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * clock.h - the guest's clock and the hardware clock beside it
 *
 * The system's hwclock sets the one from the other, to the fraction of a second; where there is
 * none we do it, to the second.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "aside.h"
#include "machine.h"

#define FROST_CLOCK_ERROR (frost_clock_error_quark())

typedef enum {
    FROST_CLOCK_ERROR_INVALID, /* not a time that a clock can have */
    FROST_CLOCK_ERROR_SET,     /* the kernel refused it */
    FROST_CLOCK_ERROR_RTC,     /* the hardware clock */
} FrostClockError;

GQuark frost_clock_error_quark(void);

typedef struct FrostClock FrostClock;

/* From the main loop or at once. @error: NULL when the clock is set; only lent. */
typedef void (*FrostClockDone)(void *user, const GError *error);

/* Nanoseconds since the epoch, in steps of microseconds as qemu-ga has them. */
int64_t frost_clock_now_ns(void);

/* Both are borrowed. */
FrostClock *frost_clock_new(FrostMachine *machine, FrostAside *aside);
/* No done follows. */
void frost_clock_free(FrostClock *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostClock, frost_clock_free)

/* Sets the clock to a time of the years 1970 to 2069, and then the hardware clock by it. */
void frost_clock_set(FrostClock *self, int64_t ns_since_epoch, FrostClockDone done, void *user);
/* Sets the clock by the hardware clock: after a suspend, or a restored state of the machine. */
void frost_clock_set_from_hardware(FrostClock *self, FrostClockDone done, void *user);
