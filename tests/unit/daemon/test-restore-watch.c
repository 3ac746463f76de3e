/* SPDX-License-Identifier: MIT */
#include "restore-watch.h"

#include <dirent.h>
#include <string.h>

#include "test-support.h"

#define RECORD "random: crng reseeded due to virtual machine fork\n"

#define IS_TOLD(text) frost_restore_is_told(text, sizeof(text) - 1)

/* A record of /dev/kmsg, and a uevent. */
static void
the_kernel_s_own_words_tell_it(void **state)
{
    assert_true(IS_TOLD("5,512,8371645,-;" RECORD));
    assert_true(IS_TOLD("5,512,8371645,-,caller=T11;" RECORD));
    assert_true(IS_TOLD("change@/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0010:00\0ACTION=change\0"
                        "SUBSYSTEM=acpi\0NEW_VMGENID=1\0SEQNUM=1204\0"));
}

/* A program's records have its facility; the kernel does not take its own from a program. */
static void
what_others_say_does_not(void **state)
{
    assert_false(IS_TOLD("13,512,8371645,-;" RECORD));
    assert_false(IS_TOLD("5,512,8371645,-;usb 1-1: Product: " RECORD));
    assert_false(IS_TOLD("5,512,8371645,-;random: crng init done\n"));
    assert_false(IS_TOLD("add@/devices/virtual/x\0ACTION=add\0NAME=NEW_VMGENID=1\0"));
    assert_false(IS_TOLD("add@/devices/virtual/x\0ACTION=add\0NEW_VMGENID=12\0"));
    assert_false(IS_TOLD("5,512"));
    assert_false(IS_TOLD(""));
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
