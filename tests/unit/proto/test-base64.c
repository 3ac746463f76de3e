/* SPDX-License-Identifier: MIT */

#include "base64.h"

#include <string.h>

#include "request.h"
#include "test-support.h"

typedef struct {
    const char *text;
    const char *bytes; /* NULL: refused */
} Row;

static const Row rows[] = {
    {"", ""},
    {"aGVsbG8=", "hello"},
    {"aGVs\nbG8=\r\n", "hello"},
    {"aGVsbA==", "hell"},
    {"aGVs", "hel"},
    {"+/+/", "\xfb\xff\xbf"},
    {"aGVsbG8", NULL},
    {"a", NULL},
    {"aGVsbG8=aGVs", NULL},
    {"aGVsbG8==", NULL},
    {"aG=s", NULL},
    {"====", NULL},
    {"a===", NULL},
    {"!!", NULL},
    {"aGVs bG8=", NULL},
    {"aGVsbG8\xc0\x80", NULL},
    {"-_-_", NULL},
};

static void
every_row_is_decoded_or_refused(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = qga_base64_decode(rows[i].text, &error);
        size_t length = 0;

        if (!bytes != !rows[i].bytes)
            fail_msg("row %zu: %s", i, rows[i].text);
        if (!bytes) {
            assert_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "Base64 data ");
            continue;
        }
        const char *data = g_bytes_get_data(bytes, &length);
        if (length != strlen(rows[i].bytes) || memcmp(data, rows[i].bytes, length) != 0)
            fail_msg("row %zu: %s", i, rows[i].text);
    }
}

static void
encoded_bytes_are_decoded_to_the_same_bytes(void **state)
{
    uint8_t bytes[256];

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (size_t length = 0; length <= sizeof bytes; length++) {
        g_autoptr(QgaValue) value = qga_base64_value(bytes, length);
        g_autoptr(GBytes) again = qga_base64_decode(qga_value_get_string(value), NULL);

        assert_non_null(again);
        assert_int_equal(g_bytes_get_size(again), length);
        assert_memory_equal(g_bytes_get_data(again, NULL), bytes, length);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_decoded_or_refused),
        cmocka_unit_test(encoded_bytes_are_decoded_to_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
