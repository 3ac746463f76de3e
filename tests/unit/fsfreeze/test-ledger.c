/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-plan.h"
#include "fake-sys.h"
#include "ledger.h"
#include "test-support.h"

typedef struct {
    char *dir;
    char *path;
    FakeSys *sys;
    FrostPlan *plan;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_dir();
    f->path = g_build_filename(f->dir, FROST_LEDGER_NAME, NULL);
    f->sys = fake_sys_new();
    fake_sys_add_fs(f->sys, "/", "ext4");
    fake_sys_add_fs(f->sys, "/srv", "xfs");
    fake_sys_add_fs(f->sys, "/boot/efi", "vfat");
    fake_sys_add_fs(f->sys, "/mnt", "ext4");
    f->plan = fake_plan_new(fake_sys_get(f->sys));
    fake_plan_add(f->plan, "/srv", FROST_VERDICT_FREEZE, 0);
    fake_plan_add(f->plan, "/", FROST_VERDICT_FREEZE, 1);
    fake_plan_add(f->plan, "/boot/efi", FROST_VERDICT_SYNC, 0);
    fake_plan_add(f->plan, "/mnt", FROST_VERDICT_EXCLUDED, 0);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    fake_plan_free(f->plan);
    fake_sys_free(f->sys);
    test_remove_dir(f->dir);
    g_free(f->path);
    g_free(f);
    return 0;
}

static FrostLedger *
must_open(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    FrostLedger *ledger = frost_ledger_open(f->dir, &error);

    assert_no_error(error);
    assert_non_null(ledger);
    return ledger;
}

static void
must_begin(Fixture *f, FrostLedger *ledger)
{
    g_autoptr(GError) error = NULL;

    assert_true(frost_ledger_begin(ledger, f->plan, &error));
    assert_no_error(error);
}

/* Leaves an active ledger of this boot with "/srv" frozen. */
static void
leave_frozen(Fixture *f)
{
    g_autoptr(FrostLedger) ledger = must_open(f);

    must_begin(f, ledger);
    atomic_store(&ledger->data->filesystems[0].state, FROST_FS_FROZEN);
}

static void
overwrite(Fixture *f, size_t offset, const void *bytes, size_t length)
{
    int fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, (off_t)offset), length);
    close(fd);
}

static char *
content(Fixture *f, gsize *out_length)
{
    char *text = NULL;

    assert_true(g_file_get_contents(f->path, &text, out_length, NULL));
    return text;
}

/* What lies on the stack afterwards is not zero. */
static __attribute__((noinline)) void
soil_the_stack(void)
{
    volatile char dirt[8192];

    for (size_t i = 0; i < sizeof dirt; i++)
        dirt[i] = (char)0xa5;
}

static void
a_new_ledger_has_nothing_to_undo(void **state)
{
    g_autoptr(FrostLedger) ledger = must_open(*state);

    assert_false(ledger->in_memory);
    assert_false(frost_ledger_is_active(ledger));
    assert_int_equal(frost_ledger_held(ledger), 0);
}

static void
what_is_to_be_frozen_or_synced_is_entered(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = must_open(f);

    must_begin(f, ledger);

    const FrostLedgerFs *fs = ledger->data->filesystems;
    assert_true(frost_ledger_is_active(ledger));
    assert_int_equal(ledger->data->count, 3);
    assert_string_equal(fs[0].mount_point, "/srv");
    assert_string_equal(fs[1].mount_point, "/");
    assert_int_equal(fs[1].level, 1);
    assert_false(fs[1].sync_only);
    assert_string_equal(fs[2].mount_point, "/boot/efi");
    assert_true(fs[2].sync_only);
    assert_int_equal(frost_ledger_count(ledger, FROST_FS_OPEN), 3);
    assert_int_equal(frost_ledger_held(ledger), 0);
}

static void
a_ledger_that_another_open_file_has_locked_is_held(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) holder G_GNUC_UNUSED = must_open(f);
    g_autoptr(GError) error = NULL;

    assert_null(frost_ledger_open(f->dir, &error));
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD, FROST_LEDGER_NAME);
}

static void
the_lock_lives_as_long_as_the_last_copy_of_the_descriptor(void **state)
{
    Fixture *f = *state;
    FrostLedger *ledger = must_open(f);
    int of_the_freezer = dup(ledger->fd);
    g_autoptr(GError) error = NULL;

    must_begin(f, ledger);
    atomic_store(&ledger->data->filesystems[0].state, FROST_FS_ABANDONED);
    frost_ledger_end(ledger);
    frost_ledger_free(ledger);
    assert_null(frost_ledger_open(f->dir, &error));

    close(of_the_freezer);
    frost_ledger_free(must_open(f));
}

static void
an_end_with_nothing_held_gives_the_lock_back_at_once(void **state)
{
    Fixture *f = *state;
    FrostLedger *ledger = must_open(f);
    int of_the_leaving_freezer = dup(ledger->fd);

    must_begin(f, ledger);
    frost_ledger_end(ledger);
    frost_ledger_free(ledger);

    frost_ledger_free(must_open(f));
    close(of_the_leaving_freezer);
}

static void
what_was_begun_is_found_again_in_the_same_boot(void **state)
{
    Fixture *f = *state;

    leave_frozen(f);
    for (unsigned i = 0; i < 3; i++) {
        soil_the_stack();
        g_autoptr(FrostLedger) ledger = must_open(f);

        assert_true(frost_ledger_is_active(ledger));
        assert_int_equal(ledger->data->count, 3);
        assert_int_equal(frost_ledger_held(ledger), 1);
        assert_string_equal(ledger->data->filesystems[0].mount_point, "/srv");
    }
}

static void
what_has_ended_is_only_history(void **state)
{
    Fixture *f = *state;
    FrostLedger *first = must_open(f);

    must_begin(f, first);
    frost_ledger_end(first);
    frost_ledger_free(first);

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_false(frost_ledger_is_active(ledger));
}

/* What could not be thawed must be found by the next agent. */
static void
an_end_with_something_held_stays_active(void **state)
{
    Fixture *f = *state;
    FrostLedger *first = must_open(f);

    must_begin(f, first);
    atomic_store(&first->data->filesystems[0].state, FROST_FS_STUCK);
    frost_ledger_end(first);
    frost_ledger_free(first);

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_true(frost_ledger_is_active(ledger));
    assert_int_equal(frost_ledger_held(ledger), 1);
}

static void
content_of_another_boot_is_cleared(void **state)
{
    Fixture *f = *state;

    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, boot_id), "0", 1);

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_false(ledger->in_memory);
    assert_false(frost_ledger_is_active(ledger));
    assert_int_equal(frost_ledger_held(ledger), 0);
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
        assert_int_equal(frost_ledger_held(ledger), 0);
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
        assert_int_equal(frost_ledger_held(ledger), 0);
    }
}

/* A thaw goes down level by level: not four thousand million times. */
static void
a_level_that_is_too_high_is_not_believed(void **state)
{
    Fixture *f = *state;
    const uint32_t level = UINT32_MAX;

    leave_frozen(f);
    overwrite(f, offsetof(FrostLedgerData, filesystems) + offsetof(FrostLedgerFs, level), &level,
              sizeof level);

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_false(frost_ledger_is_active(ledger));
}

static void
text_without_an_end_is_given_one(void **state)
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
a_state_directory_that_is_not_there_gives_memory(void **state)
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
where_there_is_no_room_at_all_it_is_an_error(void **state)
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
what_is_no_file_gives_memory_and_is_not_followed(void **state)
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

static void
more_filesystems_than_it_holds_are_refused(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = must_open(f);
    g_autoptr(GError) error = NULL;

    for (unsigned i = 0; i < FROST_LEDGER_FILESYSTEMS; i++)
        fake_plan_add(f->plan, "/srv", FROST_VERDICT_FREEZE, 0);

    assert_false(frost_ledger_begin(ledger, f->plan, &error));
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "1027");
    assert_false(frost_ledger_is_active(ledger));
}

static void
it_is_closed_for_others_and_not_inherited(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = must_open(f);
    struct stat st;

    assert_int_equal(fstat(ledger->fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(fcntl(ledger->fd, F_GETFD) & FD_CLOEXEC);
}

static void
a_step_is_taken_only_from_where_it_starts(void **state)
{
    FrostLedgerFs fs = {.state = FROST_FS_OPEN};

    assert_true(frost_ledger_step(&fs, FROST_FS_OPEN, FROST_FS_FREEZING));
    assert_false(frost_ledger_step(&fs, FROST_FS_OPEN, FROST_FS_FREEZING));
    assert_int_equal(fs.state, FROST_FS_FREEZING);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_new_ledger_has_nothing_to_undo),
        FIXTURE_TEST(what_is_to_be_frozen_or_synced_is_entered),
        FIXTURE_TEST(a_ledger_that_another_open_file_has_locked_is_held),
        FIXTURE_TEST(the_lock_lives_as_long_as_the_last_copy_of_the_descriptor),
        FIXTURE_TEST(an_end_with_nothing_held_gives_the_lock_back_at_once),
        FIXTURE_TEST(what_was_begun_is_found_again_in_the_same_boot),
        FIXTURE_TEST(what_has_ended_is_only_history),
        FIXTURE_TEST(an_end_with_something_held_stays_active),
        FIXTURE_TEST(content_of_another_boot_is_cleared),
        FIXTURE_TEST(a_ledger_of_another_version_is_left_untouched),
        FIXTURE_TEST(a_short_ledger_of_another_version_is_left_untouched),
        FIXTURE_TEST(a_truncated_ledger_is_begun_anew),
        FIXTURE_TEST(garbage_is_begun_anew),
        FIXTURE_TEST(a_count_that_is_too_large_is_not_believed),
        FIXTURE_TEST(a_level_that_is_too_high_is_not_believed),
        FIXTURE_TEST(text_without_an_end_is_given_one),
        FIXTURE_TEST(a_state_directory_that_is_not_there_gives_memory),
        FIXTURE_TEST(where_there_is_no_room_at_all_it_is_an_error),
        FIXTURE_TEST(what_is_no_file_gives_memory_and_is_not_followed),
        FIXTURE_TEST(more_filesystems_than_it_holds_are_refused),
        FIXTURE_TEST(it_is_closed_for_others_and_not_inherited),
        cmocka_unit_test(a_step_is_taken_only_from_where_it_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
