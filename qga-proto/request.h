/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * request.h - reads the envelope of a request; typed getters for its arguments
 *
 * The getters give qemu-ga's errors, word for word. Call them in schema order, and
 * then qga_args_end(): so a missing argument is reported before an unexpected one. JSON's null has
 * the wrong type for every getter; it does not count as absent.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "json.h"

typedef struct QgaRequest QgaRequest;
typedef struct QgaArgs QgaArgs;

/**
 * qga_request_of:
 * @root: (nullable): the value that is the request, borrowed; NULL: what could not become one
 * @out_id: (transfer full) (nullable): the id, also set on failure if there is one; with
 * @out_has_id, NULL is JSON's null
 *
 * Reports the first fault in the order of the members; a missing member is reported last.
 */
QgaRequest *qga_request_of(const QgaValue *root, QgaValue **out_id, bool *out_has_id,
                           GError **error);
void qga_request_free(QgaRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QgaRequest, qga_request_free)

const char *qga_request_command(const QgaRequest *self);
const QgaArgs *qga_request_args(const QgaRequest *self);
/* The object with the arguments, unchecked, for logging; NULL: there is none. */
const QgaValue *qga_request_arguments(const QgaRequest *self);

/* True if the argument was given, of any type. Does not count as asking for it. */
bool qga_args_has(const QgaArgs *self, const char *name);

bool qga_args_int(const QgaArgs *self, const char *name, int64_t *out, GError **error);
/* A negative number wraps around. */
bool qga_args_uint(const QgaArgs *self, const char *name, uint64_t *out, GError **error);
bool qga_args_bool(const QgaArgs *self, const char *name, bool *out, GError **error);
/* Borrowed, as long as the request exists. */
bool qga_args_string(const QgaArgs *self, const char *name, const char **out, GError **error);

/* Optional: if the argument is absent, *out is not changed. */
bool qga_args_int_optional(const QgaArgs *self, const char *name, int64_t *out, GError **error);
bool qga_args_bool_optional(const QgaArgs *self, const char *name, bool *out, GError **error);
bool qga_args_string_optional(const QgaArgs *self, const char *name, const char **out,
                              GError **error);
/* The argument is one of @words (NULL-terminated); *out is its index. */
bool qga_args_enum_optional(const QgaArgs *self, const char *name, const char *const *words,
                            unsigned *out, GError **error);
/**
 * qga_args_alternate: an argument that is one of @words, or a value of kind @other
 * @type: the name of this type in errors, such as "GuestFileWhence"
 * @out_value: the value of kind @other, borrowed; NULL: it is a word, and *@out_word is its index
 */
bool qga_args_alternate(const QgaArgs *self, const char *name, const char *type,
                        const char *const *words, QgaKind other, const QgaValue **out_value,
                        unsigned *out_word, GError **error);
/* Optional: if the argument is absent, *out_value is NULL, and *out_word is not changed. */
bool qga_args_alternate_optional(const QgaArgs *self, const char *name, const char *type,
                                 const char *const *words, QgaKind other,
                                 const QgaValue **out_value, unsigned *out_word, GError **error);
bool qga_args_strings(const QgaArgs *self, const char *name, char ***out_strings, GError **error);
/* Optional: if the argument is absent, *out_strings is NULL; g_strfreev() it. */
bool qga_args_strings_optional(const QgaArgs *self, const char *name, char ***out_strings,
                               GError **error);

/**
 * qga_args_objects: an array of objects, such as vcpus
 * @out: (transfer full): of QgaArgs, which it owns; valid as long as the request exists. Errors
 * name an argument as `vcpus[0].online`. Call qga_args_end() for each.
 */
bool qga_args_objects(const QgaArgs *self, const char *name, GPtrArray **out, GError **error);

/* Fails if there is an argument that no getter has asked for. */
bool qga_args_end(const QgaArgs *self, GError **error);
