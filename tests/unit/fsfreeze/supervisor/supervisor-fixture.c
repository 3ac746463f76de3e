/* SPDX-License-Identifier: MIT */
#include "supervisor-fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "fake-plan.h"
#include "freezer-main.h"
#include "freezer-protocol.h"
#include "ledger-entries.h"
#include "recovery.h"

#define LIMIT_MS 20000

static const char *const EVENT_NAMES[] = {
    [FROST_FREEZER_READY] = "ready",       [FROST_FREEZER_SYNCED] = "synced",
    [FROST_FREEZER_FROZEN] = "frozen",     [FROST_FREEZER_THAWED] = "thawed",
    [FROST_FREEZER_FAILED] = "failed",     [FROST_FREEZER_LOST] = "lost",
    [FROST_FREEZER_FINISHED] = "finished", [FROST_FREEZER_REPLACED] = "replaced",
    [FROST_FREEZER_SETTLED] = "settled",
};

void
on_event(void *user, const FrostFreezerEvent *event)
{
    Fixture *f = user;

    g_string_append_printf(f->events, "%s%s", f->events->len ? " " : "", EVENT_NAMES[event->kind]);
    f->count = event->count;
    g_clear_error(&f->error);
    f->error = event->error ? g_error_copy(event->error) : NULL;
    f->kind = event->kind;
    f->came = true;
}

int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    g_autoptr(GError) error = NULL;

    f->dir = test_make_statedir();
    f->kernel = shared_sys_new(f->dir);
    f->sys = shared_sys_get();
    f->plan = fake_plan_new(&f->sys);
    fake_plan_add(f->plan, "/0", FROST_DECISION_FREEZE, 0);
    fake_plan_add(f->plan, "/1", FROST_DECISION_FREEZE, 0);
    fake_plan_add(f->plan, "/2", FROST_DECISION_FREEZE, 1);
    fake_plan_add(f->plan, "/3", FROST_DECISION_SYNC, 0);
    f->ledger = frost_ledger_open(f->dir, &error);
    assert_no_error(error);
    assert_true(frost_ledger_begin_plan(f->ledger, f->plan, &error));
    f->freezer = frost_supervisor_new(&f->sys, NULL);
    f->events = g_string_new(NULL);
    *state = f;
    return 0;
}

int
tear_down(void **state)
{
    Fixture *f = *state;

    if (f->freezer)
        f->freezer->free(f->freezer);
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    frost_ledger_free(f->ledger);
    fake_plan_free(f->plan);
    shared_sys_free(f->kernel);
    g_string_free(f->events, TRUE);
    g_clear_error(&f->error);
    test_remove_dir(f->dir);
    g_free(f);
    return 0;
}

FrostFreezerEventKind
next_event(Fixture *f)
{
    f->came = false;
    test_run_until(&f->came, LIMIT_MS);
    return f->kind;
}

void
start(Fixture *f)
{
    f->freezer->start(f->freezer, f->ledger, on_event, f);
    next_event(f);
}

void
start_and_freeze(Fixture *f)
{
    start(f);
    f->freezer->freeze(f->freezer);
    next_event(f);
    assert_int_equal(f->count, 3);
    assert_int_equal(shared_sys_frozen(f->kernel), 3);
}

void
thaw_and_finish(Fixture *f)
{
    f->freezer->thaw(f->freezer);
    next_event(f);
    f->freezer->finish(f->freezer);
    next_event(f);
}

void
assert_thawed_once_each(Fixture *f)
{
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(f->kernel->fs[i].freezes, f->kernel->fs[i].thaws);
        assert_int_equal(f->kernel->fs[i].thaw_calls, f->kernel->fs[i].thaws);
    }
}

void
leave_frozen(Fixture *f, unsigned i, FrostFsState state)
{
    atomic_store(&f->ledger->data->filesystems[i].state, state);
    atomic_store(&f->kernel->fs[i].frozen, 1);
    atomic_store(&f->kernel->fs[i].freezes, 1);
}

void
wait_for_process_state(int pid, char wanted)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    char now = '\0';

    while (now != wanted) {
        g_autofree char *text = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        now = strrchr(text, ')')[2];
        g_thread_yield();
    }
}

static void
remember_nothing(const char *statedir, const FrostRecord *record)
{
}

int
supervisor_test_main(int argc, char **argv, int (*run_cases)(void))
{
    FrostFreezerTerms terms;

    if (frost_freezer_terms_parse(&terms, argc, argv)) {
        if (getenv(BROKEN))
            return EXIT_FAILURE;
        return frost_freezer_main(shared_sys_join().kernel, &terms);
    }
    if (argc == 4 && strcmp(argv[1], FROST_RECOVERY_OPTION) == 0) {
        FrostSys sys = shared_sys_join();

        return frost_recovery_process(&sys, atoi(argv[2]), atoi(argv[3]), remember_nothing);
    }
    return run_cases();
}
