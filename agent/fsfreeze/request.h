/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * request.h - what a transaction was asked, and whom it answers, exactly once
 */

#include <glib.h>

#include "transaction.h"

typedef enum {
    FROST_REQUEST_FREEZE,
    FROST_REQUEST_THAW,
} FrostRequestKind;

typedef struct {
    FrostRequestKind kind;
    char **mount_points; /* (nullable): of a freeze */
    FrostTransactionDone done;
    void *user;
} FrostRequest;

/* @mount_points: (nullable): copied. */
FrostRequest *frost_request_new(FrostRequestKind kind, const char *const *mount_points,
                                FrostTransactionDone done, void *user);
void frost_request_free(FrostRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostRequest, frost_request_free)

/* Answers and frees it. @error: (nullable): then @count is not told. NULL is nobody. */
void frost_request_answer(FrostRequest *self, unsigned count, const GError *error);
