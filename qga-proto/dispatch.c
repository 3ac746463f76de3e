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
    QgaFollower follower; /* NULL: none */
    void *follower_user;
    GQueue calls; /* of QgaCall, not ended yet */
};

struct QgaCall {
    QgaDispatch *dispatch;
    GList link; /* its link in dispatch->calls */
    QgaCommandFlags flags;
    QgaRequest *request; /* NULL until the envelope was parsed */
    QgaValue *id;
    bool has_id;
    QgaAnswered answered;
    void *user;
    const char *gives_way_to; /* a command; NULL: none, or give_way was called */
    QgaGiveWay give_way;
    void *give_way_user;
};

static void
call_free(QgaCall *call)
{
    g_queue_unlink(&call->dispatch->calls, &call->link);
    qga_request_free(call->request);
    qga_value_unref(call->id);
    g_free(call);
}

/* Frees the call before it calls answered(), which may run the next request, or free the dispatch.
 */
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

void
qga_dispatch_follow(QgaDispatch *self, QgaFollower follower, void *user)
{
    self->follower = follower;
    self->follower_user = user;
}

static bool
is_in(char **names, const char *name)
{
    return names && g_strv_contains((const char *const *)names, name);
}

static bool
is_enabled(const QgaDispatch *self, const QgaCommand *command)
{
    /* The lists do not count here, as with a blocked thaw there would be no way out. */
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
qga_dispatch_run(QgaDispatch *self, const QgaValue *request, QgaAnswered answered, void *user)
{
    QgaCall *call = g_new0(QgaCall, 1);
    GError *error = NULL;

    call->dispatch = self;
    call->answered = answered;
    call->user = user;
    call->link.data = call;
    g_queue_push_tail_link(&self->calls, &call->link);

    call->request = qga_request_of(request, &call->id, &call->has_id, &error);
    if (self->follower)
        self->follower(self->follower_user, call->request);
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

bool
qga_dispatch_gives_way(const QgaDispatch *self)
{
    for (const GList *link = self->calls.head; link; link = link->next) {
        const QgaCall *call = link->data;

        if (call->gives_way_to)
            return true;
    }
    return false;
}

/* give_way may end any call, so the list is searched from its start after each. */
static void
make_give_way(const QgaDispatch *self, const char *command, const QgaValue *arguments)
{
    GList *link = self->calls.head;

    while (link) {
        QgaCall *call = link->data;

        link = link->next;
        if (!call->gives_way_to || strcmp(call->gives_way_to, command) != 0)
            continue;
        const char *waited_for = g_steal_pointer(&call->gives_way_to);
        if (call->give_way(call->give_way_user, arguments))
            link = self->calls.head;
        else
            call->gives_way_to = waited_for;
    }
}

void
qga_dispatch_announce(QgaDispatch *self, const QgaValue *request)
{
    g_autoptr(QgaValue) id = NULL;
    bool has_id;

    g_autoptr(QgaRequest) waiting = qga_request_of(request, &id, &has_id, NULL);
    if (waiting && find_enabled(self, qga_request_command(waiting), NULL))
        make_give_way(self, qga_request_command(waiting), qga_request_arguments(waiting));
}

void
qga_call_give_way(QgaCall *call, const char *command, QgaGiveWay give_way, void *user)
{
    call->gives_way_to = command;
    call->give_way = give_way;
    call->give_way_user = user;
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
