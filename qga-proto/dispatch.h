/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dispatch.h - a table of commands, and one request carried out at a time
 *
 * A handler completes its call when it can: at once, or later from the main loop. Exactly one
 * qga_call_return() or qga_call_fail() ends a call and frees it.
 *
 * The dispatch owns the calls that are not ended yet. If it is freed before them, they are freed
 * with it, and who waits is told so; by then nobody may be left who would still end one.
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
    QGA_COMMAND_WHILE_FROZEN = 1 << 0, /* allowed while frozen, whatever the lists say */
    QGA_COMMAND_NO_REPLY = 1 << 1,     /* success is silent (protocol 2.8) */
    QGA_COMMAND_DELIMITED = 1 << 2,    /* 0xFF before a successful answer (protocol 2.9) */
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

/* Adds @count commands, in schema order; @commands and @context are borrowed and outlive. */
void qga_dispatch_add(QgaDispatch *self, const QgaCommand *commands, size_t count, void *context);

/**
 * qga_dispatch_restrict: the allow and block lists (protocol 4.8)
 * @allow: (nullable): names, NULL-terminated; NULL or empty allows all
 * @block: (nullable): names taken away again
 *
 * Replaces earlier lists. Holds for commands added later, too.
 */
void qga_dispatch_restrict(QgaDispatch *self, const char *const *allow, const char *const *block);

/* While frozen exactly the commands with QGA_COMMAND_WHILE_FROZEN are enabled. */
void qga_dispatch_set_frozen(QgaDispatch *self, bool frozen);

/* Calls @visit for each command in the order they were added. */
void qga_dispatch_foreach(const QgaDispatch *self,
                          void (*visit)(const QgaCommand *command, bool enabled, void *user),
                          void *user);

/* @line: the answer with its newline, or NULL where success is silent, or where the dispatch is
 * freed before there is one. Borrowed. */
typedef void (*QgaAnswered)(void *user, GBytes *line);

/**
 * qga_dispatch_run:
 * @text: one JSON text as the framer hands it over
 *
 * Checks the envelope and carries the command out: that it exists, that it is enabled, then
 * whatever its handler checks (protocol 2.5). @answered is called exactly once, perhaps before
 * this returns, and at the latest when the dispatch is freed.
 */
void qga_dispatch_run(QgaDispatch *self, const char *text, size_t length, QgaAnswered answered,
                      void *user);

/* For handlers ------------------------------------------------------------------------------- */

/* Borrowed; until the call ends. */
const QgaArgs *qga_call_args(const QgaCall *call);
QgaDispatch *qga_call_dispatch(const QgaCall *call);
/* Takes @value; NULL is the empty object. */
void qga_call_return(QgaCall *call, QgaValue *value);
/* Takes @error. Its message is the desc; the class is GenericError unless the domain says more. */
void qga_call_fail(QgaCall *call, GError *error);
