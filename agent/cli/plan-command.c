/* SPDX-License-Identifier: MIT */
#include "plan-command.h"

#include "cli.h"
#include "output.h"
#include "plan-config.h"
#include "plan-report.h"
#include "running.h"
#include "sys.h"
#include "words.h"

#define NAME "plan"

/* Fits on one screen, which a test checks. */
static const char help[] =
    "Usage: frost-ga plan [-j] [AGENT OPTION]... [MOUNTPOINT]...\n"
    "\n"
    "Shows which filesystems a freeze would hold, which stands on which, in which\n"
    "order they would be frozen, and why others are left out. Freezes nothing. With\n"
    "mount points: the freeze of just these (guest-fsfreeze-freeze-list). The plan is\n"
    "that of the running agent, as it was started, or of one with the agent's options\n"
    "given here (-c FILE, --exclude=GLOB, --mounts-of=PID).\n"
    "\n"
    "  -j, --json  print everything, as one line of JSON\n"
    "  -h, --help  print this and exit\n"
    "\n"
    "A filesystem is drawn above the one it stands on. Step 1 is frozen first and\n"
    "thawed last; the filesystems of one step are frozen at the same time. Unwritten\n"
    "is the data still to be written out, \"-\" where the kernel does not report it.\n"
    "\n"
    "Exit status: 0 printed, 1 a freeze would fail, or a usage error, 2 there is\n"
    "nothing to freeze.\n";

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

    if (!frost_output_print(NAME, text))
        return FROST_CLI_ERROR;
    return plan->freezable > 0 ? FROST_CLI_OK : FROST_CLI_NOTHING;
}

static int
plan(const FrostConfig *config, const char *const *mount_points, bool json)
{
    FrostSys sys = frost_cli_sys_of_config(config);
    FrostPlanFilter filter = frost_cli_filter_of_config(config);
    g_autoptr(GError) error = NULL;

    if (*mount_points)
        filter.mount_points = mount_points;
    FrostNotes *notes = frost_notes_begin();
    g_autoptr(FrostPlan) made = frost_plan_new(&sys, &filter, &error);
    g_autoptr(GPtrArray) said = frost_notes_end(notes);
    if (made)
        return show(made, g_steal_pointer(&said), json);
    frost_output_complain(NAME, "a freeze would fail: %s", error->message);
    return FROST_CLI_ERROR;
}

int
frost_plan_run(int argc, char **argv)
{
    g_auto(FrostWords) words = frost_words(NAME);
    FrostSys sys = frost_sys_linux();

    for (int i = 1; i < argc; i++)
        frost_words_take(&words, argv[i]);
    if (words.help)
        return frost_output_help(NAME, help);

    g_autoptr(GPtrArray) agents = frost_running_agents(&sys);
    g_autoptr(FrostConfig) config = frost_words_config(&words, frost_running_ours(agents));
    if (!config)
        return frost_output_hint(NAME);
    return plan(config, (const char *const *)words.operands, words.json);
}
