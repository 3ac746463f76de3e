/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * decimal.h - a number as text, without stdio
 */

#include <string.h>

/* Room for the digits of any unsigned int, and the NUL. */
#define FROST_DECIMAL_SIZE 11

/* Writes @number to @out, with a NUL; returns @out. */
static inline char *
frost_decimal(char out[FROST_DECIMAL_SIZE], unsigned number)
{
    char digits[FROST_DECIMAL_SIZE] = "";
    char *first = digits + FROST_DECIMAL_SIZE - 1;

    do {
        *--first = (char)('0' + number % 10);
    } while ((number /= 10) > 0);
    return memcpy(out, first, (size_t)(digits + FROST_DECIMAL_SIZE - first));
}
