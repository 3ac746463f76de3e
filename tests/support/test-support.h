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

/* Runs the default main context until @done is true, or fails the test after @limit_ms. */
void test_run_until(const bool *done, unsigned limit_ms);

/* What goes to descriptor @fd from here on goes into @file, until test_taken(), which closes both
 * and returns the text; g_free() it. */
int test_divert(int fd, FILE *file);
char *test_taken(int fd, int saved, FILE *file);

/* From here on no descriptor can be made, until setrlimit(RLIMIT_NOFILE, out_before). */
void test_use_up_descriptors(struct rlimit *out_before);
