/* SPDX-License-Identifier: MIT */
#include "request-log.h"

#include <string.h>

#include "schema.h"

/* How many bytes of a string are shown. */
#define STRING_MAX 128u
/* How many items of a list are shown. */
#define ITEMS_MAX 16u
/* An argument with a longer text is not shown; no ordinary one is so long. */
#define ARGUMENT_MAX 512u

static void
add_string(GString *out, const char *string)
{
    size_t length = strlen(string);
    g_autofree char *start = g_strndup(string, MIN(length, STRING_MAX));

    qga_value_print_string(start, out);
    if (length > STRING_MAX)
        g_string_append_printf(out, "... (%zu bytes)", length);
}

/* Shows only numbers and booleans: no command has an object with a text that is worth showing. */
static void
add_object(GString *out, const QgaValue *object)
{
    QgaMember member = {0};
    const char *comma = "";

    g_string_append_c(out, '{');
    while (qga_value_next(object, &member)) {
        QgaKind kind = qga_value_kind(member.value);

        g_string_append(out, comma);
        comma = ", ";
        if (kind == QGA_KIND_BOOL || kind == QGA_KIND_INTEGER || kind == QGA_KIND_NUMBER) {
            add_string(out, member.name);
            g_string_append(out, ": ");
            qga_value_print(member.value, out);
        } else {
            g_string_append(out, "...");
        }
    }
    g_string_append_c(out, '}');
}

static void
add_item(GString *out, const QgaValue *value)
{
    switch (qga_value_kind(value)) {
    case QGA_KIND_STRING:
        add_string(out, qga_value_get_string(value));
        return;
    case QGA_KIND_OBJECT:
        add_object(out, value);
        return;
    case QGA_KIND_ARRAY:
        g_string_append(out, "[...]");
        return;
    case QGA_KIND_NULL:
    case QGA_KIND_BOOL:
    case QGA_KIND_INTEGER:
    case QGA_KIND_NUMBER:
        qga_value_print(value, out);
        return;
    }
}

static void
add_list(GString *out, const QgaValue *list)
{
    size_t length = qga_value_length(list);

    g_string_append_c(out, '[');
    for (size_t i = 0; i < length && i < ITEMS_MAX && out->len < ARGUMENT_MAX; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        add_item(out, qga_value_at(list, i));
    }
    g_string_append_printf(out, length > ITEMS_MAX ? "] (%zu items)" : "]", length);
}

/* NULL: it is too long. */
static char *
value_text(const QgaValue *value)
{
    GString *text = g_string_new(NULL);

    if (qga_value_kind(value) == QGA_KIND_ARRAY)
        add_list(text, value);
    else
        add_item(text, value);
    return g_string_free(text, text->len > ARGUMENT_MAX);
}

/* True if the argument is shown. */
static bool
add_argument(GString *line, const QgaMember *argument)
{
    g_autofree char *text = value_text(argument->value);

    if (!text || line->len + strlen(argument->name) + strlen(text) > FROST_REQUEST_LINE_MAX - 64)
        return false;
    g_string_append_printf(line, " %s=%s", argument->name, text);
    return true;
}

static bool
is_shown(const FrostSchemaCommand *command, const char *argument)
{
    g_auto(GStrv) names = g_strsplit(command->shown ? command->shown : "", " ", -1);

    return *argument && g_strv_contains((const char *const *)names, argument);
}

char *
frost_request_describe(const QgaRequest *request)
{
    GString *line = g_string_new(NULL);
    QgaMember argument = {0};
    unsigned hidden = 0;

    if (!request)
        return g_string_free(g_string_append(line, "what is no request"), FALSE);
    const char *name = qga_request_command(request);
    const FrostSchemaCommand *command = &frost_schema[frost_schema_place(name)];
    const QgaValue *arguments = qga_request_arguments(request);

    if (command->name)
        g_string_append(line, name);
    else
        add_string(line, name);
    while (arguments && qga_value_next(arguments, &argument)) {
        if (!command->name || !is_shown(command, argument.name) || !add_argument(line, &argument))
            hidden++;
    }
    if (hidden > 0)
        g_string_append_printf(line, " (%u argument%s not shown)", hidden, hidden == 1 ? "" : "s");
    return g_string_free(line, FALSE);
}

static void
on_request(void *user, const QgaRequest *request)
{
    g_autofree char *line = frost_request_describe(request);

    g_debug("the host asks for %s", line);
}

void
frost_request_log_follow(QgaDispatch *dispatch)
{
    qga_dispatch_follow(dispatch, on_request, NULL);
}
