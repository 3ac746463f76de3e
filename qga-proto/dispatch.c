/* SPDX-License-Identifier: MIT */

#include "dispatch.h"

#include <string.h>

#include "response.h"

typedef struct {
    const QgaCommand *command;
    void *context;
} Entry;

struct QgaDispatch {
    GArray *entries; /* of Entry, in the order they were added */
    char **allow;    /* NULL: all */
    char **block;
    bool frozen;
    GQueue calls; /* of QgaCall, not ended yet */
};

struct QgaCall {
    QgaDispatch *dispatch;
    GList link; /* in dispatch->calls */
    QgaCommandFlags flags;
    QgaRequest *request; /* NULL while the envelope is in doubt */
    QgaValue *id;
    bool has_id;
    QgaAnswered answered;
    void *user;
};

static void
call_free(QgaCall *call)
{
    g_queue_unlink(&call->dispatch->calls, &call->link);
    qga_request_free(call->request);
    qga_value_unref(call->id);
    g_free(call);
}

/* The call is gone before its answer is known: who hears it may run the next, or free us. */
static void
end(QgaCall *call, GBytes *line)
{
    QgaAnswered answered = call->answered;
    void *user = call->user;

    call_free(call);
    answered(user, line);
}

QgaDispatch *
qga_dispatch_new(void)
{
    QgaDispatch *self = g_new0(QgaDispatch, 1);

    self->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_queue_init(&self->calls);
    return self;
}

void
qga_dispatch_free(QgaDispatch *self)
{
    if (!self)
        return;
    while (!g_queue_is_empty(&self->calls))
        end(g_queue_peek_head(&self->calls), NULL);
    g_array_unref(self->entries);
    g_strfreev(self->allow);
    g_strfreev(self->block);
    g_free(self);
}

void
qga_dispatch_add(QgaDispatch *self, const QgaCommand *commands, size_t count, void *context)
{
    for (size_t i = 0; i < count; i++) {
        Entry entry = {.command = &commands[i], .context = context};

        g_array_append_val(self->entries, entry);
    }
}

void
qga_dispatch_restrict(QgaDispatch *self, const char *const *allow, const char *const *block)
{
    g_strfreev(self->allow);
    g_strfreev(self->block);
    self->allow = allow && allow[0] ? g_strdupv((char **)allow) : NULL;
    self->block = g_strdupv((char **)block);
}

void
qga_dispatch_set_frozen(QgaDispatch *self, bool frozen)
{
    self->frozen = frozen;
}

static bool
is_in(char **names, const char *name)
{
    return names && g_strv_contains((const char *const *)names, name);
}

static bool
is_enabled(const QgaDispatch *self, const QgaCommand *command)
{
    /* The lists have no say here: a blocked thaw would leave no way out (protocol 7, D12). */
    if (self->frozen)
        return command->flags & QGA_COMMAND_WHILE_FROZEN;
    if (self->allow && !is_in(self->allow, command->name))
        return false;
    return !is_in(self->block, command->name);
}

void
qga_dispatch_foreach(const QgaDispatch *self,
                     void (*visit)(const QgaCommand *command, bool enabled, void *user), void *user)
{
    for (unsigned i = 0; i < self->entries->len; i++) {
        const QgaCommand *command = g_array_index(self->entries, Entry, i).command;

        visit(command, is_enabled(self, command), user);
    }
}

static const Entry *
find(const QgaDispatch *self, const char *name)
{
    for (unsigned i = 0; i < self->entries->len; i++) {
        const Entry *entry = &g_array_index(self->entries, Entry, i);

        if (strcmp(entry->command->name, name) == 0)
            return entry;
    }
    return NULL;
}

static const Entry *
find_enabled(const QgaDispatch *self, const char *name, GError **error)
{
    const Entry *entry = find(self, name);

    if (!entry) {
        g_set_error(error, QGA_ERROR, QGA_ERROR_COMMAND_NOT_FOUND,
                    "The command %s has not been found", name);
        return NULL;
    }
    if (!is_enabled(self, entry->command)) {
        g_set_error(error, QGA_ERROR, QGA_ERROR_COMMAND_NOT_FOUND,
                    "Command %s has been disabled: the command is not allowed", name);
        return NULL;
    }
    return entry;
}

void
qga_dispatch_run(QgaDispatch *self, const char *text, size_t length, QgaAnswered answered,
                 void *user)
{
    QgaCall *call = g_new0(QgaCall, 1);
    GError *error = NULL;

    call->dispatch = self;
    call->answered = answered;
    call->user = user;
    call->link.data = call;
    g_queue_push_tail_link(&self->calls, &call->link);

    call->request = qga_request_parse(text, length, &call->id, &call->has_id, &error);
    const Entry *entry = NULL;
    if (call->request)
        entry = find_enabled(self, qga_request_command(call->request), &error);
    if (!entry) {
        qga_call_fail(call, error);
        return;
    }
    call->flags = entry->command->flags;
    entry->command->handler(call, entry->context);
}

const QgaArgs *
qga_call_args(const QgaCall *call)
{
    return qga_request_args(call->request);
}

QgaDispatch *
qga_call_dispatch(const QgaCall *call)
{
    return call->dispatch;
}

void
qga_call_return(QgaCall *call, QgaValue *value)
{
    g_autoptr(QgaValue) result = value ? value : qga_value_new_object();
    g_autoptr(GBytes) line = NULL;

    if (!(call->flags & QGA_COMMAND_NO_REPLY))
        line = qga_response_success(result, call->id, call->has_id,
                                    call->flags & QGA_COMMAND_DELIMITED);
    end(call, line);
}

void
qga_call_fail(QgaCall *call, GError *error)
{
    g_autoptr(GError) reason = error;
    g_autoptr(GBytes) line = qga_response_error(reason, call->id, call->has_id);

    end(call, line);
}
