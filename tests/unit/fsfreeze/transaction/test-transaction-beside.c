/* SPDX-License-Identifier: MIT */
/* The ledger is another process's: a freezer, or a recovery, that an earlier agent has left. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transaction-fixture.h"

#include "ledger.h"
#include "process-start.h"

#define LIMIT_MS 10000

static void
what_another_holds_is_frozen_until_it_has_thawed(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    FrostLedger *holder = hold_elsewhere(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    thaw_elsewhere(holder);
    assert_false(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(f->told->str, "FT");
    frost_ledger_free(holder);
    while (!fake_hooks_run(f->hooks))
        g_main_context_iteration(NULL, TRUE);
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    assert_all_undone(f);
    cycle(f);
}

/* The log is held, and commands are refused: nobody may ask for the status meanwhile. */
static void
what_another_has_thawed_is_told_also_when_nobody_asks(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    FrostLedger *holder = hold_elsewhere(f);
    thaw_elsewhere(holder);
    while (strcmp(f->told->str, "FT") != 0)
        g_main_context_iteration(NULL, TRUE);
    end_elsewhere(f, holder);
}

/* Its freezer has been told, and has not begun. */
static void
what_another_is_about_to_freeze_is_frozen(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FREEZING);
    FrostLedger *holder = hold_elsewhere(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    thaw_elsewhere(holder);
    assert_false(frost_transaction_is_frozen(f->transaction));
    end_elsewhere(f, holder);
}

/* The file had no room for it: who holds it has it in memory. */
static void
what_another_holds_by_a_ledger_in_memory_is_frozen(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_THAWED);
    FrostLedger *holder = hold_elsewhere(f);
    assert_false(frost_transaction_is_frozen(f->transaction));
    atomic_store(&holder->data->active, FROST_LEDGER_ELSEWHERE);
    assert_true(frost_transaction_is_frozen(f->transaction));
    frost_ledger_note_thawed(holder);
    assert_false(frost_transaction_is_frozen(f->transaction));
    frost_ledger_free(holder);
    ask_thaw(f);
    while (!f->thaw.came)
        g_main_context_iteration(NULL, TRUE);
    cycle(f);
}

/* Proxmox VE asks first, and takes the backup of a guest that is frozen without freezing it. */
static void
while_another_only_undoes_hooks_the_status_is_thawed_and_a_freeze_waits(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_UNDOING);
    forget(&f->freeze);
    FrostLedger *holder = hold_elsewhere(f);
    assert_false(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(f->told->str, "");
    ask_freeze(f, NULL);
    assert_int_equal(f->freeze.times, 0);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    atomic_store(&holder->data->hooks[0].state, FROST_HOOK_IDLE);
    frost_ledger_end(holder);
    frost_ledger_free(holder);
    while (strcmp(fake_supervisor_last(f->freezer), "start") != 0)
        g_main_context_iteration(NULL, TRUE);
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(f->freeze.count, 2);
    ask_thaw(f);
    complete(f);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw freeze thaw");
    assert_all_undone(f);
}

/* As a recovery that was told to stop before its hook, or a frozen control group has caught. */
static pid_t
start_stopped_process(void)
{
    pid_t child = fork();

    while (child == 0)
        raise(SIGSTOP);
    assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
    return child;
}

/* Else a freeze would wait for it for ever. */
static void
who_is_stopped_and_only_has_hooks_to_undo_is_killed_too(void **state)
{
    Fixture *f = *state;
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_MS * 1000;
    int status = 0;

    drive(f, STAGE_UNDOING);
    FrostLedger *holder = hold_elsewhere(f);
    pid_t stopped = start_stopped_process();
    atomic_store(&holder->data->freezer_start, frost_process_start_time(stopped));
    atomic_store(&holder->data->freezer_pid, stopped);
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
    while (waitpid(stopped, &status, WNOHANG) == 0 && test_turn(deadline_us))
        continue;
    g_log_set_always_fatal(fatal);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_string_equal(f->told->str, "");
    end_elsewhere(f, holder);
}

static void
what_another_leaves_behind_is_taken_over(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    /* As if that one were the freezer of an agent that is gone, and were killed too. */
    FrostLedger *holder = hold_elsewhere(f);
    ask_thaw(f);
    frost_ledger_free(holder);
    while (strcmp(fake_supervisor_last(f->freezer), "adopt") != 0)
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
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    frost_ledger_free(holder);
}

/* It thaws by itself, as its agent is gone; what it leaves frozen is thawed at once. */
static void
a_restored_machine_waits_for_another(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    FrostLedger *holder = hold_elsewhere(f);
    be_restored(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    frost_ledger_free(holder);
    while (strcmp(fake_supervisor_last(f->freezer), "adopt") != 0)
        g_main_context_iteration(NULL, TRUE);
    complete(f);
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static unsigned
count_threads(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(dir))
        count++;
    return count;
}

/* The agent ends without waiting for it; its host must not believe that all is thawed. */
static void
a_thaw_that_meets_a_release_is_told_what_another_still_holds(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    FrostLedger *holder = hold_elsewhere(f);
    ask_thaw(f);
    ask_release(f);
    assert_int_equal(f->release.times, 1);
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(f->thaw.error);

    /* Or it goes on, as after the loss of a port. The thread that waited for the lock gets it for a
     * moment. */
    frost_ledger_free(holder);
    while (count_threads() > 1)
        g_usleep(1000);
    settle();
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
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

/* As a killed freezer's thread, whose freeze takes hold in the end. */
static void
freeze_srv_elsewhere(Fixture *f, FrostLedger *holder)
{
    const FrostLedgerEntry srv = {.fd = -1,
                                  .mount_dev = fake_fs_dev(f->srv),
                                  .device = fake_fs_device(f->srv),
                                  .mount_point = "/srv",
                                  .fs_type = "ext4"};
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof srv);
    g_autoptr(GError) error = NULL;

    g_array_append_val(entries, srv);
    assert_true(frost_ledger_begin(holder, entries, 1, &error));
    assert_no_error(error);
    fake_sys_freeze_earlier(f->fake, f->srv);
    atomic_store(&holder->data->filesystems[0].state, FROST_FS_FROZEN);
}

static void
what_kept_a_freeze_from_the_ledger_is_looked_at_by_the_next_request(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = frost_ledger_open(f->dir, NULL);

    ask_freeze(f, NULL);
    assert_error(f->freeze.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD, "earlier freeze");
    freeze_srv_elsewhere(f, holder);
    frost_ledger_free(holder);
    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
}

/* Nobody has asked for the status since; so only the freeze shows it, when it is in line. */
static void
a_freeze_that_meets_what_another_holds_by_now_is_refused(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = frost_ledger_open(f->dir, NULL);

    ask_freeze(f, NULL);
    freeze_srv_elsewhere(f, holder);
    ask_freeze(f, NULL);
    assert_int_equal(f->freeze.times, 2);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE, "/srv");
    assert_string_equal(f->told->str, "F");
    end_elsewhere(f, holder);
    assert_int_equal(f->thaw.times, 1);
    cycle(f);
}

static void
note_thaw(void *user, unsigned count, const GError *error)
{
    Fixture *f = user;

    f->thaw.times++;
    f->thaw.count = count;
}

/* As a host does that sends its questions in one go. */
static void
ask_more(void *user, unsigned count, const GError *error)
{
    Fixture *f = user;

    f->freeze.times++;
    frost_transaction_is_frozen(f->transaction);
    frost_transaction_thaw(f->transaction, note_thaw, f);
}

static void
a_host_that_asks_on_with_its_answer_waits_for_what_another_process_has(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = frost_ledger_open(f->dir, NULL);

    frost_transaction_freeze(f->transaction, NULL, NULL, ask_more, f);
    settle();
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(f->thaw.times, 0);
    frost_ledger_free(holder);
    while (f->thaw.times == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(f->thaw.count, 0);
    assert_all_undone(f);
    cycle(f);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_another_holds_is_frozen_until_it_has_thawed),
        FIXTURE_TEST(what_another_has_thawed_is_told_also_when_nobody_asks),
        FIXTURE_TEST(what_another_is_about_to_freeze_is_frozen),
        FIXTURE_TEST(what_another_holds_by_a_ledger_in_memory_is_frozen),
        FIXTURE_TEST(while_another_only_undoes_hooks_the_status_is_thawed_and_a_freeze_waits),
        FIXTURE_TEST(who_is_stopped_and_only_has_hooks_to_undo_is_killed_too),
        FIXTURE_TEST(what_another_leaves_behind_is_taken_over),
        FIXTURE_TEST(a_release_does_not_wait_for_another),
        FIXTURE_TEST(a_restored_machine_waits_for_another),
        FIXTURE_TEST(a_thaw_that_meets_a_release_is_told_what_another_still_holds),
        FIXTURE_TEST(a_freeze_that_meets_a_late_freezer_is_refused),
        FIXTURE_TEST(what_kept_a_freeze_from_the_ledger_is_looked_at_by_the_next_request),
        FIXTURE_TEST(a_freeze_that_meets_what_another_holds_by_now_is_refused),
        FIXTURE_TEST(a_host_that_asks_on_with_its_answer_waits_for_what_another_process_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
