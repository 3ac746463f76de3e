/* SPDX-License-Identifier: MIT */
#include "mountinfo.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

static void
mount_free(void *data)
{
    FrostMount *mount = data;

    g_free(mount->root);
    g_free(mount->mount_point);
    g_free(mount->fs_type);
    g_free(mount->source);
    g_free(mount->super_options);
    g_clear_pointer(&mount->children, g_tree_unref);
    g_free(mount);
}

/* The next word of a line. Each single space ends a word; between two spaces is an empty word. */
static bool
next_word(const char **cursor, const char *end, const char **out_word, size_t *out_length)
{
    if (!*cursor)
        return false;

    const char *space = memchr(*cursor, ' ', (size_t)(end - *cursor));
    *out_word = *cursor;
    *out_length = (size_t)((space ? space : end) - *cursor);
    *cursor = space ? space + 1 : NULL;
    return true;
}

static bool
read_number(const char *word, size_t length, unsigned *out)
{
    guint64 value = 0;

    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isdigit(word[i]))
            return false;
        value = value * 10 + (guint64)(word[i] - '0');
        if (value > UINT_MAX)
            return false;
    }
    *out = (unsigned)value;
    return true;
}

static bool
next_number(const char **cursor, const char *end, unsigned *out)
{
    const char *word;
    size_t length;

    return next_word(cursor, end, &word, &length) && read_number(word, length, out);
}

static bool
next_dev(const char **cursor, const char *end, dev_t *out)
{
    const char *word;
    size_t length;
    unsigned high, low;

    if (!next_word(cursor, end, &word, &length))
        return false;
    const char *colon = memchr(word, ':', length);
    if (!colon || !read_number(word, (size_t)(colon - word), &high) ||
        !read_number(colon + 1, length - (size_t)(colon - word) - 1, &low))
        return false;
    *out = makedev(high, low);
    return true;
}

static bool
is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* \ooo is a byte, \\ a backslash; anything else is copied. \000 is copied, too: no path has a NUL.
 */
static char *
unescape(const char *word, size_t length)
{
    char *text = g_malloc(length + 1);
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        text[used] = word[i];
        if (word[i] == '\\' && length - i > 3 && word[i + 1] <= '3' && is_octal(word[i + 1]) &&
            is_octal(word[i + 2]) && is_octal(word[i + 3])) {
            int byte = (word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + (word[i + 3] - '0');
            if (byte != 0) {
                text[used] = (char)byte;
                i += 3;
            }
        } else if (word[i] == '\\' && length - i > 1 && word[i + 1] == '\\') {
            i++;
        }
        used++;
    }
    text[used] = '\0';
    return text;
}

static bool
next_text(const char **cursor, const char *end, char **out)
{
    const char *word;
    size_t length;

    if (!next_word(cursor, end, &word, &length))
        return false;
    *out = unescape(word, length);
    return true;
}

/* Skips the mount options and any optional fields, up to the lone hyphen after them. */
static bool
skip_to_separator(const char **cursor, const char *end)
{
    const char *word;
    size_t length;

    while (next_word(cursor, end, &word, &length)) {
        if (length == 1 && *word == '-')
            return true;
    }
    return false;
}

static bool
parse_line(const char *line, const char *end, FrostMount *mount)
{
    const char *cursor = line;

    if (memchr(line, '\0', (size_t)(end - line)) || !next_number(&cursor, end, &mount->id) ||
        !next_number(&cursor, end, &mount->parent_id) || !next_dev(&cursor, end, &mount->dev) ||
        !next_text(&cursor, end, &mount->root) || !next_text(&cursor, end, &mount->mount_point) ||
        !skip_to_separator(&cursor, end) || !next_text(&cursor, end, &mount->fs_type) ||
        !next_text(&cursor, end, &mount->source))
        return false;

    mount->super_options = cursor ? g_strndup(cursor, (gsize)(end - cursor)) : g_strdup("");
    return mount->mount_point[0] == '/' && mount->fs_type[0] != '\0';
}

static gint
compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

/* In a tree: 100,000 names can be chosen so that a hash table of them takes minutes. */
static void
add_child(FrostMount *parent, FrostMount *mount)
{
    mount->parent = parent;
    if (!parent->children)
        parent->children = g_tree_new(compare_paths);
    g_tree_replace(parent->children, mount->mount_point, mount);
}

/* A table that changed while it was read may have an id twice: the first has the children. */
static void
link_mounts(const GPtrArray *mounts)
{
    g_autoptr(GHashTable) by_id = g_hash_table_new(NULL, NULL);

    for (guint i = mounts->len; i-- > 0;) {
        FrostMount *mount = mounts->pdata[i];
        g_hash_table_insert(by_id, GUINT_TO_POINTER(mount->id), mount);
    }
    for (guint i = 0; i < mounts->len; i++) {
        FrostMount *mount = mounts->pdata[i];
        FrostMount *parent = g_hash_table_lookup(by_id, GUINT_TO_POINTER(mount->parent_id));
        if (parent && parent != mount)
            add_child(parent, mount);
    }
}

GPtrArray *
frost_mountinfo_parse(const char *text, size_t length, unsigned *out_bad_lines)
{
    GPtrArray *mounts = g_ptr_array_new_with_free_func(mount_free);
    const char *end = text + length;

    *out_bad_lines = 0;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;
        FrostMount *mount = g_new0(FrostMount, 1);

        if (parse_line(text, line_end, mount)) {
            g_ptr_array_add(mounts, mount);
        } else {
            mount_free(mount);
            (*out_bad_lines)++;
        }
        text = line_end + 1;
    }
    link_mounts(mounts);
    return mounts;
}

static bool
line_shows_more(const char *line, const char *end, GHashTable *known)
{
    const char *cursor = line;
    unsigned number;
    dev_t dev;

    if (!next_number(&cursor, end, &number) || !next_number(&cursor, end, &number) ||
        !next_dev(&cursor, end, &dev))
        return false;
    if (major(dev) == 0 && !g_strstr_len(line, end - line, " - btrfs "))
        return false;
    guint64 key = dev;
    return !g_hash_table_contains(known, &key);
}

bool
frost_mountinfo_shows_more(const char *text, size_t length, GHashTable *known)
{
    const char *end = text + length;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;

        if (line_shows_more(text, line_end, known))
            return true;
        text = line_end + 1;
    }
    return false;
}

/* The value of an option, still escaped; "" for an option without a value; NULL: no such option. */
static const char *
find_option(const char *options, const char *name, size_t *out_length)
{
    size_t name_length = strlen(name);

    while (*options) {
        size_t length = strcspn(options, ",");
        if (length >= name_length && strncmp(options, name, name_length) == 0 &&
            (length == name_length || options[name_length] == '=')) {
            bool has_value = length > name_length;
            *out_length = has_value ? length - name_length - 1 : 0;
            return options + name_length + has_value;
        }
        options += length;
        options += *options == ',';
    }
    return NULL;
}

bool
frost_mount_superblock_is_read_only(const FrostMount *mount)
{
    size_t length;

    return find_option(mount->super_options, "ro", &length) != NULL;
}

char *
frost_mount_super_option(const FrostMount *mount, const char *name)
{
    size_t length;
    const char *value = find_option(mount->super_options, name, &length);

    return value ? unescape(value, length) : NULL;
}

/* The root mount: it is at "/", and its parent is not in the table. */
static const FrostMount *
find_root(const GPtrArray *mounts)
{
    for (guint i = 0; i < mounts->len; i++) {
        const FrostMount *mount = mounts->pdata[i];
        if (!mount->parent && strcmp(mount->mount_point, "/") == 0)
            return mount;
    }
    return NULL;
}

/* Of the mounts whose parent is @from, the first that a walk along @path enters. */
static const FrostMount *
next_step(const FrostMount *from, char *path)
{
    if (!from->children)
        return NULL;
    const FrostMount *next = g_tree_lookup(from->children, "/");

    for (char *end = path + 1; !next; end++) {
        char cut = *end;
        if (cut != '/' && cut != '\0')
            continue;
        *end = '\0';
        next = g_tree_lookup(from->children, path);
        *end = cut;
        if (cut == '\0')
            break;
    }
    return next;
}

/* The walk ends: from the root, which has no parent, no mount is reached twice. */
const FrostMount *
frost_mountinfo_leads_to(const GPtrArray *mounts, const char *path)
{
    const FrostMount *at = NULL, *next = find_root(mounts);
    g_autofree char *way = g_strdup(path);

    while (next) {
        at = next;
        next = next_step(at, way);
    }
    return at;
}
