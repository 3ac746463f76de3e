/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * history.h - one run of the simulated machine, from its start until all has come right, or not
 */

#include <stdbool.h>
#include <stdint.h>

#define HISTORY_WHOLE UINT32_MAX

typedef struct {
    bool failed;
    char why[1024];
    uint64_t steps;
    bool frees_all;  /* no process was killed that would have freed its memory */
    long kept;       /* blocks of the heap that it has not given back */
    unsigned events; /* of trouble that the seed has */
} History;

/* @mask: which events of its trouble happen. @talks: tells it. */
History history_run(uint64_t seed, uint32_t mask, bool talks);
/* The fewest of the events with which the history of this seed still fails. */
uint32_t history_shorten(uint64_t seed, uint32_t mask);
/* Once, before the first. */
void history_prepare(void);
