/* SPDX-License-Identifier: MIT */

/*
 * fuzz-request.c - any bytes are requests to a table of commands
 *
 * What must hold: a message is the same after it was handed over as a parcel; it has one answer; an
 * answer is one line of ASCII, perhaps behind one 0xFF, and is a message itself.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dispatch.h"
#include "frame.h"
#include "parcel.h"
#include "response.h"

#define MAX_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    QgaDispatch *dispatch;
    unsigned open;
} World;

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
sync_back(QgaCall *call, void *context)
{
    const QgaArgs *args = qga_call_args(call);
    GError *error = NULL;
    int64_t id;

    if (qga_args_int(args, "id", &id, &error) && qga_args_end(args, &error))
        qga_call_return(call, qga_value_new_int(id));
    else
        qga_call_fail(call, error);
}

static const char *const colours[] = {"red", "green", NULL};

static bool
take_all(const QgaArgs *args, GError **error)
{
    const char *string = "";
    bool boolean = false;
    int64_t integer = 0;
    unsigned colour = 0;
    g_auto(GStrv) strings = NULL;
    g_autoptr(GPtrArray) objects = NULL;

    if (!qga_args_string(args, "string", &string, error) ||
        !qga_args_bool_optional(args, "bool", &boolean, error) ||
        !qga_args_int_optional(args, "int", &integer, error) ||
        !qga_args_enum_optional(args, "enum", colours, &colour, error) ||
        !qga_args_strings_optional(args, "strings", &strings, error) ||
        !qga_args_objects(args, "objects", &objects, error))
        return false;
    for (unsigned i = 0; i < objects->len; i++) {
        const QgaArgs *object = g_ptr_array_index(objects, i);

        if (!qga_args_bool(object, "bool", &boolean, error) || !qga_args_end(object, error))
            return false;
    }
    return qga_args_end(args, error);
}

static void
all(QgaCall *call, void *context)
{
    GError *error = NULL;

    if (take_all(qga_call_args(call), &error))
        qga_call_return(call, NULL);
    else
        qga_call_fail(call, error);
}

static const QgaCommand commands[] = {
    {"sync", QGA_COMMAND_WHILE_FROZEN, sync_back},
    {"sync-delimited", QGA_COMMAND_DELIMITED, sync_back},
    {"all", QGA_COMMAND_PLAIN, all},
    {"silent", QGA_COMMAND_NO_REPLY, all},
    {"blocked", QGA_COMMAND_PLAIN, all},
};

static void
count_message(void *user, const char *text, size_t length)
{
    ++*(unsigned *)user;
}

static void
never(void *user, const char *desc)
{
    must(false);
}

static void
check_line(GBytes *line)
{
    static const QgaFrameEvents events = {count_message, never};
    gsize length;
    const uint8_t *bytes = g_bytes_get_data(line, &length);
    unsigned messages = 0;
    /* Escapes may make an answer six times as long as what it echoes. */
    g_autoptr(QgaFrame) frame = qga_frame_new(8 * MAX_BYTES, &events, &messages);

    if (length > 0 && bytes[0] == 0xFF) {
        bytes++;
        length--;
    }
    must(length > 0 && bytes[length - 1] == '\n');
    for (size_t i = 0; i + 1 < length; i++)
        must(g_ascii_isprint(bytes[i]));
    qga_frame_feed(frame, bytes, length);
    must(messages == 1);
}

static void
answered(void *user, GBytes *line)
{
    World *world = user;

    must(world->open-- == 1);
    if (line)
        check_line(line);
}

/* The value as another process hands it over: the same. */
static QgaValue *
hand_over(const QgaValue *value)
{
    g_autoptr(GByteArray) parcel = g_byte_array_new();
    g_autoptr(GString) before = g_string_new(NULL);
    g_autoptr(GString) after = g_string_new(NULL);

    qga_parcel_write(value, parcel);
    must(qga_parcel_is_sound(parcel->data, parcel->len));
    QgaValue *copy = qga_parcel_read(parcel->data, parcel->len);
    must(copy);
    qga_value_print(value, before);
    qga_value_print(copy, after);
    must(g_string_equal(before, after));
    return copy;
}

static void
run(void *user, const char *text, size_t length)
{
    World *world = user;
    g_autoptr(QgaValue) parsed = qga_value_parse(text, length);
    g_autoptr(QgaValue) request = hand_over(parsed);

    world->open++;
    qga_dispatch_run(world->dispatch, request, answered, world);
    must(world->open == 0);
}

static void
refuse(void *user, const char *desc)
{
    g_autoptr(GBytes) line = qga_response_refusal(desc);

    check_line(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const QgaFrameEvents events = {run, refuse};
    static const char *const block[] = {"blocked", NULL};
    g_autoptr(QgaDispatch) dispatch = qga_dispatch_new();
    World world = {.dispatch = dispatch};
    g_autoptr(QgaFrame) frame = qga_frame_new(MAX_BYTES, &events, &world);

    qga_dispatch_add(dispatch, commands, G_N_ELEMENTS(commands), NULL);
    qga_dispatch_restrict(dispatch, NULL, block);
    qga_frame_feed(frame, data, size);

    qga_dispatch_set_frozen(dispatch, true);
    qga_frame_feed(frame, data, size);
    return 0;
}
