/* SPDX-License-Identifier: MIT */
#include "reasons.h"

#include "text.h"

typedef struct {
    char *why; /* the key in by_reason */
    GString *names;
    unsigned count;
} Reason;

struct FrostReasons {
    GPtrArray *all; /* of Reason */
    GHashTable *by_reason;
};

static void
free_reason(gpointer data)
{
    Reason *reason = data;

    g_free(reason->why);
    g_string_free(reason->names, TRUE);
    g_free(reason);
}

FrostReasons *
frost_reasons_new(void)
{
    FrostReasons *self = g_new0(FrostReasons, 1);

    self->all = g_ptr_array_new_with_free_func(free_reason);
    self->by_reason = g_hash_table_new(g_str_hash, g_str_equal);
    return self;
}

void
frost_reasons_free(FrostReasons *self)
{
    g_hash_table_unref(self->by_reason);
    g_ptr_array_unref(self->all);
    g_free(self);
}

static Reason *
reason_for(FrostReasons *self, const char *why)
{
    Reason *reason = g_hash_table_lookup(self->by_reason, why);

    if (reason)
        return reason;
    reason = g_new0(Reason, 1);
    reason->why = g_strdup(why);
    reason->names = g_string_new(NULL);
    g_hash_table_insert(self->by_reason, reason->why, reason);
    g_ptr_array_add(self->all, reason);
    return reason;
}

void
frost_reasons_add(FrostReasons *self, const char *why, const char *name)
{
    Reason *reason = reason_for(self, why);

    g_string_append_printf(reason->names, "%s%s", reason->count++ > 0 ? ", " : "", name);
}

static void
draw(FrostPage *page, const Reason *reason)
{
    g_autofree char *raw =
        g_strdup_printf("%s (%u): %s", reason->why, reason->count, reason->names->str);
    g_autofree char *clean = frost_text_clean(raw);

    frost_text_wrap(page->out, clean, 0, 4);
}

void
frost_reasons_draw(const FrostReasons *self, FrostPage *page)
{
    if (self->all->len > 0)
        g_string_append_c(page->out, '\n');
    for (guint i = 0; i < self->all->len; i++)
        draw(page, g_ptr_array_index(self->all, i));
}
