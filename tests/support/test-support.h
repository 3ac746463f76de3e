/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * test-support.h - cmocka with what it needs before it, and assertions for GLib
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <glib.h>

/* The name of cmocka 2.0, which warns of the older one. */
#ifndef assert_uint_in_range
#define assert_uint_in_range(value, low, high) assert_in_range((value), (low), (high))
#endif

#define assert_no_error(error) test_assert_no_error((error), __FILE__, __LINE__)
/* The error is set, of this domain and code, and its message contains @part. */
#define assert_error(error, domain, code, part) \
    test_assert_error((error), (domain), (code), (part), __FILE__, __LINE__)

void test_assert_no_error(const GError *error, const char *file, int line);
void test_assert_error(const GError *error, GQuark domain, int code, const char *part,
                       const char *file, int line);

/* A fresh directory, removed with all in it by test_remove_dir(), which frees the name. */
char *test_make_dir(void);
void test_remove_dir(char *path);
/* The same on a tmpfs where there is one: a ledger whose directory may itself be frozen (a file of
 * an overlay, as /tmp is in a container) is kept in memory. */
char *test_make_statedir(void);

/* Runs the default main context until @done is true, or fails the test after @limit_ms. */
void test_run_until(const bool *done, unsigned limit_ms);

/* Lets other threads run while a test waits for them in a loop; fails the test once @deadline_us
 * (monotonic) has passed. test_deadline_us() is ten seconds from now. */
#define test_yield(deadline_us) test_yield_until((deadline_us), __FILE__, __LINE__)
void test_yield_until(gint64 deadline_us, const char *file, int line);
gint64 test_deadline_us(void);

/* One turn of the default main context, which ends after a tenth of a second even if nothing
 * happens. False once @deadline_us (monotonic) has passed. */
bool test_turn(gint64 deadline_us);
/* Runs the default main context until @fd has given exactly @text, or its end. Fails the test after
 * ten seconds. */
void test_expect_read(int fd, const char *text);
void test_expect_eof(int fd);

/* Sends what is written to descriptor @fd into @file, until test_taken(), which closes both and
 * returns the text; g_free() it. */
int test_divert(int fd, FILE *file);
char *test_taken(int fd, int saved, FILE *file);

/* Makes each new descriptor fail, until setrlimit(RLIMIT_NOFILE, out_before). */
void test_use_up_descriptors(struct rlimit *out_before);
