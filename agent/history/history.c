/* SPDX-License-Identifier: MIT */
#include "history.h"

#include "frame.h"
#include "frost-build.h"
#include "record-json.h"
#include "state-file.h"

#define FORMAT "frost-ga history"
#define VERSION 1

G_DEFINE_QUARK(frost_history_error, frost_history_error)

static void
free_record(gpointer data)
{
    frost_record_free(data);
}

QgaValue *
frost_history_to_value(const GPtrArray *records)
{
    QgaValue *document = qga_value_new_object();
    QgaValue *freezes = qga_value_new_array();

    qga_value_set(document, "format", qga_value_new_string(FORMAT));
    qga_value_set(document, "version", qga_value_new_int(VERSION));
    for (guint i = 0; i < records->len; i++)
        qga_value_append(freezes, frost_record_to_value(g_ptr_array_index(records, i)));
    qga_value_set(document, "freezes", freezes);
    return document;
}

/* Reading -------------------------------------------------------------------------------------- */

/* What the framer, which alone judges what is valid, found in the file. */
typedef struct {
    QgaValue *value; /* of the first text */
    unsigned texts;
    unsigned errors;
} Found;

static void
found_clear(Found *self)
{
    qga_value_unref(self->value);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Found, found_clear)

static void
on_text(void *user, const char *text, size_t length)
{
    Found *found = user;

    if (found->texts++ == 0)
        found->value = qga_value_parse(text, length);
}

static void
on_error(void *user, const char *desc)
{
    Found *found = user;

    found->errors++;
}

static GPtrArray *
fail(GError **error, FrostHistoryError code, const char *what)
{
    g_set_error_literal(error, FROST_HISTORY_ERROR, code, what);
    return NULL;
}

static GPtrArray *
read_document(const QgaValue *document, GError **error)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(free_record);
    const QgaValue *format = qga_value_get(document, "format");
    const QgaValue *version = qga_value_get(document, "version");
    const QgaValue *freezes = qga_value_get(document, "freezes");
    int64_t number;

    if (!format || qga_value_kind(format) != QGA_KIND_STRING ||
        !g_str_equal(qga_value_get_string(format), FORMAT) || !version ||
        qga_value_kind(version) != QGA_KIND_INTEGER || !qga_value_get_int(version, &number))
        return fail(error, FROST_HISTORY_ERROR_INVALID, "it is not a history of freezes");
    if (number != VERSION)
        return fail(error, FROST_HISTORY_ERROR_VERSION, "it is of another version");
    if (!freezes || qga_value_kind(freezes) != QGA_KIND_ARRAY)
        return fail(error, FROST_HISTORY_ERROR_INVALID, "it has no freezes in it");

    for (size_t i = 0; i < MIN(qga_value_length(freezes), FROST_HISTORY_LENGTH); i++) {
        FrostRecord *record = frost_record_from_value(qga_value_at(freezes, i));

        if (!record)
            return fail(error, FROST_HISTORY_ERROR_INVALID, "a freeze in it cannot be understood");
        g_ptr_array_add(records, record);
    }
    return g_steal_pointer(&records);
}

GPtrArray *
frost_history_parse(const char *text, size_t length, GError **error)
{
    static const QgaFrameEvents events = {on_text, on_error};
    g_auto(Found) found = {0};

    if (length > FROST_HISTORY_MAX_BYTES)
        return fail(error, FROST_HISTORY_ERROR_INVALID, "it is too long");

    g_autoptr(QgaFrame) frame = qga_frame_new(FROST_HISTORY_MAX_BYTES, &events, &found);
    qga_frame_feed(frame, (const uint8_t *)text, length);
    if (found.texts != 1 || found.errors > 0 || !found.value ||
        qga_value_kind(found.value) != QGA_KIND_OBJECT)
        return fail(error, FROST_HISTORY_ERROR_INVALID, "it is damaged or cut off");
    return read_document(found.value, error);
}

GPtrArray *
frost_history_load(const char *statedir, GError **error)
{
    g_autoptr(GString) text = NULL;
    g_autoptr(GPtrArray) records = NULL;

    if (!frost_state_file_read(statedir, FROST_HISTORY_NAME, FROST_HISTORY_MAX_BYTES, &text, error))
        return NULL;
    if (!text)
        return g_ptr_array_new_with_free_func(free_record);
    records = frost_history_parse(text->str, text->len, error);
    if (!records)
        g_prefix_error(error, "cannot use %s/%s: ", statedir, FROST_HISTORY_NAME);
    return g_steal_pointer(&records);
}

/* Writing -------------------------------------------------------------------------------------- */

static GString *
print(const GPtrArray *records)
{
    g_autoptr(QgaValue) document = frost_history_to_value(records);
    GString *text = g_string_new(NULL);

    qga_value_print(document, text);
    g_string_append_c(text, '\n');
    return text;
}

bool
frost_history_add(const char *statedir, const FrostRecord *record, GError **error)
{
    if (!FROST_KEEPS_HISTORY)
        return true;

    g_autoptr(GError) unread = NULL;
    g_autoptr(GPtrArray) earlier = frost_history_load(statedir, &unread);
    g_autoptr(GPtrArray) all = g_ptr_array_new(); /* lent */

    if (!earlier)
        g_warning("%s; the history of freezes begins anew", unread->message);
    g_ptr_array_add(all, (gpointer)record);
    for (guint i = 0; earlier && i < earlier->len && all->len < FROST_HISTORY_LENGTH; i++)
        g_ptr_array_add(all, g_ptr_array_index(earlier, i));

    g_autoptr(GString) text = print(all);
    /* The newest alone always fits (record-json.h). */
    while (text->len > FROST_HISTORY_MAX_BYTES && all->len > 1) {
        g_ptr_array_set_size(all, (gint)all->len - 1);
        g_string_free(text, TRUE);
        text = print(all);
    }
    return frost_state_file_write(statedir, FROST_HISTORY_NAME, text, error);
}
