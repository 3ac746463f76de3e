/* SPDX-License-Identifier: MIT */
#include "hook-log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whole-file.h"

struct FrostHookLog {
    GString *text;
    gsize dropped; /* bytes for which there was no room */
};

FrostHookLog *
frost_hook_log_new(void)
{
    FrostHookLog *self = g_new0(FrostHookLog, 1);

    self->text = g_string_new(NULL);
    return self;
}

void
frost_hook_log_free(FrostHookLog *self)
{
    if (!self)
        return;
    g_string_free(self->text, TRUE);
    g_free(self);
}

static void
append(FrostHookLog *self, const char *text, gsize length)
{
    gsize room = FROST_HOOK_LOG_MAX - self->text->len;

    g_string_append_len(self->text, text, (gssize)MIN(length, room));
    self->dropped += length - MIN(length, room);
}

void
frost_hook_log_add(FrostHookLog *self, const char *call, const char *result, const char *output)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S%z");
    g_autofree char *head = g_strdup_printf("%s %s: %s\n", time, call, result);
    gsize length = strlen(output);

    append(self, head, strlen(head));
    append(self, output, length);
    if (length > 0 && output[length - 1] != '\n')
        append(self, "\n", 1);
}

/* Only a regular file is written to: a device or a fifo might block. */
static int
append_to_file(const GString *text, const char *path)
{
    struct stat st;
    int fd = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);

    if (fd < 0)
        return -errno;
    int r = fstat(fd, &st) < 0     ? -errno
            : !S_ISREG(st.st_mode) ? -EINVAL
                                   : frost_write_whole(fd, text->str, text->len);
    close(fd);
    return r;
}

void
frost_hook_log_write(FrostHookLog *self, const char *path)
{
    if (self->dropped > 0)
        g_string_append_printf(self->text, "(%" G_GSIZE_FORMAT " more bytes)\n", self->dropped);
    if (self->text->len > 0 && *path) {
        int r = append_to_file(self->text, path);

        if (r < 0)
            g_warning("the output of the hooks cannot be written to %s: %s", path, g_strerror(-r));
    }
    g_string_free(self->text, TRUE); /* to give its memory back */
    self->text = g_string_new(NULL);
    self->dropped = 0;
}
