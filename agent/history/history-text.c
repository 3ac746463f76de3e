/* SPDX-License-Identifier: MIT */
#include "history-text.h"

#include <string.h>

#include "frame.h"
#include "history-error.h"
#include "record-json.h"

#define FORMAT "frost-ga history"
#define VERSION 1
/* The end of the document, which is its last line. */
#define TAIL "]}"

static void
free_record(gpointer data)
{
    frost_record_free(data);
}

static QgaValue *
new_document(void)
{
    QgaValue *document = qga_value_new_object();

    qga_value_set_string(document, "format", FORMAT);
    qga_value_set_int(document, "version", VERSION);
    return document;
}

QgaValue *
frost_history_document(QgaValue *freezes)
{
    QgaValue *document = new_document();

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
frost_history_parse(const char *text, size_t length, FrostTotals **out_totals, GError **error)
{
    g_autoptr(QgaValue) document = parse_object(text, length, error);
    GPtrArray *records = document ? read_document(document, error) : NULL;

    if (records)
        *out_totals = frost_totals_from_value(qga_value_get(document, "totals"));
    return records;
}

/* A record, as text, is read and printed again: so nothing stays in it that this version would not
 * write. NULL: it cannot be understood. */
static char *
print_again(const char *text)
{
    g_autoptr(QgaValue) value = parse_object(text, strlen(text), NULL);
    g_autoptr(FrostRecord) record = value ? frost_record_from_value(value) : NULL;

    return record ? frost_record_print(record) : NULL;
}

/* False: the line does not end with one. */
static bool
drop_comma(char *line)
{
    size_t length = strlen(line);

    if (length == 0 || line[length - 1] != ',')
        return false;
    line[length - 1] = '\0';
    return true;
}

/* NULL: the text has another form than frost_history_add gives it. */
static GPtrArray *
read_lines(const char *text, FrostTotals **out_totals)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", FROST_HISTORY_LENGTH + 3);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    guint count = g_strv_length(lines);

    if (count < 3 || !g_str_equal(lines[count - 2], TAIL) || *lines[count - 1] != '\0')
        return NULL;
    guint last = count - 3;
    for (guint i = 1; i <= last; i++) {
        char *printed = i == last || drop_comma(lines[i]) ? print_again(lines[i]) : NULL;

        if (!printed)
            return NULL;
        g_ptr_array_add(texts, printed);
    }
    g_autofree char *rest = g_strconcat(lines[0], TAIL, NULL);
    g_autoptr(FrostTotals) totals = NULL;
    g_autoptr(GPtrArray) none = frost_history_parse(rest, strlen(rest), &totals, NULL);
    if (!none || none->len != 0)
        return NULL;
    *out_totals = g_steal_pointer(&totals);
    return g_steal_pointer(&texts);
}

static GPtrArray *
print_all(const GPtrArray *records)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < records->len; i++)
        g_ptr_array_add(texts, frost_record_print(g_ptr_array_index(records, i)));
    return texts;
}

GPtrArray *
frost_history_texts(const char *text, size_t length, FrostTotals **out_totals, GError **error)
{
    GPtrArray *texts = read_lines(text, out_totals);
    if (texts)
        return texts;
    g_autoptr(GPtrArray) records = frost_history_parse(text, length, out_totals, error);

    return records ? print_all(records) : NULL;
}

/* Writing -------------------------------------------------------------------------------------- */

/* All of it but the freezes, up to where these begin. */
static GString *
print_head(const FrostTotals *totals)
{
    g_autoptr(QgaValue) document = new_document();
    GString *text = g_string_new(NULL);

    qga_value_set(document, "totals", frost_totals_to_value(totals));
    qga_value_set(document, "freezes", qga_value_new_array());
    qga_value_print(document, text);
    return g_string_truncate(text, text->len - strlen(TAIL));
}

/* The first always fits (record-json.h). */
GString *
frost_history_print(const GPtrArray *texts, const FrostTotals *totals)
{
    GString *whole = print_head(totals);

    for (guint i = 0; i < MIN(texts->len, FROST_HISTORY_LENGTH); i++) {
        const char *text = g_ptr_array_index(texts, i);

        if (i > 0 && whole->len + strlen(text) + sizeof ",\n\n" TAIL "\n" > FROST_HISTORY_MAX_BYTES)
            break;
        g_string_append(whole, i > 0 ? ",\n" : "\n");
        g_string_append(whole, text);
    }
    return g_string_append(whole, "\n" TAIL "\n");
}
