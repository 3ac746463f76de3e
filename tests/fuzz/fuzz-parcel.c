/* SPDX-License-Identifier: MIT */

/*
 * fuzz-parcel.c - any bytes are a parcel of a parser that lies
 *
 * What must hold: the check and the reader agree; what is read is the value that a parcel of it
 * gives again; whatever the value is, it is a request that is answered or refused.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
take(QgaCall *call, void *context)
{
    const QgaArgs *args = qga_call_args(call);
    const char *text = "";
    GError *error = NULL;
    int64_t number;

    if (qga_args_int(args, "n", &number, &error) &&
        qga_args_string_optional(args, "s", &text, &error) && qga_args_end(args, &error))
        qga_call_return(call, qga_value_new_string(text));
    else
        qga_call_fail(call, error);
}

static const QgaCommand commands[] = {{"x", QGA_COMMAND_PLAIN, take}};

static void
answered(void *user, GBytes *line)
{
    must(line);
    ++*(unsigned *)user;
}

static void
run(const QgaValue *request)
{
    g_autoptr(QgaDispatch) dispatch = qga_dispatch_new();
    unsigned answers = 0;

    qga_dispatch_add(dispatch, commands, G_N_ELEMENTS(commands), NULL);
    qga_dispatch_announce(dispatch, request);
    qga_dispatch_run(dispatch, request, answered, &answers);
    must(answers == 1);
}

/* The order and number of members may differ, as the last of one name counts: so it is compared in
 * the form that is written again. */
static void
check_again(const QgaValue *value)
{
    g_autoptr(GByteArray) first = g_byte_array_new();
    g_autoptr(GByteArray) second = g_byte_array_new();

    qga_parcel_write(value, first);
    g_autoptr(QgaValue) again = qga_parcel_read(first->data, first->len);
    must(again);
    qga_parcel_write(again, second);
    must(first->len == second->len && memcmp(first->data, second->data, first->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(QgaValue) value = qga_parcel_read(data, size);

    must(qga_parcel_is_sound(data, size) == (value != NULL));
    if (!value)
        return 0;
    check_again(value);
    run(value);
    return 0;
}
