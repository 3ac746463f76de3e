/* SPDX-License-Identifier: MIT */
#include "syslog-socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* How long a line waits for a log daemon that does not read. After that, the next one does not
 * wait.
 */
#define PATIENCE_US 100000

/* Fits well into one datagram. */
#define TEXT_MAX 8192

struct FrostSyslog {
    char *path;
    char *ident;
    int fd;
    bool is_stream; /* an old syslog-ng, where lines end with NUL */
    bool is_stuck;
};

FrostSyslog *
frost_syslog_new(const char *path, const char *ident)
{
    FrostSyslog *self = g_new0(FrostSyslog, 1);

    self->path = g_strdup(path);
    self->ident = g_strdup(ident);
    self->fd = -1;
    return self;
}

static void
disconnect(FrostSyslog *self)
{
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
}

void
frost_syslog_free(FrostSyslog *self)
{
    if (!self)
        return;
    disconnect(self);
    g_free(self->path);
    g_free(self->ident);
    g_free(self);
}

static int
connect_as(const FrostSyslog *self, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_usec = PATIENCE_US};

    if (g_strlcpy(address.sun_path, self->path, sizeof(address.sun_path)) >=
        sizeof(address.sun_path))
        return -ENAMETOOLONG;

    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int r = -errno;

        close(fd);
        return r;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return fd;
}

static bool
ensure_connected(FrostSyslog *self)
{
    if (self->fd >= 0)
        return true;

    self->is_stream = false;
    self->fd = connect_as(self, SOCK_DGRAM);
    if (self->fd == -EPROTOTYPE) {
        self->is_stream = true;
        self->fd = connect_as(self, SOCK_STREAM);
    }
    return self->fd >= 0;
}

/* @length: without the NUL. False: reconnect, and try again. */
static bool
try_send(FrostSyslog *self, const char *line, size_t length)
{
    if (!ensure_connected(self))
        return true;
    if (self->is_stream)
        length++;

    ssize_t sent;
    do {
        sent = send(self->fd, line, length, MSG_NOSIGNAL | (self->is_stuck ? MSG_DONTWAIT : 0));
    } while (sent < 0 && errno == EINTR);

    self->is_stuck = sent < 0 && (errno == EAGAIN || errno == ENOBUFS);
    if (sent == (ssize_t)length || self->is_stuck)
        return true;
    /* The log daemon was restarted, or a stream took only a part of the line. */
    disconnect(self);
    return false;
}

void
frost_syslog_send(FrostSyslog *self, gint64 time_us, const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(time_us / G_USEC_PER_SEC);
    struct tm when;

    localtime_r(&seconds, &when);
    g_autofree char *line = g_strdup_printf(
        "<%d>%.3s %2d %02d:%02d:%02d %s: %.*s", LOG_USER | LOG_INFO, months + 3 * when.tm_mon,
        when.tm_mday, when.tm_hour, when.tm_min, when.tm_sec, self->ident, TEXT_MAX, text);
    size_t length = strlen(line);

    for (int attempt = 0; attempt < 2; attempt++) {
        if (try_send(self, line, length))
            return;
    }
}
