/* SPDX-License-Identifier: MIT */
#include "state-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history.h"

#define CHUNK 65536u

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

/* 0, or a negative errno; stops one byte above @max_bytes. */
static int
read_all(int fd, GString *text, size_t max_bytes)
{
    while (text->len <= max_bytes) {
        size_t length = text->len;

        g_string_set_size(text, length + CHUNK);
        ssize_t r = read(fd, text->str + length, MIN(CHUNK, max_bytes + 1 - length));
        g_string_set_size(text, length + (r > 0 ? (size_t)r : 0));
        if (r == 0)
            return 0;
        if (r < 0 && errno != EINTR)
            return -errno;
    }
    return 0;
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
    int r = read_all(fd, text, max_bytes);
    if (r < 0)
        return fail(error, "read", folder, name, -r);
    if (text->len > max_bytes)
        return refuse(error, folder, name, "it is too long");
    *out_text = g_steal_pointer(&text);
    return true;
}

/* 0, or a negative errno. */
static int
write_all(int fd, const GString *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t r = write(fd, text->str + done, text->len - done);

        if (r == 0 || (r < 0 && errno != EINTR))
            return r == 0 ? -ENOSPC : -errno;
        done += r > 0 ? (size_t)r : 0;
    }
    return 0;
}

/* One that a writer who was killed has left is in the way, and nobody's. */
static int
write_new(int dir, const char *name, const GString *text)
{
    unlinkat(dir, name, 0);

    AUTO_FD fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    return write_all(fd, text);
}

bool
frost_state_file_write(const char *folder, const char *name, const GString *text, GError **error)
{
    AUTO_FD dir = open_folder(folder);
    g_autofree char *fresh = g_strconcat(name, ".new", NULL);

    if (dir < 0)
        return fail(error, "write", folder, name, errno);

    int r = write_new(dir, fresh, text);
    if (r == 0 && renameat(dir, fresh, dir, name) < 0)
        r = -errno;
    if (r == 0)
        return true;
    unlinkat(dir, fresh, 0);
    return fail(error, "write", folder, name, -r);
}
