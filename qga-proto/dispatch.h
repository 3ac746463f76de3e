/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dispatch.h - a table of commands; finds the command of a request, and calls its handler
 *
 * A handler ends its call at once, or later from the main loop. Exactly one qga_call_return() or
 * qga_call_fail() ends a call, and frees it.
 *
 * The dispatch owns the calls that have not ended. If it is freed, they are freed with it, and
 * answered() is called with NULL; from then on nothing may end one of them.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "request.h"

typedef struct QgaDispatch QgaDispatch;
typedef struct QgaCall QgaCall;

typedef enum {
    QGA_COMMAND_PLAIN = 0,
    QGA_COMMAND_WHILE_FROZEN = 1 << 0, /* allowed while frozen, even if the lists block it */
    QGA_COMMAND_NO_REPLY = 1 << 1,     /* success has no answer */
    QGA_COMMAND_DELIMITED = 1 << 2,    /* 0xFF before a successful answer */
} QgaCommandFlags;

typedef void (*QgaHandler)(QgaCall *call, void *context);

typedef struct {
    const char *name;
    QgaCommandFlags flags;
    QgaHandler handler;
} QgaCommand;

QgaDispatch *qga_dispatch_new(void);
void qga_dispatch_free(QgaDispatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QgaDispatch, qga_dispatch_free)

/* Adds @count commands, in schema order. @commands and @context are borrowed, and have to outlive
 * the dispatch. */
void qga_dispatch_add(QgaDispatch *self, const QgaCommand *commands, size_t count, void *context);

/**
 * qga_dispatch_restrict: the allow and block lists
 * @allow: (nullable): names, NULL-terminated; NULL or empty allows all
 * @block: (nullable): names that are blocked even if they are allowed
 *
 * Replaces earlier lists. Also applies to commands that are added later.
 */
void qga_dispatch_restrict(QgaDispatch *self, const char *const *allow, const char *const *block);

/* While frozen, exactly the commands with QGA_COMMAND_WHILE_FROZEN are enabled. */
void qga_dispatch_set_frozen(QgaDispatch *self, bool frozen);

/* Calls @visit for each command in the order they were added. */
void qga_dispatch_foreach(const QgaDispatch *self,
                          void (*visit)(const QgaCommand *command, bool enabled, void *user),
                          void *user);

/* @request: borrowed; NULL: what came was not a request. */
typedef void (*QgaFollower)(void *user, const QgaRequest *request);

/* Has @follower called for each request before it is carried out, even if it is not allowed. */
void qga_dispatch_follow(QgaDispatch *self, QgaFollower follower, void *user);

/* @line: borrowed: the answer with its newline; NULL: the command has no answer, or the dispatch
 * was freed before there was one. */
typedef void (*QgaAnswered)(void *user, GBytes *line);

/**
 * qga_dispatch_run:
 * @request: (nullable): the host's value, borrowed; NULL: what could not become one
 *
 * Checks the envelope, then that the command exists, and that it is enabled; then calls the
 * handler, which checks the rest. @answered is called exactly once: perhaps before
 * this returns, and at the latest when the dispatch is freed.
 */
void qga_dispatch_run(QgaDispatch *self, const QgaValue *request, QgaAnswered answered, void *user);

/* True if a call under way gives way to a command: only then is anything worth announcing. */
bool qga_dispatch_gives_way(const QgaDispatch *self);
/**
 * qga_dispatch_announce: to be called for a request that has come, but has to wait
 * @request: as for qga_dispatch_run()
 *
 * Notifies the calls under way that give way to its command (qga_call_give_way()).
 */
void qga_dispatch_announce(QgaDispatch *self, const QgaValue *request);

/* For handlers ------------------------------------------------------------------------------- */

/* Borrowed until the call ends. */
const QgaArgs *qga_call_args(const QgaCall *call);
QgaDispatch *qga_call_dispatch(const QgaCall *call);
/* @arguments: (nullable): of the request that waits; lent. False: it is not for this call, which
 * goes on and waits for another. */
typedef bool (*QgaGiveWay)(void *user, const QgaValue *arguments);

/**
 * qga_call_give_way:
 * @command: a static string
 *
 * Has @give_way called with @user once a request for @command waits that the lists allow: until it
 * returns true, and never from inside this.
 */
void qga_call_give_way(QgaCall *call, const char *command, QgaGiveWay give_way, void *user);
/* Ends the call with a result. Takes ownership of @value; NULL: an empty object. */
void qga_call_return(QgaCall *call, QgaValue *value);
/* Ends the call with an error. Takes ownership of @error: its message becomes the desc. The class
 * is GenericError, unless it is an error of QGA_ERROR with another class. */
void qga_call_fail(QgaCall *call, GError *error);
