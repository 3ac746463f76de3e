/* SPDX-License-Identifier: MIT */
#include "recovery.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hooks.h"
#include "knob-restorer.h"
#include "ledger-data.h"
#include "record-ledger.h"
#include "stop.h"

static void
undone(void *user, const GError *error)
{
    GMainLoop *loop = user;

    if (error)
        g_warning("the agent is gone, and undoing its hook failed: %s", error->message);
    g_main_loop_quit(loop);
}

/* The service manager may end the whole group with TERM: what is left to do is still done. */
static void
ignore_requests_to_end(void)
{
    sigset_t none;

    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    /* What was sent to the freezer, which blocks it all, waits still: ignoring drops it. */
    for (int number = 1; number < NSIG; number++) {
        sighandler_t before = signal(number, SIG_IGN);

        if (before != SIG_ERR)
            signal(number, before);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What came over the exec, the lock among it, is not for the hook and what that may leave behind.
 */
static void
keep_descriptors_to_ourselves(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (atoi(name) > STDERR_FILENO)
            fcntl(atoi(name), F_SETFD, FD_CLOEXEC);
    }
}

static void
undo_hooks(FrostSys *sys, FrostLedger *ledger)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    const FrostHooksConfig none = {.timeout_s = 0};
    FrostHooks *hooks = frost_hooks_new(&none, sys, NULL);

    frost_ledger_mark(ledger, FROST_STEP_THAWED, frost_sys_now_us(sys));
    frost_ledger_owe_lost(ledger);
    frost_ledger_note_thawed(ledger);
    hooks->down(hooks, ledger, undone, loop);
    g_main_loop_run(loop);
    hooks->free(hooks);
    frost_ledger_mark(ledger, FROST_STEP_HOOKS_DOWN, frost_sys_now_us(sys));
}

int
frost_recovery_process(FrostSys *sys, int ledger_fd, int lock_fd, FrostRecovered recovered)
{
    FrostLedger ledger;

    ignore_requests_to_end();
    keep_descriptors_to_ourselves();
    frost_stop_point("recovery", "starting");
    if (frost_ledger_map(&ledger, ledger_fd, lock_fd) < 0)
        return EXIT_FAILURE;

    frost_knob_restorer_start(sys, &ledger);
    undo_hooks(sys, &ledger);
    if (!frost_ledger_holds(&ledger)) {
        g_autoptr(FrostRecord) record =
            frost_record_of_ledger(ledger.data, NULL, frost_sys_now_us(sys));

        recovered(ledger.data->statedir, record);
    }
    frost_stop_point("recovery", "leaving");
    frost_ledger_end(&ledger);
    return EXIT_SUCCESS;
}
