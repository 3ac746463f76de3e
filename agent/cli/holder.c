/* SPDX-License-Identifier: MIT */
#include "holder.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "freezer-wire.h"
#include "ledger-wait.h"
#include "process.h"

/* The descriptor comes first: from then on the number cannot get another meaning. */
FrostHolderAnswer
frost_holder_ask(const FrostPeek *peek)
{
    int pidfd = peek->freezer_pid > 1 ? (int)syscall(SYS_pidfd_open, peek->freezer_pid, 0) : -1;
    bool is_it = pidfd >= 0 && peek->freezer_start != 0 &&
                 frost_process_start_time(peek->freezer_pid) == peek->freezer_start;
    FrostHolderAnswer answer = FROST_HOLDER_GONE;
    /* So that the host is told by whom its freeze was ended. */
    siginfo_t who = {.si_signo = SIGTERM, .si_code = SI_QUEUE};

    who.si_pid = getpid();
    who.si_uid = getuid();
    who.si_value.sival_int = FROST_OPERATOR_SIGNAL_VALUE;
    if (is_it && syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, &who, 0) == 0)
        answer = FROST_HOLDER_ASKED;
    else if (is_it && errno != ESRCH)
        answer = FROST_HOLDER_REFUSED;
    if (pidfd >= 0) {
        int saved = errno;

        close(pidfd);
        errno = saved;
    }
    return answer;
}

typedef struct {
    GMainLoop *loop;
    bool free;
} Waiting;

static void
on_free(void *user, FrostLedger *ledger, const GError *error)
{
    Waiting *self = user;

    self->free = ledger != NULL;
    frost_ledger_free(ledger);
    g_main_loop_quit(self->loop);
}

static gboolean
on_timeout(gpointer user)
{
    Waiting *self = user;

    g_main_loop_quit(self->loop);
    return G_SOURCE_REMOVE;
}

bool
frost_holder_wait(const char *statedir, unsigned timeout_s)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GMainLoop) loop = g_main_loop_new(context, FALSE);
    g_autoptr(GSource) timeout = g_timeout_source_new_seconds(timeout_s);
    Waiting self = {.loop = loop};
    FrostLedgerWait *wait = frost_ledger_wait_new(statedir, context, on_free, &self);

    g_source_set_callback(timeout, on_timeout, &self, NULL);
    g_source_attach(timeout, context);
    g_main_loop_run(loop);
    g_source_destroy(timeout);
    frost_ledger_wait_free(wait);
    return self.free;
}
