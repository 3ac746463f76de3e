/* SPDX-License-Identifier: MIT */

#include "response.h"

#include "request.h"

/* The members of each answer have the order that qemu-ga's hash table happens to give them. */

static const char *
class_of(const GError *error)
{
    return g_error_matches(error, QGA_ERROR, QGA_ERROR_COMMAND_NOT_FOUND) ? "CommandNotFound"
                                                                          : "GenericError";
}

static void
print_id(GString *line, const QgaValue *id)
{
    g_string_append(line, "\"id\": ");
    if (id)
        qga_value_print(id, line);
    else
        g_string_append(line, "null");
}

GBytes *
qga_response_success(const QgaValue *value, const QgaValue *id, bool has_id, bool delimited)
{
    GString *line = g_string_new(delimited ? "\xFF" : NULL);

    g_string_append(line, "{\"return\": ");
    qga_value_print(value, line);
    if (has_id) {
        g_string_append(line, ", ");
        print_id(line, id);
    }
    g_string_append(line, "}\n");
    return g_string_free_to_bytes(line);
}

static GBytes *
print_error(const char *class, const char *desc, const QgaValue *id, bool has_id)
{
    GString *line = g_string_new("{");

    if (has_id) {
        print_id(line, id);
        g_string_append(line, ", ");
    }
    g_string_append_printf(line, "\"error\": {\"class\": \"%s\", \"desc\": ", class);
    qga_value_print_string(desc, line);
    g_string_append(line, "}}\n");
    return g_string_free_to_bytes(line);
}

GBytes *
qga_response_error(const GError *error, const QgaValue *id, bool has_id)
{
    return print_error(class_of(error), error->message, id, has_id);
}

GBytes *
qga_response_refusal(const char *desc)
{
    return print_error("GenericError", desc, NULL, false);
}
