/* SPDX-License-Identifier: MIT */
#include "backoff.h"

#include "test-support.h"

static void
on_due(void *user)
{
    unsigned *count = user;

    (*count)++;
}

static FrostBackoff
new_backoff(GMainContext *context, unsigned *count)
{
    return (FrostBackoff){
        .context = context, .first_ms = 1, .last_ms = 5, .due = on_due, .user = count};
}

static void
wait_until_due(FrostBackoff *backoff, const unsigned *count)
{
    unsigned before = *count;

    frost_backoff_wait(backoff);
    while (*count == before)
        g_main_context_iteration(backoff->context, TRUE);
}

static void
each_wait_is_twice_as_long_as_the_one_before_up_to_the_longest(void **state)
{
    const unsigned expected[] = {1, 2, 4, 5, 5};
    g_autoptr(GMainContext) context = g_main_context_new();
    unsigned count = 0;
    FrostBackoff backoff = new_backoff(context, &count);

    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        wait_until_due(&backoff, &count);
        assert_int_equal(backoff.wait_ms, expected[i]);
        assert_null(backoff.timer);
    }
    assert_int_equal(count, G_N_ELEMENTS(expected));
}

static void
a_wait_that_is_begun_again_is_due_once(void **state)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    unsigned count = 0;
    FrostBackoff backoff = new_backoff(context, &count);

    frost_backoff_wait(&backoff);
    wait_until_due(&backoff, &count);
    assert_int_equal(count, 1);
    assert_false(g_main_context_pending(context));
}

static void
one_that_is_stopped_is_not_due_and_then_waits_longer(void **state)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    unsigned count = 0;
    FrostBackoff backoff = new_backoff(context, &count);

    frost_backoff_wait(&backoff);
    frost_backoff_stop(&backoff);
    assert_null(backoff.timer);
    g_usleep(2000);
    assert_false(g_main_context_iteration(context, FALSE));
    assert_int_equal(count, 0);

    wait_until_due(&backoff, &count);
    assert_int_equal(backoff.wait_ms, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wait_is_twice_as_long_as_the_one_before_up_to_the_longest),
        cmocka_unit_test(a_wait_that_is_begun_again_is_due_once),
        cmocka_unit_test(one_that_is_stopped_is_not_due_and_then_waits_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
