/* SPDX-License-Identifier: MIT */
#include "whole-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Large enough for few reads of a long mount table, small enough for many short files. */
#define PIECE 16384u
/* The least that a read of an attribute gives if more is left: a page. */
#define ATTRIBUTE 4096

/* @last: a read of fewer bytes is the last one. */
static int
read_pieces(int fd, size_t max_bytes, ssize_t last, GString *text)
{
    char piece[PIECE];

    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);

        if (n < 0 && errno != EINTR)
            return -errno;
        g_string_append_len(text, piece, MAX(n, 0));
        if (text->len > max_bytes)
            return -EFBIG;
        if (n >= 0 && n < last)
            return 0;
    }
}

int
frost_read_whole(int fd, size_t max_bytes, GString *text)
{
    return read_pieces(fd, max_bytes, 1, text);
}

int
frost_read_attribute(int fd, size_t max_bytes, GString *text)
{
    return read_pieces(fd, max_bytes, ATTRIBUTE, text);
}

int
frost_write_whole(int fd, const char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = write(fd, bytes + done, length - done);

        if (n == 0 || (n < 0 && errno != EINTR))
            return n == 0 ? -ENOSPC : -errno;
        done += (size_t)MAX(n, 0);
    }
    return 0;
}

int
frost_replace_file(int folder, const char *name, const char *bytes, size_t length, mode_t mode,
                   bool durable)
{
    g_autofree char *fresh = g_strconcat(name, ".frost-new", NULL);

    unlinkat(folder, fresh, 0);
    int fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = frost_write_whole(fd, bytes, length);
    if (r == 0 && fchmod(fd, mode) < 0) /* whatever the umask is */
        r = -errno;
    if (r == 0 && durable && fsync(fd) < 0)
        r = -errno;
    close(fd);
    if (r == 0 && renameat(folder, fresh, folder, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(folder, fresh, 0);
    return r;
}
