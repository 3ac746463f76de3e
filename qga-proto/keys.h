/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * keys.h - the keys that the objects of one message have so far; private to the framer
 *
 * A balanced tree: its cost has no bad case that a sender could bring about, as hash tables have.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct QgaKeys QgaKeys;

QgaKeys *qga_keys_new(void);
void qga_keys_free(QgaKeys *self);
void qga_keys_clear(QgaKeys *self);

/**
 * qga_keys_add: adds the key which is the end of @text, from @begin
 * @text: the same for all keys until they are cleared; only grows
 *
 * Returns false if @object has it already.
 */
bool qga_keys_add(QgaKeys *self, const GString *text, unsigned object, size_t begin);
