/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <unistd.h>

#include "process-start.h"
#include "test-support.h"

typedef struct {
    FrostKernel kernel;
    FrostThreadName name;
    GAsyncQueue *asked;
    GAsyncQueue *told;
} Thread;

static gpointer
tell_name(gpointer user)
{
    Thread *self = user;

    self->name = self->kernel.this_thread(&self->kernel);
    g_async_queue_push(self->told, self);
    g_async_queue_pop(self->asked);
    return NULL;
}

/* A thread that is no process of its own. */
static void
a_thread_lives_until_it_ends(void **state)
{
    Thread thread = {
        .kernel = frost_kernel_linux(), .asked = g_async_queue_new(), .told = g_async_queue_new()};
    GThread *runs = g_thread_new("named", tell_name, &thread);

    g_async_queue_pop(thread.told);
    assert_true(thread.name.id > 0 && thread.name.id != getpid());
    assert_true(thread.name.start > 0);
    assert_true(thread.kernel.thread_lives(&thread.kernel, thread.name));
    g_async_queue_push(thread.asked, &thread);
    g_thread_join(runs);
    /* Joined as soon as it is out of its program; the kernel may need a moment more. */
    while (thread.kernel.thread_lives(&thread.kernel, thread.name))
        g_thread_yield();
    g_async_queue_unref(thread.asked);
    g_async_queue_unref(thread.told);
}

static void
another_one_with_its_number_is_not_taken_for_it(void **state)
{
    FrostKernel kernel = frost_kernel_linux();
    FrostThreadName mine = kernel.this_thread(&kernel);

    assert_int_equal(mine.start, frost_process_start_time(mine.id));
    assert_true(kernel.thread_lives(&kernel, mine));
    mine.start--;
    assert_false(kernel.thread_lives(&kernel, mine));
}

static void
a_number_that_is_no_thread_does_not_live(void **state)
{
    FrostKernel kernel = frost_kernel_linux();

    assert_false(kernel.thread_lives(&kernel, (FrostThreadName){0}));
    assert_false(kernel.thread_lives(&kernel, (FrostThreadName){.id = -1, .start = 1}));
    assert_false(kernel.thread_lives(&kernel, (FrostThreadName){.id = G_MAXINT, .start = 1}));
}

static void
a_device_that_is_not_device_mappers_is_not_suspended(void **state)
{
    FrostKernel kernel = frost_kernel_linux();

    assert_false(kernel.is_suspended(&kernel, 0));
    assert_false(kernel.is_suspended(&kernel, G_MAXUINT64));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_lives_until_it_ends),
        cmocka_unit_test(another_one_with_its_number_is_not_taken_for_it),
        cmocka_unit_test(a_number_that_is_no_thread_does_not_live),
        cmocka_unit_test(a_device_that_is_not_device_mappers_is_not_suspended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
