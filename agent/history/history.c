/* SPDX-License-Identifier: MIT */
#include "history.h"

#include "frame.h"
#include "frost-build.h"
#include "record-json.h"
#include "state-file.h"

#define FORMAT "frost-ga history"
#define VERSION 1

static void
free_record(gpointer data)
{
    frost_record_free(data);
}

QgaValue *
frost_history_document(QgaValue *freezes)
{
    QgaValue *document = qga_value_new_object();

    qga_value_set_string(document, "format", FORMAT);
    qga_value_set_int(document, "version", VERSION);
    qga_value_set(document, "freezes", freezes);
    return document;
}

QgaValue *
frost_history_to_value(const GPtrArray *records)
{
    QgaValue *freezes = qga_value_new_array();

    for (guint i = 0; i < records->len; i++)
        qga_value_append(freezes, frost_record_to_value(g_ptr_array_index(records, i)));
    return frost_history_document(freezes);
}

/* Reading -------------------------------------------------------------------------------------- */

/* What the JSON parser has found in the file. */
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

/* NULL with an error: it is not JSON. */
static QgaValue *
parse_object(const char *text, size_t length, GError **error)
{
    static const QgaFrameEvents events = {on_text, on_error};
    g_auto(Found) found = {0};

    if (length > FROST_HISTORY_MAX_BYTES) {
        fail(error, FROST_HISTORY_ERROR_INVALID, "it is too long");
        return NULL;
    }
    g_autoptr(QgaFrame) frame = qga_frame_new(FROST_HISTORY_MAX_BYTES, &events, &found);
    qga_frame_feed(frame, (const uint8_t *)text, length);
    if (found.texts != 1 || found.errors > 0 || !found.value ||
        qga_value_kind(found.value) != QGA_KIND_OBJECT) {
        fail(error, FROST_HISTORY_ERROR_INVALID, "it is damaged or cut off");
        return NULL;
    }
    return g_steal_pointer(&found.value);
}

GPtrArray *
frost_history_parse(const char *text, size_t length, GError **error)
{
    g_autoptr(QgaValue) document = parse_object(text, length, error);

    return document ? read_document(document, error) : NULL;
}

GPtrArray *
frost_history_load(const char *statedir, GError **error)
{
    return frost_history_load_all(statedir, NULL, error);
}

GPtrArray *
frost_history_load_all(const char *statedir, FrostTotals **out_totals, GError **error)
{
    g_autoptr(GString) text = NULL;
    g_autoptr(QgaValue) document = NULL;
    g_autoptr(GPtrArray) records = NULL;

    if (out_totals)
        *out_totals = NULL;
    if (!frost_state_file_read(statedir, FROST_HISTORY_NAME, FROST_HISTORY_MAX_BYTES, &text, error))
        return NULL;
    if (text) {
        document = parse_object(text->str, text->len, error);
        records = document ? read_document(document, error) : NULL;
    } else {
        records = g_ptr_array_new_with_free_func(free_record);
    }
    if (!records)
        g_prefix_error(error, "cannot use %s/%s: ", statedir, FROST_HISTORY_NAME);
    else if (out_totals)
        *out_totals = frost_totals_from_value(document ? qga_value_get(document, "totals") : NULL);
    return g_steal_pointer(&records);
}

/* Writing -------------------------------------------------------------------------------------- */

static GString *
print(const GPtrArray *records, const FrostTotals *totals)
{
    g_autoptr(QgaValue) document = frost_history_to_value(records);
    GString *text = g_string_new(NULL);

    qga_value_set(document, "totals", frost_totals_to_value(totals));
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
    g_autoptr(FrostTotals) totals = NULL;
    g_autoptr(GPtrArray) earlier = frost_history_load_all(statedir, &totals, &unread);
    g_autoptr(GPtrArray) all = g_ptr_array_new(); /* its records are borrowed */

    if (!earlier)
        g_warning("%s; a new history of freezes is begun", unread->message);
    if (!totals)
        totals = frost_totals_new();
    frost_totals_count(totals, record);
    g_ptr_array_add(all, (gpointer)record);
    for (guint i = 0; earlier && i < earlier->len && all->len < FROST_HISTORY_LENGTH; i++)
        g_ptr_array_add(all, g_ptr_array_index(earlier, i));

    g_autoptr(GString) text = print(all, totals);
    /* One record always fits (record-json.h). */
    while (text->len > FROST_HISTORY_MAX_BYTES && all->len > 1) {
        g_ptr_array_remove_index(all, all->len - 1);
        g_string_free(text, TRUE);
        text = print(all, totals);
    }
    return frost_state_file_write(statedir, FROST_HISTORY_NAME, text, error);
}
