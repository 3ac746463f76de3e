/* SPDX-License-Identifier: MIT */

/*
 * guest-file-open, -close, -read, -write, -seek, -flush
 */
#include "families.h"

#include <stdio.h>

#include "base64.h"
#include "files.h"
#include "log.h"

#define READ_COUNT 4096

static const char *const whence_words[] = {"set", "cur", "end", NULL};

typedef struct {
    FrostCommandContext *context;
    FrostFiles *files; /* NULL until the first request, as there are no blocking jobs before */
} Kept;

static FrostFiles *
files_of(Kept *kept)
{
    if (!kept->files)
        kept->files = frost_files_new(kept->context->jobs);
    return kept->files;
}

/* Answers ------------------------------------------------------------------------------------ */

static void
answer_open(void *user, int64_t handle, const GByteArray *bytes, bool eof, const GError *error)
{
    QgaCall *call = user;

    if (error) {
        qga_call_fail(call, g_error_copy(error));
        return;
    }
    frost_slog("guest-file-open, handle: %" G_GINT64_FORMAT, handle);
    qga_call_return(call, qga_value_new_int(handle));
}

static void
answer_transfer(void *user, int64_t count, const GByteArray *bytes, bool eof, const GError *error)
{
    QgaCall *call = user;

    if (error) {
        qga_call_fail(call, g_error_copy(error));
        return;
    }
    QgaValue *answer = qga_value_new_object();
    qga_value_set_int(answer, "count", count);
    if (bytes)
        qga_value_set(answer, "buf-b64", qga_base64_value(bytes->data, bytes->len));
    qga_value_set_bool(answer, "eof", eof);
    qga_call_return(call, answer);
}

/* Requests ----------------------------------------------------------------------------------- */

static void
file_open(QgaCall *call, void *user)
{
    const QgaArgs *args = qga_call_args(call);
    const char *path = NULL;
    const char *mode = "r";
    GError *error = NULL;

    if (!qga_args_string(args, "path", &path, &error) ||
        !qga_args_string_optional(args, "mode", &mode, &error) || !qga_args_end(args, &error)) {
        qga_call_fail(call, error);
        return;
    }
    frost_slog("guest-file-open called, filepath: %s, mode: %s", path, mode);
    if (!frost_files_open(files_of(user), path, mode, answer_open, call, &error))
        qga_call_fail(call, error);
}

static void
file_read(QgaCall *call, void *user)
{
    const QgaArgs *args = qga_call_args(call);
    int64_t handle;
    int64_t count = READ_COUNT;
    GError *error = NULL;

    if (!qga_args_int(args, "handle", &handle, &error) ||
        !qga_args_int_optional(args, "count", &count, &error) || !qga_args_end(args, &error) ||
        !frost_files_read(files_of(user), handle, count, answer_transfer, call, &error))
        qga_call_fail(call, error);
}

/* Stands for a count that is not given; no host means this number. */
#define ALL INT64_MIN

typedef struct {
    int64_t handle;
    const char *text;
    int64_t count; /* ALL: not given */
} WriteWish;

/* The bytes to write; NULL with @error. */
static GBytes *
bytes_of(const WriteWish *wish, GError **error)
{
    g_autoptr(GBytes) bytes = qga_base64_decode(wish->text, error);

    if (!bytes || wish->count == ALL)
        return g_steal_pointer(&bytes);
    if (wish->count < 0 || (uint64_t)wish->count > g_bytes_get_size(bytes)) {
        g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_COUNT,
                    "value '%" G_GINT64_FORMAT "' is invalid for argument count", wish->count);
        return NULL;
    }
    return g_bytes_new_from_bytes(bytes, 0, (gsize)wish->count);
}

static bool
write_begins(FrostFiles *files, QgaCall *call, GError **error)
{
    const QgaArgs *args = qga_call_args(call);
    WriteWish wish = {.count = ALL};

    if (!qga_args_int(args, "handle", &wish.handle, error) ||
        !qga_args_string(args, "buf-b64", &wish.text, error) ||
        !qga_args_int_optional(args, "count", &wish.count, error) || !qga_args_end(args, error) ||
        !frost_files_has(files, wish.handle, error))
        return false;

    g_autoptr(GBytes) bytes = bytes_of(&wish, error);
    return bytes && frost_files_write(files, wish.handle, bytes, answer_transfer, call, error);
}

static void
file_write(QgaCall *call, void *user)
{
    GError *error = NULL;

    if (!write_begins(files_of(user), call, &error))
        qga_call_fail(call, error);
}

/* whence is a word, or a number. */
static bool
read_whence(const QgaArgs *args, int64_t *out, GError **error)
{
    const QgaValue *number = NULL;
    unsigned word = 0;

    if (!qga_args_alternate(args, "whence", "GuestFileWhence", whence_words, QGA_KIND_INTEGER,
                            &number, &word, error))
        return false;
    *out = word;
    if (number && !qga_value_get_int(number, out))
        *out = INT64_MAX;
    return true;
}

static bool
seek(FrostFiles *files, const QgaArgs *args, int64_t *out_position, GError **error)
{
    static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    int64_t handle;
    int64_t offset;
    int64_t whence;

    if (!qga_args_int(args, "handle", &handle, error) ||
        !qga_args_int(args, "offset", &offset, error) || !read_whence(args, &whence, error) ||
        !qga_args_end(args, error) || !frost_files_has(files, handle, error))
        return false;
    if (whence < 0 || whence >= (int64_t)G_N_ELEMENTS(whences)) {
        g_set_error(error, FROST_FILES_ERROR, FROST_FILES_ERROR_IO,
                    "invalid whence code %" G_GINT64_FORMAT, whence);
        return false;
    }
    return frost_files_seek(files, handle, offset, whences[whence], out_position, error);
}

static void
file_seek(QgaCall *call, void *user)
{
    int64_t position;
    GError *error = NULL;

    if (!seek(files_of(user), qga_call_args(call), &position, &error)) {
        qga_call_fail(call, error);
        return;
    }
    QgaValue *answer = qga_value_new_object();
    qga_value_set_int(answer, "position", position);
    qga_value_set_bool(answer, "eof", false);
    qga_call_return(call, answer);
}

static bool
read_handle(const QgaArgs *args, int64_t *out, GError **error)
{
    return qga_args_int(args, "handle", out, error) && qga_args_end(args, error);
}

static void
file_close(QgaCall *call, void *user)
{
    int64_t handle;
    GError *error = NULL;

    if (!read_handle(qga_call_args(call), &handle, &error)) {
        qga_call_fail(call, error);
        return;
    }
    frost_slog("guest-file-close called, handle: %" G_GINT64_FORMAT, handle);
    if (frost_files_close(files_of(user), handle, &error))
        qga_call_return(call, NULL);
    else
        qga_call_fail(call, error);
}

/* Does nothing: written data is in the file already. */
static void
file_flush(QgaCall *call, void *user)
{
    int64_t handle;
    GError *error = NULL;

    if (read_handle(qga_call_args(call), &handle, &error) &&
        frost_files_has(files_of(user), handle, &error))
        qga_call_return(call, NULL);
    else
        qga_call_fail(call, error);
}

static gpointer
keep(FrostCommandContext *context)
{
    Kept *kept = g_new0(Kept, 1);

    kept->context = context;
    return kept;
}

static void
forget(gpointer data)
{
    Kept *kept = data;

    frost_files_free(kept->files);
    g_free(kept);
}

static const QgaCommand commands[] = {
    {"guest-file-open", QGA_COMMAND_PLAIN, file_open},
    {"guest-file-close", QGA_COMMAND_PLAIN, file_close},
    {"guest-file-read", QGA_COMMAND_PLAIN, file_read},
    {"guest-file-write", QGA_COMMAND_PLAIN, file_write},
    {"guest-file-seek", QGA_COMMAND_PLAIN, file_seek},
    {"guest-file-flush", QGA_COMMAND_PLAIN, file_flush},
};

const FrostFamily frost_file_family = {
    .commands = commands, .count = G_N_ELEMENTS(commands), .keep = keep, .forget = forget};
