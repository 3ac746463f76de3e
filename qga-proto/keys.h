/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * keys.h - the set of keys that the objects of one message have; private to the framer
 *
 * It is a balanced tree, as a sender could choose keys that make a hash table slow.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct QgaKeys QgaKeys;

QgaKeys *qga_keys_new(void);
void qga_keys_free(QgaKeys *self);
void qga_keys_clear(QgaKeys *self);

/**
 * qga_keys_add: adds a key of @object: the end of @text, from @begin on
 * @text: has to be the same for all keys until they are cleared; it may only grow
 *
 * Returns false if @object has this key already.
 */
bool qga_keys_add(QgaKeys *self, const GString *text, unsigned object, size_t begin);
