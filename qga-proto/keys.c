/* SPDX-License-Identifier: MIT */

#include "keys.h"

#include <string.h>

typedef struct {
    unsigned object;
    size_t begin;
    size_t length;
} Key;

struct QgaKeys {
    GTree *tree; /* of Key; NULL: there is no key */
    const GString *text;
};

static int
compare(const void *a, const void *b, void *user)
{
    const QgaKeys *self = user;
    const Key *x = a;
    const Key *y = b;

    if (x->object != y->object)
        return x->object < y->object ? -1 : 1;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return memcmp(self->text->str + x->begin, self->text->str + y->begin, x->length);
}

bool
qga_keys_add(QgaKeys *self, const GString *text, unsigned object, size_t begin)
{
    Key key = {.object = object, .begin = begin, .length = text->len - begin};

    self->text = text;
    if (!self->tree)
        self->tree = g_tree_new_full(compare, self, g_free, NULL);
    if (g_tree_lookup_extended(self->tree, &key, NULL, NULL))
        return false;

    Key *kept = g_new(Key, 1);
    *kept = key;
    g_tree_insert(self->tree, kept, NULL);
    return true;
}

void
qga_keys_clear(QgaKeys *self)
{
    g_clear_pointer(&self->tree, g_tree_unref);
}

QgaKeys *
qga_keys_new(void)
{
    return g_new0(QgaKeys, 1);
}

void
qga_keys_free(QgaKeys *self)
{
    if (!self)
        return;
    qga_keys_clear(self);
    g_free(self);
}
