/* SPDX-License-Identifier: MIT */
/* The sync after the hooks: its queues, beside what the one before them has seen. */
#include "pace-fixture.h"

/* As the one after the hooks does mostly. */
static void
a_later_sync_that_finds_little_does_not_hide_what_the_first_one_took(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    write_and_look(f, 3 * MB);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    fake_sys_set_dirty(f->fake, 4096);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    const FrostLedgerGentle *gentle = &f->ledger->data->gentle;
    assert_int_equal(atomic_load(&gentle->rounds), 2);
    assert_int_equal(atomic_load(&gentle->found), 300 * MB);
    assert_int_equal(atomic_load(&gentle->expected_us), 5 * 1000 * 1000);
    assert_int_equal(end_of(f), FROST_GENTLE_DONE);
    f->workers->kernel->close(f->workers->kernel, backlog.fd);
}

static void
end_first_sync(Fixture *f, uint64_t left)
{
    fake_sys_set_dirty(f->fake, left);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_true(fake_sys_knobs_are_normal(f->fake));
}

/* The sync before the hooks begins with 300 MB dirty on the machine, of which the disks of the
 * freeze write @ours; when it ends, @left are dirty. */
static void
sync_before_hooks(Fixture *f, FrostBacklog *backlog, uint64_t ours, uint64_t left)
{
    begin_watched(f, backlog, 300 * MB);
    write_and_look(f, ours);
    end_first_sync(f, left);
}

/* The one after the hooks begins with @found dirty on the machine. */
static bool
next_sync_turns_queues(Fixture *f, FrostBacklog *backlog, uint64_t found)
{
    fake_sys_set_dirty(f->fake, found);
    sync_and_wait(f);
    bool turns = are_short(f);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_true(fake_sys_knobs_are_normal(f->fake));
    f->workers->kernel->close(f->workers->kernel, backlog->fd);
    return turns;
}

static void
what_is_dirty_on_other_disks_turns_queues_for_one_sync_only(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    sync_before_hooks(f, &backlog, 5 * MB, 295 * MB);
    assert_false(next_sync_turns_queues(f, &backlog, 300 * MB));
    assert_int_equal(end_of(f), FROST_GENTLE_DONE);
}

static void
what_hooks_write_turns_queues_also_beside_what_is_dirty_on_other_disks(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    sync_before_hooks(f, &backlog, 5 * MB, 295 * MB);
    assert_true(next_sync_turns_queues(f, &backlog, 320 * MB));
}

/* The disks of the freeze have written as much as there was: none of it was other disks'. */
static void
what_a_fast_writer_leaves_is_not_taken_for_other_disks(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    sync_before_hooks(f, &backlog, 300 * MB, 100 * MB);
    assert_true(next_sync_turns_queues(f, &backlog, 100 * MB));
}

/* Meanwhile the other disks have written it as well. */
static void
what_other_disks_had_at_first_does_not_hide_what_comes_later(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    sync_before_hooks(f, &backlog, 5 * MB, 1 * MB);
    assert_true(next_sync_turns_queues(f, &backlog, 100 * MB));
}

/* The other disks have written theirs. What is dirty now are new files on the disks of the freeze,
 * which the sync had passed. */
static void
what_programs_put_into_new_files_is_not_taken_for_other_disks(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    append_and_look(f, 5 * MB, 100 * MB);
    end_first_sync(f, 100 * MB);
    assert_true(next_sync_turns_queues(f, &backlog, 100 * MB));
}

/* If it compresses, or is on several disks of which only one is counted, it seems to write less
 * than was dirty. */
static void
what_a_btrfs_has_not_written_is_not_taken_for_other_disks(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    g_strlcpy(f->ledger->data->filesystems[1].fs_type, "btrfs", 6);
    frost_space_begin(&f->workers->space, f->ledger->data);
    write_and_look(f, 150 * MB);
    end_first_sync(f, 100 * MB);
    assert_true(next_sync_turns_queues(f, &backlog, 100 * MB));
}

/* Nobody looks any more at what they write. */
static void
what_fast_programs_leave_is_not_taken_for_other_disks(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    for (unsigned looks = 0; looks < 10; looks++)
        append_and_look(f, 3 * MB, MB);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_OUTRUN);
    end_first_sync(f, 100 * MB);
    assert_true(next_sync_turns_queues(f, &backlog, 100 * MB));
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_later_sync_that_finds_little_does_not_hide_what_the_first_one_took),
        FIXTURE_TEST(what_is_dirty_on_other_disks_turns_queues_for_one_sync_only),
        FIXTURE_TEST(what_hooks_write_turns_queues_also_beside_what_is_dirty_on_other_disks),
        FIXTURE_TEST(what_a_fast_writer_leaves_is_not_taken_for_other_disks),
        FIXTURE_TEST(what_other_disks_had_at_first_does_not_hide_what_comes_later),
        FIXTURE_TEST(what_programs_put_into_new_files_is_not_taken_for_other_disks),
        FIXTURE_TEST(what_a_btrfs_has_not_written_is_not_taken_for_other_disks),
        FIXTURE_TEST(what_fast_programs_leave_is_not_taken_for_other_disks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
