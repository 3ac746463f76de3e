/* SPDX-License-Identifier: MIT */
#include "daemonize.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
fail(GError **error, int code, const char *action)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code),
                "failed to daemonize: %s: %s", action, g_strerror(code));
    return false;
}

void
frost_stdio_fill(void)
{
    /* open() gives the lowest free number. */
    int fd = open("/dev/null", O_RDWR);

    while (fd >= 0 && fd < STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* In the launcher: a byte means that the daemon is ready, the end of the stream that it has ended.
 */
static _Noreturn void
wait_for_daemon(int fd)
{
    char byte;
    ssize_t r;

    do {
        r = read(fd, &byte, 1);
    } while (r < 0 && errno == EINTR);
    /* Not exit(): stdio buffers and exit handlers belong to the daemon. */
    _exit(r == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool
leave_surroundings(GError **error)
{
    umask(077);
    if (setsid() < 0)
        return fail(error, errno, "setsid");
    if (chdir("/") < 0)
        return fail(error, errno, "chdir to /");
    return true;
}

bool
frost_daemonize_begin(FrostDaemonize *out, GError **error)
{
    g_auto(FrostDaemonize) self = FROST_DAEMONIZE_NONE;
    int ends[2];

    /* Opened here, as frost_daemonize_ready() cannot fail. */
    self.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (self.null_fd < 0)
        return fail(error, errno, "/dev/null");
    /* A socket rather than a pipe, so that send() can avoid SIGPIPE if the launcher was killed. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return fail(error, errno, "socketpair");

    /* Buffered output would otherwise be written by both processes. */
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        int code = errno;

        close(ends[0]);
        close(ends[1]);
        return fail(error, code, "fork");
    }
    if (pid > 0) {
        close(ends[1]);
        wait_for_daemon(ends[0]);
    }

    close(ends[0]);
    self.launcher_fd = ends[1];
    if (!leave_surroundings(error))
        return false;
    *out = self;
    self = FROST_DAEMONIZE_NONE;
    return true;
}

void
frost_daemonize_ready(FrostDaemonize *self)
{
    if (self->launcher_fd < 0)
        return;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(self->null_fd, fd);
    /* If the launcher was killed, the daemon goes on. */
    ssize_t sent = send(self->launcher_fd, "", 1, MSG_NOSIGNAL);
    (void)sent;
    frost_daemonize_clear(self);
}

void
frost_daemonize_clear(FrostDaemonize *self)
{
    if (self->launcher_fd >= 0)
        close(self->launcher_fd);
    if (self->null_fd >= 0)
        close(self->null_fd);
    *self = FROST_DAEMONIZE_NONE;
}
