/* SPDX-License-Identifier: MIT */
#include "check-command.h"

#include <string.h>
#include <unistd.h>

#include "check.h"
#include "cli.h"
#include "output.h"
#include "plan-config.h"
#include "text.h"
#include "trial.h"
#include "words.h"

#define NAME "check"
#define HOLD_DEFAULT_MS 100
#define HOLD_MAX_MS 10000

/* Fits on one screen, which a test checks. */
static const char help[] =
    "Usage: frost-ga check [-j] [--freeze[=MS]] [AGENT OPTION]...\n"
    "\n"
    "Looks for everything that could make a freeze fail, last long, or hold too\n"
    "little: port, rights and confinement, hooks, databases, filesystems, the agent's\n"
    "own files on them, the kernel's timeouts. Changes nothing. Judges the running\n"
    "agent, as it was started, or one with the agent's options given here (-c FILE,\n"
    "-F PATH).\n"
    "\n"
    "  -j, --json     print everything, as one line of JSON\n"
    "  --freeze[=MS]  then do a real freeze, with the hooks, stay frozen for\n"
    "                 MS milliseconds (100; at most 10000), thaw, and show it.\n"
    "                 Gives up when freezing takes more than 5 s.\n"
    "  -h, --help     print this and exit\n"
    "\n"
    "Exit status: 0 everything is well, 1 there is a problem, or check cannot find\n"
    "out, 2 there are only warnings.\n";

typedef struct {
    FrostWords *words;
    bool freeze;
    unsigned hold_ms;
} Options;

static bool
take_freeze(Options *self, const char *text)
{
    guint64 ms = HOLD_DEFAULT_MS;

    self->freeze = true;
    if (*text == '=' && !g_ascii_string_to_unsigned(text + 1, 10, 0, HOLD_MAX_MS, &ms, NULL)) {
        frost_output_complain(NAME, "--freeze%s: expected whole milliseconds up to %d", text,
                              HOLD_MAX_MS);
        return false;
    }
    self->hold_ms = (unsigned)ms;
    return true;
}

static bool
take(Options *self, char *word)
{
    static const char freeze[] = "--freeze";
    size_t length = strlen(freeze);

    if (strncmp(word, freeze, length) == 0 && (!word[length] || word[length] == '='))
        return take_freeze(self, word + length);
    frost_words_take(self->words, word);
    return true;
}

static FrostPlan *
plan(const FrostCheck *check)
{
    const FrostPlanFilter filter = frost_cli_filter_of_config(check->config);
    g_autoptr(GError) error = NULL;

    FrostNotes *notes = frost_notes_begin();
    FrostPlan *made = frost_plan_new(check->sys, &filter, &error);
    g_ptr_array_unref(frost_notes_end(notes)); /* the plan's decisions say the same */
    if (!made)
        frost_check_add(check, FROST_GRADE_PROBLEM, "filesystems", NULL, "a freeze would fail: %s",
                        error->message);
    return made;
}

/* (nullable): the unit of the process, the last part of its control group; g_free() it. */
static char *
service_of(FrostSys *sys, pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cgroup", (int)pid);
    g_autofree char *text = NULL;

    if (sys->read_file(sys, path, &text, NULL) < 0)
        return NULL;
    g_autofree char *name = g_path_get_basename(g_strchomp(text));
    return g_str_has_suffix(name, ".service") ? g_steal_pointer(&name) : NULL;
}

static GPtrArray *
find_all(FrostSys *sys, const FrostConfig *config, const FrostRunning *agent)
{
    FrostCheck check = {.sys = sys,
                        .config = config,
                        .agent = agent,
                        .is_blind = geteuid() != 0,
                        .findings = frost_findings_new()};
    g_autoptr(FrostPlan) made = plan(&check);
    g_autofree char *service = agent ? service_of(sys, agent->pid) : NULL;
    g_autoptr(FrostUnits) units = frost_units_ask(service);

    check.plan = made;
    check.units = units;
    frost_check_port(&check);
    frost_check_rights(&check);
    frost_check_hooks(&check);
    frost_check_limits(&check);
    frost_check_databases(&check);
    frost_check_filesystems(&check);
    frost_check_caches(&check);
    frost_check_places(&check);
    frost_check_units(&check);
    frost_check_kernel(&check);
    frost_check_volumes(&check);
    frost_check_pace(&check);
    frost_check_sync(&check);
    return check.findings;
}

static void
add_trial(GPtrArray *findings, const FrostTrial *trial)
{
    const FrostCheck check = {.findings = findings};
    g_autofree char *window = frost_text_duration(trial->window_us);

    if (trial->error)
        frost_check_add(&check, FROST_GRADE_PROBLEM, "freeze", NULL, "%s", trial->error);
    else
        frost_check_add(&check, trial->count > 0 ? FROST_GRADE_OK : FROST_GRADE_PROBLEM, "freeze",
                        NULL,
                        "%u filesystem%s frozen and thawed again; %s from the first FIFREEZE "
                        "to the last FITHAW",
                        trial->count, trial->count == 1 ? " was" : "s were", window);
}

static char *
render_json(const GPtrArray *findings, const FrostTrial *trial)
{
    g_autoptr(QgaValue) document = frost_findings_to_value(findings);

    qga_value_set(document, "freeze",
                  trial && trial->record ? qga_value_ref(trial->record) : qga_value_new_null());
    return frost_output_json(document);
}

/* Prints the findings. This comes before --freeze freezes anything. */
static bool
report(const Options *options, GPtrArray *findings, const FrostConfig *config)
{
    g_autofree char *text = frost_findings_draw(findings, frost_output_is_colourful());
    g_autoptr(FrostTrial) trial = NULL;

    if (!options->words->json && !frost_output_print(NAME, text))
        return false;
    if (options->freeze) {
        guint before = findings->len;

        trial = frost_trial_run(config, options->hold_ms, frost_output_is_colourful());
        add_trial(findings, trial);
        g_free(text);
        text = frost_findings_draw_from(findings, before, frost_output_is_colourful());
    }
    if (options->words->json) {
        g_autofree char *json = render_json(findings, trial);

        return frost_output_print(NAME, json);
    }
    if (!options->freeze)
        return true;
    return frost_output_print(NAME, text) &&
           (!trial->timeline || frost_output_print(NAME, trial->timeline));
}

static int
status_of(const GPtrArray *findings)
{
    switch (frost_findings_worst(findings)) {
    case FROST_GRADE_OK:
        return FROST_CLI_OK;
    case FROST_GRADE_WARNING:
        return FROST_CLI_NOTHING;
    case FROST_GRADE_PROBLEM:
        break;
    }
    return FROST_CLI_ERROR;
}

static int
check(Options *options)
{
    FrostSys ours = frost_sys_linux();
    g_autoptr(GPtrArray) agents = frost_running_agents(&ours);
    const FrostRunning *agent = frost_running_ours(agents);

    g_autoptr(FrostConfig) config = frost_words_config(options->words, agent);
    if (!config || frost_words_has_operand(options->words))
        return frost_output_hint(NAME);
    FrostSys sys = frost_cli_sys_of_config(config);
    g_autoptr(GPtrArray) findings = find_all(&sys, config, agent);
    return report(options, findings, config) ? status_of(findings) : FROST_CLI_ERROR;
}

int
frost_check_run(int argc, char **argv)
{
    g_auto(FrostWords) words = frost_words(NAME);
    Options options = {.words = &words};

    for (int i = 1; i < argc; i++) {
        if (!take(&options, argv[i]))
            return frost_output_hint(NAME);
    }
    if (options.words->help)
        return frost_output_help(NAME, help);
    return check(&options);
}
