/* SPDX-License-Identifier: MIT */

/*
 * A ledger whose file is of another boot or version, damaged, or no file at all.
 */

#include "ledger-fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static void
content_of_another_boot_is_cleared(void **state)
{
    Fixture *f = *state;

    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, boot_id), "0", 1);

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_false(ledger->in_memory);
    assert_false(frost_ledger_is_active(ledger));
    assert_false(frost_ledger_holds(ledger));
}

static void
a_ledger_of_another_version_is_left_untouched(void **state)
{
    Fixture *f = *state;
    const uint32_t version = FROST_LEDGER_VERSION + 1;
    gsize before_length = 0;
    gsize after_length = 0;

    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, version), &version, sizeof version);
    g_autofree char *before = content(f, &before_length);
    FrostLedger *ledger = must_open(f);
    must_begin(f, ledger);
    assert_true(ledger->in_memory);
    assert_true(frost_ledger_is_active(ledger));
    frost_ledger_free(ledger);

    g_autofree char *after = content(f, &after_length);
    assert_int_equal(after_length, before_length);
    assert_memory_equal(after, before, before_length);
}

/* Its head may be shorter than ours. */
static void
a_short_ledger_of_another_version_is_left_untouched(void **state)
{
    Fixture *f = *state;
    const uint32_t version = FROST_LEDGER_VERSION + 1;
    gsize length = 0;

    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, version), &version, sizeof version);
    assert_int_equal(truncate(f->path, 256), 0);
    FrostLedger *ledger = must_open(f);
    assert_true(ledger->in_memory);
    frost_ledger_free(ledger);

    g_autofree char *after = content(f, &length);
    assert_int_equal(length, 256);
    assert_memory_equal(after + offsetof(FrostLedgerData, version), &version, sizeof version);
}

static void
a_truncated_ledger_is_begun_anew(void **state)
{
    static const size_t LENGTHS[] = {0,
                                     1,
                                     7,
                                     8,
                                     100,
                                     offsetof(FrostLedgerData, filesystems) - 1,
                                     offsetof(FrostLedgerData, filesystems) + 10};
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(LENGTHS); i++) {
        leave_frozen(f);
        assert_int_equal(truncate(f->path, (off_t)LENGTHS[i]), 0);

        g_autoptr(FrostLedger) ledger = must_open(f);
        assert_false(ledger->in_memory);
        assert_false(frost_ledger_is_active(ledger));
        assert_int_equal(ledger->data->count, 0);
        must_begin(f, ledger);
    }
}

static void
garbage_is_begun_anew(void **state)
{
    Fixture *f = *state;
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    uint32_t garbage[8192];

    for (unsigned round = 0; round < 20; round++) {
        for (size_t i = 0; i < G_N_ELEMENTS(garbage); i++)
            garbage[i] = g_rand_int(rand);
        overwrite(f, 0, garbage, sizeof garbage);

        g_autoptr(FrostLedger) ledger = must_open(f);
        assert_false(ledger->in_memory);
        assert_false(frost_ledger_is_active(ledger));
        assert_false(frost_ledger_holds(ledger));
    }
}

static void
a_count_that_is_too_large_is_not_believed(void **state)
{
    static const uint32_t COUNTS[] = {4, FROST_LEDGER_FILESYSTEMS, FROST_LEDGER_FILESYSTEMS + 1,
                                      UINT32_MAX};
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(COUNTS); i++) {
        leave_frozen(f);
        overwrite(f, offsetof(FrostLedgerData, count), &COUNTS[i], sizeof COUNTS[i]);

        g_autoptr(FrostLedger) ledger = must_open(f);
        assert_false(frost_ledger_is_active(ledger));
        assert_false(frost_ledger_holds(ledger));
    }
}

/* A thaw goes down level by level: not four thousand million times. */
static void
an_impossible_level_is_not_believed(void **state)
{
    Fixture *f = *state;
    const size_t first = offsetof(FrostLedgerData, filesystems);
    const size_t places[] = {first + offsetof(FrostLedgerFs, level),
                             first + offsetof(FrostLedgerFs, turn),
                             offsetof(FrostLedgerData, repeated_for)};
    const uint32_t beyond = UINT32_MAX;

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        leave_frozen(f);
        overwrite(f, places[i], &beyond, sizeof beyond);

        g_autoptr(FrostLedger) ledger = must_open(f);
        assert_false(frost_ledger_is_active(ledger));
    }
}

static void
text_without_a_nul_is_terminated(void **state)
{
    Fixture *f = *state;
    g_autofree char *fill = g_strnfill(4096, 'x');
    size_t first = offsetof(FrostLedgerData, filesystems);

    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, hook_source), fill, 4096);
    overwrite(f, first + offsetof(FrostLedgerFs, mount_point), fill, 256);
    overwrite(f, first + offsetof(FrostLedgerFs, fs_type), fill, 16);

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_true(frost_ledger_is_active(ledger));
    assert_int_equal(strlen(ledger->data->hook_source), 4095);
    assert_int_equal(strlen(ledger->data->filesystems[0].mount_point), 255);
    assert_int_equal(strlen(ledger->data->filesystems[0].fs_type), 15);
}

static void
without_a_state_directory_the_ledger_is_in_memory(void **state)
{
    Fixture *f = *state;
    g_autofree char *missing = g_build_filename(f->dir, "missing", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostLedger) ledger = frost_ledger_open(missing, &error);

    assert_no_error(error);
    assert_true(ledger->in_memory);
    must_begin(f, ledger);
    assert_int_equal(frost_ledger_count(ledger, FROST_FS_OPEN), 3);
}

/* Neither the file nor one in memory: no descriptor is left. */
static void
with_no_room_on_disk_or_in_memory_it_is_an_error(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    struct rlimit before;

    test_use_up_descriptors(&before);
    FrostLedger *ledger = frost_ledger_open(f->dir, &error);
    setrlimit(RLIMIT_NOFILE, &before);

    assert_null(ledger);
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "Too many open files");
    frost_ledger_free(must_open(f));
}

static void
a_link_or_a_folder_is_not_opened_and_gives_memory(void **state)
{
    Fixture *f = *state;
    g_autofree char *target = g_build_filename(f->dir, "target", NULL);

    assert_int_equal(mkdir(f->path, 0700), 0);
    FrostLedger *ledger = must_open(f);
    assert_true(ledger->in_memory);
    frost_ledger_free(ledger);
    assert_int_equal(rmdir(f->path), 0);

    assert_int_equal(mkfifo(f->path, 0600), 0);
    ledger = must_open(f);
    assert_true(ledger->in_memory);
    frost_ledger_free(ledger);
    assert_int_equal(unlink(f->path), 0);

    assert_int_equal(symlink(target, f->path), 0);
    ledger = must_open(f);
    assert_true(ledger->in_memory);
    frost_ledger_free(ledger);
    assert_false(g_file_test(target, G_FILE_TEST_EXISTS));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(content_of_another_boot_is_cleared),
        FIXTURE_TEST(a_ledger_of_another_version_is_left_untouched),
        FIXTURE_TEST(a_short_ledger_of_another_version_is_left_untouched),
        FIXTURE_TEST(a_truncated_ledger_is_begun_anew),
        FIXTURE_TEST(garbage_is_begun_anew),
        FIXTURE_TEST(a_count_that_is_too_large_is_not_believed),
        FIXTURE_TEST(an_impossible_level_is_not_believed),
        FIXTURE_TEST(text_without_a_nul_is_terminated),
        FIXTURE_TEST(without_a_state_directory_the_ledger_is_in_memory),
        FIXTURE_TEST(with_no_room_on_disk_or_in_memory_it_is_an_error),
        FIXTURE_TEST(a_link_or_a_folder_is_not_opened_and_gives_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
