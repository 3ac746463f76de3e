/* SPDX-License-Identifier: MIT */
#include "plan-command.h"

#include <getopt.h>
#include <stdio.h>

#include "agent-config.h"
#include "cli.h"
#include "output.h"
#include "plan-config.h"
#include "plan-report.h"
#include "sys.h"

/* One screen (a test holds us to it). */
static const char help[] =
    "Usage: frost-ga plan [OPTION]... [MOUNTPOINT]...\n"
    "\n"
    "Shows which filesystems a freeze would hold, what stands on what, in which order\n"
    "they would be frozen, and why others are left out. Freezes nothing. With mount\n"
    "points: what a freeze of just these would do (guest-fsfreeze-freeze-list).\n"
    "\n"
    "  -j, --json         print it all, as one line of JSON\n"
    "  -c, --config=FILE  the agent's config file; its include and exclude count\n"
    "  -h, --help         print this and exit\n"
    "\n"
    "What stands on something is drawn above it. Step 1 is frozen first and thawed\n"
    "last; the filesystems of one step are frozen at the same time. Unwritten is what\n"
    "the kernel says is still to be written out, \"-\" where it does not say.\n"
    "\n"
    "Exit status: 0 printed, 1 a freeze would fail, or a wrong call, 2 there is\n"
    "nothing to freeze.\n";

typedef struct {
    char *config;                    /* NULL: the usual one */
    const char *const *mount_points; /* NULL: all */
    bool json;
    bool help;
} Options;

static void
options_clear(Options *self)
{
    g_free(self->config);
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
    case 'c':
        g_free(self->config);
        self->config = g_strdup(optarg);
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
        {"config", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    int code;

    optind = 0; /* another walk may have been there before */
    while ((code = getopt_long(argc, argv, "hjc:", longs, NULL)) != -1) {
        if (!apply(self, code))
            return false;
    }
    if (optind < argc)
        self->mount_points = (const char *const *)argv + optind;
    return true;
}

static char *
render(const FrostPlanReport *report, bool json)
{
    if (!json)
        return frost_plan_report_draw(report, frost_output_is_colourful());
    g_autoptr(QgaValue) value = frost_plan_report_to_value(report);
    return frost_output_json(value);
}

static int
show(const FrostPlan *plan, GPtrArray *notes, bool json)
{
    g_autoptr(FrostPlanReport) report = frost_plan_report_new(plan, notes);
    g_autofree char *text = render(report, json);

    if (!frost_output_print("plan", text))
        return FROST_CLI_ERROR;
    return plan->freezable > 0 ? FROST_CLI_OK : FROST_CLI_NOTHING;
}

static int
plan(const Options *options, const FrostConfig *config)
{
    FrostSys sys = frost_cli_sys_of_config(config);
    FrostPlanFilter filter = frost_cli_filter_of_config(config);
    g_autoptr(GError) error = NULL;

    filter.mount_points = options->mount_points;
    FrostNotes *notes = frost_notes_begin();
    g_autoptr(FrostPlan) made = frost_plan_new(&sys, &filter, &error);
    g_autoptr(GPtrArray) said = frost_notes_end(notes);
    if (made)
        return show(made, g_steal_pointer(&said), options->json);
    fprintf(stderr, "plan: a freeze would fail: %s\n", error->message);
    return FROST_CLI_ERROR;
}

int
frost_plan_run(int argc, char **argv)
{
    g_auto(Options) options = {0};
    g_autoptr(GError) error = NULL;

    if (!parse(&options, argc, argv)) {
        fputs("Try 'frost-ga plan --help'.\n", stderr);
        return FROST_CLI_ERROR;
    }
    if (options.help)
        return frost_output_print("plan", help) ? FROST_CLI_OK : FROST_CLI_ERROR;

    g_autoptr(FrostConfig) config = frost_cli_config(options.config, &error);
    if (!config) {
        fprintf(stderr, "plan: %s\n", error->message);
        return FROST_CLI_ERROR;
    }
    return plan(&options, config);
}
