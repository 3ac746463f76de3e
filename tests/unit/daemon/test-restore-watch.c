/* SPDX-License-Identifier: MIT */
#include "restore-watch.h"

#include <dirent.h>

#include "test-support.h"

#define RECORD "random: crng reseeded due to virtual machine fork\n"

/* As Linux 6.12 has written it when it was restored. */
static void
the_kernel_s_own_words_tell_it(void **state)
{
    assert_true(frost_restore_is_told("5,512,8371645,-;" RECORD));
    assert_true(frost_restore_is_told("5,512,8371645,-,caller=T11;" RECORD));
}

/* A program's records have its facility; the kernel does not take its own from a program. */
static void
what_others_say_does_not(void **state)
{
    assert_false(frost_restore_is_told("13,512,8371645,-;" RECORD));
    assert_false(frost_restore_is_told("5,512,8371645,-;usb 1-1: Product: " RECORD));
    assert_false(frost_restore_is_told("5,512,8371645,-;random: crng init done\n"));
    assert_false(frost_restore_is_told("5,512"));
    assert_false(frost_restore_is_told(""));
}

static void
must_not_be_told(void *user, const char *why)
{
    fail_msg("told: %s", why);
}

static unsigned
count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void
a_watch_tells_nothing_by_itself_and_leaves_nothing_open(void **state)
{
    g_main_context_iteration(NULL, FALSE); /* the main loop's own */
    unsigned before = count_descriptors();
    FrostRestoreWatch *watch = frost_restore_watch_new(must_not_be_told, NULL);

    while (g_main_context_iteration(NULL, FALSE))
        ;
    frost_restore_watch_free(watch);
    assert_int_equal(count_descriptors(), before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_s_own_words_tell_it),
        cmocka_unit_test(what_others_say_does_not),
        cmocka_unit_test(a_watch_tells_nothing_by_itself_and_leaves_nothing_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
