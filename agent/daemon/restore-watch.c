/* SPDX-License-Identifier: MIT */
#include "restore-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* The longest record of /dev/kmsg. */
#define TEXT_MAX 8192

#define YEAR_S (365 * 24 * 3600)

struct FrostRestoreWatch {
    FrostRestored restored;
    void *user;
    GSource *sources[2];
    int fds[2];
    int64_t shift_us; /* clock_shift_us() at the beginning */
};

/* Grows by as much as the clock is set forward. */
static int64_t
clock_shift_us(void)
{
    struct timespec boot;

    clock_gettime(CLOCK_BOOTTIME, &boot);
    return g_get_real_time() - boot.tv_sec * G_USEC_PER_SEC - boot.tv_nsec / 1000;
}

static void
stop(FrostRestoreWatch *self)
{
    for (size_t i = 0; i < G_N_ELEMENTS(self->fds); i++) {
        if (!self->sources[i])
            continue;
        g_source_destroy(self->sources[i]);
        g_clear_pointer(&self->sources[i], g_source_unref);
        close(self->fds[i]);
    }
}

static gboolean
tell(FrostRestoreWatch *self, const char *why)
{
    stop(self);
    self->restored(self->user, why);
    return G_SOURCE_REMOVE;
}

/* What the kernel says ------------------------------------------------------------------------- */

/* A record of the log is "PRIORITY,...;TEXT"; the kernel's own priorities are below 8. */
bool
frost_restore_is_told(const char *text)
{
    const char *record = strchr(text, ';');

    return record && g_ascii_strtoull(text, NULL, 10) < 8 &&
           g_str_has_prefix(record, ";random: crng reseeded due to virtual machine fork");
}

/* One record. What the kernel has overwritten meanwhile (EPIPE) is lost. */
static gboolean
on_kernel(gint fd, GIOCondition condition, gpointer user)
{
    char text[TEXT_MAX + 1];
    ssize_t length = read(fd, text, TEXT_MAX);

    if (length <= 0)
        return G_SOURCE_CONTINUE;
    text[length] = '\0';
    if (!frost_restore_is_told(text))
        return G_SOURCE_CONTINUE;
    return tell(user, "the machine has a new generation id: it was restored or cloned");
}

static int
open_log(void)
{
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        lseek(fd, 0, SEEK_END);
    return fd;
}

/* The clock ------------------------------------------------------------------------------------ */

/* Far away; what counts is that it is cancelled when the clock is set. */
static bool
arm(int fd)
{
    struct itimerspec when = {.it_value.tv_sec = time(NULL) + YEAR_S};

    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) == 0;
}

static gboolean
on_clock(gint fd, GIOCondition condition, gpointer user)
{
    FrostRestoreWatch *self = user;
    uint64_t rings;

    if (read(fd, &rings, sizeof rings) < 0 && errno == EAGAIN)
        return G_SOURCE_CONTINUE;
    if (clock_shift_us() - self->shift_us >= FROST_RESTORE_JUMP_S * G_USEC_PER_SEC)
        return tell(self, "the clock was set forward: the machine was saved, and time has passed");
    return arm(fd) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static int
open_clock(void)
{
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

    if (fd >= 0 && !arm(fd)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Beginning and end ---------------------------------------------------------------------------- */

FrostRestoreWatch *
frost_restore_watch_new(FrostRestored restored, void *user)
{
    const GUnixFDSourceFunc heed[] = {on_kernel, on_clock};
    FrostRestoreWatch *self = g_new(FrostRestoreWatch, 1);

    *self = (FrostRestoreWatch){.restored = restored,
                                .user = user,
                                .fds = {open_log(), open_clock()},
                                .shift_us = clock_shift_us()};
    for (size_t i = 0; i < G_N_ELEMENTS(heed); i++) {
        if (self->fds[i] < 0)
            continue;
        self->sources[i] = g_unix_fd_source_new(self->fds[i], G_IO_IN);
        g_source_set_callback(self->sources[i], G_SOURCE_FUNC(heed[i]), self, NULL);
        g_source_attach(self->sources[i], NULL);
    }
    return self;
}

void
frost_restore_watch_free(FrostRestoreWatch *self)
{
    stop(self);
    g_free(self);
}
