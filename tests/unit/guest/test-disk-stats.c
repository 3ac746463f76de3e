/* SPDX-License-Identifier: MIT */

#include "disk-stats.h"

#include "test-support.h"

/* "major:minor name column=value ..." a line. */
static char *
describe(const char *text)
{
    g_autoptr(GPtrArray) all = frost_disk_stats_parse(text);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < all->len; i++) {
        const FrostDiskStats *disk = g_ptr_array_index(all, i);

        g_string_append_printf(out, "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT " %s", disk->major,
                               disk->minor, disk->name);
        for (unsigned k = 0; k < FROST_DISK_COLUMNS; k++) {
            if (disk->known & 1u << k)
                g_string_append_printf(out, " %u=%" G_GUINT64_FORMAT, k, disk->value[k]);
        }
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static void
the_columns_are_those_that_the_kernel_has(void **state)
{
    static const struct {
        const char *columns;
        const char *known;
    } rows[] = {
        {"1 2 3 4 5 6 7 8 9 10 11", "0=1 1=2 2=3 3=4 4=5 5=6 6=7 7=8 8=9 9=10 10=11"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
         "0=1 1=2 2=3 3=4 4=5 5=6 6=7 7=8 8=9 9=10 10=11 11=12 12=13 13=14 14=15"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
         "0=1 1=2 2=3 3=4 4=5 5=6 6=7 7=8 8=9 9=10 10=11 11=12 12=13 13=14 14=15 15=16 16=17"},
        /* half a group */
        {"1 2 3 4 5 6 7 8 9 10 11 12 13", "0=1 1=2 2=3 3=4 4=5 5=6 6=7 7=8 8=9 9=10 10=11"},
        /* a future kernel's */
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
         "0=1 1=2 2=3 3=4 4=5 5=6 6=7 7=8 8=9 9=10 10=11 11=12 12=13 13=14 14=15 15=16 16=17"},
        /* an old partition */
        {"1 2 3 4", "0=1 2=2 4=3 6=4"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *line = g_strdup_printf("   8       1 sda1 %s\n", rows[i].columns);
        g_autofree char *got = describe(line);
        g_autofree char *expected = g_strdup_printf("8:1 sda1 %s\n", rows[i].known);

        assert_string_equal(got, expected);
    }
}

static void
lines_that_are_not_about_a_device_are_ignored(void **state)
{
    g_autofree char *text = describe("\n8 0\n8 0 sda\n8 0 sda 1 2 3\n8 sda 1 2 3 4\nx y z 1 2 3 4\n"
                                     "8 0 sda 1 2 3 4 5 6 7 8 9 10\n8 16 sdb 1 2 3 4");

    assert_string_equal(text, "8:16 sdb 0=1 2=2 4=3 6=4\n");
}

static void
the_machine_s_own_file_is_understood(void **state)
{
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents("/proc/diskstats", &text, NULL, NULL));
    g_autoptr(GPtrArray) all = frost_disk_stats_parse(text);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    assert_int_equal(all->len, *text ? g_strv_length(lines) : 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_columns_are_those_that_the_kernel_has),
        cmocka_unit_test(lines_that_are_not_about_a_device_are_ignored),
        cmocka_unit_test(the_machine_s_own_file_is_understood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
