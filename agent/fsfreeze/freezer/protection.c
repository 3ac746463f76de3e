/* SPDX-License-Identifier: MIT */
#include "protection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
frost_protection_block_signals(void)
{
    sigset_t all;
    sigset_t term;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* 0, or an errno. */
static int
write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return errno;
    int why = write(fd, text, strlen(text)) < 0 ? errno : 0;
    close(fd);
    return why;
}

static int
lock_memory(void)
{
#ifdef MCL_ONFAULT
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? errno : 0;
#else
    return ENOSYS;
#endif
}

/* PR_SET_DUMPABLE gives our files in /proc to root, so that oom_score_adj has to be written before
 * it. */
void
frost_protection_begin(FrostLedgerData *ledger)
{
    setsid();
    atomic_store(&ledger->degraded[FROST_DEGRADED_OOM_PROTECTION],
                 write_file("/proc/self/oom_score_adj", "-1000"));
    prctl(PR_SET_DUMPABLE, 0);
    atomic_store(&ledger->degraded[FROST_DEGRADED_LOCKED_MEMORY], lock_memory());
}
