/* SPDX-License-Identifier: MIT */
#include "text.h"

#define MS 1000
#define S (1000 * MS)
#define HOUR ((int64_t)3600 * S)
#define DAY (24 * HOUR)

/* On some terminals a variation selector changes the width of the character before it. */
static bool
is_variation_selector(gunichar c)
{
    return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef);
}

/* False for control characters, and for invisible ones that change the order or the lines of a
 * text. */
static bool
is_harmless(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);

    return g_unichar_isprint(c) && type != G_UNICODE_LINE_SEPARATOR &&
           type != G_UNICODE_PARAGRAPH_SEPARATOR && !is_variation_selector(c);
}

char *
frost_text_clean(const char *raw)
{
    GString *out = g_string_new(raw ? NULL : "?");

    while (raw && *raw) {
        gunichar c = g_utf8_get_char_validated(raw, -1);

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_printf(out, "\\x%02x", (unsigned char)*raw++);
            continue;
        }
        if (is_harmless(c))
            g_string_append_unichar(out, c);
        else
            g_string_append_printf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
        raw = g_utf8_next_char(raw);
    }
    return g_string_free(out, FALSE);
}

static unsigned
columns_of(gunichar c)
{
    if (g_unichar_iszerowidth(c))
        return 0;
    return g_unichar_iswide(c) ? 2 : 1;
}

unsigned
frost_text_columns(const char *clean)
{
    unsigned columns = 0;

    for (; *clean; clean = g_utf8_next_char(clean))
        columns += columns_of(g_utf8_get_char(clean));
    return columns;
}

static void
add_blanks(GString *out, unsigned count)
{
    g_string_append_printf(out, "%*s", (int)count, "");
}

void
frost_text_add_left(GString *out, const char *clean, unsigned columns)
{
    unsigned width = frost_text_columns(clean);

    if (width > columns) {
        g_string_append(out, "...");
        columns -= 3;
        for (; width > columns; clean = g_utf8_next_char(clean))
            width -= columns_of(g_utf8_get_char(clean));
    }
    g_string_append(out, clean);
    add_blanks(out, columns - width);
}

void
frost_text_add_right(GString *out, const char *clean, unsigned columns)
{
    unsigned width = frost_text_columns(clean);

    if (width < columns)
        add_blanks(out, columns - width);
    g_string_append(out, clean);
}

/* Wrapping ------------------------------------------------------------------------------------- */

typedef struct {
    GString *out;
    unsigned column;
    unsigned indent;
} Wrap;

static void
break_line(Wrap *wrap)
{
    while (wrap->out->len > 0 && wrap->out->str[wrap->out->len - 1] == ' ')
        g_string_truncate(wrap->out, wrap->out->len - 1);
    g_string_append_c(wrap->out, '\n');
    add_blanks(wrap->out, wrap->indent);
    wrap->column = wrap->indent;
}

static void
add_word(Wrap *wrap, const char *word)
{
    unsigned width = frost_text_columns(word);

    if (wrap->column + width > FROST_TEXT_COLUMNS && wrap->column > wrap->indent)
        break_line(wrap);
    for (; *word; word = g_utf8_next_char(word)) {
        gunichar c = g_utf8_get_char(word);

        if (wrap->column + columns_of(c) > FROST_TEXT_COLUMNS)
            break_line(wrap);
        g_string_append_unichar(wrap->out, c);
        wrap->column += columns_of(c);
    }
    if (wrap->column < FROST_TEXT_COLUMNS) {
        g_string_append_c(wrap->out, ' ');
        wrap->column++;
    }
}

void
frost_text_wrap(GString *out, const char *clean, unsigned column, unsigned indent)
{
    g_auto(GStrv) words = g_strsplit(clean, " ", -1);
    Wrap wrap = {out, column, indent};

    for (char **word = words; *word; word++) {
        if (**word)
            add_word(&wrap, *word);
    }
    wrap.indent = 0;
    break_line(&wrap);
}

/* Times ---------------------------------------------------------------------------------------- */

char *
frost_text_ms(int64_t us)
{
    gint64 ms = us / MS;
    int rest = (int)(us % MS);

    if (us < 0)
        return g_strdup("-");
    if (ms < 10)
        return g_strdup_printf("%d.%03d", (int)ms, rest);
    if (ms < 100)
        return g_strdup_printf("%d.%02d", (int)ms, rest / 10);
    if (ms < 1000)
        return g_strdup_printf("%d.%d", (int)ms, rest / 100);
    if (ms < 1000 * 1000)
        return g_strdup_printf("%" G_GINT64_FORMAT, ms);
    if (us < (int64_t)100000 * S)
        return g_strdup_printf("%" G_GINT64_FORMAT "s", (gint64)(us / S));
    return g_strdup_printf("%" G_GINT64_FORMAT "d", (gint64)(us / DAY));
}

char *
frost_text_duration(int64_t us)
{
    gint64 ms = us / MS;
    int rest = (int)(us % MS);

    if (us < 0)
        return g_strdup("-");
    if (ms < 10)
        return g_strdup_printf("%d.%03d ms", (int)ms, rest);
    if (ms < 10000)
        return g_strdup_printf("%d.%d ms", (int)ms, rest / 100);
    if (us < (int64_t)10000 * S)
        return g_strdup_printf("%" G_GINT64_FORMAT ".%d s", ms / 1000, (int)(ms % 1000 / 100));
    return g_strdup_printf("%" G_GINT64_FORMAT ".%d h", (gint64)(us / HOUR),
                           (int)(us % HOUR * 10 / HOUR));
}

char *
frost_text_size(int64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    int64_t whole = bytes;
    int tenth = 0;
    unsigned unit = 0;

    if (bytes <= 0)
        return g_strdup(bytes < 0 ? "-" : "0");
    for (; whole >= 1024; unit++) {
        tenth = (int)(whole % 1024 * 10 / 1024);
        whole /= 1024;
    }
    if (unit == 0)
        return g_strdup_printf("%" G_GINT64_FORMAT " B", (gint64)whole);
    return g_strdup_printf("%" G_GINT64_FORMAT ".%d %s", (gint64)whole, tenth, units[unit]);
}
