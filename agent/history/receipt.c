/* SPDX-License-Identifier: MIT */
#include "receipt.h"

#include <string.h>

#include "frost-build.h"
#include "history-text.h"
#include "history.h"

/* Enough for ten freezes of some hundred filesystems. The newest record is kept in any case. */
#define KEPT_BYTES (256u * 1024)

struct FrostReceipts {
    const char *statedir;
    GQueue texts; /* of char *, the newest last: each record as JSON text, which is smallest */
    size_t bytes;
};

FrostReceipts *
frost_receipts_new(const char *statedir)
{
    FrostReceipts *self = g_new0(FrostReceipts, 1);

    self->statedir = statedir;
    g_queue_init(&self->texts);
    return self;
}

void
frost_receipts_free(FrostReceipts *self)
{
    if (!self)
        return;
    g_queue_clear_full(&self->texts, g_free);
    g_free(self);
}

void
frost_receipts_add(FrostReceipts *self, const FrostRecord *record)
{
    char *text = frost_record_print(record);

    self->bytes += strlen(text);
    g_queue_push_tail(&self->texts, text);
    while (self->texts.length > FROST_HISTORY_LENGTH ||
           (self->bytes > KEPT_BYTES && self->texts.length > 1)) {
        g_autofree char *oldest = g_queue_pop_head(&self->texts);

        self->bytes -= strlen(oldest);
    }
}

/* Answers -------------------------------------------------------------------------------------- */

static QgaValue *
text_or_null(const char *text)
{
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

    return valid ? qga_value_new_string(valid) : qga_value_new_null();
}

static QgaValue *
now_to_value(const FrostSnapshot *now, int64_t now_us)
{
    bool is_frozen = now->state == FROST_SNAPSHOT_FROZEN;
    bool has_limit = is_frozen && now->deadline_us > 0;
    bool has_begun = is_frozen && now->freeze_begun_us > 0;
    QgaValue *value = qga_value_new_object();
    QgaValue *held = qga_value_new_array();

    for (guint i = 0; i < now->mount_points->len; i++)
        qga_value_append(held, text_or_null(g_ptr_array_index(now->mount_points, i)));
    qga_value_set_string(value, "state", frost_snapshot_state_name(now->state));
    qga_value_set_text(value, "reason", now->reason);
    qga_value_set_text(value, "id", now->id);
    qga_value_set(value, "mount_points", held);
    qga_value_set_natural(value, "frozen_for_us",
                          has_begun ? frost_record_span_us(now->freeze_begun_us, now_us) : -1);
    qga_value_set_natural(value, "time_left_us",
                          has_limit ? MAX(now->deadline_us - now_us, 0) : -1);
    return value;
}

QgaValue *
frost_receipt_to_value(const GPtrArray *records, const FrostSnapshot *now, int64_t now_us)
{
    QgaValue *document = frost_history_to_value(records);

    qga_value_set(document, "now", now_to_value(now, now_us));
    return document;
}

static bool
is_asked_for(const QgaValue *freeze, const char *id)
{
    const QgaValue *its = qga_value_get(freeze, "id");

    return !id || (its && qga_value_kind(its) == QGA_KIND_STRING &&
                   strcmp(qga_value_get_string(its), id) == 0);
}

/* Appends @freeze, which it owns, if it was asked for. */
static void
offer(QgaValue *freezes, QgaValue *freeze, const FrostReceiptQuestion *question)
{
    if (qga_value_length(freezes) < question->last && is_asked_for(freeze, question->id))
        qga_value_append(freezes, freeze);
    else
        qga_value_unref(freeze);
}

/* Offers the records in the file, which also has those of a recovery and of earlier agents. False:
 * there is no file, or it must not be read now. */
static bool
offer_file(const FrostReceipts *self, QgaValue *freezes, const FrostReceiptQuestion *question)
{
    if (!FROST_KEEPS_HISTORY || question->is_frozen)
        return false;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) records = frost_history_load(self->statedir, &error);

    if (!records || records->len == 0)
        return false;
    for (guint i = 0; i < records->len; i++)
        offer(freezes, frost_record_to_value(g_ptr_array_index(records, i)), question);
    return true;
}

QgaValue *
frost_receipts_answer(const FrostReceipts *self, const FrostReceiptQuestion *question)
{
    QgaValue *freezes = qga_value_new_array();

    if (question->held)
        offer(freezes, frost_record_to_value(question->held), question);
    if (!offer_file(self, freezes, question)) {
        for (const GList *link = self->texts.tail; link; link = link->prev)
            offer(freezes, qga_value_parse(link->data, strlen(link->data)), question);
    }
    QgaValue *document = frost_history_document(freezes);
    qga_value_set(document, "now", now_to_value(question->now, question->now_us));
    return document;
}
