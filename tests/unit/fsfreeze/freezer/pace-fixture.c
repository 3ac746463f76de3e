/* SPDX-License-Identifier: MIT */
#include "pace-fixture.h"

static FrostDiskQueues queues;

void
begin_paced(Fixture *f)
{
    add(f, 0);
    add(f, 0);
    f->threads = 3;
    begin_with_queues(f, &queues);
}

bool
are_short(const Fixture *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        dev_t disk = fake_fs_device(f->fs[i]);

        if (fake_sys_knob(f->fake, disk, FROST_KNOB_REQUESTS) != 4 ||
            fake_sys_knob(f->fake, disk, FROST_KNOB_KIB) > 128)
            return false;
    }
    return true;
}

void
sync_and_wait(Fixture *f)
{
    gint64 deadline_us = test_deadline_us();

    fake_sys_hold(f->fake, f->fs[0], FAKE_SYNC);
    frost_sequencer_sync(&f->sequencer);
    while (f->sequencer.pace.state == FROST_PACE_TURNING) {
        assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
        test_yield(deadline_us);
    }
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_SYNC));
}

unsigned
end_of(const Fixture *f)
{
    return atomic_load(&f->ledger->data->gentle.end);
}

/* What both disks have written, what is dirty on the machine, and what is free on the first
 * filesystem. */
static uint64_t written;
static uint64_t dirty;
static uint64_t room;

void
begin_watched(Fixture *f, FrostBacklog *backlog, uint64_t found)
{
    written = 0;
    dirty = found;
    room = 1000 * 1000 * MB;
    fake_sys_set_dirty(f->fake, found);
    begin_paced(f);
    fake_sys_set_free(f->fake, f->fs[0], room);
    frost_backlog_open(backlog, f->workers->kernel);
    f->workers->backlog = backlog;
    sync_and_wait(f);
    gint64 deadline_us = test_deadline_us();
    while (!frost_space_is_answered(&f->workers->space))
        test_yield(deadline_us);
}

void
look_late(Fixture *f, uint64_t bytes, int64_t late_us)
{
    written += bytes;
    dirty -= bytes;
    fake_sys_set_written(f->fake, f->fs[0], written / 2);
    fake_sys_set_written(f->fake, f->fs[1], written - written / 2);
    fake_sys_set_dirty(f->fake, dirty);
    fake_sys_set_boottime(f->fake, frost_sequencer_look_us(&f->sequencer) + late_us);
    frost_sequencer_look(&f->sequencer);
    gint64 deadline_us = test_deadline_us();
    while (!frost_disk_queues_have_followed(&queues) ||
           !frost_space_is_answered(&f->workers->space))
        test_yield(deadline_us);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
}

void
write_and_look(Fixture *f, uint64_t bytes)
{
    look_late(f, bytes, 0);
}

void
append_and_look(Fixture *f, uint64_t bytes, uint64_t anew)
{
    dirty += anew;
    change_room(f, -(int64_t)anew);
    write_and_look(f, bytes);
}

void
overwrite_and_look(Fixture *f, uint64_t bytes, uint64_t anew)
{
    dirty += anew;
    write_and_look(f, bytes);
}

void
assert_length(Fixture *f, unsigned kib)
{
    for (unsigned i = 0; i < f->count; i++) {
        dev_t disk = fake_fs_device(f->fs[i]);

        assert_int_equal(fake_sys_knob(f->fake, disk, FROST_KNOB_REQUESTS), 4);
        assert_int_equal(fake_sys_knob(f->fake, disk, FROST_KNOB_KIB), kib);
    }
}

void
end_watched(Fixture *f, FrostBacklog *backlog)
{
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_true(fake_sys_knobs_are_normal(f->fake));
    assert_int_equal(f->sequencer.pace.look_us, 0);
    f->workers->kernel->close(f->workers->kernel, backlog->fd);
}

void
change_room(Fixture *f, int64_t bytes)
{
    room = (uint64_t)((int64_t)room + bytes);
    fake_sys_set_free(f->fake, f->fs[0], room);
}
