/* SPDX-License-Identifier: MIT */

#include "args.h"

#include <string.h>

struct QgaArgs {
    const QgaValue *object; /* NULL: no arguments were given */
    char *path;
    GPtrArray *asked; /* of the names that getters have asked for; any other is unexpected */
};

QgaArgs *
qga_args_new(const QgaValue *object, const char *path)
{
    QgaArgs *self = g_new0(QgaArgs, 1);

    self->object = object;
    self->path = g_strdup(path);
    self->asked = g_ptr_array_new_with_free_func(g_free);
    return self;
}

void
qga_args_free(QgaArgs *self)
{
    if (!self)
        return;
    g_free(self->path);
    g_ptr_array_unref(self->asked);
    g_free(self);
}

static const QgaValue *
ask(const QgaArgs *self, const char *name)
{
    g_ptr_array_add(self->asked, g_strdup(name));
    return self->object ? qga_value_get(self->object, name) : NULL;
}

bool
qga_args_has(const QgaArgs *self, const char *name)
{
    return self->object && qga_value_get(self->object, name);
}

/* The argument @name; NULL, with @error, if it is missing. */
static const QgaValue *
demand(const QgaArgs *self, const char *name, GError **error)
{
    const QgaValue *value = ask(self, name);

    if (!value)
        g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "Parameter '%s%s' is missing", self->path,
                    name);
    return value;
}

static bool
wrong_type(const QgaArgs *self, const char *name, const char *expected, GError **error)
{
    g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC,
                "Invalid parameter type for '%s%s', expected: %s", self->path, name, expected);
    return false;
}

static bool
read_int(const QgaArgs *self, const char *name, const QgaValue *value, int64_t *out, GError **error)
{
    if (qga_value_kind(value) == QGA_KIND_INTEGER && qga_value_get_int(value, out))
        return true;
    return wrong_type(self, name, "integer", error);
}

static bool
read_bool(const QgaArgs *self, const char *name, const QgaValue *value, bool *out, GError **error)
{
    if (qga_value_kind(value) != QGA_KIND_BOOL)
        return wrong_type(self, name, "boolean", error);
    *out = qga_value_get_bool(value);
    return true;
}

static bool
read_string(const QgaArgs *self, const char *name, const QgaValue *value, const char **out,
            GError **error)
{
    if (qga_value_kind(value) != QGA_KIND_STRING)
        return wrong_type(self, name, "string", error);
    *out = qga_value_get_string(value);
    return true;
}

bool
qga_args_int(const QgaArgs *self, const char *name, int64_t *out, GError **error)
{
    const QgaValue *value = demand(self, name, error);

    return value && read_int(self, name, value, out, error);
}

bool
qga_args_uint(const QgaArgs *self, const char *name, uint64_t *out, GError **error)
{
    const QgaValue *value = demand(self, name, error);
    int64_t number;

    if (!value)
        return false;
    if (qga_value_kind(value) == QGA_KIND_INTEGER) {
        if (qga_value_get_uint(value, out))
            return true;
        if (qga_value_get_int(value, &number)) {
            *out = (uint64_t)number;
            return true;
        }
    }
    g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "Parameter '%s%s' expects uint64", self->path,
                name);
    return false;
}

bool
qga_args_bool(const QgaArgs *self, const char *name, bool *out, GError **error)
{
    const QgaValue *value = demand(self, name, error);

    return value && read_bool(self, name, value, out, error);
}

bool
qga_args_string(const QgaArgs *self, const char *name, const char **out, GError **error)
{
    const QgaValue *value = demand(self, name, error);

    return value && read_string(self, name, value, out, error);
}

bool
qga_args_int_optional(const QgaArgs *self, const char *name, int64_t *out, GError **error)
{
    const QgaValue *value = ask(self, name);

    return !value || read_int(self, name, value, out, error);
}

bool
qga_args_bool_optional(const QgaArgs *self, const char *name, bool *out, GError **error)
{
    const QgaValue *value = ask(self, name);

    return !value || read_bool(self, name, value, out, error);
}

bool
qga_args_string_optional(const QgaArgs *self, const char *name, const char **out, GError **error)
{
    const QgaValue *value = ask(self, name);

    return !value || read_string(self, name, value, out, error);
}

static bool
find_word(const QgaArgs *self, const char *name, const char *word, const char *const *words,
          unsigned *out, GError **error)
{
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0) {
            *out = i;
            return true;
        }
    }
    g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "Parameter '%s%s' does not accept value '%s'",
                self->path, name, word);
    return false;
}

bool
qga_args_enum_optional(const QgaArgs *self, const char *name, const char *const *words,
                       unsigned *out, GError **error)
{
    const char *word = NULL;

    if (!qga_args_string_optional(self, name, &word, error))
        return false;
    return !word || find_word(self, name, word, words, out, error);
}

static bool
read_alternate(const QgaArgs *self, const char *name, const char *type, const char *const *words,
               QgaKind other, const QgaValue *value, const QgaValue **out_value, unsigned *out_word,
               GError **error)
{
    *out_value = NULL;
    if (qga_value_kind(value) == QGA_KIND_STRING)
        return find_word(self, name, qga_value_get_string(value), words, out_word, error);
    if (qga_value_kind(value) != other)
        return wrong_type(self, name, type, error);
    *out_value = value;
    return true;
}

bool
qga_args_alternate(const QgaArgs *self, const char *name, const char *type,
                   const char *const *words, QgaKind other, const QgaValue **out_value,
                   unsigned *out_word, GError **error)
{
    const QgaValue *value = demand(self, name, error);

    return value &&
           read_alternate(self, name, type, words, other, value, out_value, out_word, error);
}

bool
qga_args_alternate_optional(const QgaArgs *self, const char *name, const char *type,
                            const char *const *words, QgaKind other, const QgaValue **out_value,
                            unsigned *out_word, GError **error)
{
    const QgaValue *value = ask(self, name);

    *out_value = NULL;
    return !value ||
           read_alternate(self, name, type, words, other, value, out_value, out_word, error);
}

static bool
is_array(const QgaArgs *self, const char *name, const QgaValue *value, GError **error)
{
    return qga_value_kind(value) == QGA_KIND_ARRAY || wrong_type(self, name, "array", error);
}

static bool
read_strings(const QgaArgs *self, const char *name, const QgaValue *value, char ***out_strings,
             GError **error)
{
    if (!is_array(self, name, value, error))
        return false;

    size_t count = qga_value_length(value);
    g_auto(GStrv) strings = g_new0(char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *item = g_strdup_printf("%s[%zu]", name, i);
        const char *string;

        if (!read_string(self, item, qga_value_at(value, i), &string, error))
            return false;
        strings[i] = g_strdup(string);
    }
    *out_strings = g_steal_pointer(&strings);
    return true;
}

bool
qga_args_strings(const QgaArgs *self, const char *name, char ***out_strings, GError **error)
{
    const QgaValue *value = demand(self, name, error);

    return value && read_strings(self, name, value, out_strings, error);
}

bool
qga_args_strings_optional(const QgaArgs *self, const char *name, char ***out_strings,
                          GError **error)
{
    const QgaValue *value = ask(self, name);

    *out_strings = NULL;
    return !value || read_strings(self, name, value, out_strings, error);
}

bool
qga_args_objects(const QgaArgs *self, const char *name, GPtrArray **out, GError **error)
{
    const QgaValue *value = demand(self, name, error);

    if (!value || !is_array(self, name, value, error))
        return false;

    g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify)qga_args_free);
    for (size_t i = 0; i < qga_value_length(value); i++) {
        const QgaValue *object = qga_value_at(value, i);
        g_autofree char *item = g_strdup_printf("%s[%zu]", name, i);
        g_autofree char *path = g_strconcat(self->path, item, ".", NULL);

        if (qga_value_kind(object) != QGA_KIND_OBJECT)
            return wrong_type(self, item, "object", error);
        g_ptr_array_add(objects, qga_args_new(object, path));
    }
    *out = g_steal_pointer(&objects);
    return true;
}

static bool
was_asked(const QgaArgs *self, const char *name)
{
    return g_ptr_array_find_with_equal_func(self->asked, name, g_str_equal, NULL);
}

bool
qga_args_end(const QgaArgs *self, GError **error)
{
    QgaMember member = {0};

    while (self->object && qga_value_next(self->object, &member)) {
        if (was_asked(self, member.name))
            continue;
        g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "Parameter '%s%s' is unexpected",
                    self->path, member.name);
        return false;
    }
    return true;
}
