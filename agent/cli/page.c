/* SPDX-License-Identifier: MIT */
#include "page.h"

void
frost_page_begin(FrostPage *page, FrostStyle style)
{
    static const char *const codes[] = {
        [FROST_STYLE_TITLE] = "1", [FROST_STYLE_BAD] = "1;31",  [FROST_STYLE_FROZEN] = "1;34",
        [FROST_STYLE_GOOD] = "32", [FROST_STYLE_WARN] = "1;33",
    };

    if (page->colour)
        g_string_append_printf(page->out, "\033[%sm", codes[style]);
}

void
frost_page_end(FrostPage *page)
{
    if (page->colour)
        g_string_append(page->out, "\033[0m");
}

void
frost_page_add_styled(FrostPage *page, FrostStyle style, const char *clean)
{
    frost_page_begin(page, style);
    g_string_append(page->out, clean);
    frost_page_end(page);
}

void
frost_page_end_line(FrostPage *page)
{
    while (page->out->len > 0 && page->out->str[page->out->len - 1] == ' ')
        g_string_truncate(page->out, page->out->len - 1);
    g_string_append_c(page->out, '\n');
}

void
frost_page_add_omitted(FrostPage *page, unsigned omitted, const char *of_what)
{
    if (omitted > 0)
        g_string_append_printf(page->out, "and %u %s for which the record had no room\n", omitted,
                               of_what);
}
