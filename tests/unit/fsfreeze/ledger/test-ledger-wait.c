/* SPDX-License-Identifier: MIT */
#include "ledger-wait.h"

#include "test-support.h"

static unsigned threads_refused; /* of the next ones */

GThread *__real_g_thread_try_new(const char *name, GThreadFunc run, gpointer user, GError **error);
GThread *__wrap_g_thread_try_new(const char *name, GThreadFunc run, gpointer user, GError **error);

GThread *
__wrap_g_thread_try_new(const char *name, GThreadFunc run, gpointer user, GError **error)
{
    if (threads_refused == 0)
        return __real_g_thread_try_new(name, run, user, error);
    threads_refused--;
    g_set_error(error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "no thread");
    return NULL;
}

static int
set_up(void **state)
{
    *state = test_make_statedir();
    return 0;
}

static int
tear_down(void **state)
{
    test_remove_dir(*state);
    return 0;
}

static FrostLedger *
must_open(const char *dir)
{
    FrostLedger *ledger = frost_ledger_open(dir, NULL);

    assert_non_null(ledger);
    return ledger;
}

typedef struct {
    bool came;
    GThread *in;
    FrostLedger *ledger;
    GError *error;
} Arrival;

static void
on_came(void *user, FrostLedger *ledger, const GError *error)
{
    Arrival *arrival = user;

    arrival->ledger = ledger;
    arrival->error = error ? g_error_copy(error) : NULL;
    arrival->in = g_thread_self();
    arrival->came = true;
}

static void
a_wait_ends_when_the_holder_lets_go(void **state)
{
    const char *dir = *state;
    FrostLedger *holder = must_open(dir);
    Arrival arrival = {0};
    FrostLedgerWait *wait = frost_ledger_wait_new(dir, NULL, on_came, &arrival);

    atomic_store(&holder->data->active, 1);
    assert_false(g_main_context_iteration(NULL, FALSE));
    frost_ledger_free(holder);
    test_run_until(&arrival.came, 10000);

    assert_ptr_equal(arrival.in, g_thread_self());
    assert_true(frost_ledger_is_active(arrival.ledger));
    frost_ledger_free(arrival.ledger);
    frost_ledger_wait_free(wait);
}

/* Also while nobody runs the main loop: the waiting thread must not run it in its place. */
static void
a_ledger_that_comes_early_waits_for_the_main_loop(void **state)
{
    const char *dir = *state;
    Arrival arrival = {0};
    FrostLedgerWait *wait = frost_ledger_wait_new(dir, NULL, on_came, &arrival);
    FrostLedger *mine;

    while ((mine = frost_ledger_open(dir, NULL)))
        frost_ledger_free(mine); /* until the thread has it */
    while (!g_main_context_pending(NULL) && !arrival.came)
        g_thread_yield();
    assert_false(arrival.came);
    test_run_until(&arrival.came, 10000);

    assert_ptr_equal(arrival.in, g_thread_self());
    frost_ledger_free(arrival.ledger);
    frost_ledger_wait_free(wait);
}

static void
a_wait_can_be_given_up(void **state)
{
    const char *dir = *state;
    FrostLedger *holder = must_open(dir);
    Arrival given_up = {0};
    Arrival arrival = {0};

    frost_ledger_wait_free(frost_ledger_wait_new(dir, NULL, on_came, &given_up));
    FrostLedgerWait *wait = frost_ledger_wait_new(dir, NULL, on_came, &arrival);
    frost_ledger_free(holder);
    test_run_until(&arrival.came, 10000);
    frost_ledger_free(arrival.ledger);
    frost_ledger_wait_free(wait);

    /* The thread that was left to itself gets the lock in the end, and gives it back. */
    arrival = (Arrival){0};
    wait = frost_ledger_wait_new(dir, NULL, on_came, &arrival);
    test_run_until(&arrival.came, 10000);
    frost_ledger_free(arrival.ledger);
    frost_ledger_wait_free(wait);
    assert_false(given_up.came);
}

static void
a_wait_that_finds_no_room_for_a_ledger_comes_back_with_an_error(void **state)
{
    const char *dir = *state;
    Arrival arrival = {0};
    g_autoptr(GError) error = NULL;
    struct rlimit before;

    test_use_up_descriptors(&before);
    FrostLedgerWait *wait = frost_ledger_wait_new(dir, NULL, on_came, &arrival);
    test_run_until(&arrival.came, 10000);
    setrlimit(RLIMIT_NOFILE, &before);
    frost_ledger_wait_free(wait);

    error = arrival.error;
    assert_null(arrival.ledger);
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "Too many open files");
}

/* Where the unit or the machine may have no further task. */
static void
a_thread_that_cannot_be_started_is_tried_again(void **state)
{
    const char *dir = *state;
    Arrival arrival = {0};

    threads_refused = 1;
    FrostLedgerWait *wait = frost_ledger_wait_new(dir, NULL, on_came, &arrival);
    assert_int_equal(threads_refused, 0);
    assert_false(arrival.came);
    test_run_until(&arrival.came, 10000);
    frost_ledger_wait_free(wait);
    assert_non_null(arrival.ledger);
    frost_ledger_free(arrival.ledger);

    threads_refused = 1;
    frost_ledger_wait_free(frost_ledger_wait_new(dir, NULL, on_came, &arrival));
    assert_int_equal(threads_refused, 0);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_wait_ends_when_the_holder_lets_go),
        FIXTURE_TEST(a_ledger_that_comes_early_waits_for_the_main_loop),
        FIXTURE_TEST(a_wait_can_be_given_up),
        FIXTURE_TEST(a_wait_that_finds_no_room_for_a_ledger_comes_back_with_an_error),
        FIXTURE_TEST(a_thread_that_cannot_be_started_is_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
