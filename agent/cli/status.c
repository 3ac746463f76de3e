/* SPDX-License-Identifier: MIT */
#include "status.h"

#include "agent-processes.h"
#include "cli.h"
#include "history.h"
#include "metrics.h"
#include "output.h"
#include "receipt.h"
#include "record-ledger.h"
#include "running.h"
#include "state-file.h"
#include "statedir.h"
#include "status-report.h"
#include "sys.h"

#define NAME "status"
#define TEXTFILE "frost-ga.prom"

/* Fits on one screen, which a test checks. */
static const char help[] =
    "Usage: frost-ga status [OPTION]...\n"
    "\n"
    "Says whether a freeze is under way, draws the last one that has ended, and lists\n"
    "the ones before it. Changes nothing, and disturbs no agent.\n"
    "\n"
    "  -j, --json          print the whole history, as one line of JSON\n"
    "      --prometheus    print figures for Prometheus, in its text format\n"
    "      --textfile=DIR  put them into DIR/frost-ga.prom, if nothing is frozen\n"
    "  -t, --statedir=DIR  the state directory (of the running agent)\n"
    "  -h, --help          print this and exit\n"
    "\n"
    "In the drawing every phase is at least as wide as its name; the rest of the line\n"
    "is divided by duration. Below, each filesystem has a bar of the frozen window:\n"
    "> inside FIFREEZE   # frozen   < inside FITHAW   ! refused   x the freeze failed\n"
    "\n"
    "Exit status: 0 printed, 1 something cannot be read, 2 no freeze is recorded.\n";

/* With the freeze that holds, if one does, and the processes of the agent. */
static char *
render_json(const FrostStatus *status)
{
    g_autoptr(FrostRecord) held =
        frost_record_of_unfinished(status->snapshot->ledger, NULL, status->now_us);
    g_autoptr(GPtrArray) records = g_ptr_array_new(); /* lent */

    if (held)
        g_ptr_array_add(records, held);
    for (guint i = 0; i < status->records->len; i++)
        g_ptr_array_add(records, g_ptr_array_index(status->records, i));
    g_autoptr(QgaValue) value = frost_receipt_to_value(records, status->snapshot, status->now_us);
    qga_value_set(value, "processes", frost_process_rights_to_value(status->processes));
    return frost_output_json(value);
}

static char *
render(const FrostStatus *status, const FrostTotals *totals, const FrostStatedirOptions *options)
{
    if (options->json)
        return render_json(status);
    if (options->prometheus || options->textfile) {
        const GPtrArray *records = status->records;

        return frost_metrics_print(totals, records->len > 0 ? records->pdata[0] : NULL,
                                   status->snapshot->state == FROST_SNAPSHOT_FROZEN);
    }
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    return frost_status_draw(status, zone, frost_output_is_colourful());
}

/* The folder may be on what is frozen: a write would hang. What is not known may be frozen. */
static bool
write_textfile(const FrostSnapshot *now, const char *folder, const char *text)
{
    g_autoptr(GError) error = NULL;

    if (now->state == FROST_SNAPSHOT_FROZEN || now->state == FROST_SNAPSHOT_UNKNOWN) {
        frost_output_complain(NAME, "nothing is written while filesystems are or may be frozen");
        return false;
    }
    if (!frost_state_file_publish(folder, TEXTFILE, text, &error)) {
        frost_output_complain(NAME, "%s", error->message);
        return false;
    }
    return true;
}

/* What is frozen now is told even where the history cannot be read. */
static int
report(const FrostStatedirOptions *options)
{
    const char *statedir = options->statedir;
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostTotals) totals = NULL;
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(statedir);
    g_autoptr(GPtrArray) records = frost_history_load_all(statedir, &totals, &error);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    FrostSys sys = frost_sys_linux();
    g_autoptr(GPtrArray) agents = frost_running_agents(&sys);
    const FrostRunning *agent = frost_running_beside(&sys, agents);
    g_autoptr(GPtrArray) processes = agent ? frost_cli_processes_of(&sys, agent->pid) : NULL;
    const FrostStatus status = {.snapshot = snapshot,
                                .now_us = frost_sys_now_us(&sys),
                                .records = records ? records : none,
                                .processes = processes ? processes : none};

    if (!totals)
        totals = frost_totals_new();
    g_autofree char *text = render(&status, totals, options);
    bool is_out = options->textfile ? write_textfile(snapshot, options->textfile, text)
                                    : frost_output_print(NAME, text);
    if (!is_out)
        return FROST_CLI_ERROR;
    if (!records) {
        frost_output_complain(NAME, "%s", error->message);
        return FROST_CLI_ERROR;
    }
    if (snapshot->state == FROST_SNAPSHOT_UNKNOWN)
        return FROST_CLI_ERROR;
    return records->len > 0 || options->prometheus || options->textfile ? FROST_CLI_OK
                                                                        : FROST_CLI_NOTHING;
}

int
frost_status_run(int argc, char **argv)
{
    g_auto(FrostStatedirOptions) options = {0};

    if (!frost_statedir_options_parse_status(&options, NAME, argc, argv))
        return frost_output_hint(NAME);
    if (options.help)
        return frost_output_help(NAME, help);
    return frost_statedir_options_complete(&options, NAME) ? report(&options) : FROST_CLI_ERROR;
}
