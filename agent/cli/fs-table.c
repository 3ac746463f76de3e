/* SPDX-License-Identifier: MIT */
#include "bars.h"
#include "page.h"
#include "text.h"

/* Columns; the bar has the rest. */
#define NAME 18u
#define OUTCOME 15u
#define TIME 7u

/* Of these there may be many, and nothing was done with them: they are told together. */
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

typedef struct {
    char *why; /* the key of its place */
    GString *names;
    unsigned count;
} Aside;

static void
free_aside(gpointer data)
{
    Aside *aside = data;

    g_free(aside->why);
    g_string_free(aside->names, TRUE);
    g_free(aside);
}

static Aside *
aside_for(GHashTable *by_reason, GPtrArray *asides, const FrostRecordFs *fs)
{
    g_autofree char *why = why_aside(fs);
    Aside *aside = g_hash_table_lookup(by_reason, why);

    if (aside)
        return aside;
    aside = g_new0(Aside, 1);
    aside->why = g_steal_pointer(&why);
    aside->names = g_string_new(NULL);
    g_hash_table_insert(by_reason, aside->why, aside);
    g_ptr_array_add(asides, aside);
    return aside;
}

static void
add_aside(FrostPage *page, const Aside *aside)
{
    g_autofree char *raw =
        g_strdup_printf("%s (%u): %s", aside->why, aside->count, aside->names->str);
    g_autofree char *clean = frost_text_clean(raw);

    frost_text_wrap(page->out, clean, 0, 4);
}

/* By reason, in the order in which the reasons first come. */
static void
add_asides(FrostPage *page, const FrostRecord *record)
{
    g_autoptr(GPtrArray) asides = g_ptr_array_new_with_free_func(free_aside);
    g_autoptr(GHashTable) by_reason = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < record->filesystems->len; i++) {
        const FrostRecordFs *fs = g_ptr_array_index(record->filesystems, i);

        if (!is_aside(fs))
            continue;
        Aside *aside = aside_for(by_reason, asides, fs);
        g_string_append_printf(aside->names, "%s%s", aside->count++ > 0 ? ", " : "",
                               fs->mount_point ? fs->mount_point : "?");
    }
    if (asides->len > 0)
        g_string_append_c(page->out, '\n');
    for (guint i = 0; i < asides->len; i++)
        add_aside(page, g_ptr_array_index(asides, i));
}

void
frost_fs_table_draw(FrostPage *page, const FrostRecord *record)
{
    add_filesystems(page, record);
    add_asides(page, record);
}
