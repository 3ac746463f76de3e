/* SPDX-License-Identifier: MIT */
#include "owed-error.h"

#include <sys/file.h>
#include <sys/stat.h>

#include "ledger.h"
#include "test-support.h"
#include "transaction-error.h"

static void
every_owed_error_says_its_limit_and_its_reason(void **state)
{
    for (int cause = FROST_RELEASE_HOST; cause <= FROST_RELEASE_RESTORED; cause++) {
        const FrostOwedError owed = {.cause = (FrostRelease)cause, .limit_s = 600};
        g_autoptr(GError) error = frost_owed_error_make(&owed);

        assert_non_null(strstr(error->message, "fsfreeze is limited to 600 seconds"));
        assert_non_null(strstr(error->message, frost_release_reason(owed.cause)));
    }
}

static void
nothing_owed_is_no_error(void **state)
{
    const FrostOwedError owed = {.cause = FROST_RELEASE_NONE, .limit_s = 600};

    assert_null(frost_owed_error_make(&owed));
}

static void
without_a_limit_an_owed_error_tells_how_long_it_was_held(void **state)
{
    g_autofree FrostLedgerData *ledger = g_new0(FrostLedgerData, 1);

    atomic_store(&ledger->owed, FROST_RELEASE_AGENT_LOST);
    atomic_store(&ledger->frozen_us, 5 * G_USEC_PER_SEC);
    atomic_store(&ledger->step_us[FROST_STEP_THAWED], 12 * G_USEC_PER_SEC);
    FrostOwedError owed = frost_owed_error_of_ledger(ledger);
    assert_int_equal(owed.cause, FROST_RELEASE_AGENT_LOST);
    assert_int_equal(owed.limit_s, 7);

    /* Of a release whose end was never noted. */
    atomic_store(&ledger->step_us[FROST_STEP_THAWED], 0);
    assert_int_equal(frost_owed_error_of_ledger(ledger).limit_s, 1);

    atomic_store(&ledger->owed_limit_s, 30);
    assert_int_equal(frost_owed_error_of_ledger(ledger).limit_s, 30);
}

/* A ledger in a fresh directory that owes @cause; open, and with it locked. */
static FrostLedger *
make_owing(const char *dir, FrostRelease cause)
{
    FrostLedger *ledger = frost_ledger_open(dir, NULL);

    assert_non_null(ledger);
    atomic_store(&ledger->data->owed, cause);
    return ledger;
}

static void
what_is_told_is_settled_also_while_a_late_freezer_has_the_lock(void **state)
{
    char *dir = test_make_statedir();
    FrostLedger *freezers = make_owing(dir, FROST_RELEASE_DEADLINE);
    FrostOwedError owed = frost_owed_error_of_ledger(freezers->data);

    frost_owed_error_settle(&owed, NULL, dir);
    assert_int_equal(owed.cause, FROST_RELEASE_NONE);
    assert_int_equal(frost_owed_error_of_ledger(freezers->data).cause, FROST_RELEASE_NONE);
    assert_null(frost_ledger_open(dir, NULL)); /* locked as before */

    frost_ledger_free(freezers);
    test_remove_dir(dir);
}

static void
a_ledger_of_another_version_is_not_settled(void **state)
{
    char *dir = test_make_statedir();
    FrostLedger *ledger = make_owing(dir, FROST_RELEASE_DEADLINE);
    FrostOwedError owed = frost_owed_error_of_ledger(ledger->data);

    ledger->data->version++;
    frost_owed_error_settle(&owed, NULL, dir);
    assert_int_equal(owed.cause, FROST_RELEASE_NONE);
    assert_int_equal(atomic_load(&ledger->data->owed), FROST_RELEASE_DEADLINE);

    frost_ledger_free(ledger);
    test_remove_dir(dir);
}

static void
settling_makes_no_ledger(void **state)
{
    char *dir = test_make_statedir();
    g_autofree char *path = g_build_filename(dir, FROST_LEDGER_NAME, NULL);
    FrostOwedError owed = {.cause = FROST_RELEASE_SIGNAL, .limit_s = 1};

    frost_owed_error_settle(&owed, NULL, dir);
    assert_int_equal(owed.cause, FROST_RELEASE_NONE);
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS));

    /* Nor is one that is too short to be one touched: that would be a SIGBUS. */
    owed.cause = FROST_RELEASE_SIGNAL;
    assert_true(g_file_set_contents(path, "", 0, NULL));
    frost_owed_error_settle(&owed, NULL, dir);
    assert_int_equal(owed.cause, FROST_RELEASE_NONE);
    test_remove_dir(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_owed_error_says_its_limit_and_its_reason),
        cmocka_unit_test(nothing_owed_is_no_error),
        cmocka_unit_test(without_a_limit_an_owed_error_tells_how_long_it_was_held),
        cmocka_unit_test(what_is_told_is_settled_also_while_a_late_freezer_has_the_lock),
        cmocka_unit_test(a_ledger_of_another_version_is_not_settled),
        cmocka_unit_test(settling_makes_no_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
