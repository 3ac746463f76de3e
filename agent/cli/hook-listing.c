/* SPDX-License-Identifier: MIT */
#include "hook-listing.h"

#include "text.h"

#define FORMAT "frost-ga hooks list"
#define VERSION 1

/* Widths in columns. The verdict has the rest. */
#define INDENT 2u
#define NAME 32u
#define VERDICT (INDENT + NAME + 1u)

unsigned
frost_hook_listing_count(const GPtrArray *items, FrostHookVerdict verdict)
{
    unsigned found = 0;

    for (guint i = 0; i < items->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(items, i);

        found += item->verdict == verdict;
    }
    return found;
}

static const char *
name_of(const FrostHookItem *item)
{
    return item->name[0] ? item->name : item->path;
}

static void
add_row(GString *out, const FrostHookItem *item)
{
    g_autofree char *name = frost_text_clean(name_of(item));
    g_autofree char *raw = g_strdup_printf(
        "%s%s%s%s%s", frost_hook_verdict_name(item->verdict), item->reason ? ": " : "",
        item->reason ? item->reason : "", item->is_hold ? ", holds" : "",
        item->is_required && item->name[0] ? ", required" : "");
    g_autofree char *verdict = frost_text_clean(raw);

    g_string_append_printf(out, "%*s", (int)INDENT, "");
    frost_text_add_left(out, name, NAME);
    g_string_append_c(out, ' ');
    frost_text_wrap(out, verdict, VERDICT, VERDICT);
}

char *
frost_hook_listing_draw(const FrostHookSource *source, const GPtrArray *items)
{
    GString *out = g_string_new(NULL);

    if (!source->source)
        return g_string_free(g_string_append(out, "No hook is configured.\n"), FALSE);
    g_autofree char *path = frost_text_clean(source->source);
    if (items->len == 0 && frost_hook_is_off(source->source)) {
        g_string_append_printf(out, "Hooks are switched off by the path %s.\n", path);
        return g_string_free(out, FALSE);
    }
    bool is_folder = frost_hook_is_folder(source->source);
    g_autofree char *head = is_folder
                                ? g_strdup_printf("Hooks in %s, in the order of a freeze:", path)
                                : g_strdup("One program, called for the freeze and for the thaw:");

    frost_text_wrap(out, head, 0, INDENT);
    for (guint i = 0; i < items->len; i++)
        add_row(out, g_ptr_array_index(items, i));
    if (items->len == 0)
        g_string_append(out, "  (none)\n");
    return g_string_free(out, FALSE);
}

static QgaValue *
item_to_value(const FrostHookItem *item)
{
    QgaValue *object = qga_value_new_object();

    qga_value_set_text(object, "name", name_of(item));
    qga_value_set_text(object, "path", item->path);
    qga_value_set_text(object, "verdict", frost_hook_verdict_name(item->verdict));
    qga_value_set_text(object, "reason", item->reason);
    qga_value_set_bool(object, "hold", item->is_hold);
    qga_value_set_bool(object, "required", item->is_required);
    return object;
}

QgaValue *
frost_hook_listing_to_value(const FrostHookSource *source, const GPtrArray *items)
{
    QgaValue *document = qga_value_new_object();
    QgaValue *list = qga_value_new_array();

    for (guint i = 0; i < items->len; i++)
        qga_value_append(list, item_to_value(g_ptr_array_index(items, i)));
    qga_value_set_string(document, "format", FORMAT);
    qga_value_set_int(document, "version", VERSION);
    qga_value_set_text(document, "source", source->source);
    qga_value_set(document, "hooks", list);
    return document;
}
