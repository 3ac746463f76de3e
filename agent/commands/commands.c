/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include "families.h"
#include "schema.h"

typedef struct {
    const FrostFamily *family;
    gpointer kept;
} Kept;

struct FrostCommands {
    GArray *kept; /* of Kept, of the families that keep something */
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

static void
answer_call(void *user, gpointer result, const GError *error)
{
    QgaCall *call = user;

    if (error)
        qga_call_fail(call, g_error_copy(error));
    else
        qga_call_return(call, result);
}

void
frost_call_aside(const FrostCommandContext *context, QgaCall *call, const char *what,
                 unsigned limit_s, FrostAsideWork work, gpointer input, GDestroyNotify input_free)
{
    const FrostAsideJob job = {.what = what,
                               .work = work,
                               .input = input,
                               .input_free = input_free,
                               .result_free = (GDestroyNotify)qga_value_unref,
                               .limit_s = limit_s,
                               .done = answer_call,
                               .user = call};

    frost_aside_run(context->aside, &job);
}

bool
frost_call_takes_nothing(QgaCall *call)
{
    GError *error = NULL;

    if (qga_args_end(qga_call_args(call), &error))
        return true;
    qga_call_fail(call, error);
    return false;
}

void
frost_call_answer(void *user, const GError *error)
{
    QgaCall *call = user;

    if (error)
        qga_call_fail(call, g_error_copy(error));
    else
        qga_call_return(call, NULL);
}
