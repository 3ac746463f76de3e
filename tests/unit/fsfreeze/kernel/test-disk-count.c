/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kernel.h"
#include "test-support.h"

/* What @ask reads from a file of this text. */
static uint64_t
read_from(const char *text, uint64_t (*ask)(FrostKernel *kernel, int fd))
{
    FrostKernel kernel = frost_kernel_linux();
    char *dir = test_make_dir();
    g_autofree char *path = g_build_filename(dir, "stat", NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    uint64_t count = ask(&kernel, fd);
    assert_int_equal(ask(&kernel, fd), count); /* from the beginning each time */
    close(fd);
    test_remove_dir(dir);
    return count;
}

static uint64_t
count_of(const char *text)
{
    return read_from(text, frost_kernel_linux().disk_count);
}

#define AT_REST "   83 0 3528 16 5 0 32 2 0 48 18 0 0 0 0 2 1\n"

static void
a_request_that_is_completed_changes_the_count(void **state)
{
    static const char *const LATER[] = {
        "   84 0 3528 16 5 0 32 2 0 48 18 0 0 0 0 2 1\n", /* a read */
        "   83 0 3528 16 6 0 32 2 0 48 18 0 0 0 0 2 1\n", /* a write */
        "   83 0 3528 16 5 0 32 2 0 48 18 1 0 0 0 2 1\n", /* a discard */
        "   83 0 3528 16 5 0 32 2 0 48 18 0 0 0 0 3 1\n", /* a flush */
        "   83 0 3528 16 5 0 32 9 0 48 18 0 0 0 0 2 1\n", /* a write that was counted before */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(LATER); i++)
        assert_int_not_equal(count_of(LATER[i]), count_of(AT_REST));
}

/* In flight, the time with any in flight, and that weighted: they go on while a disk hangs. */
static void
a_request_that_hangs_does_not(void **state)
{
    assert_int_equal(count_of("   83 0 3528 16 5 0 32 2 7 99 777 0 0 0 0 2 1\n"),
                     count_of(AT_REST));
    assert_int_equal(count_of("   83 5 3528 16 5 9 32 2 0 48 18 0 0 0 0 2 1\n"), /* merged */
                     count_of(AT_REST));
}

static void
what_says_less_is_counted_as_far_as_it_goes(void **state)
{
    assert_int_equal(count_of(""), 0);
    assert_int_equal(count_of("no number"), 0);
    assert_int_equal(count_of("1 0 0 2 3 0 0 4 0 0 0\n"), 10); /* of a kernel before 4.18 */
}

/* The seventh field, in sectors of 512 bytes. */
static void
what_a_disk_has_written_is_counted_in_bytes(void **state)
{
    assert_int_equal(read_from(AT_REST, frost_kernel_linux().disk_written), 32 * 512);
    assert_int_equal(read_from("1 0 0 2 3 0\n", frost_kernel_linux().disk_written), 0);
}

static void
a_device_that_is_not_there_has_none(void **state)
{
    FrostKernel kernel = frost_kernel_linux();

    assert_true(kernel.open_disk_count(&kernel, 0) < 0);
    assert_true(kernel.open_disk_count(&kernel, G_MAXUINT64) < 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_is_completed_changes_the_count),
        cmocka_unit_test(a_request_that_hangs_does_not),
        cmocka_unit_test(what_says_less_is_counted_as_far_as_it_goes),
        cmocka_unit_test(what_a_disk_has_written_is_counted_in_bytes),
        cmocka_unit_test(a_device_that_is_not_there_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
