/* SPDX-License-Identifier: MIT */

/*
 * A freezer that has fewer threads than filesystems, and none left for the one that all wait for.
 */

#include "supervisor-fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "freezer-errors.h"

#define THREADS 2u

int __real_pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *user);
int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *user);

/* Each freezer can make so many. */
int
__wrap_pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*main)(void *),
                      void *user)
{
    static _Atomic unsigned made;

    if (atomic_fetch_add(&made, 1) >= THREADS)
        return EAGAIN;
    return __real_pthread_create(out, attributes, main, user);
}

/* /0 and /1 stand on /2, whose FITHAW fails for as long as a thread is kept for it. */
static void
start_stacked(Fixture *f)
{
    start_and_freeze(f);
    for (unsigned i = 0; i < 2; i++) {
        atomic_store(&f->kernel->fs[i].lower, 2);
        atomic_store(&f->kernel->fs[i].stands, 1);
    }
    atomic_store(&f->kernel->fs[2].bad_thaws, 6);
}

static void
a_thaw_that_no_thread_is_left_for_is_made_by_another_freezer(void **state)
{
    Fixture *f = *state;

    start_stacked(f);
    int32_t first = f->kernel->pid;
    f->freezer->thaw(f->freezer);
    next_event(f);
    assert_string_equal(f->events->str, "ready frozen thawed");
    assert_no_error(f->error);
    assert_int_equal(f->count, 3);
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
    assert_int_not_equal(f->kernel->pid, first);

    f->freezer->finish(f->freezer);
    next_event(f);
    assert_string_equal(f->events->str, "ready frozen thawed finished");
}

/* Told by a signal, as by a limit: nobody waits for its answer. */
static void
one_that_nobody_waits_for_is_replaced_too(void **state)
{
    Fixture *f = *state;

    start_stacked(f);
    kill(f->kernel->pid, SIGTERM);
    next_event(f);
    assert_string_equal(f->events->str, "ready frozen lost");
    assert_int_equal(f->count, 3);
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
    assert_int_equal(atomic_load(&f->ledger->data->owed), FROST_RELEASE_SIGNAL);
}

static int
run_them_all(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_thaw_that_no_thread_is_left_for_is_made_by_another_freezer),
        FIXTURE_TEST(one_that_nobody_waits_for_is_replaced_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
    return supervisor_test_main(argc, argv, run_them_all);
}
