/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * backoff.h - calls a function from the main loop again and again, each time after twice as long
 */

#include <glib.h>

/* Part of another struct. Its owner sets the first five fields. */
typedef struct {
    GMainContext *context;
    unsigned first_ms;
    unsigned last_ms; /* the longest wait */
    void (*due)(void *user);
    void *user;

    unsigned wait_ms; /* the last wait; 0: there was none */
    GSource *timer;   /* NULL: no wait is under way */
} FrostBackoff;

/* Begins a wait that is twice as long as the last one, and then calls due() once. Replaces a wait
 * that is under way. */
void frost_backoff_wait(FrostBackoff *self);
/* Ends the wait without calling due(). The next wait is still twice as long. */
void frost_backoff_stop(FrostBackoff *self);
