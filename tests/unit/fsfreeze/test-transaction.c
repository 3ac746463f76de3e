/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-freezer.h"
#include "fake-hooks.h"
#include "fake-sys.h"
#include "test-support.h"
#include "transaction.h"

#define LIMIT_MS 10000

typedef struct {
    bool came;
    unsigned times;
    unsigned count;
    GError *error;
    char *hooks; /* what had run when it came */
} Answer;

typedef struct Fixture Fixture;

struct Fixture {
    char *dir;
    FakeSys *fake;
    FakeFs *root;
    FakeFs *srv;
    FakeFreezer *freezer;
    FakeHooks *hooks;
    FrostTransaction *transaction;
    GString *told; /* "F" and "T", as the agent was told */
    bool inside;   /* a call of the transaction */
    bool bad;      /* answered from inside */
    Answer freeze;
    Answer thaw;
    Answer release;
    GPtrArray *dues; /* what was asked, answered or not */
};

/* On tmpfs where there is one: a ledger that may be frozen itself is kept in memory. */
static char *
make_statedir(void)
{
    char *dir = g_strdup("/dev/shm/frost-test-XXXXXX");

    if (g_mkdtemp(dir))
        return dir;
    g_free(dir);
    return test_make_dir();
}

static void
on_frozen_changed(void *user, bool frozen)
{
    Fixture *f = user;

    g_string_append_c(f->told, frozen ? 'F' : 'T');
}

static void
open_transaction(Fixture *f)
{
    const FrostTransactionParts parts = {.sys = fake_sys_get(f->fake),
                                         .freezer = fake_freezer_get(f->freezer),
                                         .hooks = fake_hooks_get(f->hooks),
                                         .statedir = f->dir,
                                         .frozen_changed = on_frozen_changed,
                                         .user = f};

    f->transaction = frost_transaction_new(&parts);
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    struct stat st;

    f->dir = make_statedir();
    f->fake = fake_sys_new();
    /* None of them has the number of the real filesystem that the ledger is on. */
    assert_int_equal(stat(f->dir, &st), 0);
    while (fake_sys_add_disk(f->fake, NULL) == st.st_dev)
        continue;
    f->root = fake_sys_add_fs(f->fake, "/", "ext4");
    f->srv = fake_sys_add_fs(f->fake, "/srv", "xfs");
    f->freezer = fake_freezer_new();
    f->hooks = fake_hooks_new();
    f->told = g_string_new(NULL);
    f->dues = g_ptr_array_new_with_free_func(g_free);
    open_transaction(f);
    *state = f;
    return 0;
}

static void
forget(Answer *answer)
{
    g_clear_error(&answer->error);
    g_free(answer->hooks);
    *answer = (Answer){0};
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    frost_transaction_free(f->transaction);
    fake_freezer_free(f->freezer);
    fake_hooks_free(f->hooks);
    fake_sys_free(f->fake);
    forget(&f->freeze);
    forget(&f->thaw);
    forget(&f->release);
    g_string_free(f->told, TRUE);
    g_ptr_array_unref(f->dues);
    test_remove_dir(f->dir);
    g_free(f);
    return 0;
}

/* Requests ------------------------------------------------------------------------------------- */

typedef struct {
    Fixture *f;
    Answer *answer;
} Due;

static void
on_answer(void *user, unsigned count, const GError *error)
{
    const Due *due = user;
    Answer *answer = due->answer;

    due->f->bad |= due->f->inside;
    answer->came = true;
    answer->times++;
    answer->count = count;
    g_clear_error(&answer->error);
    answer->error = error ? g_error_copy(error) : NULL;
    g_free(answer->hooks);
    answer->hooks = g_strdup(fake_hooks_journal(due->f->hooks));
}

static Due *
due(Fixture *f, Answer *answer)
{
    Due *self = g_new(Due, 1);

    *self = (Due){f, answer};
    g_ptr_array_add(f->dues, self);
    return self;
}

static void
settle(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        continue;
}

static void
ask_freeze(Fixture *f, const char *const *mount_points)
{
    f->inside = true;
    frost_transaction_freeze(f->transaction, mount_points, on_answer, due(f, &f->freeze));
    f->inside = false;
    settle();
}

static void
ask_thaw(Fixture *f)
{
    f->inside = true;
    frost_transaction_thaw(f->transaction, on_answer, due(f, &f->thaw));
    f->inside = false;
    settle();
}

static void
ask_release(Fixture *f)
{
    f->inside = true;
    frost_transaction_release(f->transaction, "signal 15", on_answer, due(f, &f->release));
    f->inside = false;
    settle();
}

/* What the world says -------------------------------------------------------------------------- */

static void
say(Fixture *f, FrostFreezerEventKind kind, unsigned count, const char *message)
{
    fake_freezer_say(f->freezer, kind, count, message);
    settle();
}

static void
end_hook(Fixture *f, const char *message)
{
    fake_hooks_end(f->hooks, message);
    settle();
}

/* What was asked last succeeds. False: nothing is asked. */
static bool
go_on(Fixture *f)
{
    static const struct {
        const char *request;
        FrostFreezerEventKind event;
        unsigned count;
    } ANSWERS[] = {
        {"start", FROST_FREEZER_READY, 0}, {"adopt", FROST_FREEZER_READY, 0},
        {"sync", FROST_FREEZER_SYNCED, 0}, {"freeze", FROST_FREEZER_FROZEN, 2},
        {"thaw", FROST_FREEZER_THAWED, 2}, {"finish", FROST_FREEZER_FINISHED, 0},
    };

    settle();
    if (fake_hooks_run(f->hooks)) {
        bool cancelled = g_str_has_suffix(fake_hooks_journal(f->hooks), "cancel");
        end_hook(f, cancelled ? "it was ended" : NULL);
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(ANSWERS); i++) {
        if (strcmp(fake_freezer_awaits(f->freezer), ANSWERS[i].request) == 0) {
            say(f, ANSWERS[i].event, ANSWERS[i].count, NULL);
            return true;
        }
    }
    return false;
}

static void
complete(Fixture *f)
{
    while (go_on(f))
        continue;
}

typedef enum {
    STAGE_THAWED,
    STAGE_STARTING,
    STAGE_SYNCING,
    STAGE_HOOKS,
    STAGE_RESYNCING,
    STAGE_FREEZING,
    STAGE_FROZEN,
    STAGE_THAWING,
    STAGE_UNDOING,
    STAGE_CLOSING,
    STAGES,
} Stage;

static void
drive(Fixture *f, Stage stage)
{
    if (stage >= STAGE_STARTING)
        ask_freeze(f, NULL);
    for (unsigned step = STAGE_STARTING; step < stage; step++) {
        if (step == STAGE_FROZEN)
            ask_thaw(f);
        else
            go_on(f);
    }
}

static void
cycle(Fixture *f)
{
    forget(&f->freeze);
    forget(&f->thaw);
    ask_freeze(f, NULL);
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_no_error(f->freeze.error);
    assert_int_equal(f->freeze.count, 2);
    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_false(frost_transaction_is_frozen(f->transaction));
}

/* Nothing is held, nothing is owed, nobody has it open. */
static void
assert_all_undone(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostLedger) ledger = frost_ledger_open(f->dir, &error);

    assert_false(f->bad);
    assert_false(frost_transaction_is_frozen(f->transaction));
    assert_false(fake_freezer_runs(f->freezer));
    assert_false(fake_hooks_run(f->hooks));
    assert_no_error(error);
    assert_false(frost_ledger_is_active(ledger));
    assert_int_equal(fake_sys_open_fds(f->fake), 0);
}

static unsigned
count_words(const char *text, const char *word)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    unsigned count = 0;

    for (char **w = words; *w; w++)
        count += strcmp(*w, word) == 0;
    return count;
}

/* The way there and back ----------------------------------------------------------------------- */

static void
a_freeze_and_its_thaw_go_through_every_state(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(f->freeze.count, 2);
    assert_string_equal(fake_freezer_journal(f->freezer), "start sync sync freeze");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze");
    assert_string_equal(f->told->str, "F");

    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(fake_freezer_journal(f->freezer), "start sync sync freeze thaw finish");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static void
it_is_told_frozen_just_before_anything_can_be(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_RESYNCING);
    assert_false(frost_transaction_is_frozen(f->transaction));
    go_on(f);
    assert_string_equal(fake_freezer_last(f->freezer), "freeze");
    assert_true(frost_transaction_is_frozen(f->transaction));
    complete(f);
    ask_thaw(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    complete(f);
}

static void
one_cycle_follows_another(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 0; i < 3; i++)
        cycle(f);
    assert_all_undone(f);
}

static void
a_list_freezes_what_is_named(void **state)
{
    Fixture *f = *state;

    ask_freeze(f, (const char *[]){"/srv", "/not/there", NULL});
    assert_int_equal(fake_sys_opened(f->fake, "/"), 0);
    go_on(f);
    go_on(f);
    go_on(f);
    go_on(f);
    say(f, FROST_FREEZER_FROZEN, 1, NULL);

    assert_int_equal(f->freeze.count, 1);
    ask_thaw(f);
    complete(f);
}

/* The contract ----------------------------------------------------------------------------------
 */

static void
a_thaw_when_thawed_is_0_and_touches_nothing(void **state)
{
    Fixture *f = *state;

    ask_thaw(f);

    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    assert_int_equal(fake_sys_opened(f->fake, "/"), 0);
    assert_string_equal(f->told->str, "");
}

static void
a_thaw_after_a_failed_freeze_is_0_and_runs_no_hook_again(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FREEZING);
    say(f, FROST_FREEZER_FAILED, 0, "failed to freeze /srv: Input/output error");
    complete(f);
    ask_thaw(f);

    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
}

static void
nothing_frozen_is_0_thawed_and_undone(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FREEZING);
    say(f, FROST_FREEZER_FROZEN, 0, NULL);
    assert_int_equal(f->freeze.times, 0);
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_no_error(f->freeze.error);
    assert_int_equal(f->freeze.count, 0);
    assert_string_equal(f->freeze.hooks, "freeze thaw");
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static void
an_error_is_answered_when_all_is_undone(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FREEZING);
    say(f, FROST_FREEZER_FAILED, 0, "failed to freeze /srv: Input/output error");
    assert_int_equal(f->freeze.times, 0);
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_non_null(f->freeze.error);
    assert_string_equal(f->freeze.error->message, "failed to freeze /srv: Input/output error");
    assert_string_equal(f->freeze.hooks, "freeze thaw");
    assert_all_undone(f);
}

static void
a_second_freeze_is_refused_and_changes_nothing(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    forget(&f->freeze);
    ask_freeze(f, NULL);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE,
                 "already frozen");
    assert_string_equal(fake_freezer_journal(f->freezer), "start sync sync freeze");
    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.count, 2);
    assert_false(f->bad);
}

static void
a_hook_that_fails_is_the_answer_and_is_undone(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_HOOKS);
    end_hook(f, "the database says no");
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_string_equal(f->freeze.error->message, "the database says no");
    assert_string_equal(fake_freezer_journal(f->freezer), "start sync finish");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_string_equal(f->told->str, "");
    assert_all_undone(f);
}

static void
a_thaw_hook_that_fails_does_not_spoil_the_answer(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_UNDOING);
    end_hook(f, "cannot unlock");
    complete(f);

    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
}

static void
a_thaw_that_was_not_whole_is_told_and_the_hook_undone(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_THAWING);
    say(f, FROST_FREEZER_THAWED, 1, "/srv did not stay frozen");
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_string_equal(f->thaw.error->message, "/srv did not stay frozen");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_all_undone(f);
}

static void
a_plan_that_cannot_be_made_begins_nothing(void **state)
{
    Fixture *f = *state;

    fake_sys_fail_path(f->fake, "/proc/self/mountinfo", EACCES);
    ask_freeze(f, NULL);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_MOUNTINFO, "");
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    assert_string_equal(f->told->str, "");
    assert_all_undone(f);
}

static void
requests_that_meet_an_undo_wait_in_their_order(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_UNDOING);
    forget(&f->freeze);
    ask_freeze(f, NULL);
    assert_int_equal(f->freeze.times, 0);
    assert_int_equal(f->thaw.times, 0);
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 2);
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(f->freeze.count, 2);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw freeze");
    ask_thaw(f);
    complete(f);
    assert_all_undone(f);
}

static void
many_requests_have_one_answer_each(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_SYNCING);
    ask_thaw(f);
    ask_thaw(f);
    ask_freeze(f, NULL);
    ask_freeze(f, NULL);
    ask_thaw(f);
    complete(f);

    assert_int_equal(f->freeze.times, 3);
    assert_int_equal(f->thaw.times, 3);
    assert_all_undone(f);
}

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
        assert_int_equal(f->release.times, stage == STAGE_THAWED ? 1 : 0);
        complete(f);
        assert_int_equal(f->release.times, 1);
        assert_no_error(f->release.error);
        assert_int_equal(f->release.count, stage == STAGE_FROZEN ? 2 : 0);
        if (stage > STAGE_THAWED && stage < STAGE_FROZEN && stage != STAGE_HOOKS)
            assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                         "signal 15");
        check_undone_after(f, stage);
        assert_int_equal(f->release.times, 1);
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

/* One that the kernel will not thaw is not forgotten: it is told, and tried again. */
static void
what_is_stuck_is_not_written_over_by_the_next_freeze(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_THAWING);
    fake_freezer_stick(f->freezer);
    say(f, FROST_FREEZER_THAWED, 1, "failed to thaw /srv");
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(f->thaw.error);

    forget(&f->freeze);
    forget(&f->thaw);
    ask_freeze(f, NULL);
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD, "/srv");
    assert_true(frost_transaction_is_frozen(f->transaction));

    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
    cycle(f);
}

/* Restarts ------------------------------------------------------------------------------------- */

/* Agent and freezer are killed; a new agent comes. */
static void
restart(Fixture *f)
{
    /* What it was waiting for does not come: nobody answers for the dead. */
    frost_transaction_free(f->transaction);
    fake_hooks_forget(f->hooks);
    fake_freezer_free(f->freezer);
    f->freezer = fake_freezer_new();
    g_string_truncate(f->told, 0);
    settle();
    open_transaction(f);
    settle();
}

static void
a_restart_finds_what_was_left_frozen_and_can_thaw_it(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    restart(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(f->told->str, "F");
    complete(f);
    assert_string_equal(fake_freezer_journal(f->freezer), "adopt");
    assert_int_equal(fake_sys_open_fds(f->fake), 2);

    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(fake_freezer_journal(f->freezer), "adopt thaw finish");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_all_undone(f);
    cycle(f);
}

static void
requests_that_meet_an_adoption_wait_for_it(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    forget(&f->freeze);
    restart(f);
    ask_freeze(f, NULL);
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE,
                 "already frozen");
    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
}

static void
a_release_that_meets_an_adoption_waits_for_it_and_thaws(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    restart(f);
    ask_release(f);
    assert_int_equal(f->release.times, 0);
    complete(f);

    assert_int_equal(f->release.times, 1);
    assert_int_equal(f->release.count, 2);
    assert_all_undone(f);
}

static void
an_adoption_that_fails_is_tried_again_with_each_thaw(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    restart(f);
    ask_thaw(f);
    say(f, FROST_FREEZER_FAILED, 0, "cannot start");
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(f->thaw.error);
    assert_true(frost_transaction_is_frozen(f->transaction));

    ask_release(f);
    say(f, FROST_FREEZER_FAILED, 0, "cannot start");
    assert_int_equal(f->release.times, 1);
    assert_non_null(f->release.error);

    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 2);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
    g_log_set_always_fatal(fatal);
}

static void
what_cannot_be_reached_any_more_does_not_hinder_the_rest(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    fake_sys_umount(f->fake, "/srv");
    restart(f);
    complete(f);
    assert_int_equal(fake_sys_open_fds(f->fake), 1);
    ask_thaw(f);
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    g_log_set_always_fatal(fatal);
}

static void
a_restart_undoes_a_hook_that_was_owed(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_RESYNCING);
    restart(f);

    assert_false(frost_transaction_is_frozen(f->transaction));
    assert_true(fake_hooks_run(f->hooks));
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    assert_all_undone(f);
}

static void
a_restart_from_any_state_ends_with_all_undone(void **state)
{
    for (unsigned stage = STAGE_THAWED; stage < STAGES; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        restart(f);
        forget(&f->thaw);
        ask_thaw(f);
        complete(f);

        const char *hooks = fake_hooks_journal(f->hooks);
        assert_int_equal(f->thaw.times, 1);
        assert_int_equal(count_words(hooks, "freeze"), stage >= STAGE_HOOKS ? 1 : 0);
        /* One that was interrupted by the death is run again. */
        assert_int_equal(count_words(hooks, "thaw"), stage == STAGE_UNDOING ? 2
                                                     : stage >= STAGE_HOOKS ? 1
                                                                            : 0);
        assert_all_undone(f);
        cycle(f);
        tear_down((void **)&f);
    }
}

/* Elsewhere ------------------------------------------------------------------------------------ */

/* An earlier agent was killed; its freezer still has the ledger. */
static FrostLedger *
hold_elsewhere(Fixture *f)
{
    FrostLedger *holder;

    frost_transaction_free(g_steal_pointer(&f->transaction));
    holder = frost_ledger_open(f->dir, NULL);
    assert_non_null(holder);
    open_transaction(f);
    settle();
    return holder;
}

static void
what_another_holds_is_frozen_until_it_is_done(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = hold_elsewhere(f);

    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    frost_ledger_free(holder);
    test_run_until(&f->thaw.came, LIMIT_MS);

    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
    cycle(f);
}

static void
what_another_leaves_behind_is_taken_over(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    restart(f);
    complete(f);
    /* As if that one were the freezer of an agent that is gone, and were killed too. */
    frost_transaction_free(g_steal_pointer(&f->transaction));
    fake_freezer_free(f->freezer);
    f->freezer = fake_freezer_new();
    FrostLedger *holder = frost_ledger_open(f->dir, NULL);
    g_string_truncate(f->told, 0);
    open_transaction(f);
    ask_thaw(f);
    frost_ledger_free(holder);
    while (strcmp(fake_freezer_last(f->freezer), "adopt") != 0)
        g_main_context_iteration(NULL, TRUE);
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static void
a_release_does_not_wait_for_another(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = hold_elsewhere(f);

    ask_freeze(f, NULL);
    ask_thaw(f);
    ask_release(f);

    assert_int_equal(f->release.times, 1);
    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->freeze.times, 1);
    assert_non_null(f->freeze.error);
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    frost_ledger_free(holder);
}

static void
a_freeze_that_meets_a_late_freezer_is_refused(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = frost_ledger_open(f->dir, NULL);

    ask_freeze(f, NULL);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD, "earlier freeze");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    frost_ledger_free(holder);
    cycle(f);
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
    const char *awaits = fake_freezer_awaits(f->freezer);

    switch (g_rand_int_range(rand, 0, 4)) {
    case 0:
        if (fake_freezer_is_ready(f->freezer))
            say(f, FROST_FREEZER_LOST, 0, "lost");
        break;
    case 1:
        if (fake_freezer_is_ready(f->freezer) && strcmp(awaits, "start") != 0)
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
        FIXTURE_TEST(a_freeze_and_its_thaw_go_through_every_state),
        FIXTURE_TEST(it_is_told_frozen_just_before_anything_can_be),
        FIXTURE_TEST(one_cycle_follows_another),
        FIXTURE_TEST(a_list_freezes_what_is_named),
        FIXTURE_TEST(a_thaw_when_thawed_is_0_and_touches_nothing),
        FIXTURE_TEST(a_thaw_after_a_failed_freeze_is_0_and_runs_no_hook_again),
        FIXTURE_TEST(nothing_frozen_is_0_thawed_and_undone),
        FIXTURE_TEST(an_error_is_answered_when_all_is_undone),
        FIXTURE_TEST(a_second_freeze_is_refused_and_changes_nothing),
        FIXTURE_TEST(a_hook_that_fails_is_the_answer_and_is_undone),
        FIXTURE_TEST(a_thaw_hook_that_fails_does_not_spoil_the_answer),
        FIXTURE_TEST(a_thaw_that_was_not_whole_is_told_and_the_hook_undone),
        FIXTURE_TEST(a_plan_that_cannot_be_made_begins_nothing),
        FIXTURE_TEST(requests_that_meet_an_undo_wait_in_their_order),
        FIXTURE_TEST(many_requests_have_one_answer_each),
        cmocka_unit_test(a_release_undoes_all_from_every_state),
        cmocka_unit_test(a_lost_freezer_undoes_all_from_every_state),
        cmocka_unit_test(a_failure_undoes_all_from_every_state),
        cmocka_unit_test(a_signal_to_the_freezer_undoes_all_from_every_state),
        cmocka_unit_test(answers_that_cross_a_release_change_nothing),
        FIXTURE_TEST(what_waits_when_all_is_released_is_answered),
        FIXTURE_TEST(what_is_stuck_is_not_written_over_by_the_next_freeze),
        FIXTURE_TEST(a_restart_finds_what_was_left_frozen_and_can_thaw_it),
        FIXTURE_TEST(requests_that_meet_an_adoption_wait_for_it),
        FIXTURE_TEST(a_release_that_meets_an_adoption_waits_for_it_and_thaws),
        FIXTURE_TEST(an_adoption_that_fails_is_tried_again_with_each_thaw),
        FIXTURE_TEST(what_cannot_be_reached_any_more_does_not_hinder_the_rest),
        FIXTURE_TEST(a_restart_undoes_a_hook_that_was_owed),
        cmocka_unit_test(a_restart_from_any_state_ends_with_all_undone),
        FIXTURE_TEST(what_another_holds_is_frozen_until_it_is_done),
        FIXTURE_TEST(what_another_leaves_behind_is_taken_over),
        FIXTURE_TEST(a_release_does_not_wait_for_another),
        FIXTURE_TEST(a_freeze_that_meets_a_late_freezer_is_refused),
        cmocka_unit_test(whatever_happens_each_request_is_answered_once_and_all_is_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
