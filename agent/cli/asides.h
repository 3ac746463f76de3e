/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * asides.h - many things that share few reasons, told by reason
 */

#include "page.h"

typedef struct FrostAsides FrostAsides;

FrostAsides *frost_asides_new(void);
void frost_asides_free(FrostAsides *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostAsides, frost_asides_free)

/* Both are copied, and cleaned when they are drawn. */
void frost_asides_add(FrostAsides *self, const char *why, const char *name);
/* An empty line, and then a paragraph for each reason, in the order in which they first came;
 * nothing where there is none. */
void frost_asides_draw(const FrostAsides *self, FrostPage *page);
