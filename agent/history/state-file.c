/* SPDX-License-Identifier: MIT */
#include "state-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history-error.h"
#include "whole-file.h"

static void
close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define AUTO_FD __attribute__((cleanup(close_fd))) int

static bool
fail(GError **error, const char *action, const char *folder, const char *name, int code)
{
    g_set_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_IO, "cannot %s %s/%s: %s", action,
                folder, name, g_strerror(code));
    return false;
}

static bool
refuse(GError **error, const char *folder, const char *name, const char *why)
{
    g_set_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_INVALID, "cannot use %s/%s: %s",
                folder, name, why);
    return false;
}

static int
open_folder(const char *folder)
{
    return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool
frost_state_file_read(const char *folder, const char *name, size_t max_bytes, GString **out_text,
                      GError **error)
{
    AUTO_FD dir = open_folder(folder);
    AUTO_FD fd =
        dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0 && errno == ENOENT && dir >= 0) {
        *out_text = NULL;
        return true;
    }
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail(error, "read", folder, name, errno);
    if (!S_ISREG(st.st_mode))
        return refuse(error, folder, name, "it is not a regular file");

    g_autoptr(GString) text = g_string_new(NULL);
    int r = frost_read_whole(fd, max_bytes, text);
    if (r == -EFBIG)
        return refuse(error, folder, name, "it is too long");
    if (r < 0)
        return fail(error, "read", folder, name, -r);
    *out_text = g_steal_pointer(&text);
    return true;
}

bool
frost_state_file_write(const char *folder, const char *name, const GString *text, GError **error)
{
    AUTO_FD dir = open_folder(folder);
    int r = dir < 0 ? -errno : frost_replace_file(dir, name, text->str, text->len, 0600, false);

    return r == 0 || fail(error, "write", folder, name, -r);
}

bool
frost_state_file_publish(const char *folder, const char *name, const char *text, GError **error)
{
    AUTO_FD dir = open_folder(folder);
    int r = dir < 0 ? -errno : frost_replace_file(dir, name, text, strlen(text), 0644, false);

    return r == 0 || fail(error, "write", folder, name, -r);
}
