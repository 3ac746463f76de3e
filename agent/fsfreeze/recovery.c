/* SPDX-License-Identifier: MIT */
#include "recovery.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void
frost_recovery_become(int ledger_fd)
{
    char number[16];
    char *argv[] = {(char *)"frost-ga", (char *)FROST_RECOVERY_OPTION, number, NULL};

    snprintf(number, sizeof number, "%d", ledger_fd);
    fcntl(ledger_fd, F_SETFD, 0);
    execv("/proc/self/exe", argv);
}

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
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int
frost_recovery_process(int ledger_fd)
{
    FrostLedger ledger;

    ignore_requests_to_end();
    fcntl(ledger_fd, F_SETFD, FD_CLOEXEC);
    if (frost_ledger_map(&ledger, ledger_fd) < 0)
        return EXIT_FAILURE;

    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    FrostHooks *hooks = frost_hooks_new_single(NULL, ledger.data->hook_timeout_s, NULL);

    hooks->down(hooks, &ledger, undone, loop);
    g_main_loop_run(loop);
    hooks->free(hooks);
    frost_ledger_end(&ledger);
    return EXIT_SUCCESS;
}
