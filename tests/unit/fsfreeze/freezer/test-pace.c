/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pace-fixture.h"

static void
wait_for_normal_queues(Fixture *f)
{
    gint64 deadline_us = test_deadline_us();

    while (!fake_sys_knobs_are_normal(f->fake))
        test_yield(deadline_us);
}

static void
queues_are_short_while_a_sync_runs_and_as_before_when_it_has_ended(void **state)
{
    Fixture *f = *state;

    begin_paced(f);
    sync_and_wait(f);
    assert_true(are_short(f));
    assert_true(frost_ledger_owes_knobs(f->ledger->data));
    /* If it dies here, that is what it leaves. */
    assert_int_equal(end_of(f), FROST_GENTLE_CUT);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_true(fake_sys_knobs_are_normal(f->fake));
    assert_false(frost_ledger_owes_knobs(f->ledger->data));
    assert_int_equal(end_of(f), FROST_GENTLE_DONE);
    freeze(f);
    thaw(f);
}

/* 15 MB in a twentieth of a second: 300 MB a second, five times as much as suits 64 KiB. */
static void
a_disk_that_is_seen_to_be_fast_gets_longer_requests(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 1000 * MB);
    frost_sequencer_look(&f->sequencer);
    assert_length(f, 64);
    write_and_look(f, 15 * MB);
    assert_length(f, 256);
    write_and_look(f, 30 * MB);
    assert_length(f, 1024);
    write_and_look(f, 31 * MB); /* not enough more, but so much suits 512 */
    assert_length(f, 512);
    write_and_look(f, 90 * MB); /* it has been found out */
    assert_length(f, 512);
    end_watched(f, &backlog);

    const FrostLedgerGentle *gentle = &f->ledger->data->gentle;
    assert_int_equal(atomic_load(&gentle->found), 1000 * MB);
    assert_int_equal(atomic_load(&gentle->expected_us), 1000 * 1000 * 1000 / 600);
    assert_int_equal(atomic_load(&gentle->paced_us), 4 * 50 * 1000);
    assert_int_equal(atomic_load(&gentle->rounds), 1);
    assert_int_equal(end_of(f), FROST_GENTLE_DONE);
}

static void
a_slow_disk_gets_longer_requests_only_to_try_them(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 1000 * MB);
    write_and_look(f, 3 * MB);
    assert_length(f, 256);
    write_and_look(f, 3 * MB + MB / 2);
    assert_length(f, 64);
    end_watched(f, &backlog);
}

/* 12 MB a second, and 25 in longer requests. */
static void
a_disk_that_is_far_away_gets_longer_requests(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 1000 * MB);
    write_and_look(f, MB / 2); /* tells nothing */
    assert_length(f, 64);
    look_late(f, 2 * MB, 120 * 1000);
    assert_length(f, 256);
    look_late(f, 5 * MB, 150 * 1000);
    assert_length(f, 1024);
    end_watched(f, &backlog);
}

/* Its disk writes nothing any more. */
static void
a_sync_that_hangs_is_looked_at_ever_less_often(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;
    unsigned looks = 0;

    begin_watched(f, &backlog, 1000 * MB);
    const int64_t end_us = frost_sequencer_look_us(&f->sequencer) + 300ll * 1000 * 1000;
    for (; frost_sequencer_look_us(&f->sequencer) < end_us; looks++)
        write_and_look(f, 0);
    assert_uint_in_range(looks, 20, 150);
    end_watched(f, &backlog);
}

/* The disks write 3 MB from look to look, of which programs write a third anew. */
static void
beside_a_fast_writer_requests_get_as_long_as_before(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    for (unsigned looks = 1; looks <= 5; looks++) {
        append_and_look(f, 3 * MB, MB); /* of less than 16 MiB nothing can be said */
        assert_int_equal(f->sequencer.pace.state, FROST_PACE_GENTLE);
    }
    append_and_look(f, 3 * MB, MB);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_OUTRUN);
    assert_length(f, 1280);
    assert_int_equal(frost_sequencer_look_us(&f->sequencer), 0);
    end_watched(f, &backlog);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_NORMAL);
    assert_int_equal(end_of(f), FROST_GENTLE_OUTRUN);
}

static void
beside_a_writer_that_is_not_fast_they_do_not(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    for (unsigned looks = 0; looks < 10; looks++)
        append_and_look(f, 4 * MB, MB);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_GENTLE);
    assert_length(f, 64);
    end_watched(f, &backlog);
}

/* Only the machine's dirty memory shows it. */
static void
a_program_that_writes_to_other_disks_does_not_make_requests_long(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    for (unsigned looks = 0; looks < 90; looks++)
        overwrite_and_look(f, 3 * MB, 2 * MB);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_GENTLE);
    end_watched(f, &backlog);
    assert_int_equal(end_of(f), FROST_GENTLE_DONE);
}

/* What was dirty on the whole machine is written by now, and a third of that once more. */
static void
one_that_writes_over_its_old_data_shows_late(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 30 * MB);
    for (unsigned looks = 1; looks <= 13; looks++) {
        overwrite_and_look(f, 3 * MB, 2 * MB);
        assert_int_equal(f->sequencer.pace.state, FROST_PACE_GENTLE);
    }
    overwrite_and_look(f, 3 * MB, 2 * MB);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_OUTRUN);
    end_watched(f, &backlog);
}

/* A file that is made longer in advance is not dirty. */
static void
space_that_is_set_aside_without_data_does_not_make_requests_long(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    change_room(f, -200 * (int64_t)MB);
    for (unsigned looks = 0; looks < 30; looks++)
        write_and_look(f, 3 * MB);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_GENTLE);
    end_watched(f, &backlog);
}

static void
what_is_deleted_beside_a_fast_writer_does_not_hide_it(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    append_and_look(f, 3 * MB, 2 * MB);
    change_room(f, 1000 * (int64_t)MB);
    for (unsigned looks = 0; looks < 10; looks++)
        append_and_look(f, 3 * MB, 2 * MB);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_OUTRUN);
    end_watched(f, &backlog);
}

/* Its free space does not say what programs write. */
static void
beside_btrfs_the_dirty_memory_of_the_machine_decides(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    g_strlcpy(f->ledger->data->filesystems[1].fs_type, "btrfs", 6);
    frost_space_begin(&f->workers->space, f->ledger->data);
    for (unsigned looks = 0; looks < 10; looks++)
        overwrite_and_look(f, 3 * MB, MB);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_OUTRUN);
    end_watched(f, &backlog);
}

/* It could thaw nothing. */
static void
a_freeze_waits_for_who_asks_for_free_space(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 300 * MB);
    fake_sys_hold(f->fake, f->fs[1], FAKE_SPACE);
    fake_sys_set_boottime(f->fake, frost_sequencer_look_us(&f->sequencer));
    frost_sequencer_look(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_SPACE));
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    gint64 deadline_us = test_deadline_us();
    while (f->sequencer.pace.state != FROST_PACE_RETURNING || !fake_sys_knobs_are_normal(f->fake)) {
        assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
        test_yield(deadline_us);
    }
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    fake_sys_release(f->fake, f->fs[1], FAKE_SPACE);
    end_watched(f, &backlog);
}

static void
a_thaw_beside_a_fast_writer_puts_queues_back(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_watched(f, &backlog, 40 * MB);
    append_and_look(f, 40 * MB, 40 * MB);
    append_and_look(f, 0, 0);
    assert_int_equal(f->sequencer.pace.state, FROST_PACE_OUTRUN);
    thaw(f);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    wait_for_normal_queues(f);
    f->workers->kernel->close(f->workers->kernel, backlog.fd);
}

static void
a_sync_that_finds_little_leaves_queues_alone(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    fake_sys_set_dirty(f->fake, 4096);
    begin_paced(f);
    frost_backlog_open(&backlog, f->workers->kernel);
    f->workers->backlog = &backlog;
    sync_and_wait(f);
    assert_true(fake_sys_knobs_are_normal(f->fake));
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_int_equal(end_of(f), FROST_GENTLE_LITTLE);
    f->workers->kernel->close(f->workers->kernel, backlog.fd);
}

static void
a_sync_that_fails_leaves_queues_as_before(void **state)
{
    Fixture *f = *state;

    begin_paced(f);
    fake_sys_fail(f->fake, f->fs[1], FAKE_SYNC, 1, EIO);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.error, EIO);
    assert_true(fake_sys_knobs_are_normal(f->fake));
    assert_int_equal(end_of(f), FROST_GENTLE_CUT);
}

/* No thread is left for it until the kernel lets go of the sync. */
static void
a_thaw_during_a_sync_puts_queues_back(void **state)
{
    Fixture *f = *state;

    begin_paced(f);
    sync_and_wait(f);
    thaw(f);
    assert_int_equal(end_of(f), FROST_GENTLE_CUT);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    wait_for_normal_queues(f);
}

/* Its note outlives the freeze, and so do its old values. */
static void
what_an_earlier_freezer_has_left_short_keeps_its_old_values(void **state)
{
    Fixture *f = *state;
    FrostKernel *kernel = &fake_sys_get(f->fake)->kernel;
    static FrostDiskQueues queues;

    add(f, 0);
    begin_with_queues(f, &queues);
    dev_t disk = fake_fs_device(f->fs[0]);
    FrostLedgerDisk *entry = &f->ledger->data->disks[0];
    assert_int_equal(entry->device, disk);
    atomic_store(&queues.wanted, 64);
    frost_disk_queues_follow(&queues, 0);

    FrostDiskQueues next;
    frost_disk_queues_open(&next, kernel, f->ledger->data, 99);
    atomic_store(&next.wanted, 128);
    frost_disk_queues_follow(&next, 0);
    assert_int_equal(entry->old[FROST_KNOB_KIB], 1280);
    atomic_store(&queues.wanted, FROST_QUEUE_NORMAL);
    frost_disk_queues_follow(&queues, 0);
    assert_true(frost_ledger_owes_knobs(f->ledger->data));
    atomic_store(&next.wanted, FROST_QUEUE_NORMAL);
    frost_disk_queues_follow(&next, 0);
    assert_true(fake_sys_knobs_are_normal(f->fake));
    assert_false(frost_ledger_owes_knobs(f->ledger->data));
    for (int knob = 0; knob < FROST_KNOBS; knob++)
        kernel->close(kernel, next.fds[0][knob]);
}

static void
what_cannot_be_turned_is_noted(void **state)
{
    Fixture *f = *state;

    fake_sys_fail_knobs(f->fake, EROFS);
    begin_paced(f);
    assert_int_equal(atomic_load(&f->ledger->data->degraded[FROST_DEGRADED_PACE]), EROFS);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_int_equal(end_of(f), FROST_GENTLE_NO_QUEUES);
    f->ledger->data->is_paced = 0;
    atomic_store(&f->ledger->data->gentle.end, FROST_GENTLE_NONE);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_int_equal(end_of(f), FROST_GENTLE_OFF);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(queues_are_short_while_a_sync_runs_and_as_before_when_it_has_ended),
        FIXTURE_TEST(a_disk_that_is_seen_to_be_fast_gets_longer_requests),
        FIXTURE_TEST(a_slow_disk_gets_longer_requests_only_to_try_them),
        FIXTURE_TEST(a_disk_that_is_far_away_gets_longer_requests),
        FIXTURE_TEST(a_sync_that_hangs_is_looked_at_ever_less_often),
        FIXTURE_TEST(beside_a_fast_writer_requests_get_as_long_as_before),
        FIXTURE_TEST(beside_a_writer_that_is_not_fast_they_do_not),
        FIXTURE_TEST(a_program_that_writes_to_other_disks_does_not_make_requests_long),
        FIXTURE_TEST(one_that_writes_over_its_old_data_shows_late),
        FIXTURE_TEST(space_that_is_set_aside_without_data_does_not_make_requests_long),
        FIXTURE_TEST(what_is_deleted_beside_a_fast_writer_does_not_hide_it),
        FIXTURE_TEST(beside_btrfs_the_dirty_memory_of_the_machine_decides),
        FIXTURE_TEST(a_freeze_waits_for_who_asks_for_free_space),
        FIXTURE_TEST(a_thaw_beside_a_fast_writer_puts_queues_back),
        FIXTURE_TEST(a_sync_that_finds_little_leaves_queues_alone),
        FIXTURE_TEST(a_sync_that_fails_leaves_queues_as_before),
        FIXTURE_TEST(a_thaw_during_a_sync_puts_queues_back),
        FIXTURE_TEST(what_an_earlier_freezer_has_left_short_keeps_its_old_values),
        FIXTURE_TEST(what_cannot_be_turned_is_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
