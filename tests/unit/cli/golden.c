/* SPDX-License-Identifier: MIT */
#include "golden.h"

#include <stdlib.h>

#include "test-support.h"

void
assert_golden(const char *file, const char *text)
{
    g_autofree char *path = g_build_filename(getenv("TEST_DATA"), file, NULL);
    g_autofree char *expected = NULL;

    if (getenv("GOLDEN_WRITE"))
        assert_true(g_file_set_contents(path, text, -1, NULL));
    if (!g_file_get_contents(path, &expected, NULL, NULL))
        fail_msg("%s cannot be read", path);
    if (!g_str_equal(expected, text)) {
        print_error("--- %s\n%s--- printed\n%s", path, expected, text);
        fail();
    }
}
