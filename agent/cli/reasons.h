/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * reasons.h - lists many names that have few reasons, by reason
 */

#include "page.h"

typedef struct FrostReasons FrostReasons;

FrostReasons *frost_reasons_new(void);
void frost_reasons_free(FrostReasons *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostReasons, frost_reasons_free)

/* Copies both. They are cleaned (text.h) when they are drawn. */
void frost_reasons_add(FrostReasons *self, const char *why, const char *name);
/* Draws an empty line, and a paragraph for each reason, in the order in which they were added
 * first. Draws nothing if there is no reason. */
void frost_reasons_draw(const FrostReasons *self, FrostPage *page);
