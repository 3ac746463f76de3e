/* SPDX-License-Identifier: MIT */
#include "ledger-fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What lies on the stack afterwards is not zero. */
static __attribute__((noinline)) void
fill_the_stack(void)
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
    assert_false(frost_ledger_holds(ledger));
}

static void
filesystems_to_be_frozen_or_synced_are_entered(void **state)
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
    assert_int_equal(fs[1].turn, 1);
    assert_false(fs[1].sync_only);
    assert_string_equal(fs[2].mount_point, "/boot/efi");
    assert_true(fs[2].sync_only);
    assert_int_equal(frost_ledger_count(ledger, FROST_FS_OPEN), 3);
    assert_false(frost_ledger_holds(ledger));
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
    int of_the_freezer = dup(ledger->lock_fd);
    g_autoptr(GError) error = NULL;

    must_begin(f, ledger);
    atomic_store(&ledger->data->filesystems[0].state, FROST_FS_ABANDONED);
    frost_ledger_end(ledger);
    frost_ledger_free(ledger);
    assert_null(frost_ledger_open(f->dir, &error));

    close(of_the_freezer);
    frost_ledger_free(must_open(f));
}

/* What is left of a killed process while the kernel has a thread of it inside FIFREEZE. */
static void
a_mapping_does_not_keep_the_lock(void **state)
{
    Fixture *f = *state;
    FrostLedger *ledger = must_open(f);
    FrostLedger left;

    must_begin(f, ledger);
    atomic_store(&ledger->data->filesystems[0].state, FROST_FS_FREEZING);
    assert_int_equal(frost_ledger_map(&left, ledger->fd, -1), 0);
    frost_ledger_free(ledger);

    ledger = must_open(f);
    assert_true(frost_ledger_is_active(ledger));
    assert_ptr_not_equal(left.data, ledger->data);
    atomic_store(&left.data->filesystems[0].state, FROST_FS_FROZEN);
    assert_int_equal(ledger->data->filesystems[0].state, FROST_FS_FROZEN);
    frost_ledger_free(ledger);
    munmap(left.data, sizeof(FrostLedgerData));
}

/* A freezer of the freeze before may still live. */
static void
an_owner_of_an_earlier_freeze_does_not_own_the_next(void **state)
{
    Fixture *f = *state;
    FrostLedger *ledger = must_open(f);
    uint32_t first = frost_ledger_new_owner(ledger);

    must_begin(f, ledger);
    assert_true(atomic_load(&ledger->data->owner) > first);
    uint32_t second = frost_ledger_new_owner(ledger);
    assert_true(second > first);
    frost_ledger_end(ledger);
    frost_ledger_free(ledger);

    ledger = must_open(f);
    assert_true(frost_ledger_new_owner(ledger) > second);
    frost_ledger_free(ledger);
}

static void
an_end_with_nothing_held_releases_the_lock_at_once(void **state)
{
    Fixture *f = *state;
    FrostLedger *ledger = must_open(f);
    int of_the_leaving_freezer = dup(ledger->lock_fd);

    must_begin(f, ledger);
    frost_ledger_end(ledger);
    frost_ledger_free(ledger);

    frost_ledger_free(must_open(f));
    close(of_the_leaving_freezer);
}

static void
a_freeze_that_was_begun_is_found_again_in_the_same_boot(void **state)
{
    Fixture *f = *state;

    leave_frozen(f);
    for (unsigned i = 0; i < 3; i++) {
        fill_the_stack();
        g_autoptr(FrostLedger) ledger = must_open(f);

        assert_true(frost_ledger_is_active(ledger));
        assert_int_equal(ledger->data->count, 3);
        assert_true(frost_ledger_holds(ledger));
        assert_string_equal(ledger->data->filesystems[0].mount_point, "/srv");
    }
}

static void
a_ledger_that_was_ended_is_not_active(void **state)
{
    Fixture *f = *state;
    FrostLedger *first = must_open(f);

    must_begin(f, first);
    frost_ledger_end(first);
    frost_ledger_free(first);

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_false(frost_ledger_is_active(ledger));
}

/* A ledger whose freeze held, and of which another program has thawed one filesystem. */
static FrostLedger *
lose_one(Fixture *f)
{
    FrostLedger *ledger = must_open(f);

    must_begin(f, ledger);
    atomic_store(&ledger->data->frozen_us, 1);
    atomic_store(&ledger->data->filesystems[0].state, FROST_FS_LOST);
    return ledger;
}

static void
an_end_owes_what_another_program_had_thawed(void **state)
{
    g_autoptr(FrostLedger) ledger = lose_one(*state);

    frost_ledger_end(ledger);
    assert_int_equal(ledger->data->owed, FROST_RELEASE_FOREIGN);
}

static void
an_end_does_not_owe_what_was_told(void **state)
{
    g_autoptr(FrostLedger) ledger = lose_one(*state);

    frost_ledger_owe_lost(ledger);
    assert_int_equal(ledger->data->owed, FROST_RELEASE_FOREIGN);
    atomic_store(&ledger->data->owed, FROST_RELEASE_NONE);
    frost_ledger_end(ledger);
    assert_int_equal(ledger->data->owed, FROST_RELEASE_NONE);
}

static void
an_end_owes_what_was_lost_after_the_telling(void **state)
{
    g_autoptr(FrostLedger) ledger = lose_one(*state);

    frost_ledger_forgive_lost(ledger);
    atomic_store(&ledger->data->filesystems[1].state, FROST_FS_LOST);
    frost_ledger_end(ledger);
    assert_int_equal(ledger->data->owed, FROST_RELEASE_FOREIGN);
}

static void
an_end_of_a_freeze_that_never_held_owes_nothing(void **state)
{
    g_autoptr(FrostLedger) ledger = lose_one(*state);

    atomic_store(&ledger->data->frozen_us, 0);
    frost_ledger_end(ledger);
    assert_int_equal(ledger->data->owed, FROST_RELEASE_NONE);
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
    assert_true(frost_ledger_holds(ledger));
}

/* Nobody is left who knows of it. */
static void
the_file_of_a_ledger_in_memory_has_nothing_to_undo_once_its_lock_is_free(void **state)
{
    Fixture *f = *state;
    const uint32_t elsewhere = FROST_LEDGER_ELSEWHERE;

    frost_ledger_free(must_open(f));
    overwrite(f, offsetof(FrostLedgerData, active), &elsewhere, sizeof elsewhere);
    FrostLedger *beside = frost_ledger_open_beside(f->dir);
    assert_true(frost_ledger_is_active(beside));

    g_autoptr(FrostLedger) ledger = must_open(f);
    assert_false(frost_ledger_is_active(ledger));
    assert_false(frost_ledger_is_active(beside));
    frost_ledger_free(beside);
}

/* The process that has it in memory still has the lock of the file. */
static void
a_thaw_by_a_ledger_in_memory_is_noted_in_the_file(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) file = must_open(f);
    FrostLedger memory = {.fd = -1, .lock_fd = file->lock_fd};

    memory.data = g_new0(FrostLedgerData, 1);
    atomic_store(&memory.data->count, 1);
    atomic_store(&memory.data->filesystems[0].state, FROST_FS_STUCK);
    atomic_store(&file->data->active, FROST_LEDGER_ELSEWHERE);
    frost_ledger_note_thawed(&memory);
    assert_true(frost_ledger_is_active(file));
    atomic_store(&memory.data->filesystems[0].state, FROST_FS_FOREIGN);
    frost_ledger_note_thawed(&memory);
    assert_true(frost_ledger_is_active(file));
    atomic_store(&memory.data->filesystems[0].state, FROST_FS_THAWED);
    frost_ledger_note_thawed(&memory);
    assert_false(frost_ledger_is_active(file));

    atomic_store(&file->data->active, FROST_LEDGER_ACTIVE);
    frost_ledger_note_thawed(&memory);
    assert_true(frost_ledger_is_active(file));
    g_free(memory.data);
}

/* Else nobody would know when that process has ended. */
static void
what_a_ledger_in_memory_owes_the_host_is_noted_in_the_file(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) file = must_open(f);
    FrostLedger memory = {.fd = -1, .lock_fd = file->lock_fd};

    memory.data = g_new0(FrostLedgerData, 1);
    atomic_store(&memory.data->owed, FROST_RELEASE_AGENT_LOST);
    atomic_store(&memory.data->frozen_us, 1000000);
    frost_ledger_mark(&memory, FROST_STEP_THAWED, 4500000);
    atomic_store(&file->data->owed_limit_s, 600); /* of an earlier freeze */
    atomic_store(&file->data->active, FROST_LEDGER_ELSEWHERE);
    frost_ledger_note_thawed(&memory);
    assert_int_equal(atomic_load(&file->data->owed), FROST_RELEASE_AGENT_LOST);
    assert_int_equal(frost_ledger_owed_limit_s(file->data), 3);

    /* It has been reported since. */
    atomic_store(&file->data->owed, FROST_RELEASE_NONE);
    frost_ledger_note_thawed(&memory);
    assert_int_equal(atomic_load(&file->data->owed), FROST_RELEASE_NONE);
    g_free(memory.data);
}

/* "limited to 0 seconds" would be nonsense. */
static void
where_no_limit_was_set_the_time_that_all_was_held_is_told(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = must_open(f);

    must_begin(f, ledger);
    atomic_store(&ledger->data->frozen_us, 10000000);
    assert_int_equal(frost_ledger_owed_limit_s(ledger->data), 1);
    atomic_store(&ledger->data->filesystems[0].thawed_us, 14500000);
    atomic_store(&ledger->data->filesystems[1].thawed_us, 10400000);
    assert_int_equal(frost_ledger_owed_limit_s(ledger->data), 4);
    frost_ledger_mark(ledger, FROST_STEP_THAWED, 10400000);
    assert_int_equal(frost_ledger_owed_limit_s(ledger->data), 1);
    atomic_store(&ledger->data->owed_limit_s, 600);
    assert_int_equal(frost_ledger_owed_limit_s(ledger->data), 600);
}

static void
a_mount_point_that_is_too_long_is_noted_as_cut(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = must_open(f);
    const FrostLedgerFs *fs = ledger->data->filesystems;
    g_autofree char *whole = g_strnfill(sizeof fs->mount_point - 1, 'w');
    g_autofree char *longer = g_strnfill(sizeof fs->mount_point, 'l');
    const FrostLedgerEntry both[] = {{.fd = -1, .mount_point = whole, .fs_type = "ext4"},
                                     {.fd = -1, .mount_point = longer, .fs_type = "ext4"}};
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof *both);

    g_array_append_vals(entries, both, G_N_ELEMENTS(both));
    assert_true(frost_ledger_begin(ledger, entries, 1, NULL));
    fs = ledger->data->filesystems;
    assert_string_equal(fs[0].mount_point, whole);
    assert_false(fs[0].is_cut);
    assert_int_equal(strlen(fs[1].mount_point), sizeof fs->mount_point - 1);
    assert_true(fs[1].is_cut);
}

static void
more_filesystems_than_it_has_room_for_are_refused(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = must_open(f);
    g_autoptr(GError) error = NULL;

    for (unsigned i = 0; i < FROST_LEDGER_FILESYSTEMS; i++)
        fake_plan_add(f->plan, "/srv", FROST_DECISION_FREEZE, 0);

    assert_false(frost_ledger_begin_plan(ledger, f->plan, &error));
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "1027");
    assert_false(frost_ledger_is_active(ledger));
}

static void
only_we_can_read_it_and_children_do_not_inherit_it(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = must_open(f);
    struct stat st;

    assert_int_equal(fstat(ledger->fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(fcntl(ledger->fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(ledger->lock_fd, F_GETFD) & FD_CLOEXEC);
}

static void
a_state_changes_only_from_the_one_that_was_expected(void **state)
{
    FrostLedgerFs fs = {.state = FROST_FS_OPEN};

    assert_true(frost_ledger_step(&fs, FROST_FS_OPEN, FROST_FS_FREEZING));
    assert_false(frost_ledger_step(&fs, FROST_FS_OPEN, FROST_FS_FREEZING));
    assert_int_equal(fs.state, FROST_FS_FREEZING);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_new_ledger_has_nothing_to_undo),
        FIXTURE_TEST(filesystems_to_be_frozen_or_synced_are_entered),
        FIXTURE_TEST(a_ledger_that_another_open_file_has_locked_is_held),
        FIXTURE_TEST(the_lock_lives_as_long_as_the_last_copy_of_the_descriptor),
        FIXTURE_TEST(a_mapping_does_not_keep_the_lock),
        FIXTURE_TEST(an_owner_of_an_earlier_freeze_does_not_own_the_next),
        FIXTURE_TEST(an_end_with_nothing_held_releases_the_lock_at_once),
        FIXTURE_TEST(a_freeze_that_was_begun_is_found_again_in_the_same_boot),
        FIXTURE_TEST(a_ledger_that_was_ended_is_not_active),
        FIXTURE_TEST(an_end_owes_what_another_program_had_thawed),
        FIXTURE_TEST(an_end_does_not_owe_what_was_told),
        FIXTURE_TEST(an_end_owes_what_was_lost_after_the_telling),
        FIXTURE_TEST(an_end_of_a_freeze_that_never_held_owes_nothing),
        FIXTURE_TEST(an_end_with_something_held_stays_active),
        FIXTURE_TEST(the_file_of_a_ledger_in_memory_has_nothing_to_undo_once_its_lock_is_free),
        FIXTURE_TEST(a_thaw_by_a_ledger_in_memory_is_noted_in_the_file),
        FIXTURE_TEST(what_a_ledger_in_memory_owes_the_host_is_noted_in_the_file),
        FIXTURE_TEST(where_no_limit_was_set_the_time_that_all_was_held_is_told),
        FIXTURE_TEST(a_mount_point_that_is_too_long_is_noted_as_cut),
        FIXTURE_TEST(more_filesystems_than_it_has_room_for_are_refused),
        FIXTURE_TEST(only_we_can_read_it_and_children_do_not_inherit_it),
        cmocka_unit_test(a_state_changes_only_from_the_one_that_was_expected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
