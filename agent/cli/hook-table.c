/* SPDX-License-Identifier: MIT */
#include "page.h"
#include "text.h"

/* Widths in columns. The result has the rest. */
#define NAME 32u
#define PHASE 6u
#define TIME 7u
#define RESULT (NAME + 1u + PHASE + TIME + 2u)

static void
add_hook(FrostPage *page, const FrostRecordHook *hook)
{
    g_autofree char *name = frost_text_clean(hook->name);
    g_autofree char *phase = frost_text_clean(hook->phase);
    g_autofree char *raw_result =
        g_strconcat(hook->failed ? "failed: " : "", hook->result ? hook->result : "?", NULL);
    g_autofree char *result = frost_text_clean(raw_result);
    g_autofree char *ms = frost_text_ms(frost_record_span_us(hook->begun_us, hook->ended_us));

    frost_text_add_left(page->out, name, NAME);
    g_string_append_c(page->out, ' ');
    frost_text_add_left(page->out, phase, PHASE);
    frost_text_add_right(page->out, ms, TIME);
    g_string_append(page->out, "  ");
    frost_text_wrap(page->out, result, RESULT, RESULT);
}

void
frost_hook_table_draw(FrostPage *page, const FrostRecord *record)
{
    if (record->hooks->len > 0) {
        g_string_append_c(page->out, '\n');
        frost_page_begin(page, FROST_STYLE_TITLE);
        frost_text_add_left(page->out, "hook", NAME);
        g_string_append(page->out, " called      ms  result");
        frost_page_end(page);
        g_string_append_c(page->out, '\n');
    }
    for (guint i = 0; i < record->hooks->len; i++)
        add_hook(page, g_ptr_array_index(record->hooks, i));
    frost_page_add_omitted(page, record->hooks_omitted, "hooks");
}
