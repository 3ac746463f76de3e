/* SPDX-License-Identifier: MIT */
#include "request-desk.h"

#include "source.h"

static void
free_request(FrostFreezeRequest *request)
{
    if (!request)
        return;
    g_strfreev(request->mount_points);
    g_free(request->id);
    g_free(request);
}

/* Answers and frees it. @error: (nullable): then @count is not told. */
static void
answer(FrostFreezeRequest *request, unsigned count, const GError *error)
{
    if (request->done)
        request->done(request->user, error ? 0 : count, error);
    free_request(request);
}

void
frost_request_desk_init(FrostRequestDesk *self, const FrostRequestDeskParts *parts)
{
    *self = (FrostRequestDesk){.parts = *parts};
    g_queue_init(&self->line);
    g_queue_init(&self->refused);
    g_queue_init(&self->releases);
}

void
frost_request_desk_clear(FrostRequestDesk *self)
{
    frost_source_drop(&self->turn);
    frost_source_drop(&self->thaw_limit);
    g_clear_pointer(&self->served, free_request);
    g_queue_clear_full(&self->releases, (GDestroyNotify)free_request);
    g_queue_clear_full(&self->line, (GDestroyNotify)free_request);
    g_queue_clear_full(&self->refused, (GDestroyNotify)free_request);
    g_clear_error(&self->refusal);
    g_clear_error(&self->outcome);
    g_clear_pointer(&self->release_reason, g_free);
}

const FrostFreezeRequest *
frost_request_desk_serve(FrostRequestDesk *self)
{
    self->served = g_queue_pop_head(&self->line);
    return self->served;
}

bool
frost_request_desk_fail(FrostRequestDesk *self, const GError *error)
{
    if (self->outcome) {
        g_info("then: %s", error->message);
        return false;
    }
    self->outcome = g_error_copy(error);
    return true;
}

void
frost_request_desk_answer(FrostRequestDesk *self)
{
    g_autoptr(GError) error = g_steal_pointer(&self->outcome);
    unsigned count = self->count;

    if (!self->served)
        return;
    self->count = 0;
    answer(g_steal_pointer(&self->served), count, error);
}

/* Answers all releases: the count, or @error (nullable). */
static void
end_releases(FrostRequestDesk *self, const GError *error)
{
    unsigned count = self->count;
    FrostFreezeRequest *release;

    self->count = 0;
    g_clear_pointer(&self->release_reason, g_free);
    while ((release = g_queue_pop_head(&self->releases)))
        answer(release, count, error);
}

/* As long as those at the head of the line ask for it. */
static void
answer_unserved(FrostRequestDesk *self, FrostRequestKind kind)
{
    const FrostFreezeRequest *first;

    while ((first = g_queue_peek_head(&self->line)) && first->kind == kind) {
        g_autoptr(GError) error = self->parts.unserved(self->parts.user, kind);

        answer(g_queue_pop_head(&self->line), 0, error);
    }
}

bool
frost_request_desk_wants_freeze(FrostRequestDesk *self)
{
    answer_unserved(self, FROST_FREEZE_REQUEST_THAW);
    while (self->release_reason && !g_queue_is_empty(&self->line)) {
        answer_unserved(self, FROST_FREEZE_REQUEST_FREEZE);
        answer_unserved(self, FROST_FREEZE_REQUEST_THAW);
    }
    if (g_queue_is_empty(&self->line))
        end_releases(self, NULL);
    return !g_queue_is_empty(&self->line);
}

bool
frost_request_desk_wants_thaw(FrostRequestDesk *self)
{
    answer_unserved(self, FROST_FREEZE_REQUEST_FREEZE);
    return self->release_reason || !g_queue_is_empty(&self->line);
}

void
frost_request_desk_refuse_all(FrostRequestDesk *self, const GError *error)
{
    while (!g_queue_is_empty(&self->line))
        answer(g_queue_pop_head(&self->line), 0, error);
    end_releases(self, error);
}

/* Freezes that are given up -------------------------------------------------------------------- */

const FrostFreezeRequest *
frost_request_desk_find_freeze(const FrostRequestDesk *self)
{
    if (self->served && self->served->kind == FROST_FREEZE_REQUEST_FREEZE)
        return self->served;
    for (const GList *link = self->line.head; link; link = link->next) {
        const FrostFreezeRequest *request = link->data;

        if (request->kind == FROST_FREEZE_REQUEST_FREEZE)
            return request;
    }
    return NULL;
}

void
frost_request_desk_refuse_freezes(FrostRequestDesk *self, const GError *error)
{
    for (GList *link = self->line.head, *next; link; link = next) {
        const FrostFreezeRequest *request = link->data;

        next = link->next;
        if (request->kind != FROST_FREEZE_REQUEST_FREEZE)
            continue;
        g_queue_unlink(&self->line, link);
        g_queue_push_tail_link(&self->refused, link);
    }
    g_clear_error(&self->refusal);
    self->refusal = g_error_copy(error);
    frost_request_desk_take_turn(self);
}

/* Thaws that wait no longer -------------------------------------------------------------------- */

/* Behind a freeze that is served, and has failed, they wait for its answer. */
static void
answer_thaws(FrostRequestDesk *self)
{
    if (self->served && self->served->kind == FROST_FREEZE_REQUEST_THAW)
        frost_request_desk_answer(self);
    if (!self->served)
        answer_unserved(self, FROST_FREEZE_REQUEST_THAW);
}

static gboolean
on_thaw_limit(gpointer user)
{
    FrostRequestDesk *self = user;

    frost_source_drop(&self->thaw_limit);
    g_warning("the thaw hooks still run: a thaw waits for them no longer, the next freeze does");
    self->thaws_pass = true;
    frost_request_desk_take_turn(self);
    return G_SOURCE_REMOVE;
}

/* The hooks may hang for as long as they like: the host gives up after 10 to 20 s. */
void
frost_request_desk_limit_thaws(FrostRequestDesk *self, unsigned limit_s)
{
    frost_request_desk_end_limit(self);
    if (limit_s > 0)
        self->thaw_limit = frost_source_attach(g_timeout_source_new(limit_s * 1000u),
                                               self->parts.context, on_thaw_limit, self);
}

void
frost_request_desk_end_limit(FrostRequestDesk *self)
{
    frost_source_drop(&self->thaw_limit);
    self->thaws_pass = false;
}

/* A turn -------------------------------------------------------------------------------------- */

static gboolean
on_turn(gpointer user)
{
    FrostRequestDesk *self = user;
    g_autoptr(GError) refusal = g_steal_pointer(&self->refusal);
    FrostFreezeRequest *refused;

    frost_source_drop(&self->turn);
    while ((refused = g_queue_pop_head(&self->refused)))
        answer(refused, 0, refusal);
    if (self->thaws_pass)
        answer_thaws(self);
    self->parts.turn(self->parts.user);
    return G_SOURCE_REMOVE;
}

void
frost_request_desk_take_turn(FrostRequestDesk *self)
{
    if (!self->turn)
        self->turn = frost_source_now(self->parts.context, on_turn, self);
}

static void
push(FrostRequestDesk *self, GQueue *queue, const FrostFreezeRequest *request)
{
    FrostFreezeRequest *own = g_new(FrostFreezeRequest, 1);

    *own = *request;
    g_queue_push_tail(queue, own);
    frost_request_desk_take_turn(self);
}

void
frost_request_desk_ask(FrostRequestDesk *self, FrostRequestKind kind,
                       const char *const *mount_points, const char *id, FrostTransactionDone done,
                       void *user)
{
    push(self, &self->line,
         &(FrostFreezeRequest){kind, g_strdupv((char **)mount_points), g_strdup(id), done, user});
}

void
frost_request_desk_ask_release(FrostRequestDesk *self, const char *reason,
                               FrostTransactionDone done, void *user)
{
    push(self, &self->releases,
         &(FrostFreezeRequest){FROST_FREEZE_REQUEST_THAW, NULL, NULL, done, user});
    g_free(self->release_reason);
    self->release_reason = g_strdup(reason);
}
