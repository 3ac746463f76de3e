/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/stat.h>

#include "transaction-fixture.h"

/* Whatever goes wrong, wherever -----------------------------------------------------------------
 */

static void
check_undone_after(Fixture *f, Stage stage)
{
    const char *hooks = fake_hooks_journal(f->hooks);

    complete(f);
    assert_int_equal(f->freeze.times, stage == STAGE_THAWED ? 0 : 1);
    if (stage != STAGE_THAWED && stage < STAGE_FROZEN)
        assert_non_null(f->freeze.error);
    assert_int_equal(f->thaw.times, stage > STAGE_FROZEN ? 1 : 0);
    assert_int_equal(count_words(hooks, "freeze"), stage >= STAGE_HOOKS ? 1 : 0);
    assert_int_equal(count_words(hooks, "thaw"), stage >= STAGE_HOOKS ? 1 : 0);
    assert_all_undone(f);
    cycle(f);
}

static void
a_release_undoes_all_from_every_state(void **state)
{
    for (unsigned stage = STAGE_THAWED; stage < STAGES; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        ask_release(f);
        assert_int_equal(f->release.times, stage <= STAGE_PLANNING ? 1 : 0);
        complete(f);
        assert_int_equal(f->release.times, 1);
        assert_no_error(f->release.error);
        assert_int_equal(f->release.count, stage == STAGE_FROZEN ? 2 : 0);
        if (stage > STAGE_THAWED && stage < STAGE_FROZEN)
            assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                         "signal 15");
        check_undone_after(f, stage);
        assert_int_equal(f->release.times, 1);
        tear_down((void **)&f);
    }
}

static void
a_restored_machine_is_thawed_and_its_agent_goes_on(void **state)
{
    for (unsigned stage = STAGE_THAWED; stage < STAGES; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        be_restored(f);
        be_restored(f); /* told twice */
        complete(f);
        if (stage > STAGE_THAWED && stage < STAGE_FROZEN)
            assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                         "it was restored");
        check_undone_after(f, stage);
        tear_down((void **)&f);
    }
}

static void
a_lost_freezer_undoes_all_from_every_state(void **state)
{
    for (unsigned stage = STAGE_STARTING; stage < STAGE_CLOSING; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        say(f, FROST_FREEZER_LOST, 2, "the freezer was lost");
        if (stage == STAGE_THAWING)
            assert_int_equal(f->thaw.times, 0);
        check_undone_after(f, stage);
        tear_down((void **)&f);
    }
}

static void
a_failure_undoes_all_from_every_state(void **state)
{
    static const Stage STAGES_THAT_FAIL[] = {STAGE_STARTING, STAGE_SYNCING, STAGE_RESYNCING,
                                             STAGE_FREEZING};

    for (size_t i = 0; i < G_N_ELEMENTS(STAGES_THAT_FAIL); i++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, STAGES_THAT_FAIL[i]);
        say(f, FROST_FREEZER_FAILED, 0, "it has failed");
        check_undone_after(f, STAGES_THAT_FAIL[i]);
        tear_down((void **)&f);
    }
}

/* The freezer is told by SIGTERM, from outside. */
static void
a_signal_to_the_freezer_undoes_all_from_every_state(void **state)
{
    for (unsigned stage = STAGE_SYNCING; stage < STAGE_CLOSING; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        say(f, FROST_FREEZER_THAWED, stage == STAGE_FROZEN ? 2 : 0, NULL);
        check_undone_after(f, stage);
        tear_down((void **)&f);
    }
}

/* What crosses a release: the freezer had answered before it knew. */
static void
answers_that_cross_a_release_change_nothing(void **state)
{
    static const struct {
        Stage stage;
        FrostFreezerEventKind event;
        unsigned count;
        const char *message;
    } ROWS[] = {
        {STAGE_STARTING, FROST_FREEZER_READY, 0, NULL},
        {STAGE_SYNCING, FROST_FREEZER_SYNCED, 0, NULL},
        {STAGE_SYNCING, FROST_FREEZER_FAILED, 0, "failed to sync /srv"},
        {STAGE_RESYNCING, FROST_FREEZER_SYNCED, 0, NULL},
        {STAGE_FREEZING, FROST_FREEZER_FROZEN, 2, NULL},
        {STAGE_FREEZING, FROST_FREEZER_FAILED, 0, "failed to freeze /srv"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, ROWS[i].stage);
        ask_release(f);
        say(f, ROWS[i].event, ROWS[i].count, ROWS[i].message);
        assert_int_equal(f->freeze.times, 0);
        say(f, FROST_FREEZER_THAWED, 0, NULL);
        check_undone_after(f, ROWS[i].stage);
        assert_int_equal(f->release.times, 1);
        tear_down((void **)&f);
    }
}

static void
what_waits_when_all_is_released_is_answered(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_UNDOING);
    forget(&f->freeze);
    ask_freeze(f, NULL);
    ask_thaw(f);
    ask_release(f);
    ask_release(f);
    complete(f);

    assert_int_equal(f->thaw.times, 2);
    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                 "signal 15");
    assert_int_equal(f->release.times, 2);
    assert_all_undone(f);
    cycle(f);
}

/* Its thaw is answered; the freezer stays. */
static void
stick(Fixture *f)
{
    drive(f, STAGE_THAWING);
    fake_supervisor_stick(f->freezer);
    say(f, FROST_FREEZER_THAWED, 1, "failed to thaw /srv");
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(strstr(f->thaw.error->message, "failed to thaw /srv"));
    assert_true(frost_transaction_is_frozen(f->transaction));
    assert_true(fake_supervisor_is_ready(f->freezer));
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    forget(&f->thaw);
}

static void
what_could_not_be_thawed_is_told_as_frozen_and_tried_again_by_the_next_thaw(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    stick(f);
    ask_thaw(f);
    fake_supervisor_stick(f->freezer);
    say(f, FROST_FREEZER_THAWED, 1, "failed to thaw /srv again");
    complete(f);
    assert_non_null(strstr(f->thaw.error->message, "again"));
    assert_true(frost_transaction_is_frozen(f->transaction));

    forget(&f->thaw);
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(count_words(fake_hooks_journal(f->hooks), "thaw"), 1);
    assert_all_undone(f);
    cycle(f);
    g_log_set_always_fatal(fatal);
}

static void
an_agent_that_ends_while_something_is_stuck_tries_once_and_ends(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    stick(f);
    ask_release(f);
    fake_supervisor_stick(f->freezer);
    say(f, FROST_FREEZER_THAWED, 1, "failed to thaw /srv");
    complete(f);
    assert_int_equal(f->release.times, 1);
    assert_non_null(strstr(f->release.error->message, "/srv"));
    assert_int_equal(count_words(fake_supervisor_journal(f->freezer), "thaw"), 2);
    g_log_set_always_fatal(fatal);
}

/* A freeze that fails, and one of what was frozen already cannot be thawed. */
static void
a_failed_freeze_that_leaves_something_stuck_is_told_as_frozen(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FREEZING);
    fake_supervisor_stick(f->freezer);
    say(f, FROST_FREEZER_FAILED, 0, "failed to freeze /");
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_non_null(f->freeze.error);
    assert_true(frost_transaction_is_frozen(f->transaction));

    ask_thaw(f);
    complete(f);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
    g_log_set_always_fatal(fatal);
}

/* Nothing could be started in its place. */
static void
what_a_lost_freezer_leaves_frozen_is_told_as_frozen(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    fake_supervisor_lose_frozen(f->freezer, "no other process could be started");
    settle();
    assert_true(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze");

    ask_thaw(f);
    assert_string_equal(fake_supervisor_last(f->freezer), "adopt");
    say(f, FROST_FREEZER_FAILED, 0, "cannot start");
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(strstr(f->thaw.error->message, "stays frozen"));
    assert_true(frost_transaction_is_frozen(f->transaction));

    forget(&f->thaw);
    ask_thaw(f);
    complete(f);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
    cycle(f);
    g_log_set_always_fatal(fatal);
}

static void
a_thaw_whose_freezer_is_lost_and_not_replaced_is_an_error(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_THAWING);
    fake_supervisor_lose_frozen(f->freezer, "no other process could be started");
    settle();
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(strstr(f->thaw.error->message, "no other process"));
    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_release(f);
    complete(f);
    assert_int_equal(f->release.times, 1);
    assert_no_error(f->release.error);
    assert_all_undone(f);
    g_log_set_always_fatal(fatal);
}

static void
the_next_thaw_is_told_nothing(Fixture *f)
{
    forget(&f->thaw);
    ask_thaw(f);
    complete(f);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
}

/* A limit passes, and the host's thaw is there before the freezer's news of it. */
static void
a_thaw_that_meets_an_early_one_is_owed_the_error_itself(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    FrostLedgerData *data = fake_supervisor_ledger(f->freezer)->data;
    atomic_store(&data->release, FROST_RELEASE_DEADLINE);
    atomic_store(&data->owed, FROST_RELEASE_DEADLINE);
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                 "fsfreeze is limited to");

    the_next_thaw_is_told_nothing(f);
}

static void
what_a_thaw_was_owed_is_owed_until_it_is_answered(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    FrostLedgerData *data = fake_supervisor_ledger(f->freezer)->data;
    atomic_store(&data->release, FROST_RELEASE_DEADLINE);
    atomic_store(&data->owed, FROST_RELEASE_DEADLINE);
    ask_thaw(f);
    assert_true(go_on(f)); /* it is thawed; the hooks are being undone */
    assert_int_equal(f->thaw.times, 0);
    restart(f);
    complete(f);
    forget(&f->thaw);
    ask_thaw(f);
    complete(f);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                 "fsfreeze is limited to");

    the_next_thaw_is_told_nothing(f);
}

static void
let_the_limit_pass(Fixture *f)
{
    FrostLedgerData *data = fake_supervisor_ledger(f->freezer)->data;

    atomic_store(&data->release, FROST_RELEASE_DEADLINE);
    atomic_store(&data->owed, FROST_RELEASE_DEADLINE);
    say(f, FROST_FREEZER_THAWED, 2, NULL);
    complete(f);
}

static FrostRelease
owed_in_file(const Fixture *f)
{
    g_autoptr(FrostLedger) ledger = frost_ledger_open_beside(f->dir);

    assert_non_null(ledger);
    return (FrostRelease)atomic_load(&ledger->data->owed);
}

typedef struct {
    Fixture *f;
    unsigned times;
    FrostRelease owed; /* in the file, when the answer came */
    bool failed;
} Told;

static void
on_told(void *user, unsigned count, const GError *error)
{
    Told *told = user;

    told->times++;
    told->failed = error != NULL;
    told->owed = owed_in_file(told->f);
}

/* A thaw is told @why, which its agent's successor knew if the agent were killed just before. */
static void
assert_owed_until_told(Fixture *f, FrostRelease why)
{
    Told told = {.f = f};

    frost_transaction_thaw(f->transaction, on_told, &told);
    complete(f);
    assert_int_equal(told.times, 1);
    assert_true(told.failed);
    assert_int_equal(told.owed, why);
    assert_int_equal(owed_in_file(f), FROST_RELEASE_NONE);
    the_next_thaw_is_told_nothing(f);
}

static void
what_a_thaw_finds_thawed_by_another_is_in_the_ledger_until_it_is_told(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    FrostLedgerData *data = fake_supervisor_ledger(f->freezer)->data;
    atomic_store(&data->frozen_us, 1);
    atomic_store(&data->filesystems[0].state, FROST_FS_LOST);
    assert_owed_until_told(f, FROST_RELEASE_FOREIGN);
}

static void
what_has_ended_before_a_thaw_is_in_the_ledger_until_it_is_told(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    let_the_limit_pass(f);
    assert_owed_until_told(f, FROST_RELEASE_DEADLINE);
}

/* Nobody's file: then it is not believed, and the ledger is in memory. */
static void
let_the_ledger_be_read(const Fixture *f, bool is_readable)
{
    g_autofree char *path = g_build_filename(f->dir, FROST_LEDGER_NAME, NULL);

    assert_int_equal(chmod(path, is_readable ? 0600 : 0602), 0);
}

static void
what_a_freeze_has_settled_is_not_owed_again_when_the_ledger_can_be_read(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    let_the_limit_pass(f);
    let_the_ledger_be_read(f, false);
    cycle(f);
    let_the_ledger_be_read(f, true);
    forget(&f->thaw);
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
}

static void
what_a_freeze_in_memory_owes_is_not_forgotten_when_the_ledger_can_be_read(void **state)
{
    Fixture *f = *state;

    cycle(f);
    let_the_ledger_be_read(f, false);
    drive(f, STAGE_FROZEN);
    let_the_limit_pass(f);
    let_the_ledger_be_read(f, true);
    forget(&f->thaw);
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                 "fsfreeze is limited to");
    assert_all_undone(f);
}

/* Anything in any order ------------------------------------------------------------------------ */

typedef struct {
    unsigned freezes;
    unsigned thaws;
    unsigned releases;
} Asked;

static void
disturb(Fixture *f, GRand *rand)
{
    const char *awaits = fake_supervisor_awaits(f->freezer);

    switch (g_rand_int_range(rand, 0, 4)) {
    case 0:
        if (fake_supervisor_is_ready(f->freezer))
            say(f, FROST_FREEZER_LOST, 0, "lost");
        break;
    case 1:
        if (fake_supervisor_is_ready(f->freezer) && strcmp(awaits, "start") != 0)
            say(f, FROST_FREEZER_THAWED, 0, NULL);
        break;
    case 2:
        if (g_str_equal(awaits, "start") || g_str_equal(awaits, "sync") ||
            g_str_equal(awaits, "freeze"))
            say(f, FROST_FREEZER_FAILED, 0, "failed");
        break;
    default:
        if (fake_hooks_run(f->hooks))
            end_hook(f, "failed");
        break;
    }
}

static void
do_something(Fixture *f, GRand *rand, Asked *asked)
{
    switch (g_rand_int_range(rand, 0, 16)) {
    case 0:
    case 1:
        ask_freeze(f, NULL);
        asked->freezes++;
        break;
    case 2:
    case 3:
        ask_thaw(f);
        asked->thaws++;
        break;
    case 4:
        ask_release(f);
        asked->releases++;
        break;
    case 5:
    case 6:
        disturb(f, rand);
        break;
    default:
        go_on(f);
        break;
    }
}

static void
whatever_happens_each_request_is_answered_once_and_all_is_undone(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20250801);

    for (unsigned round = 0; round < 400; round++) {
        Asked asked = {0};
        Fixture *f;

        set_up((void **)&f);
        for (gint32 steps = g_rand_int_range(rand, 1, 60); steps > 0; steps--)
            do_something(f, rand, &asked);
        ask_thaw(f);
        asked.thaws++;
        complete(f);
        if (frost_transaction_is_frozen(f->transaction)) {
            /* A freeze that had waited behind that thaw. */
            ask_thaw(f);
            asked.thaws++;
            complete(f);
        }
        assert_int_equal(f->freeze.times, asked.freezes);
        assert_int_equal(f->thaw.times, asked.thaws);
        assert_int_equal(f->release.times, asked.releases);
        const char *hooks = fake_hooks_journal(f->hooks);
        assert_int_equal(count_words(hooks, "freeze"), count_words(hooks, "thaw"));
        assert_all_undone(f);
        tear_down((void **)&f);
    }
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_undoes_all_from_every_state),
        cmocka_unit_test(a_lost_freezer_undoes_all_from_every_state),
        cmocka_unit_test(a_failure_undoes_all_from_every_state),
        cmocka_unit_test(a_signal_to_the_freezer_undoes_all_from_every_state),
        cmocka_unit_test(answers_that_cross_a_release_change_nothing),
        FIXTURE_TEST(what_waits_when_all_is_released_is_answered),
        FIXTURE_TEST(what_could_not_be_thawed_is_told_as_frozen_and_tried_again_by_the_next_thaw),
        FIXTURE_TEST(an_agent_that_ends_while_something_is_stuck_tries_once_and_ends),
        FIXTURE_TEST(a_failed_freeze_that_leaves_something_stuck_is_told_as_frozen),
        FIXTURE_TEST(what_a_lost_freezer_leaves_frozen_is_told_as_frozen),
        FIXTURE_TEST(a_thaw_whose_freezer_is_lost_and_not_replaced_is_an_error),
        FIXTURE_TEST(a_restored_machine_is_thawed_and_its_agent_goes_on),
        FIXTURE_TEST(a_thaw_that_meets_an_early_one_is_owed_the_error_itself),
        FIXTURE_TEST(what_a_thaw_was_owed_is_owed_until_it_is_answered),
        FIXTURE_TEST(what_a_thaw_finds_thawed_by_another_is_in_the_ledger_until_it_is_told),
        FIXTURE_TEST(what_has_ended_before_a_thaw_is_in_the_ledger_until_it_is_told),
        FIXTURE_TEST(what_a_freeze_has_settled_is_not_owed_again_when_the_ledger_can_be_read),
        FIXTURE_TEST(what_a_freeze_in_memory_owes_is_not_forgotten_when_the_ledger_can_be_read),
        cmocka_unit_test(whatever_happens_each_request_is_answered_once_and_all_is_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
