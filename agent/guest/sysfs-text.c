/* SPDX-License-Identifier: MIT */
#include "sysfs-text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device-folder.h"
#include "dir-names.h"
#include "whole-file.h"

int
frost_sysfs_read(const char *root, const char *path, char **out_text)
{
    g_autofree char *full = g_strconcat(root, path, NULL);
    int fd = open(full, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    GString *text = g_string_new(NULL);
    int r = frost_read_attribute(fd, FROST_SYSFS_FILE_MAX, text);
    close(fd);
    if (r < 0) {
        g_string_free(text, TRUE);
        return r;
    }
    *out_text = g_strchomp(g_string_free(text, FALSE));
    return 0;
}

int
frost_sysfs_read_number(const char *root, const char *path, unsigned base, uint64_t *out)
{
    g_autofree char *text = NULL;
    int r = frost_sysfs_read(root, path, &text);

    if (r < 0)
        return r;
    return g_ascii_string_to_unsigned(text, base, 0, G_MAXUINT64, out, NULL) ? 0 : -EINVAL;
}

int
frost_sysfs_write(const char *root, const char *path, const char *text)
{
    g_autofree char *full = g_strconcat(root, path, NULL);
    int fd = open(full, O_WRONLY | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    ssize_t n = write(fd, text, strlen(text));
    int r = n < 0 ? -errno : (size_t)n == strlen(text) ? 0 : -EIO;
    close(fd);
    return r;
}

static size_t
stem_of(const char *name)
{
    size_t length = strlen(name);

    while (length > 0 && g_ascii_isdigit(name[length - 1]))
        length--;
    return length;
}

static int
compare(gconstpointer a, gconstpointer b)
{
    const char *left = *(const char *const *)a;
    const char *right = *(const char *const *)b;
    size_t stem = stem_of(left);

    if (stem != stem_of(right) || strncmp(left, right, stem) != 0)
        return strcmp(left, right);
    /* there are no leading zeros, so the longer number is the larger one */
    size_t left_digits = strlen(left + stem);
    size_t right_digits = strlen(right + stem);
    if (left_digits != right_digits)
        return left_digits < right_digits ? -1 : 1;
    return strcmp(left + stem, right + stem);
}

int
frost_sysfs_list(const char *root, const char *path, char ***out_names)
{
    g_autofree char *full = g_strconcat(root, path, NULL);

    return frost_dir_names(full, compare, out_names);
}

int
frost_sysfs_resolve(const char *root, const char *path, char **out_path)
{
    char *folder = *root == '\0' ? frost_device_folder(path) : NULL;

    if (folder) {
        *out_path = folder;
        return 0;
    }
    g_autofree char *full = g_strconcat(root, path, NULL);
    char *real_root = realpath(*root ? root : "/", NULL);
    char *real = realpath(full, NULL);
    int r = real_root && real ? 0 : -errno;

    if (r == 0) {
        size_t length = strcmp(real_root, "/") == 0 ? 0 : strlen(real_root);

        if (strncmp(real, real_root, length) == 0 && real[length] == '/')
            *out_path = g_strdup(real + length);
        else
            r = -EXDEV;
    }
    free(real_root);
    free(real);
    return r;
}

bool
frost_sysfs_has(const char *root, const char *path)
{
    g_autofree char *full = g_strconcat(root, path, NULL);

    return access(full, F_OK) == 0;
}

int64_t
frost_sysfs_number_after(const char *name, const char *text)
{
    size_t length = strlen(name);
    guint64 number;

    if (strncmp(text, name, length) != 0 ||
        !g_ascii_string_to_unsigned(text + length, 10, 0, G_MAXINT64, &number, NULL))
        return -1;
    return (int64_t)number;
}
