/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dice.h - numbers that a seed decides
 */

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} Dice;

/* splitmix64 */
static inline uint64_t
dice_throw(Dice *self)
{
    uint64_t z = (self->state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to @sides - 1. */
static inline unsigned
dice_below(Dice *self, unsigned sides)
{
    return (unsigned)(((dice_throw(self) >> 32) * sides) >> 32);
}

static inline bool
dice_percent(Dice *self, unsigned percent)
{
    return dice_below(self, 100) < percent;
}
