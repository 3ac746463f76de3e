/* SPDX-License-Identifier: MIT */

/*
 * fuzz-mountinfo.c - the parser of the mount table is fed any bytes
 *
 * What must hold: every line is understood or counted; what is understood has an absolute mount
 * point and a type; reading again what has been read says the same; a path ends on a mount of the
 * table, whatever shape the tree has.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "mountinfo.h"

#define MAX_BYTES 65536
#define MAX_PATHS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static size_t
count_lines(const char *text, size_t length)
{
    size_t lines = length > 0 && text[length - 1] != '\n';

    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

static void
append_escaped(GString *text, const char *word)
{
    for (; *word; word++) {
        if (strchr(" \t\n\\", *word))
            g_string_append_printf(text, "\\%03o", (unsigned char)*word);
        else
            g_string_append_c(text, *word);
    }
    g_string_append_c(text, ' ');
}

static void
read_again(const FrostMount *mount)
{
    g_autoptr(GString) text = g_string_new(NULL);
    unsigned bad_lines;

    g_string_append_printf(text, "%u %u %u:%u ", mount->id, mount->parent_id, major(mount->dev),
                           minor(mount->dev));
    append_escaped(text, mount->root);
    append_escaped(text, mount->mount_point);
    g_string_append(text, "rw - ");
    append_escaped(text, mount->fs_type);
    append_escaped(text, mount->source);
    g_string_append(text, mount->super_options);

    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text->str, text->len, &bad_lines);
    must(mounts->len == 1 && bad_lines == 0);
    const FrostMount *again = mounts->pdata[0];
    must(again->id == mount->id && again->parent_id == mount->parent_id);
    must(again->dev == mount->dev);
    must(strcmp(again->root, mount->root) == 0);
    must(strcmp(again->mount_point, mount->mount_point) == 0);
    must(strcmp(again->fs_type, mount->fs_type) == 0);
    must(strcmp(again->source, mount->source) == 0);
    must(strcmp(again->super_options, mount->super_options) == 0);
}

static void
check(const GPtrArray *mounts, const FrostMount *mount)
{
    must(mount->mount_point[0] == '/');
    must(mount->fs_type[0] != '\0');
    read_again(mount);

    g_autofree char *value = frost_mount_super_option(mount, "ro");
    must((value != NULL) == frost_mount_superblock_is_read_only(mount));
    const FrostMount *end = frost_mountinfo_leads_to(mounts, mount->mount_point);
    must(!end || g_ptr_array_find((GPtrArray *)mounts, end, NULL));
}

/* What is told without parsing never misses what parsing finds. */
static void
check_shows_more(const char *text, size_t length, const GPtrArray *mounts)
{
    g_autoptr(GHashTable) none = g_hash_table_new(g_int64_hash, g_int64_equal);
    bool has_disk = false;

    for (guint i = 0; i < mounts->len && !has_disk; i++) {
        const FrostMount *mount = mounts->pdata[i];
        has_disk = major(mount->dev) != 0 || strcmp(mount->fs_type, "btrfs") == 0;
    }
    bool shows_more = frost_mountinfo_shows_more(text, length, none);
    must(shows_more || !has_disk);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length = MIN(size, MAX_BYTES);
    /* a copy of just this size, so that reading on is noticed */
    g_autofree char *text = g_malloc(MAX(length, 1));
    unsigned bad_lines;

    if (length > 0)
        memcpy(text, data, length);

    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text, length, &bad_lines);
    must(mounts->len + bad_lines == count_lines(text, length));
    for (guint i = 0; i < MIN(mounts->len, MAX_PATHS); i++)
        check(mounts, mounts->pdata[i]);
    check_shows_more(text, length, mounts);
    return 0;
}
