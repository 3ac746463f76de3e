/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include "families.h"
#include "schema.h"

typedef struct {
    const FrostFamily *family;
    gpointer kept;
} Kept;

struct FrostCommands {
    GArray *kept; /* of Kept, for the families that keep something between calls */
};

typedef struct {
    size_t place;
    const QgaCommand *command;
    gpointer context;
} Row;

static gint
by_place(gconstpointer a, gconstpointer b)
{
    const Row *left = a;
    const Row *right = b;

    return left->place < right->place ? -1 : left->place > right->place;
}

static gpointer
context_for(FrostCommands *self, const FrostFamily *family, FrostCommandContext *context)
{
    if (!family->keep)
        return context;

    Kept kept = {.family = family, .kept = family->keep(context)};
    g_array_append_val(self->kept, kept);
    return kept.kept;
}

FrostCommands *
frost_commands_new(QgaDispatch *dispatch, FrostCommandContext *context)
{
    FrostCommands *self = g_new0(FrostCommands, 1);
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Row));

    self->kept = g_array_new(FALSE, FALSE, sizeof(Kept));
    for (size_t i = 0; frost_families[i]; i++) {
        const FrostFamily *family = frost_families[i];
        gpointer its = context_for(self, family, context);

        for (size_t k = 0; k < family->count; k++) {
            Row row = {.place = frost_schema_place(family->commands[k].name),
                       .command = &family->commands[k],
                       .context = its};

            g_array_append_val(rows, row);
        }
    }
    g_array_sort(rows, by_place);
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);

        qga_dispatch_add(dispatch, row->command, 1, row->context);
    }
    return self;
}

void
frost_commands_free(FrostCommands *self)
{
    if (!self)
        return;
    for (guint i = 0; i < self->kept->len; i++) {
        const Kept *kept = &g_array_index(self->kept, Kept, i);

        kept->family->forget(kept->kept);
    }
    g_array_unref(self->kept);
    g_free(self);
}
