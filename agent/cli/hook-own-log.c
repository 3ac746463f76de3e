/* SPDX-License-Identifier: MIT */
#include "hook-own-log.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define USUAL "/var/log/qga-fsfreeze-hook.log"
#define PATTERN "(?<![-\\w./$}])/[-\\w./]+\\.log\\b"
#define FILES_MAX 8u
#define SCRIPT_MAX (64 * 1024)
#define TEXT_MAX (64 * 1024)

typedef struct {
    char *path;
    off_t end; /* where it ended at the last call */
} File;

struct FrostHookOwnLog {
    GArray *files; /* of File */
};

static void
file_clear(void *data)
{
    g_free(((File *)data)->path);
}

/* Opens a regular file, and nothing else; -1: there is none. */
static int
open_file(const char *path, struct stat *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd >= 0 && (fstat(fd, out) < 0 || !S_ISREG(out->st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

static void
add(FrostHookOwnLog *self, const char *path)
{
    File file = {.path = g_strdup(path)};
    struct stat st;

    for (guint i = 0; i < self->files->len; i++) {
        if (g_str_equal(g_array_index(self->files, File, i).path, path)) {
            g_free(file.path);
            return;
        }
    }
    int fd = open_file(path, &st);
    if (fd >= 0) {
        file.end = st.st_size;
        close(fd);
    }
    g_array_append_val(self->files, file);
}

/* Reads at most @max bytes from @from on; NULL: there are none. */
static char *
read_part(const char *path, off_t from, size_t max, off_t *out_end)
{
    struct stat st;
    int fd = open_file(path, &st);
    if (fd < 0)
        return NULL;

    off_t begin = st.st_size < from ? 0 : from; /* a file that is shorter now was replaced */
    g_autofree char *text = g_malloc(max + 1);
    ssize_t length = pread(fd, text, max, begin);
    close(fd);
    *out_end = st.st_size;
    if (length <= 0)
        return NULL;
    text[length] = '\0';
    return g_steal_pointer(&text);
}

static void
add_named(FrostHookOwnLog *self, const char *script)
{
    off_t end;
    g_autofree char *raw = read_part(script, 0, SCRIPT_MAX, &end);
    g_autofree char *text = raw ? g_utf8_make_valid(raw, -1) : g_strdup("");
    g_autoptr(GRegex) regex = g_regex_new(PATTERN, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    for (bool found = g_regex_match(regex, text, 0, &match); found && self->files->len < FILES_MAX;
         found = g_match_info_next(match, NULL)) {
        g_autofree char *path = g_match_info_fetch(match, 0);

        add(self, path);
    }
}

FrostHookOwnLog *
frost_hook_own_log_new(const char *script)
{
    FrostHookOwnLog *self = g_new0(FrostHookOwnLog, 1);

    self->files = g_array_new(FALSE, FALSE, sizeof(File));
    g_array_set_clear_func(self->files, file_clear);
    add(self, USUAL);
    add_named(self, script);
    return self;
}

void
frost_hook_own_log_free(FrostHookOwnLog *self)
{
    if (!self)
        return;
    g_array_unref(self->files);
    g_free(self);
}

char *
frost_hook_own_log_take(FrostHookOwnLog *self)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < self->files->len; i++) {
        File *file = &g_array_index(self->files, File, i);
        g_autofree char *text = read_part(file->path, file->end, TEXT_MAX, &file->end);

        if (text)
            g_string_append_printf(out, "%s:\n%s%s", file->path, text,
                                   g_str_has_suffix(text, "\n") ? "" : "\n");
    }
    return out->len > 0 ? g_strdup(out->str) : NULL;
}
