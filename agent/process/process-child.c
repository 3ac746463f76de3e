/* SPDX-License-Identifier: MIT */
#include "process-child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fork.h"

/* Above the standard ones, or as it was: dup2() onto itself would leave the flag set. */
static int
move_up(int fd)
{
    int moved = fd >= 0 && fd <= STDERR_FILENO ? fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : fd;

    return moved >= 0 ? moved : fd;
}

/* After fork: only what is safe there. @input_fd: -1 is /dev/null */
static G_GNUC_NORETURN void
child(const FrostProcessSpec *spec, int gate, int input_fd, int output_fd)
{
    char go;
    int in = move_up(input_fd >= 0 ? input_fd : open("/dev/null", O_RDONLY | O_CLOEXEC));
    int out = move_up(output_fd);

    setsid();
    frost_default_signals();
    if (spec->deaf)
        signal(SIGTERM, SIG_IGN);
    if (in >= 0)
        dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);

    /* The agent that would let us go is gone: so are we. */
    if (read(gate, &go, 1) != 1)
        _exit(EXIT_FAILURE);
    if (spec->envp)
        environ = (char **)spec->envp;
    execvp(spec->argv[0], (char *const *)spec->argv);

    int why = errno;
    if (write(gate, &why, sizeof why) < 0)
        _exit(EXIT_FAILURE);
    _exit(127);
}

static bool
fail(GError **error, const char *what)
{
    int why = errno;

    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(why), "%s: %s", what, g_strerror(why));
    return false;
}

/* Pairs of descriptors; -1: none. Ours come first, but of the input. */
typedef struct {
    int gate[2];
    int output[2];
    int input[2];
} Pipes;

static void
close_pair(int pair[2])
{
    for (unsigned i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            close(pair[i]);
        pair[i] = -1;
    }
}

static void
pipes_close(Pipes *self)
{
    int why = errno;

    close_pair(self->gate);
    close_pair(self->output);
    close_pair(self->input);
    errno = why;
}

static bool
pipes_open(Pipes *self, bool with_input, GError **error)
{
    *self = (Pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->gate) < 0) {
        return fail(error, "cannot create socket pair");
    }
    if (pipe2(self->output, O_CLOEXEC) < 0 || (with_input && pipe2(self->input, O_CLOEXEC) < 0)) {
        pipes_close(self);
        return fail(error, "cannot create pipe FDs");
    }
    return true;
}

static void
drop(int fd)
{
    if (fd >= 0)
        close(fd);
}

pid_t
frost_process_fork(const FrostProcessSpec *spec, FrostProcessEnds *out_ends, GError **error)
{
    Pipes pipes;

    if (!pipes_open(&pipes, spec->ready_line != NULL, error))
        return -1;
    pid_t pid = frost_fork_without_signals();
    if (pid == 0) {
        close(pipes.gate[0]);
        drop(pipes.input[1]);
        child(spec, pipes.gate[1], pipes.input[0], pipes.output[1]);
    }
    if (pid < 0) {
        pipes_close(&pipes);
        fail(error, "failed to create child process");
        return -1;
    }
    close(pipes.gate[1]);
    close(pipes.output[1]);
    drop(pipes.input[0]);
    *out_ends = (FrostProcessEnds){
        .gate = pipes.gate[0], .output = pipes.output[0], .input = pipes.input[1]};
    return pid;
}
