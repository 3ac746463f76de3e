/* SPDX-License-Identifier: MIT */
#include "holder.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "freezer-protocol.h"
#include "ledger-wait.h"
#include "process-start.h"
#include "stopped-freezer.h"

/* The pidfd is opened first: it goes on to mean this process, whatever happens to the pid. */
FrostHolderAnswer
frost_holder_ask(const FrostSnapshot *snapshot)
{
    int pidfd =
        snapshot->freezer_pid > 1 ? (int)syscall(SYS_pidfd_open, snapshot->freezer_pid, 0) : -1;
    bool is_it = pidfd >= 0 && snapshot->freezer_start != 0 &&
                 frost_process_start_time(snapshot->freezer_pid) == snapshot->freezer_start;
    FrostHolderAnswer answer = FROST_HOLDER_GONE;
    /* The value shows that a person has ended the freeze, which the host is told. */
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

/* How often the freezer is checked. */
#define LOOK_MS 250u

typedef struct {
    GMainLoop *loop;
    bool free;
    const FrostSnapshot *holder;
    FrostStoppedFreezer stopped;
} Waiting;

/* Kills a freezer that is stopped. Its agent, if alive, then starts another one; else the lock is
 * free.
 */
static gboolean
on_look(gpointer user)
{
    Waiting *self = user;

    frost_stopped_freezer_look(&self->stopped, self->holder->freezer_pid,
                               self->holder->freezer_start, LOOK_MS);
    return G_SOURCE_CONTINUE;
}

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
frost_holder_wait(const char *statedir, const FrostSnapshot *holder, unsigned timeout_s)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GMainLoop) loop = g_main_loop_new(context, FALSE);
    g_autoptr(GSource) timeout = g_timeout_source_new_seconds(timeout_s);
    g_autoptr(GSource) look = g_timeout_source_new(LOOK_MS);
    Waiting self = {.loop = loop, .holder = holder};
    FrostLedgerWait *wait = frost_ledger_wait_new(statedir, context, on_free, &self);

    g_source_set_callback(timeout, on_timeout, &self, NULL);
    g_source_attach(timeout, context);
    g_source_set_callback(look, on_look, &self, NULL);
    g_source_attach(look, context);
    g_main_loop_run(loop);
    g_source_destroy(timeout);
    g_source_destroy(look);
    frost_ledger_wait_free(wait);
    return self.free;
}
