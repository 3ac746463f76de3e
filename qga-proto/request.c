/* SPDX-License-Identifier: MIT */

#include "request.h"

#include <string.h>

#include "args.h"

struct QgaRequest {
    QgaValue *root;
    const char *command; /* borrowed from root, as the arguments are */
    QgaArgs *args;
};

static bool
check_member(const QgaMember *member, GError **error)
{
    QgaKind kind = qga_value_kind(member->value);

    if (strcmp(member->name, "id") == 0)
        return true;
    if (strcmp(member->name, "execute") == 0) {
        if (kind == QGA_KIND_STRING)
            return true;
        g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC,
                    "QMP input member 'execute' must be a string");
        return false;
    }
    if (strcmp(member->name, "arguments") == 0) {
        if (kind == QGA_KIND_OBJECT)
            return true;
        g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC,
                    "QMP input member 'arguments' must be an object");
        return false;
    }
    g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "QMP input member '%s' is unexpected",
                member->name);
    return false;
}

static bool
check_envelope(const QgaValue *root, GError **error)
{
    QgaMember member = {0};

    while (qga_value_next(root, &member)) {
        if (!check_member(&member, error))
            return false;
    }
    if (!qga_value_get(root, "execute")) {
        g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "QMP input lacks member 'execute'");
        return false;
    }
    return true;
}

QgaRequest *
qga_request_of(const QgaValue *root, QgaValue **out_id, bool *out_has_id, GError **error)
{
    *out_id = NULL;
    *out_has_id = false;
    if (!root || qga_value_kind(root) != QGA_KIND_OBJECT) {
        g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "QMP input must be a JSON object");
        return NULL;
    }

    const QgaValue *id = qga_value_get(root, "id");
    if (id) {
        *out_id = qga_value_ref(id);
        *out_has_id = true;
    }
    if (!check_envelope(root, error))
        return NULL;

    QgaRequest *self = g_new0(QgaRequest, 1);
    self->command = qga_value_get_string(qga_value_get(root, "execute"));
    self->args = qga_args_new(qga_value_get(root, "arguments"), "");
    self->root = qga_value_ref(root);
    return self;
}

void
qga_request_free(QgaRequest *self)
{
    if (!self)
        return;
    qga_args_free(self->args);
    qga_value_unref(self->root);
    g_free(self);
}

const char *
qga_request_command(const QgaRequest *self)
{
    return self->command;
}

const QgaArgs *
qga_request_args(const QgaRequest *self)
{
    return self->args;
}

const QgaValue *
qga_request_arguments(const QgaRequest *self)
{
    return qga_value_get(self->root, "arguments");
}
