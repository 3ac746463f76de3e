/* SPDX-License-Identifier: MIT */
#include "child-start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fork.h"

bool
frost_child_pipe_open(FrostChildPipe *self, bool child_reads)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        return false;
    *self = (FrostChildPipe){.ours = fds[child_reads], .theirs = fds[!child_reads]};
    return true;
}

void
frost_child_pipe_close(FrostChildPipe *self)
{
    int why = errno;

    if (self->ours >= 0)
        close(self->ours);
    if (self->theirs >= 0)
        close(self->theirs);
    *self = (FrostChildPipe)FROST_CHILD_PIPE;
    errno = why;
}

/* Moves @fd above the standard descriptors, if it is one of them: dup2() of a descriptor onto
 * itself would leave its close-on-exec flag set. */
static int
move_up(int fd)
{
    int moved = fd >= 0 && fd <= STDERR_FILENO ? fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : fd;

    return moved >= 0 ? moved : fd;
}

/* Runs after fork, so it calls only what is safe there. */
static __attribute__((noreturn)) void
child(const FrostChildStart *start, int gate)
{
    int null_fd = move_up(open("/dev/null", O_RDWR | O_CLOEXEC));
    const int streams[] = {move_up(start->in), move_up(start->out), move_up(start->err)};
    char go;

    gate = move_up(gate);
    frost_child_settle(start->setting);
    if (start->deaf)
        signal(SIGTERM, SIG_IGN);
    for (int i = 0; i <= STDERR_FILENO; i++)
        dup2(streams[i] >= 0 ? streams[i] : null_fd, i);

    /* If the gate has ended, the agent has died, and nobody would wait for this program. */
    if (start->waits && read(gate, &go, 1) != 1)
        _exit(EXIT_FAILURE);
    if (start->env)
        environ = (char **)start->env;
    execvp(start->path, (char *const *)start->argv);

    int why = errno;
    if (write(gate, &why, sizeof why) < 0)
        _exit(EXIT_FAILURE);
    _exit(127);
}

pid_t
frost_child_start(const FrostChildStart *start, int *out_gate)
{
    int gate[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) < 0)
        return -1;
    pid_t pid = frost_fork_without_signals();
    if (pid == 0) {
        close(gate[0]);
        child(start, gate[1]);
    }
    int why = errno;
    close(gate[1]);
    if (pid < 0)
        close(gate[0]);
    else
        *out_gate = gate[0];
    errno = why;
    return pid;
}

int
frost_child_exec_errno(int gate)
{
    int why = 0;

    return recv(gate, &why, sizeof why, MSG_DONTWAIT) == sizeof why ? why : 0;
}
