/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * numbers.h - reads columns of numbers, as many files in /proc have them
 */

#include <stddef.h>
#include <stdint.h>

/* Reads at most @max decimal numbers, up to anything that is not a number. Returns how many it has
 * read, and moves *@text behind the last one. A number that is too large becomes UINT64_MAX. */
size_t frost_numbers(const char **text, uint64_t *out, size_t max);
