/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * backlog.h - what is still to be written, and how long that would take
 *
 * The kernel counts the dirty memory of the whole machine. What a sync has left of it, in
 * proportion to what it found, tells how long the next sync would take, or FIFREEZE in its place.
 *
 * Frozen-safe: what is read is opened before the seal.
 */

#include <stdint.h>

#include "kernel.h"

/* Less is not worth a thought: a quarter of a second at 60 MB/s. */
#define FROST_BACKLOG_MUCH (16u * 1024 * 1024)

typedef struct {
    FrostKernel *kernel; /* borrowed; NULL: nothing is known */
    int fd;              /* negative: nothing is known */
    uint64_t found;      /* bytes, by mark() */
} FrostBacklog;

/* Only before the seal. */
void frost_backlog_open(FrostBacklog *out, FrostKernel *kernel);
/* Bytes that are to be written now; 0: not known. */
uint64_t frost_backlog_now(const FrostBacklog *self);
/* A sync begins. */
void frost_backlog_mark(FrostBacklog *self);
/* A sync that was marked has taken @took_us: so long would take what has come meanwhile. -1: not
 * known, or it found so little that it tells nothing. */
int64_t frost_backlog_rest_us(const FrostBacklog *self, int64_t took_us);
