/* SPDX-License-Identifier: MIT */
#include "sequencer-fixture.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LIMIT_MS 10000

int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    /* A state directory that is not there: a ledger in memory. */
    f->dir = test_make_statedir();
    f->fake = fake_sys_new();
    f->plan = fake_plan_new(fake_sys_get(f->fake));
    f->workers = g_new0(FrostWorkers, 1);
    f->workers->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    f->workers->command_fd = f->workers->lock_fd = -1;
    *state = f;
    return 0;
}

static void
close_queues(Fixture *f)
{
    for (unsigned i = 0; f->queues && i < FROST_LEDGER_DISKS; i++) {
        for (int knob = 0; f->queues->is_open[i] && knob < FROST_KNOBS; knob++)
            f->workers->kernel->close(f->workers->kernel, f->queues->fds[i][knob]);
    }
}

int
tear_down(void **state)
{
    Fixture *f = *state;

    /* A case that has failed may have left a worker at a gate, and jobs. */
    fake_sys_release_all(f->fake);
    if (f->ledger) {
        frost_workers_clear(f->workers);
        frost_workers_stop(f->workers);
    }
    close_queues(f);
    close(f->workers->bell);
    g_free(f->workers);
    frost_ledger_free(f->ledger);
    fake_plan_free(f->plan);
    fake_sys_free(f->fake);
    test_remove_dir(f->dir);
    g_free(f);
    return 0;
}

/* A filesystem of its own, at /0, /1, ... in the order of the calls. */
FakeFs *
add(Fixture *f, unsigned level)
{
    g_autofree char *mount_point = g_strdup_printf("/%u", f->count);
    FakeFs *fs = fake_sys_add_fs(f->fake, mount_point, "ext4");

    fake_plan_add(f->plan, mount_point, FROST_DECISION_FREEZE, level);
    f->fs[f->count++] = fs;
    return fs;
}

static void
open_queues(Fixture *f)
{
    f->ledger->data->is_paced = 1;
    for (unsigned i = 0; i < f->count; i++)
        frost_ledger_add_disk(f->ledger->data, fake_fs_device(f->fs[i]));
    frost_disk_queues_open(f->queues, f->workers->kernel, f->ledger->data, f->workers->owner);
    f->workers->queues = f->queues;
}

void
begin_with_queues(Fixture *f, FrostDiskQueues *queues)
{
    f->queues = queues;
    begin(f);
}

/* The workers run from here on. */
void
begin(Fixture *f)
{
    g_autoptr(GError) error = NULL;

    f->ledger = frost_ledger_open(f->dir, &error);
    assert_no_error(error);
    assert_true(frost_ledger_begin_plan(f->ledger, f->plan, &error));
    assert_no_error(error);
    f->workers->kernel = &fake_sys_get(f->fake)->kernel;
    f->workers->ledger = f->ledger->data;
    f->workers->owner = f->ledger->data->owner;
    if (f->queues)
        open_queues(f);
    unsigned threads = f->threads ? f->threads : f->count;
    assert_int_equal(frost_workers_start(f->workers, threads), threads);
    f->workers->wanted = f->count;
    frost_sequencer_init(&f->sequencer, f->workers);
}

void
begin_with(Fixture *f, const unsigned *levels, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add(f, levels[i]);
    begin(f);
}

FrostFsState
state_of(const Fixture *f, unsigned i)
{
    return (FrostFsState)atomic_load(&f->ledger->data->filesystems[i].state);
}

/* Looks, as the freezer's first thread does, whenever the bell rings. */
FrostSequencerEvent
run(Fixture *f)
{
    FrostSequencerEvent news = f->early;
    eventfd_t rung;

    f->early = FROST_SEQUENCER_PENDING;
    if (news != FROST_SEQUENCER_PENDING)
        return news;
    while ((news = frost_sequencer_advance(&f->sequencer)) == FROST_SEQUENCER_PENDING) {
        struct pollfd bell = {.fd = f->workers->bell, .events = POLLIN};

        assert_int_equal(poll(&bell, 1, LIMIT_MS), 1);
        eventfd_read(f->workers->bell, &rung);
    }
    return news;
}

void
freeze(Fixture *f)
{
    frost_sequencer_freeze(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
}

void
thaw(Fixture *f)
{
    frost_sequencer_thaw(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* Advances until the ledger has the filesystem in this state; for that alone no bell rings. */
void
run_until_state(Fixture *f, unsigned i, FrostFsState wanted)
{
    gint64 deadline_us = test_deadline_us();

    while (state_of(f, i) != wanted) {
        f->early = frost_sequencer_advance(&f->sequencer);
        if (f->early != FROST_SEQUENCER_PENDING)
            break;
        test_yield(deadline_us);
    }
    assert_int_equal(state_of(f, i), wanted);
}

unsigned
count_lines(Fixture *f, const char *line)
{
    g_autofree char *journal = fake_sys_journal(f->fake);
    g_auto(GStrv) lines = g_strsplit(journal, "\n", -1);
    unsigned count = 0;

    for (char **l = lines; *l; l++)
        count += strcmp(*l, line) == 0;
    return count;
}

/* How often, without an error. */
unsigned
count_calls(Fixture *f, const char *call, unsigned i)
{
    g_autofree char *line = g_strdup_printf("%s /%u", call, i);

    return count_lines(f, line);
}

void
assert_journal(Fixture *f, const char *expected)
{
    g_autofree char *journal = fake_sys_journal(f->fake);

    assert_string_equal(journal, expected);
}

void
look_once(Fixture *f)
{
    int64_t look_us = frost_sequencer_look_us(&f->sequencer);

    assert_true(look_us > 0);
    fake_sys_set_boottime(f->fake, look_us);
    frost_sequencer_look(&f->sequencer);
}
