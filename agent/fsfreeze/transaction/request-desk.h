/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * request-desk.h - who has asked a transaction, who waits, and what each is answered
 *
 * One request at a time is served; the others wait in line. A release does not wait in line: it is
 * answered when all is undone. Everybody is answered exactly once, from the main loop.
 */

#include <glib.h>
#include <stdbool.h>

/* @error: (nullable); only lent. @count: filesystems frozen, or thawed. */
typedef void (*FrostTransactionDone)(void *user, unsigned count, const GError *error);

typedef enum {
    FROST_FREEZE_REQUEST_FREEZE,
    FROST_FREEZE_REQUEST_THAW,
} FrostRequestKind;

typedef struct {
    FrostRequestKind kind;
    char **mount_points; /* (nullable): of a freeze */
    char *id;            /* (nullable): the same: the name that the host gave it */
    FrostTransactionDone done;
    void *user;
} FrostFreezeRequest;

typedef struct {
    /* Called from @context, when somebody has asked for something. */
    void (*turn)(void *user);
    /* The error of a request that is answered unserved; NULL: it is answered 0. Called once for
     * each. */
    GError *(*unserved)(void *user, FrostRequestKind kind);
    void *user;
    GMainContext *context;
} FrostRequestDeskParts;

/* The transaction reads this and sets @count; the functions below change the rest. */
typedef struct {
    FrostRequestDeskParts parts;
    FrostFreezeRequest *served; /* NULL: none, or answered already */
    GQueue line;                /* of FrostFreezeRequest */
    GQueue refused; /* of FrostFreezeRequest: to be answered @refusal in the next turn */
    GError *refusal;
    GQueue releases;      /* of FrostFreezeRequest */
    char *release_reason; /* for people; NULL: no release is asked for */
    unsigned count;       /* the answer to @served, or else to the releases: so many */
    GError *outcome;      /* (nullable): the same: an error instead */
    GSource *turn;        /* a turn that is due */
    GSource *thaw_limit;  /* thaws are answered unserved from then on */
    bool thaws_pass;      /* and that is now */
} FrostRequestDesk;

void frost_request_desk_init(FrostRequestDesk *self, const FrostRequestDeskParts *parts);
/* Requests that still wait get no answer. */
void frost_request_desk_clear(FrostRequestDesk *self);

/* @mount_points, @id: (nullable): copied. Goes to the end of the line. */
void frost_request_desk_ask(FrostRequestDesk *self, FrostRequestKind kind,
                            const char *const *mount_points, const char *id,
                            FrostTransactionDone done, void *user);
void frost_request_desk_ask_release(FrostRequestDesk *self, const char *reason,
                                    FrostTransactionDone done, void *user);
/* A turn also without being asked. */
void frost_request_desk_take_turn(FrostRequestDesk *self);

/* Nothing is held: answers the thaws at the head of the line or, if a release waits, the whole line
 * and then the releases. True: a freeze is first in line. */
bool frost_request_desk_wants_freeze(FrostRequestDesk *self);
/* Something is held: answers the freezes at the head of the line. True: a thaw is first in line, or
 * a release waits. */
bool frost_request_desk_wants_thaw(FrostRequestDesk *self);
/* Takes the first request in line, which is served until it is answered; only lent. NULL: the line
 * is empty. */
const FrostFreezeRequest *frost_request_desk_serve(FrostRequestDesk *self);

/* The first error is the answer. False: there was one already, and this one is for the log. */
bool frost_request_desk_fail(FrostRequestDesk *self, const GError *error);
/* Answers the request that is served, if there is one, and forgets the outcome. */
void frost_request_desk_answer(FrostRequestDesk *self);
/* The freeze that is served, or else the first that waits; NULL: there is none. */
const FrostFreezeRequest *frost_request_desk_find_freeze(const FrostRequestDesk *self);
/* The freezes that wait in line get @error in the next turn. */
void frost_request_desk_refuse_freezes(FrostRequestDesk *self, const GError *error);
/* Answers @error to all requests but the one that is served. */
void frost_request_desk_refuse_all(FrostRequestDesk *self, const GError *error);

/* While hooks are undone: in @limit_s seconds, 0 meaning never, thaws stop to wait for them. They
 * are answered then, also those that come later, but for those behind a freeze. */
void frost_request_desk_limit_thaws(FrostRequestDesk *self, unsigned limit_s);
void frost_request_desk_end_limit(FrostRequestDesk *self);
