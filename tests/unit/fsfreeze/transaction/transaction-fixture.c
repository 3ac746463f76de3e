/* SPDX-License-Identifier: MIT */
#include "transaction-fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
on_frozen_changed(void *user, bool frozen)
{
    Fixture *f = user;

    g_string_append_c(f->told, frozen ? 'F' : 'T');
}

void
open_transaction(Fixture *f)
{
    const FrostTransactionParts parts = {.sys = fake_sys_get(f->fake),
                                         .planner = &f->planner->base,
                                         .supervisor = fake_supervisor_get(f->freezer),
                                         .hooks = fake_hooks_get(f->hooks),
                                         .statedir = f->dir,
                                         .frozen_changed = on_frozen_changed,
                                         .mode = f->mode,
                                         .budget_s = f->budget_s,
                                         .thaw_reply_s = f->thaw_reply_s,
                                         .user = f};

    f->transaction = frost_transaction_new(&parts);
}

int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    struct stat st;

    f->dir = test_make_statedir();
    f->fake = fake_sys_new();
    /* None of them has the number of the real filesystem that the ledger is on. */
    assert_int_equal(stat(f->dir, &st), 0);
    while (fake_sys_add_disk(f->fake, NULL) == st.st_dev)
        continue;
    f->root = fake_sys_add_fs(f->fake, "/", "ext4");
    f->srv = fake_sys_add_fs(f->fake, "/srv", "xfs");
    f->planner = fake_planner_new(fake_sys_get(f->fake), NULL);
    f->freezer = fake_supervisor_new();
    f->hooks = fake_hooks_new();
    f->told = g_string_new(NULL);
    f->dues = g_ptr_array_new_with_free_func(g_free);
    open_transaction(f);
    *state = f;
    return 0;
}

void
forget(Answer *answer)
{
    g_clear_error(&answer->error);
    g_free(answer->hooks);
    *answer = (Answer){0};
}

int
tear_down(void **state)
{
    Fixture *f = *state;

    frost_transaction_free(f->transaction);
    f->planner->base.free(&f->planner->base);
    fake_supervisor_free(f->freezer);
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

void
settle(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        continue;
}

void
ask_freeze(Fixture *f, const char *const *mount_points)
{
    f->inside = true;
    frost_transaction_freeze(f->transaction, mount_points, NULL, on_answer, due(f, &f->freeze));
    f->inside = false;
    settle();
}

void
ask_thaw(Fixture *f)
{
    f->inside = true;
    frost_transaction_thaw(f->transaction, on_answer, due(f, &f->thaw));
    f->inside = false;
    settle();
}

void
ask_release(Fixture *f)
{
    f->inside = true;
    frost_transaction_release(f->transaction, FROST_RELEASE_SIGNAL, "signal 15", on_answer,
                              due(f, &f->release));
    f->inside = false;
    settle();
}

void
be_restored(Fixture *f)
{
    f->inside = true;
    frost_transaction_release(f->transaction, FROST_RELEASE_RESTORED, "it was restored", NULL,
                              NULL);
    f->inside = false;
    settle();
}

/* What the world says -------------------------------------------------------------------------- */

void
say(Fixture *f, FrostFreezerEventKind kind, unsigned count, const char *message)
{
    fake_supervisor_say(f->freezer, kind, count, message);
    settle();
}

void
end_hook(Fixture *f, const char *message)
{
    fake_hooks_end(f->hooks, message);
    settle();
}

/* What was asked last succeeds. False: nothing is asked. */
bool
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
    if (fake_planner_awaits(f->planner)) {
        fake_planner_come_back(f->planner, NULL);
        settle();
        return true;
    }
    if (fake_hooks_run(f->hooks)) {
        bool cancelled = g_str_has_suffix(fake_hooks_journal(f->hooks), "cancel");
        end_hook(f, cancelled ? "it was ended" : NULL);
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(ANSWERS); i++) {
        if (strcmp(fake_supervisor_awaits(f->freezer), ANSWERS[i].request) == 0) {
            say(f, ANSWERS[i].event, ANSWERS[i].count, NULL);
            return true;
        }
    }
    return false;
}

void
complete(Fixture *f)
{
    while (go_on(f))
        continue;
}

void
drive(Fixture *f, Stage stage)
{
    f->planner->hangs = stage == STAGE_PLANNING;
    if (stage >= STAGE_PLANNING)
        ask_freeze(f, NULL);
    f->planner->hangs = false;
    for (unsigned step = STAGE_STARTING; step < stage; step++) {
        if (step == STAGE_FROZEN)
            ask_thaw(f);
        else
            go_on(f);
    }
}

void
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

void
restart(Fixture *f)
{
    /* What it was waiting for does not come: nobody answers for the dead. */
    frost_transaction_free(f->transaction);
    fake_hooks_forget(f->hooks);
    fake_supervisor_free(f->freezer);
    f->freezer = fake_supervisor_new();
    g_string_truncate(f->told, 0);
    settle();
    open_transaction(f);
    settle();
}

FrostLedger *
hold_elsewhere(Fixture *f)
{
    FrostLedger *holder;

    frost_transaction_free(g_steal_pointer(&f->transaction));
    fake_hooks_forget(f->hooks);
    fake_supervisor_free(f->freezer);
    f->freezer = fake_supervisor_new();
    g_string_truncate(f->told, 0);
    holder = frost_ledger_open(f->dir, NULL);
    assert_non_null(holder);
    open_transaction(f);
    settle();
    return holder;
}

void
thaw_elsewhere(FrostLedger *holder)
{
    for (uint32_t i = 0; i < atomic_load(&holder->data->count); i++) {
        frost_ledger_step(&holder->data->filesystems[i], FROST_FS_FROZEN, FROST_FS_THAWING);
        frost_ledger_step(&holder->data->filesystems[i], FROST_FS_THAWING, FROST_FS_THAWED);
    }
    frost_ledger_mark(holder, FROST_STEP_THAWED, 1);
}

void
end_elsewhere(Fixture *f, FrostLedger *holder)
{
    frost_ledger_free(holder);
    while (!fake_hooks_run(f->hooks) && !fake_supervisor_runs(f->freezer))
        g_main_context_iteration(NULL, TRUE);
    complete(f);
    ask_thaw(f);
    complete(f);
    assert_all_undone(f);
}

/* Nothing is held, nothing is owed, nobody has it open. */
void
assert_all_undone(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostLedger) ledger = frost_ledger_open(f->dir, &error);

    assert_false(f->bad);
    assert_false(frost_transaction_is_frozen(f->transaction));
    assert_false(fake_supervisor_runs(f->freezer));
    assert_false(fake_hooks_run(f->hooks));
    assert_no_error(error);
    assert_false(frost_ledger_is_active(ledger));
    assert_int_equal(fake_sys_open_fds(f->fake), 0);
}

unsigned
count_words(const char *text, const char *word)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    unsigned count = 0;

    for (char **w = words; *w; w++)
        count += strcmp(*w, word) == 0;
    return count;
}
