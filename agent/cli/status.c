/* SPDX-License-Identifier: MIT */
#include "status.h"

#include "cli.h"
#include "history.h"
#include "output.h"
#include "statedir.h"
#include "status-report.h"
#include "sys.h"

#define NAME "status"

/* One screen (a test holds us to it). */
static const char help[] =
    "Usage: frost-ga status [OPTION]...\n"
    "\n"
    "Says whether a freeze is under way, draws the last one that has ended, and lists\n"
    "the ones before it. Changes nothing, and disturbs nobody.\n"
    "\n"
    "  -j, --json          print everything that is known, as one line of JSON\n"
    "  -t, --statedir=DIR  the agent's state directory (of the one that runs)\n"
    "  -h, --help          print this and exit\n"
    "\n"
    "In the drawing every phase is as wide as its name, and the rest of the line is\n"
    "shared by time. Of each filesystem the parts of the window have one width each:\n"
    "> inside FIFREEZE   # frozen   < inside FITHAW   ! refused   x the freeze failed\n"
    "\n"
    "Exit status: 0 printed, 1 something cannot be read, 2 no freeze is recorded.\n";

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
report(const char *statedir, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostPeek) peek = frost_ledger_peek(statedir);
    g_autoptr(GPtrArray) records = frost_history_load(statedir, &error);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    FrostSys sys = frost_sys_linux();
    const FrostStatus status = {peek, sys.boottime_us(&sys), records ? records : none};
    g_autofree char *text = render(&status, json);

    if (!frost_output_print(NAME, text))
        return FROST_CLI_ERROR;
    if (!records) {
        frost_output_complain(NAME, "%s", error->message);
        return FROST_CLI_ERROR;
    }
    if (peek->state == FROST_PEEK_UNKNOWN)
        return FROST_CLI_ERROR;
    return records->len > 0 ? FROST_CLI_OK : FROST_CLI_NOTHING;
}

int
frost_status_run(int argc, char **argv)
{
    g_auto(FrostStatedirOptions) options = {0};

    if (!frost_statedir_options_parse(&options, NAME, argc, argv))
        return frost_output_hint(NAME);
    if (options.help)
        return frost_output_help(NAME, help);
    return frost_statedir_options_complete(&options, NAME) ? report(options.statedir, options.json)
                                                           : FROST_CLI_ERROR;
}
