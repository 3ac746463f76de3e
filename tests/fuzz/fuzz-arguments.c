/* SPDX-License-Identifier: MIT */

/*
 * fuzz-arguments.c - every command of the agent with arguments of any names, types and values
 *
 * The first byte chooses the command, the rest builds its arguments: most of their names and many
 * of their values are those that some command knows. Behind the handlers are a machine that is
 * none and doors that are shut.
 *
 * What must hold: each request has one answer, of one line; one with an argument that no command
 * has is refused before anything is done.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fake-machine.h"
#include "families.h"
#include "schema.h"
#include "shut-doors.h"
#include "vendor.h"

#define DEPTH_MAX 3
#define ITEMS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

/* Arguments ---------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *at;
    size_t left;
    GString *text; /* JSON */
} Writer;

/* By their numbers, which the corpus has: what is new comes last. */
static const char *const names[] = {
    "id",         "time",           "mode",        "path",       "arg",        "env",
    "pid",        "handle",         "count",       "buf-b64",    "offset",     "whence",
    "vcpus",      "mem-blks",       "online",      "logical-id", "phys-index", "can-offline",
    "minimum",    "username",       "crypted",     "password",   "keys",       "reset",
    "input-data", "capture-output", "mountpoints", "nobody-s",   "last",       FROST_VENDOR_ID,
};
#define NOBODYS 27

static const char *const words[] = {
    "",          "r",
    "w+b",       "halt",
    "reboot",    "powerdown",
    "set",       "cur",
    "end",       "none",
    "separated", "merged",
    "stderr",    "/proc/self/status",
    "root",      "a:b",
    "/",         "ssh-ed25519 AAAA",
    "# no key",  "aGVsbG8=",
    "aGVs=",     "a\\n",
    "\\u0000",   "\\ud800",
    "FOO=bar",   "\\u00fcber",
};

static const char *const numbers[] = {
    "0",
    "1",
    "2",
    "-1",
    "4096",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1.5",
    "1e3",
    "-0",
    "1e999",
    "3155760000000000000",
};

static unsigned
take(Writer *self, unsigned limit)
{
    if (self->left == 0)
        return 0;
    self->left--;
    return *self->at++ % limit;
}

static void
add_string(Writer *self, const char *escaped)
{
    g_string_append_printf(self->text, "\"%s\"", escaped);
}

/* Any bytes that are ASCII; others are escaped to it. */
static void
add_bytes(Writer *self)
{
    unsigned length = take(self, 32);

    g_string_append_c(self->text, '"');
    for (unsigned i = 0; i < length; i++)
        g_string_append_printf(self->text, "\\u%04x", take(self, 256));
    g_string_append_c(self->text, '"');
}

static void add_value(Writer *self, unsigned depth);

static void
add_array(Writer *self, unsigned depth)
{
    unsigned count = take(self, ITEMS_MAX);

    g_string_append_c(self->text, '[');
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            g_string_append_c(self->text, ',');
        add_value(self, depth);
    }
    g_string_append_c(self->text, ']');
}

/* Each name once. Whether nobody's was among them. */
static bool
add_object(Writer *self, unsigned depth)
{
    bool used[G_N_ELEMENTS(names)] = {false};
    unsigned count = take(self, 2 * ITEMS_MAX);
    bool is_first = true;

    g_string_append_c(self->text, '{');
    for (unsigned i = 0; i < count; i++) {
        unsigned name = take(self, G_N_ELEMENTS(names));

        if (used[name])
            continue;
        used[name] = true;
        if (!is_first)
            g_string_append_c(self->text, ',');
        is_first = false;
        add_string(self, names[name]);
        g_string_append_c(self->text, ':');
        add_value(self, depth);
    }
    g_string_append_c(self->text, '}');
    return used[NOBODYS];
}

static void
add_value(Writer *self, unsigned depth)
{
    static const char *const literals[] = {"null", "true", "false"};

    switch (take(self, depth > 0 ? 6 : 4)) {
    case 0:
        g_string_append(self->text, numbers[take(self, G_N_ELEMENTS(numbers))]);
        break;
    case 1:
        add_string(self, words[take(self, G_N_ELEMENTS(words))]);
        break;
    case 2:
        g_string_append(self->text, literals[take(self, G_N_ELEMENTS(literals))]);
        break;
    case 3:
        add_bytes(self);
        break;
    case 4:
        add_array(self, depth - 1);
        break;
    default:
        add_object(self, depth - 1);
        break;
    }
}

/* Answers ------------------------------------------------------------------------------------ */

typedef struct {
    unsigned count;
    bool refused;
} Answer;

static void
on_answer(void *user, GBytes *line)
{
    Answer *answer = user;
    gsize length;

    answer->count++;
    if (!line)
        return;
    const char *bytes = g_bytes_get_data(line, &length);
    must(length > 0 && memchr(bytes, '\n', length) == bytes + length - 1);
    answer->refused = g_str_has_prefix(bytes, "{\"error\"");
}

static void
ask(QgaDispatch *dispatch, const GString *request, bool must_refuse, FakeMachine *machine)
{
    Answer answer = {0};
    unsigned knocks = shut_doors_knocks();

    g_autoptr(QgaValue) value = qga_value_parse(request->str, request->len);
    qga_dispatch_run(dispatch, value, on_answer, &answer);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    must(answer.count == 1);
    if (must_refuse) {
        g_autofree char *journal = fake_machine_journal(machine);

        must(answer.refused && *journal == '\0' && shut_doors_knocks() == knocks);
    }
}

static FakeMachine *
new_machine(void)
{
    static const char *const programs[] = {"hwclock", "shutdown", "systemctl", "chpasswd"};
    FakeMachine *machine = fake_machine_new();

    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++)
        fake_machine_add_program(machine, programs[i], 0, "");
    return machine;
}

static int64_t
at_the_boot(FrostKernel *self)
{
    return 0;
}

static size_t
commands_known(void)
{
    size_t count = 0;

    while (frost_schema[count].name)
        count++;
    return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Writer writer = {.at = data, .left = size, .text = g_string_new("{\"execute\":\"")};
    FrostSys sys = {.kernel = {.boottime_us = at_the_boot}};
    FakeMachine *machine = new_machine();
    FrostReceipts *receipts = frost_receipts_new("/nowhere");
    FrostCommandContext context = {
        .sys = &sys, .machine = fake_machine_get(machine), .receipts = receipts};
    QgaDispatch *dispatch = qga_dispatch_new();
    FrostCommands *commands = frost_commands_new(dispatch, &context);

    g_string_append(writer.text, frost_schema[take(&writer, (unsigned)commands_known())].name);
    g_string_append(writer.text, "\",\"arguments\":");
    bool has_nobodys = add_object(&writer, DEPTH_MAX);
    g_string_append_c(writer.text, '}');
    ask(dispatch, writer.text, has_nobodys, machine);

    frost_commands_free(commands);
    qga_dispatch_free(dispatch);
    frost_receipts_free(receipts);
    fake_machine_free(machine);
    g_string_free(writer.text, TRUE);
    return 0;
}
