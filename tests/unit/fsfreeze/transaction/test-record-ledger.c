/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "../ledger/ledger-fixture.h"
#include "record-ledger.h"

#define BEGAN 1000

/* A freeze of the fixture's plan, with a read-only filesystem besides, has begun. */
static int
begin(void **state)
{
    set_up(state);
    Fixture *f = *state;
    fake_sys_set_boottime(f->sys, BEGAN);
    fake_sys_add_fs(f->sys, "/ro", "ext4");
    fake_plan_add(f->plan, "/ro", FROST_DECISION_READ_ONLY, 0);
    f->ledger = must_open(f);
    must_begin(f, f->ledger);
    return 0;
}

static FrostLedgerFs *
srv(const Fixture *f)
{
    return &f->ledger->data->filesystems[0];
}

static FrostLedgerFs *
root(const Fixture *f)
{
    return &f->ledger->data->filesystems[1];
}

static void
is_frozen_and_thawed(FrostLedgerFs *fs, int64_t frozen_us, int64_t thawed_us)
{
    fs->freeze_begun_us = frozen_us - 10;
    fs->frozen_us = frozen_us;
    fs->thaw_begun_us = thawed_us - 10;
    fs->thawed_us = thawed_us;
    fs->state = FROST_FS_THAWED;
}

static const FrostRecordFs *
fs_at(const FrostRecord *record, unsigned i)
{
    return g_ptr_array_index(record->filesystems, i);
}

static void
times_are_those_since_the_host_asked_and_the_window_is_that_of_all(void **state)
{
    Fixture *f = *state;

    f->ledger->data->freeze_begun_us = BEGAN + 90;
    f->ledger->data->frozen_us = BEGAN + 200;
    f->ledger->data->release = FROST_RELEASE_HOST;
    is_frozen_and_thawed(srv(f), BEGAN + 100, BEGAN + 500);
    is_frozen_and_thawed(root(f), BEGAN + 200, BEGAN + 400);
    g_autoptr(FrostRecord) record = frost_record_of_ledger(f->ledger->data, f->plan, BEGAN + 900);

    assert_int_equal(record->count, 2);
    assert_int_equal(record->end, FROST_END_HOST);
    assert_int_equal(record->freeze_begun_us, 90);
    assert_int_equal(record->frozen_us, 200);
    assert_int_equal(record->thaw_begun_us, 390);
    assert_int_equal(record->thawed_us, 500);
    assert_int_equal(record->ended_us, 900);
    assert_int_equal(frost_record_window_us(record), 410);
    assert_null(record->error);
    assert_null(record->degraded);
    assert_int_equal(record->mounts_of, 0);
}

static void
whose_mounts_they_are_is_told(void **state)
{
    Fixture *f = *state;

    f->ledger->data->mounts_of = 4711;
    g_autoptr(FrostRecord) record = frost_record_of_ledger(f->ledger->data, f->plan, BEGAN + 900);

    assert_int_equal(record->mounts_of, 4711);
}

static void
every_filesystem_of_the_plan_is_told_with_what_became_of_it(void **state)
{
    Fixture *f = *state;

    is_frozen_and_thawed(srv(f), BEGAN + 100, BEGAN + 500);
    root(f)->state = FROST_FS_FOREIGN;
    g_autoptr(FrostRecord) record = frost_record_of_ledger(f->ledger->data, f->plan, BEGAN + 900);

    assert_int_equal(record->filesystems->len, 5);
    assert_int_equal(fs_at(record, 0)->outcome, FROST_OUTCOME_FROZEN);
    assert_int_equal(fs_at(record, 1)->outcome, FROST_OUTCOME_FOREIGN);
    assert_int_equal(fs_at(record, 2)->outcome, FROST_OUTCOME_SYNCED);
    assert_string_equal(fs_at(record, 3)->mount_point, "/mnt");
    assert_int_equal(fs_at(record, 3)->outcome, FROST_OUTCOME_LEFT_OUT);
    assert_string_equal(fs_at(record, 4)->mount_point, "/ro");
    assert_int_equal(fs_at(record, 4)->outcome, FROST_OUTCOME_READ_ONLY);
}

static void
every_state_has_an_outcome(void **state)
{
    static const struct {
        FrostFsState state;
        FrostOutcome outcome;
    } ROWS[] = {
        {FROST_FS_OPEN, FROST_OUTCOME_NOT_TRIED},  {FROST_FS_FREEZING, FROST_OUTCOME_STUCK},
        {FROST_FS_ABANDONED, FROST_OUTCOME_STUCK}, {FROST_FS_FROZEN, FROST_OUTCOME_FROZEN},
        {FROST_FS_FOREIGN, FROST_OUTCOME_FOREIGN}, {FROST_FS_UNSUPPORTED, FROST_OUTCOME_SYNCED},
        {FROST_FS_FAILED, FROST_OUTCOME_FAILED},   {FROST_FS_THAWING, FROST_OUTCOME_STUCK},
        {FROST_FS_THAWED, FROST_OUTCOME_FROZEN},   {FROST_FS_LOST, FROST_OUTCOME_NOT_HELD},
        {FROST_FS_STUCK, FROST_OUTCOME_STUCK},
    };
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        srv(f)->state = ROWS[i].state;
        g_autoptr(FrostRecord) record = frost_record_of_ledger(f->ledger->data, NULL, BEGAN);

        assert_int_equal(fs_at(record, 0)->outcome, ROWS[i].outcome);
    }
}

static void
every_release_is_an_end_of_its_own(void **state)
{
    Fixture *f = *state;
    guint32 seen = 0;

    is_frozen_and_thawed(srv(f), BEGAN + 100, BEGAN + 500);
    for (int release = FROST_RELEASE_NONE; release <= FROST_RELEASE_RESTORED; release++) {
        f->ledger->data->release = (uint32_t)release;
        g_autoptr(FrostRecord) record = frost_record_of_ledger(f->ledger->data, NULL, BEGAN);

        assert_false(seen & (1u << record->end));
        seen |= 1u << record->end;
    }
    /* What a later version, or a damaged file, has there. */
    f->ledger->data->release = 4711;
    g_autoptr(FrostRecord) record = frost_record_of_ledger(f->ledger->data, NULL, BEGAN);
    assert_int_equal(record->end, FROST_END_FAILED);
}

static void
a_failure_and_what_lacked_are_told_in_words(void **state)
{
    Fixture *f = *state;

    srv(f)->state = FROST_FS_FAILED;
    srv(f)->error = EIO;
    g_strlcpy(f->ledger->data->failure, "failed to freeze /srv", 512);
    f->ledger->data->degraded[FROST_DEGRADED_LOCKED_MEMORY] = EPERM;
    f->ledger->data->degraded[FROST_DEGRADED_THREADS] = EAGAIN;
    g_autoptr(FrostRecord) record = frost_record_of_ledger(f->ledger->data, f->plan, BEGAN);

    assert_int_equal(record->end, FROST_END_FAILED);
    assert_string_equal(record->error, "failed to freeze /srv");
    assert_string_equal(fs_at(record, 0)->reason, "Input/output error");
    assert_string_equal(record->degraded,
                        "the freezer's memory is not locked: Operation not permitted; the freezer "
                        "has fewer threads than filesystems: Resource temporarily unavailable");
}

static void
a_freeze_that_was_repeated_names_whom_it_was_repeated_for(void **state)
{
    Fixture *f = *state;

    g_autoptr(FrostRecord) once = frost_record_of_ledger(f->ledger->data, f->plan, BEGAN + 100);
    assert_int_equal(once->repeated_us, -1);
    assert_null(once->repeated_for);

    atomic_store(&f->ledger->data->repeated_for, 1);
    atomic_store(&f->ledger->data->repeated_us, BEGAN + 50);
    g_autoptr(FrostRecord) twice = frost_record_of_ledger(f->ledger->data, f->plan, BEGAN + 100);
    assert_int_equal(twice->repeated_us, 50);
    assert_string_equal(twice->repeated_for, "/");
}

static void
what_was_expected_of_the_gentle_part_and_what_came_of_it_is_told(void **state)
{
    Fixture *f = *state;
    FrostLedgerGentle *gentle = &f->ledger->data->gentle;

    g_autoptr(FrostRecord) none = frost_record_of_ledger(f->ledger->data, f->plan, BEGAN);
    assert_int_equal(none->write_out.dirty_bytes, -1);
    assert_int_equal(none->write_out.paced_us, -1);
    assert_int_equal(none->write_out.end, FROST_WRITE_OUT_NONE);
    atomic_store(&gentle->found, 300000000);
    atomic_store(&gentle->expected_us, 5000000);
    atomic_store(&gentle->paced_us, 5600000);
    atomic_store(&gentle->rounds, 2);
    atomic_store(&gentle->end, FROST_GENTLE_OUTRUN);
    g_autoptr(FrostRecord) much = frost_record_of_ledger(f->ledger->data, f->plan, BEGAN);
    assert_int_equal(much->write_out.dirty_bytes, 300000000);
    assert_int_equal(much->write_out.expected_us, 5000000);
    assert_int_equal(much->write_out.paced_us, 5600000);
    assert_int_equal(much->write_out.rounds, 2);
    assert_int_equal(much->write_out.end, FROST_WRITE_OUT_OUTRUN);
}

int
main(void)
{
#define BEGUN_TEST(f) cmocka_unit_test_setup_teardown(f, begin, tear_down)
    const struct CMUnitTest tests[] = {
        BEGUN_TEST(times_are_those_since_the_host_asked_and_the_window_is_that_of_all),
        BEGUN_TEST(whose_mounts_they_are_is_told),
        BEGUN_TEST(a_freeze_that_was_repeated_names_whom_it_was_repeated_for),
        BEGUN_TEST(what_was_expected_of_the_gentle_part_and_what_came_of_it_is_told),
        BEGUN_TEST(every_filesystem_of_the_plan_is_told_with_what_became_of_it),
        BEGUN_TEST(every_state_has_an_outcome),
        BEGUN_TEST(every_release_is_an_end_of_its_own),
        BEGUN_TEST(a_failure_and_what_lacked_are_told_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
