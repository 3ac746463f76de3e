/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * golden.h - what is printed, compared with a file of tests/data
 *
 * After a change that is meant, GOLDEN_WRITE=1 before a test program (TEST_DATA=.../tests/data)
 * writes its files anew; then look at what git says has changed.
 */

/* @file: below tests/data. */
void assert_golden(const char *file, const char *text);
