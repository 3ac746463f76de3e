/* SPDX-License-Identifier: MIT */
#include "asides.h"

#include "text.h"

typedef struct {
    char *why; /* the key of its place */
    GString *names;
    unsigned count;
} Aside;

struct FrostAsides {
    GPtrArray *all; /* of Aside */
    GHashTable *by_reason;
};

static void
free_aside(gpointer data)
{
    Aside *aside = data;

    g_free(aside->why);
    g_string_free(aside->names, TRUE);
    g_free(aside);
}

FrostAsides *
frost_asides_new(void)
{
    FrostAsides *self = g_new0(FrostAsides, 1);

    self->all = g_ptr_array_new_with_free_func(free_aside);
    self->by_reason = g_hash_table_new(g_str_hash, g_str_equal);
    return self;
}

void
frost_asides_free(FrostAsides *self)
{
    g_hash_table_unref(self->by_reason);
    g_ptr_array_unref(self->all);
    g_free(self);
}

static Aside *
aside_for(FrostAsides *self, const char *why)
{
    Aside *aside = g_hash_table_lookup(self->by_reason, why);

    if (aside)
        return aside;
    aside = g_new0(Aside, 1);
    aside->why = g_strdup(why);
    aside->names = g_string_new(NULL);
    g_hash_table_insert(self->by_reason, aside->why, aside);
    g_ptr_array_add(self->all, aside);
    return aside;
}

void
frost_asides_add(FrostAsides *self, const char *why, const char *name)
{
    Aside *aside = aside_for(self, why);

    g_string_append_printf(aside->names, "%s%s", aside->count++ > 0 ? ", " : "", name);
}

static void
draw(FrostPage *page, const Aside *aside)
{
    g_autofree char *raw =
        g_strdup_printf("%s (%u): %s", aside->why, aside->count, aside->names->str);
    g_autofree char *clean = frost_text_clean(raw);

    frost_text_wrap(page->out, clean, 0, 4);
}

void
frost_asides_draw(const FrostAsides *self, FrostPage *page)
{
    if (self->all->len > 0)
        g_string_append_c(page->out, '\n');
    for (guint i = 0; i < self->all->len; i++)
        draw(page, g_ptr_array_index(self->all, i));
}
