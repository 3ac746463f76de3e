/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hook-error.h"
#include "hooks.h"
#include "ledger.h"
#include "process-start.h"
#include "test-support.h"

#define LIMIT_MS 20000

typedef struct {
    char *dir;
    char *hook;
    char *log;
    FrostSys sys;
    FrostLedger *ledger;
    FrostHooks *hooks;
    bool done;
    unsigned times;
    GError *error;
} Fixture;

static void
use_hook(Fixture *f, const char *path, unsigned timeout_s)
{
    if (f->hooks)
        f->hooks->free(f->hooks);
    /* No folder below /tmp is trusted; test-hook-trust has that. */
    const FrostHooksConfig config = {.source = {.source = path}, .timeout_s = timeout_s};
    f->hooks = frost_hooks_new(&config, &f->sys, NULL);
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->sys = frost_sys_linux();
    f->dir = test_make_dir();
    f->hook = g_build_filename(f->dir, "hook", NULL);
    f->log = g_build_filename(f->dir, "log", NULL);
    f->ledger = frost_ledger_open(f->dir, NULL);
    use_hook(f, f->hook, 60);
    *state = f;
    return f->ledger ? 0 : -1;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    f->hooks->free(f->hooks);
    frost_ledger_free(f->ledger);
    g_clear_error(&f->error);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    test_remove_dir(f->dir);
    g_free(f->hook);
    g_free(f->log);
    g_free(f);
    return 0;
}

/* A hook that notes how it was called, and then does what @body says. */
static void
write_hook(Fixture *f, const char *path, const char *body)
{
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\necho \"${0##*/} $1\" >>%s\n%s\n", f->log, body);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_int_equal(chmod(path, 0755), 0);
}

static void
assert_log(Fixture *f, const char *expected)
{
    g_autofree char *text = NULL;

    g_file_get_contents(f->log, &text, NULL, NULL);
    assert_string_equal(text ? text : "", expected);
}

static FrostLedgerHook *
entry(const Fixture *f)
{
    return &f->ledger->data->hooks[0];
}

static FrostHookState
hook_state(const Fixture *f)
{
    return (FrostHookState)atomic_load(&entry(f)->state);
}

static void
on_done(void *user, const GError *error)
{
    Fixture *f = user;

    f->done = true;
    f->times++;
    f->error = error ? g_error_copy(error) : NULL;
}

static void
expect_done(Fixture *f)
{
    g_clear_error(&f->error);
    f->done = false;
}

static void
begin_up(Fixture *f)
{
    expect_done(f);
    atomic_store(&f->ledger->data->hook_count, 0); /* as a new freeze begins */
    f->hooks->up(f->hooks, f->ledger, on_done, f);
    assert_false(f->done);
}

static void
up(Fixture *f)
{
    begin_up(f);
    test_run_until(&f->done, LIMIT_MS);
}

static void
down(Fixture *f)
{
    expect_done(f);
    f->hooks->down(f->hooks, f->ledger, on_done, f);
    assert_false(f->done);
    test_run_until(&f->done, LIMIT_MS);
}

/* As an earlier agent left it. */
static void
owe(Fixture *f, FrostHookState state, const char *path, pid_t pid, uint64_t start)
{
    FrostLedgerData *data = f->ledger->data;

    atomic_store(&data->hook_count, 0);
    FrostLedgerHook *hook = frost_ledger_add_hook(f->ledger, "");
    g_strlcpy(data->hook_source, path, sizeof data->hook_source);
    data->hook_timeout_s = 60;
    atomic_store(&hook->pid, pid);
    atomic_store(&hook->start, start);
    atomic_store(&hook->state, state);
}

/* Pairs ---------------------------------------------------------------------------------------- */

static void
freeze_and_thaw_run_once_each(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "");
    up(f);
    assert_no_error(f->error);
    assert_int_equal(hook_state(f), FROST_HOOK_BEGUN);
    assert_int_equal(entry(f)->pid, 0);
    down(f);
    assert_no_error(f->error);
    assert_int_equal(hook_state(f), FROST_HOOK_IDLE);
    down(f);

    assert_int_equal(f->times, 3);
    assert_log(f, "hook freeze\nhook thaw\n");
}

static void
without_a_hook_both_sides_end_by_themselves(void **state)
{
    Fixture *f = *state;

    use_hook(f, NULL, 60);
    up(f);
    assert_no_error(f->error);
    assert_int_equal(hook_state(f), FROST_HOOK_IDLE);
    down(f);
    assert_no_error(f->error);
    assert_int_equal(f->times, 2);
}

static void
a_thaw_without_a_freeze_runs_nothing(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "");
    down(f);

    assert_no_error(f->error);
    assert_log(f, "");
}

static void
a_freeze_side_that_failed_is_still_owed_a_thaw(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "[ $1 = thaw ]");
    up(f);
    assert_non_null(f->error);
    assert_int_equal(hook_state(f), FROST_HOOK_BEGUN);
    down(f);

    assert_no_error(f->error);
    assert_log(f, "hook freeze\nhook thaw\n");
}

static void
a_freeze_side_that_could_not_start_is_owed_nothing(void **state)
{
    Fixture *f = *state;

    up(f);
    assert_non_null(f->error);
    assert_int_equal(hook_state(f), FROST_HOOK_IDLE);
    write_hook(f, f->hook, "");
    down(f);

    assert_no_error(f->error);
    assert_log(f, "");
}

static void
a_thaw_side_that_fails_is_not_tried_for_ever(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "[ $1 = freeze ]");
    up(f);
    assert_no_error(f->error);
    down(f);
    assert_error(f->error, FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED, "exit status 1");
    assert_int_equal(hook_state(f), FROST_HOOK_IDLE);
    down(f);

    assert_log(f, "hook freeze\nhook thaw\n");
}

/* Texts ---------------------------------------------------------------------------------------- */

static void
a_failure_is_told_in_the_words_that_hosts_know(void **state)
{
    static const struct {
        const char *body;
        const char *message;
    } ROWS[] = {
        {"exit 3", "child process has failed to execute fsfreeze hook: exit status 3"},
        {"echo no room; exit 1", "child process has failed to execute fsfreeze hook: no room\n"},
        {"echo out; echo err >&2; exit 255",
         "child process has failed to execute fsfreeze hook: out\nerr\n"},
        {"printf 'cut\\000off'; exit 1", "child process has failed to execute fsfreeze hook: cut"},
        {"printf '\\377\\376'; exit 1",
         "child process has failed to execute fsfreeze hook: \377\376"},
        {"echo '%s%n'; exit 1", "child process has failed to execute fsfreeze hook: %s%n\n"},
        {"kill -9 $$", "child process has terminated abnormally"},
        {"echo last words; kill -9 $$", "child process has terminated abnormally: last words\n"},
    };
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        write_hook(f, f->hook, ROWS[i].body);
        up(f);
        assert_error(f->error, FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED, "child process");
        assert_string_equal(f->error->message, ROWS[i].message);
    }
}

static void
a_hook_that_cannot_start_is_told_with_its_path_and_the_reason(void **state)
{
    Fixture *f = *state;
    g_autofree char *missing = g_strdup_printf(
        "child process has failed to execute fsfreeze hook: failed to exec '%s': %s\n", f->hook,
        "No such file or directory");
    g_autofree char *forbidden = g_strdup_printf(
        "child process has failed to execute fsfreeze hook: failed to exec '%s': %s\n", f->hook,
        "Permission denied");

    up(f);
    assert_error(f->error, FROST_HOOK_ERROR, FROST_HOOK_ERROR_START, "failed to exec");
    assert_string_equal(f->error->message, missing);

    write_hook(f, f->hook, "");
    assert_int_equal(chmod(f->hook, 0644), 0);
    up(f);
    assert_string_equal(f->error->message, forbidden);

    assert_true(g_file_set_contents(f->hook, "#!/no/such/interpreter\n", -1, NULL));
    assert_int_equal(chmod(f->hook, 0755), 0);
    up(f);
    assert_string_equal(f->error->message, missing);
}

static void
a_hook_that_runs_too_long_is_ended_and_told_so(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "[ $1 = thaw ] || sleep 1000");
    use_hook(f, f->hook, 1);
    up(f);
    assert_error(f->error, FROST_HOOK_ERROR, FROST_HOOK_ERROR_TIMEOUT, "within 1 seconds");
    down(f);

    assert_no_error(f->error);
    assert_log(f, "hook freeze\nhook thaw\n");
}

/* Being cut off -------------------------------------------------------------------------------- */

static void
a_cancel_ends_what_runs_with_an_error(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "[ $1 = thaw ] || sleep 1000");
    begin_up(f);
    f->hooks->cancel(f->hooks);
    test_run_until(&f->done, LIMIT_MS);

    assert_error(f->error, FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED, "terminated abnormally");
    assert_int_equal(hook_state(f), FROST_HOOK_BEGUN);
    f->hooks->cancel(f->hooks);
    down(f);
    assert_no_error(f->error);
    assert_int_equal(f->times, 2);
}

static void
a_free_ends_what_runs_and_no_done_follows(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "sleep 1000");
    begin_up(f);
    pid_t pid = atomic_load(&entry(f)->pid);
    use_hook(f, NULL, 60);

    assert_true(pid > 0);
    assert_true(waitpid(pid, NULL, 0) == pid || kill(pid, 0) < 0);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    assert_int_equal(f->times, 0);
}

/* The ledger ----------------------------------------------------------------------------------- */

static void
a_hook_finds_itself_in_the_ledger_when_it_begins(void **state)
{
    Fixture *f = *state;
    g_autofree char *body = g_strdup_printf(
        "[ $(od -An -tu4 -j %zu -N 4 %s/%s) = $$ ] && [ $(od -An -tu8 -j %zu -N 8 %s/%s) = "
        "$(cut -d' ' -f22 /proc/$$/stat) ]",
        offsetof(FrostLedgerData, hooks[0].pid), f->dir, FROST_LEDGER_NAME,
        offsetof(FrostLedgerData, hooks[0].start), f->dir, FROST_LEDGER_NAME);

    write_hook(f, f->hook, body);
    up(f);
    assert_no_error(f->error);
    assert_string_equal(f->ledger->data->hook_source, f->hook);
    assert_int_equal(f->ledger->data->hook_timeout_s, 60);
    down(f);
    assert_no_error(f->error);
    assert_int_equal(entry(f)->pid, 0);
}

static void
a_hook_of_an_earlier_agent_is_undone_by_the_path_in_the_ledger(void **state)
{
    static const FrostHookState STATES[] = {FROST_HOOK_BEGUN, FROST_HOOK_UNDOING};
    Fixture *f = *state;
    g_autofree char *earlier = g_build_filename(f->dir, "earlier", NULL);

    write_hook(f, f->hook, "");
    write_hook(f, earlier, "");
    for (size_t i = 0; i < G_N_ELEMENTS(STATES); i++) {
        use_hook(f, i == 0 ? NULL : f->hook, 60);
        owe(f, STATES[i], earlier, 0, 0);
        down(f);
        assert_no_error(f->error);
        assert_int_equal(hook_state(f), FROST_HOOK_IDLE);
    }
    assert_log(f, "earlier thaw\nearlier thaw\n");
}

/* As systemd does to the whole group of a service that it stops (KillMode=control-group). */
static void
a_thaw_that_somebody_ends_is_run_again_and_is_deaf_then(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "[ $1 = freeze ] || kill -TERM $$");
    up(f);
    assert_no_error(f->error);
    down(f);
    assert_no_error(f->error);
    assert_log(f, "hook freeze\nhook thaw\nhook thaw\n");
    assert_int_equal(hook_state(f), FROST_HOOK_IDLE);
    assert_int_equal(entry(f)->sides[FROST_HOOK_THAW].status, 0);
}

static void
a_freeze_that_somebody_ends_has_failed(void **state)
{
    Fixture *f = *state;

    write_hook(f, f->hook, "[ $1 = thaw ] || kill -TERM $$");
    up(f);
    assert_non_null(f->error);
    down(f);
    assert_no_error(f->error);
    assert_log(f, "hook freeze\nhook thaw\n");
}

/* A process with a session of its own that only waits; ours to reap. */
static pid_t
start_orphan(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        setsid();
        for (;;)
            pause();
    }
    while (getsid(pid) != pid)
        g_thread_yield();
    return pid;
}

static void
an_orphan_has_ended_before_its_thaw_begins(void **state)
{
    Fixture *f = *state;
    pid_t orphan = start_orphan();
    g_autofree char *body = g_strdup_printf("[ $(cut -d' ' -f3 /proc/%d/stat) = Z ]", (int)orphan);

    write_hook(f, f->hook, body);
    owe(f, FROST_HOOK_BEGUN, f->hook, orphan, frost_process_start_time(orphan));
    down(f);
    assert_no_error(f->error);

    int status = 0;
    assert_int_equal(waitpid(orphan, &status, 0), orphan);
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* No leader of a group: it cannot be killed, and would be waited for for a second. */
static void
an_orphan_that_does_not_end_is_not_waited_for_inside_of_down(void **state)
{
    Fixture *f = *state;
    pid_t orphan = fork();

    if (orphan == 0) {
        for (;;)
            pause();
    }
    write_hook(f, f->hook, "");
    owe(f, FROST_HOOK_BEGUN, f->hook, orphan, frost_process_start_time(orphan));
    gint64 began_us = g_get_monotonic_time();
    f->hooks->down(f->hooks, f->ledger, on_done, f);
    assert_true(g_get_monotonic_time() - began_us < 900 * 1000);
    assert_log(f, "");
    test_run_until(&f->done, 20000);
    assert_no_error(f->error);
    assert_log(f, "hook thaw\n");

    kill(orphan, SIGKILL);
    assert_int_equal(waitpid(orphan, NULL, 0), orphan);
}

static void
a_process_that_only_has_the_number_of_an_orphan_is_not_harmed(void **state)
{
    Fixture *f = *state;
    pid_t stranger = start_orphan();

    write_hook(f, f->hook, "");
    owe(f, FROST_HOOK_BEGUN, f->hook, stranger, frost_process_start_time(stranger) - 1);
    down(f);
    assert_no_error(f->error);

    assert_int_equal(waitpid(stranger, NULL, WNOHANG), 0);
    kill(stranger, SIGKILL);
    assert_int_equal(waitpid(stranger, NULL, 0), stranger);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(freeze_and_thaw_run_once_each),
        FIXTURE_TEST(without_a_hook_both_sides_end_by_themselves),
        FIXTURE_TEST(a_thaw_without_a_freeze_runs_nothing),
        FIXTURE_TEST(a_freeze_side_that_failed_is_still_owed_a_thaw),
        FIXTURE_TEST(a_freeze_side_that_could_not_start_is_owed_nothing),
        FIXTURE_TEST(a_thaw_side_that_fails_is_not_tried_for_ever),
        FIXTURE_TEST(a_thaw_that_somebody_ends_is_run_again_and_is_deaf_then),
        FIXTURE_TEST(a_freeze_that_somebody_ends_has_failed),
        FIXTURE_TEST(a_failure_is_told_in_the_words_that_hosts_know),
        FIXTURE_TEST(a_hook_that_cannot_start_is_told_with_its_path_and_the_reason),
        FIXTURE_TEST(a_hook_that_runs_too_long_is_ended_and_told_so),
        FIXTURE_TEST(a_cancel_ends_what_runs_with_an_error),
        FIXTURE_TEST(a_free_ends_what_runs_and_no_done_follows),
        FIXTURE_TEST(a_hook_finds_itself_in_the_ledger_when_it_begins),
        FIXTURE_TEST(a_hook_of_an_earlier_agent_is_undone_by_the_path_in_the_ledger),
        FIXTURE_TEST(an_orphan_has_ended_before_its_thaw_begins),
        FIXTURE_TEST(an_orphan_that_does_not_end_is_not_waited_for_inside_of_down),
        FIXTURE_TEST(a_process_that_only_has_the_number_of_an_orphan_is_not_harmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
