/* SPDX-License-Identifier: MIT */
#include "surroundings.h"

#include <errno.h>
#include <glib-unix.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

typedef struct {
    void (*came)(void *user, unsigned number);
    void *user;
} SignalWatch;

uint64_t
frost_allow_descriptors(unsigned wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    uint64_t before = limit.rlim_cur;
    if (before < wanted) {
        limit.rlim_cur = MIN(wanted, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return before;
}

bool
frost_has_descriptors(unsigned least, GError **error)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= least)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_MFILE,
                "this process may have %u open files, and needs %u: raise the limit "
                "(LimitNOFILE= of a unit, ulimit -n)",
                (unsigned)limit.rlim_cur, least);
    return false;
}

static gboolean
on_signal(gint fd, GIOCondition condition, gpointer user)
{
    const SignalWatch *self = user;
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof info) == sizeof info)
        self->came(self->user, info.ssi_signo);
    return G_SOURCE_CONTINUE;
}

bool
frost_watch_signals(void (*came)(void *user, unsigned number), void *user, GError **error)
{
    sigset_t signals;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* sent when the log file reaches the size limit */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "cannot watch signals: %s", g_strerror(errno));
        return false;
    }
    SignalWatch *watch = g_new(SignalWatch, 1);
    *watch = (SignalWatch){.came = came, .user = user};
    g_unix_fd_add_full(G_PRIORITY_DEFAULT, fd, G_IO_IN, on_signal, watch, g_free);
    return true;
}

void
frost_give_memory_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
