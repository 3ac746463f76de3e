/* SPDX-License-Identifier: MIT */
#include "stopped-freezer.h"

#include <glib.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process-start.h"

/* As a supervisor gives its own. */
#define PATIENCE_MS 1000u

/* The descriptor comes first: from then on the number cannot get another meaning. */
static bool
end_stopped(pid_t pid, uint64_t start)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    bool is_ended = pidfd >= 0 && frost_process_is_stopped(pid, start) &&
                    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) == 0;

    if (pidfd >= 0)
        close(pidfd);
    return is_ended;
}

bool
frost_stopped_freezer_look(FrostStoppedFreezer *self, pid_t pid, uint64_t start, unsigned since_ms)
{
    if (!frost_process_is_stopped(pid, start)) {
        self->stopped_ms = 0;
        return false;
    }
    /* The first look only sees that it is stopped, not for how long. */
    self->stopped_ms += self->stopped_ms == 0 ? 1 : since_ms;
    if (self->stopped_ms <= PATIENCE_MS || !end_stopped(pid, start))
        return false;
    g_warning("process %d, which holds the freeze, is stopped and has been killed", (int)pid);
    self->stopped_ms = 0;
    return true;
}
