/* SPDX-License-Identifier: MIT */
#include "units.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "process.h"

/* PID 1 does not answer while it waits for a frozen filesystem. */
#define LIMIT_S 5

/* $1: a service, or nothing. */
static const char script[] =
    "systemctl show --property=RuntimeWatchdogUSec; echo; "
    "systemctl show --property=Id,ActiveState,Persistent,NextElapseUSecRealtime '*.timer'; echo; "
    "systemctl show --property=Id,ActiveState,WatchdogUSec '*.service'; echo; "
    "[ -z \"$1\" ] || systemctl show --property=SystemCallFilter \"$1\"";

typedef struct {
    GMainLoop *loop;
    char *text; /* NULL: there is no answer */
} Answer;

static void
answer_came(void *user, const FrostProcessResult *result)
{
    Answer *self = user;

    if (result->exec_errno == 0 && !result->timed_out && WIFEXITED(result->wait_status))
        self->text = g_strdup(result->output);
    g_main_loop_quit(self->loop);
}

FrostUnits *
frost_units_ask(const char *service)
{
    const char *argv[] = {"sh", "-c", script, "sh", service ? service : "", NULL};
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Answer answer = {.loop = loop};
    const FrostProcessSpec spec = {
        .argv = argv, .timeout_s = LIMIT_S, .done = answer_came, .user = &answer};
    struct stat st;

    /* Made by systemd when it has started the system; systemctl would complain elsewhere. */
    if (lstat("/run/systemd/system", &st) < 0)
        return NULL;
    g_autoptr(FrostProcess) process = frost_process_new(&spec, NULL, NULL);
    if (!process)
        return NULL;
    frost_process_go(process);
    g_main_loop_run(loop);
    g_autofree char *text = answer.text;
    return text ? frost_units_parse(text) : NULL;
}

static GHashTable *
parse_block(const char *text)
{
    GHashTable *block = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        const char *equals = strchr(*line, '=');

        if (equals)
            g_hash_table_insert(block, g_strndup(*line, (gsize)(equals - *line)),
                                g_strdup(equals + 1));
    }
    return block;
}

FrostUnits *
frost_units_parse(const char *text)
{
    FrostUnits *self = g_new0(FrostUnits, 1);
    g_auto(GStrv) blocks = g_strsplit(text, "\n\n", -1);

    self->blocks = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    for (char **block = blocks; *block; block++)
        g_ptr_array_add(self->blocks, parse_block(*block));
    return self;
}

void
frost_units_free(FrostUnits *self)
{
    g_ptr_array_unref(self->blocks);
    g_free(self);
}

const char *
frost_unit_property(GHashTable *unit, const char *name)
{
    return g_hash_table_lookup(unit, name);
}

const char *
frost_units_property(const FrostUnits *self, const char *name)
{
    const char *found = NULL;

    for (guint i = 0; !found && i < self->blocks->len; i++)
        found = frost_unit_property(g_ptr_array_index(self->blocks, i), name);
    return found;
}

/* What a letter or a word behind a number means, in microseconds; 0: nothing that is known. */
static uint64_t
unit_us(const char *word)
{
    static const struct {
        const char *name;
        uint64_t us;
    } units[] = {{"us", 1},
                 {"ms", 1000},
                 {"s", G_USEC_PER_SEC},
                 {"min", 60 * (uint64_t)G_USEC_PER_SEC},
                 {"h", 3600 * (uint64_t)G_USEC_PER_SEC},
                 {"d", 86400 * (uint64_t)G_USEC_PER_SEC},
                 {"w", 7 * 86400 * (uint64_t)G_USEC_PER_SEC},
                 {"month", 2629800 * (uint64_t)G_USEC_PER_SEC},
                 {"y", 31557600 * (uint64_t)G_USEC_PER_SEC}};

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_str_equal(word, units[i].name))
            return units[i].us;
    }
    return 0;
}

uint64_t
frost_units_seconds(const char *span)
{
    g_auto(GStrv) words = g_strsplit(span, " ", -1);
    uint64_t us = 0;

    for (char **word = words; *word; word++) {
        char *unit;
        uint64_t number = g_ascii_strtoull(*word, &unit, 10);

        us += number *
              unit_us(*unit == '.' ? unit + strcspn(unit, "abcdefghijklmnopqrstuvwxyz") : unit);
    }
    return (us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;
}
