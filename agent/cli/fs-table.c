/* SPDX-License-Identifier: MIT */
#include "bars.h"
#include "page.h"
#include "reasons.h"
#include "text.h"

/* Widths in columns. The bar has the rest. */
#define NAME 18u
#define OUTCOME 15u
#define TIME 7u

/* True for filesystems with which nothing was done. There may be many, so they are listed by
 * reason. */
static bool
is_aside(const FrostRecordFs *fs)
{
    return fs->outcome == FROST_OUTCOME_LEFT_OUT || fs->outcome == FROST_OUTCOME_READ_ONLY;
}

static bool
is_bad(FrostOutcome outcome)
{
    return outcome == FROST_OUTCOME_FAILED || outcome == FROST_OUTCOME_STUCK ||
           outcome == FROST_OUTCOME_NOT_HELD || outcome == FROST_OUTCOME_UNREACHABLE ||
           outcome == FROST_OUTCOME_FOREIGN;
}

static void
add_ms(FrostPage *page, int64_t us)
{
    g_autofree char *ms = frost_text_ms(us);

    frost_text_add_right(page->out, ms, TIME);
}

static void
add_filesystem(FrostPage *page, const FrostRecordFs *fs, const FrostBarScale *scale)
{
    g_autofree char *name = frost_text_clean(fs->mount_point);
    g_autofree char *bar = frost_bar_draw(scale, fs);
    bool has_style = is_bad(fs->outcome);

    frost_text_add_left(page->out, name, NAME);
    g_string_append_c(page->out, ' ');
    if (has_style)
        frost_page_begin(page, FROST_STYLE_BAD);
    frost_text_add_left(page->out, frost_outcome_name(fs->outcome), OUTCOME);
    if (has_style)
        frost_page_end(page);
    add_ms(page, fs->sync_us);
    add_ms(page, frost_record_span_us(fs->freeze_begun_us, fs->frozen_us));
    add_ms(page, frost_record_span_us(fs->thaw_begun_us, fs->thawed_us));
    g_string_append_c(page->out, ' ');
    g_string_append(page->out, bar);
    frost_page_end_line(page);
    if (fs->reason) {
        g_autofree char *reason = frost_text_clean(fs->reason);

        g_string_append(page->out, "    ");
        frost_text_wrap(page->out, reason, 4, 4);
    }
}

static void
add_filesystem_head(FrostPage *page)
{
    g_string_append_c(page->out, '\n');
    frost_page_begin(page, FROST_STYLE_TITLE);
    frost_text_add_left(page->out, "filesystem", NAME);
    g_string_append_c(page->out, ' ');
    frost_text_add_left(page->out, "outcome     ms:", OUTCOME);
    frost_text_add_right(page->out, "sync", TIME);
    frost_text_add_right(page->out, "freeze", TIME);
    frost_text_add_right(page->out, "thaw", TIME);
    g_string_append(page->out, " freeze  frozen  thaw");
    frost_page_end(page);
    g_string_append_c(page->out, '\n');
}

static void
add_filesystems(FrostPage *page, const FrostRecord *record)
{
    FrostBarScale scale = frost_bar_scale(record);
    bool has_head = false;

    for (guint i = 0; i < record->filesystems->len; i++) {
        const FrostRecordFs *fs = g_ptr_array_index(record->filesystems, i);

        if (is_aside(fs))
            continue;
        if (!has_head)
            add_filesystem_head(page);
        has_head = true;
        add_filesystem(page, fs, &scale);
    }
    frost_page_add_omitted(page, record->filesystems_omitted, "filesystems");
}

/* "read-only", "left out: excluded by ..."; g_free() it. */
static char *
why_aside(const FrostRecordFs *fs)
{
    return g_strconcat(frost_outcome_name(fs->outcome), fs->reason ? ": " : "", fs->reason, NULL);
}

static void
add_reasons(FrostPage *page, const FrostRecord *record)
{
    g_autoptr(FrostReasons) reasons = frost_reasons_new();

    for (guint i = 0; i < record->filesystems->len; i++) {
        const FrostRecordFs *fs = g_ptr_array_index(record->filesystems, i);

        if (!is_aside(fs))
            continue;
        g_autofree char *why = why_aside(fs);
        frost_reasons_add(reasons, why, fs->mount_point ? fs->mount_point : "?");
    }
    frost_reasons_draw(reasons, page);
}

void
frost_fs_table_draw(FrostPage *page, const FrostRecord *record)
{
    add_filesystems(page, record);
    add_reasons(page, record);
}
