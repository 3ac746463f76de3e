/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * numbers.h - the columns of numbers that /proc is full of
 */

#include <stddef.h>
#include <stdint.h>

/* Reads decimal numbers, at most @max, until something else comes, and returns how many there
 * were. One that is too large is the largest. *@text is set behind the last. */
size_t frost_numbers(const char **text, uint64_t *out, size_t max);
