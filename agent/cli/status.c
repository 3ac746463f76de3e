/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "history.h"
#include "output.h"
#include "statedir.h"
#include "status-report.h"
#include "sys.h"

/* One screen (a test holds us to it). */
static const char help[] =
    "Usage: frost-ga status [OPTION]...\n"
    "\n"
    "Says whether a freeze is under way, draws the last one that has ended, and lists\n"
    "the ones before it. Changes nothing, and disturbs nobody.\n"
    "\n"
    "  -j, --json          print everything that is known, as one line of JSON\n"
    "  -t, --statedir=DIR  the agent's state directory (as in its configuration)\n"
    "  -h, --help          print this and exit\n"
    "\n"
    "In the drawing every phase is as wide as its name, and the rest of the line is\n"
    "shared by time. Of each filesystem the parts of the window have one width each:\n"
    "> inside FIFREEZE   # frozen   < inside FITHAW   ! refused   x the freeze failed\n"
    "\n"
    "Exit status: 0 printed, 1 something cannot be read, 2 no freeze is recorded.\n";

typedef struct {
    char *statedir; /* NULL: the configured one */
    bool json;
    bool help;
} Options;

static void
options_clear(Options *self)
{
    g_free(self->statedir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static bool
apply(Options *self, int code)
{
    switch (code) {
    case 'h':
        self->help = true;
        return true;
    case 'j':
        self->json = true;
        return true;
    case 't':
        g_free(self->statedir);
        self->statedir = g_strdup(optarg);
        return true;
    default:
        return false; /* getopt has said why */
    }
}

static bool
parse(Options *self, int argc, char **argv)
{
    static const struct option longs[] = {
        {"help", no_argument, NULL, 'h'},
        {"json", no_argument, NULL, 'j'},
        {"statedir", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    int code;

    optind = 0; /* another walk may have been there before */
    while ((code = getopt_long(argc, argv, "hjt:", longs, NULL)) != -1) {
        if (!apply(self, code))
            return false;
    }
    if (optind == argc)
        return true;
    fprintf(stderr, "status: no argument is expected: '%s'\n", argv[optind]);
    return false;
}

static char *
render(const FrostStatus *status, bool json)
{
    if (json) {
        g_autoptr(QgaValue) value = frost_status_to_value(status);

        return frost_output_json(value);
    }
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    return frost_status_draw(status, zone, frost_output_is_colourful());
}

/* What is frozen now is told even where the history cannot be read. */
static int
report(const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostPeek) peek = frost_ledger_peek(options->statedir);
    g_autoptr(GPtrArray) records = frost_history_load(options->statedir, &error);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    FrostSys sys = frost_sys_linux();
    const FrostStatus status = {peek, sys.boottime_us(&sys), records ? records : none};
    g_autofree char *text = render(&status, options->json);

    if (!frost_output_print("status", text))
        return FROST_CLI_ERROR;
    if (!records) {
        fprintf(stderr, "status: %s\n", error->message);
        return FROST_CLI_ERROR;
    }
    if (peek->state == FROST_PEEK_UNKNOWN)
        return FROST_CLI_ERROR;
    return records->len > 0 ? FROST_CLI_OK : FROST_CLI_NOTHING;
}

int
frost_status_run(int argc, char **argv)
{
    g_auto(Options) options = {0};
    g_autoptr(GError) error = NULL;

    if (!parse(&options, argc, argv)) {
        fputs("Try 'frost-ga status --help'.\n", stderr);
        return FROST_CLI_ERROR;
    }
    if (options.help)
        return frost_output_print("status", help) ? FROST_CLI_OK : FROST_CLI_ERROR;
    if (!options.statedir)
        options.statedir = frost_cli_statedir(&error);
    if (!options.statedir) {
        fprintf(stderr, "status: %s\n", error->message);
        return FROST_CLI_ERROR;
    }
    return report(&options);
}
