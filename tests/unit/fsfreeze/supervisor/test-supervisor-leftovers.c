/* SPDX-License-Identifier: MIT */

/*
 * A freezer that takes over what earlier processes have left.
 */

#include "supervisor-fixture.h"

#include <signal.h>

#include "freezer-errors.h"

/* A thread inside FIFREEZE on /1, of a process that is dead. It is one of ours, but the freezer
 * cannot know that. */
typedef struct {
    Fixture *fixture;
    GThread *thread;
    GAsyncQueue *noted;
    GAsyncQueue *released;
} Leftover;

static gpointer
be_inside(gpointer user)
{
    Leftover *self = user;
    FrostLedgerFs *fs = &self->fixture->ledger->data->filesystems[1];
    FrostThreadName name = self->fixture->sys.kernel.this_thread(&self->fixture->sys.kernel);

    atomic_store(&fs->worker, name.id);
    atomic_store(&fs->worker_start, name.start);
    atomic_store(&fs->state, FROST_FS_FREEZING);
    g_async_queue_push(self->noted, self);
    g_async_queue_pop(self->released);
    atomic_store(&self->fixture->kernel->fs[1].frozen, 1);
    atomic_store(&self->fixture->kernel->fs[1].freezes, 1);
    return NULL;
}

static void
leave_inside(Fixture *f, Leftover *leftover)
{
    *leftover =
        (Leftover){.fixture = f, .noted = g_async_queue_new(), .released = g_async_queue_new()};
    leftover->thread = g_thread_new("leftover", be_inside, leftover);
    g_async_queue_pop(leftover->noted);
}

static void
let_go(Leftover *self)
{
    g_async_queue_push(self->released, self);
    g_thread_join(self->thread);
    g_async_queue_unref(self->noted);
    g_async_queue_unref(self->released);
}

static void
filesystems_that_were_left_frozen_are_held_until_the_thaw(void **state)
{
    Fixture *f = *state;

    leave_frozen(f, 0, FROST_FS_FROZEN);
    leave_frozen(f, 1, FROST_FS_THAWING);
    leave_frozen(f, 2, FROST_FS_ABANDONED);
    f->freezer->adopt(f->freezer, f->ledger, on_event, f);
    next_event(f);
    assert_int_equal(shared_sys_frozen(f->kernel), 3);
    thaw_and_finish(f);

    assert_string_equal(f->events->str, "ready thawed finished");
    assert_thawed_once_each(f);
}

/* It would thaw by descriptors that it does not have. */
static void
a_freezer_that_is_retired_is_killed_and_touches_nothing(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    int retired = f->kernel->pid;
    f->freezer->retire(f->freezer);
    assert_int_not_equal(atomic_load(&f->ledger->data->owner), 1);
    while (kill(retired, 0) == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(shared_sys_frozen(f->kernel), 3);

    f->freezer->adopt(f->freezer, f->ledger, on_event, f);
    next_event(f);
    thaw_and_finish(f);
    assert_string_equal(f->events->str, "ready frozen ready thawed finished");
    assert_thawed_once_each(f);
}

static void
a_filesystem_of_a_thread_inside_fifreeze_is_named_and_thawed_when_that_returns(void **state)
{
    Fixture *f = *state;
    Leftover leftover;

    leave_frozen(f, 0, FROST_FS_FROZEN);
    leave_inside(f, &leftover);
    f->freezer->adopt(f->freezer, f->ledger, on_event, f);
    next_event(f);
    f->freezer->thaw(f->freezer);
    next_event(f);
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_THAW, "still freezing /1");
    assert_int_equal(f->kernel->fs[0].thaws, 1);
    assert_int_equal(f->kernel->fs[1].thaw_calls, 0);
    assert_true(frost_ledger_holds(f->ledger));

    let_go(&leftover);
    next_event(f);
    assert_string_equal(f->events->str, "ready thawed settled");
    assert_false(frost_ledger_holds(f->ledger));
    assert_thawed_once_each(f);
}

static void
the_replacement_stays_until_a_thread_inside_fifreeze_returns(void **state)
{
    Fixture *f = *state;
    Leftover leftover;

    start(f);
    leave_frozen(f, 0, FROST_FS_FROZEN);
    leave_inside(f, &leftover);
    kill(f->kernel->pid, SIGKILL);
    next_event(f);
    assert_string_equal(f->events->str, "ready replaced");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST, "still freezing /1");
    assert_int_equal(f->kernel->fs[0].thaws, 1);

    let_go(&leftover);
    next_event(f);
    assert_string_equal(f->events->str, "ready replaced settled");
    assert_thawed_once_each(f);
    f->freezer->finish(f->freezer);
    next_event(f);
    assert_string_equal(f->events->str, "ready replaced settled finished");
}

/* Its thread died before FIFREEZE, or FIFREEZE had been refused: nobody has thawed anything. */
static void
one_that_was_cut_off_before_it_was_frozen_is_told_as_that(void **state)
{
    Fixture *f = *state;

    leave_frozen(f, 0, FROST_FS_FROZEN);
    leave_frozen(f, 1, FROST_FS_FREEZING);
    atomic_store(&f->kernel->fs[1].frozen, 0);
    f->freezer->adopt(f->freezer, f->ledger, on_event, f);
    next_event(f);
    f->freezer->thaw(f->freezer);
    next_event(f);

    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_NOT_HELD,
                 "/1 was not frozen: the process that was freezing it was killed");
    f->freezer->finish(f->freezer);
    next_event(f);
}

static int
run_them_all(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(filesystems_that_were_left_frozen_are_held_until_the_thaw),
        FIXTURE_TEST(a_freezer_that_is_retired_is_killed_and_touches_nothing),
        FIXTURE_TEST(
            a_filesystem_of_a_thread_inside_fifreeze_is_named_and_thawed_when_that_returns),
        FIXTURE_TEST(the_replacement_stays_until_a_thread_inside_fifreeze_returns),
        FIXTURE_TEST(one_that_was_cut_off_before_it_was_frozen_is_told_as_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
    return supervisor_test_main(argc, argv, run_them_all);
}
