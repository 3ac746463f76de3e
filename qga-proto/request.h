/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * request.h - the envelope of a request, and typed getters of its arguments
 *
 * The getters produce qemu-ga's argument errors, word for word (protocol 2.5). Call them in
 * schema order, then qga_args_end(): a missing argument is noticed before an unexpected one.
 * null is never a value of the type wanted, nor as good as absent.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "json.h"

#define QGA_ERROR (qga_error_quark())

typedef enum {
    QGA_ERROR_GENERIC,
    QGA_ERROR_COMMAND_NOT_FOUND,
} QgaError;

GQuark qga_error_quark(void);

typedef struct QgaRequest QgaRequest;
typedef struct QgaArgs QgaArgs;

/**
 * qga_request_parse:
 * @text: as the framer hands it over
 * @out_id: (transfer full) (nullable): the id, set also when the envelope is refused after the
 *   object was parsed; NULL where there is none
 *
 * Of several faults the one is named that comes first in the text; what is missing comes last.
 */
QgaRequest *qga_request_parse(const char *text, size_t length, QgaValue **out_id, bool *out_has_id,
                              GError **error);
void qga_request_free(QgaRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QgaRequest, qga_request_free)

const char *qga_request_command(const QgaRequest *self);
const QgaArgs *qga_request_args(const QgaRequest *self);

/* Whether the argument was given, of whatever type; not yet asked for. */
bool qga_args_has(const QgaArgs *self, const char *name);

bool qga_args_int(const QgaArgs *self, const char *name, int64_t *out, GError **error);
/* A negative number wraps (protocol 2.2). */
bool qga_args_uint(const QgaArgs *self, const char *name, uint64_t *out, GError **error);
bool qga_args_bool(const QgaArgs *self, const char *name, bool *out, GError **error);
/* Borrowed; lives as long as the request. */
bool qga_args_string(const QgaArgs *self, const char *name, const char **out, GError **error);

/* Optional: *out keeps what it was where the argument is absent. */
bool qga_args_int_optional(const QgaArgs *self, const char *name, int64_t *out, GError **error);
bool qga_args_bool_optional(const QgaArgs *self, const char *name, bool *out, GError **error);
bool qga_args_string_optional(const QgaArgs *self, const char *name, const char **out,
                              GError **error);
/* One of @words (NULL-terminated): *out becomes its index. */
bool qga_args_enum_optional(const QgaArgs *self, const char *name, const char *const *words,
                            unsigned *out, GError **error);
/**
 * qga_args_alternate: one of @words, or a value of kind @other (protocol 2.5)
 * @type: what errors call the two together, such as "GuestFileWhence"
 * @out_value: (nullable): the value of kind @other, borrowed; else NULL, and *@out_word is set
 */
bool qga_args_alternate(const QgaArgs *self, const char *name, const char *type,
                        const char *const *words, QgaKind other, const QgaValue **out_value,
                        unsigned *out_word, GError **error);
/* Optional: *out_value becomes NULL and *out_word keeps what it was where it is absent. */
bool qga_args_alternate_optional(const QgaArgs *self, const char *name, const char *type,
                                 const char *const *words, QgaKind other,
                                 const QgaValue **out_value, unsigned *out_word, GError **error);
bool qga_args_strings(const QgaArgs *self, const char *name, char ***out_strings, GError **error);
/* Optional: *out_strings stays NULL where the argument is absent; g_strfreev() it. */
bool qga_args_strings_optional(const QgaArgs *self, const char *name, char ***out_strings,
                               GError **error);

/**
 * qga_args_objects: an array of objects, such as vcpus
 * @out: (transfer full): of QgaArgs, freed with it; valid as long as the request. Their own
 *   errors name an argument as `vcpus[0].online`. Each wants its qga_args_end().
 */
bool qga_args_objects(const QgaArgs *self, const char *name, GPtrArray **out, GError **error);

/* No argument may be left that no getter of this call asked for. */
bool qga_args_end(const QgaArgs *self, GError **error);
