/* SPDX-License-Identifier: MIT */
#include "hook-rehearsal.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli.h"
#include "hook-config.h"
#include "hook-leavings.h"
#include "hook-own-log.h"
#include "hook-report.h"
#include "ledger-entries.h"
#include "log.h"
#include "output.h"
#include "plan-config.h"
#include "record-json.h"
#include "record-ledger.h"
#include "source.h"
#include "text.h"

typedef struct {
    FrostSys sys;
    FrostLedger ledger;
    FrostHooks *hooks;
    GMainLoop *loop;
    unsigned hold_s;
    GSource *hold; /* the time until the thaw */
    bool cut_off;
    bool failed;     /* something has failed that is not in the ledger */
    char *error;     /* (nullable): the error that the host would get */
    QgaValue *calls; /* the calls, for JSON; NULL: they are printed as text */
    FrostHookLeavings *leavings;
    FrostHookOwnLog *own_log; /* NULL: the hooks are a folder */
    GHashTable *told;         /* the name of a hold hook -> how much of its output was printed */
} Rehearsal;

/* The output of a hold hook at its end begins with what was already printed when it was ready; this
 * returns the rest. */
static const char *
skip_told(Rehearsal *self, const char *call, const char *result, const char *output)
{
    g_autofree char *name = g_strndup(call, strlen(call) - strlen(strrchr(call, ' ')));
    gsize told = GPOINTER_TO_SIZE(g_hash_table_lookup(self->told, name));

    if (g_str_equal(result, "ready"))
        g_hash_table_insert(self->told, g_steal_pointer(&name), GSIZE_TO_POINTER(strlen(output)));
    return output + MIN(told, strlen(output));
}

static void
on_heard(void *user, const char *call, const char *result, const char *output)
{
    Rehearsal *self = user;
    g_autofree char *processes = frost_hook_leavings_take(self->leavings);
    g_autofree char *log = self->own_log ? frost_hook_own_log_take(self->own_log) : NULL;
    FrostHookReport heard = {.call = call,
                             .result = result,
                             .output = output,
                             .took_us = frost_hook_report_time(self->ledger.data, call),
                             .processes = processes,
                             .log = log};

    if (self->calls) {
        qga_value_append(self->calls, frost_hook_report_to_value(&heard));
        return;
    }
    heard.output = skip_told(self, call, result, output);
    g_autofree char *text = frost_hook_report_draw(&heard);

    fputs(text, stdout);
    fflush(stdout);
}

/* Opens a ledger that no other process sees. */
static bool
open_ledger(Rehearsal *self, const FrostConfig *config, GError **error)
{
    const FrostPlanFilter filter = frost_cli_filter_of_config(config);
    g_autoptr(FrostPlan) plan = NULL;
    int fd = memfd_create("frost-ga.rehearsal", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, sizeof(FrostLedgerData)) < 0 ||
        frost_ledger_map(&self->ledger, fd, -1) < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "no memory for a ledger: %s", g_strerror(errno));
        return false;
    }
    self->ledger.in_memory = true;
    plan = frost_plan_new(&self->sys, &filter, error);
    return plan && frost_ledger_begin_plan(&self->ledger, plan, error);
}

static void
on_down(void *user, const GError *error)
{
    Rehearsal *self = user;

    self->failed = self->failed || error;
    g_main_loop_quit(self->loop);
}

static void
go_down(Rehearsal *self)
{
    self->hooks->down(self->hooks, &self->ledger, on_down, self);
}

static gboolean
on_held(gpointer user)
{
    Rehearsal *self = user;

    frost_source_drop(&self->hold);
    go_down(self);
    return G_SOURCE_REMOVE;
}

static void
on_up(void *user, const GError *error)
{
    Rehearsal *self = user;

    if (error) {
        frost_output_complain("hooks", "a freeze would fail: %s", error->message);
        self->error = g_strdup(error->message);
    }
    self->failed = self->failed || error;
    if (error || self->cut_off || self->hold_s == 0)
        go_down(self);
    else
        self->hold =
            frost_source_attach(g_timeout_source_new(self->hold_s * 1000u), NULL, on_held, self);
}

static gboolean
on_signal(gpointer user)
{
    Rehearsal *self = user;

    self->cut_off = self->failed = true;
    if (self->hold)
        on_held(self);
    else
        self->hooks->cancel(self->hooks);
    return G_SOURCE_CONTINUE;
}

/* Enters all hooks as if they had been called with freeze, except hold hooks, which have nothing to
 * undo.
 */
static bool
owe_all(Rehearsal *self, const FrostHooksConfig *config, GError **error)
{
    FrostLedgerData *data = self->ledger.data;
    g_autoptr(GPtrArray) items = frost_hook_list(&config->source, error);

    frost_hooks_note_terms(config, data);
    for (guint i = 0; items && i < items->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(items, i);
        FrostLedgerHook *hook = NULL;

        if (item->verdict == FROST_HOOK_REFUSED ||
            (item->verdict == FROST_HOOK_RUNS && !item->is_hold))
            hook = frost_ledger_add_hook(&self->ledger, item->name);
        if (hook)
            atomic_store(&hook->state, FROST_HOOK_BEGUN);
    }
    return items != NULL;
}

/* Prints the results and the outputs of all calls. */
static bool
print_json(Rehearsal *self)
{
    int64_t now_us = frost_sys_now_us(&self->sys);
    g_autoptr(FrostRecord) record = frost_record_of_ledger(self->ledger.data, NULL, now_us);
    g_autoptr(QgaValue) told = frost_record_to_value(record);
    g_autoptr(QgaValue) document = qga_value_new_object();

    qga_value_set_string(document, "format", "frost-ga hooks run");
    qga_value_set_int(document, "version", 1);
    qga_value_set_text(document, "error", self->error);
    qga_value_set(document, "hooks", qga_value_ref((QgaValue *)qga_value_get(told, "hooks")));
    qga_value_set(document, "calls", qga_value_ref(self->calls));
    g_autofree char *text = frost_output_json(document);
    return frost_output_print("hooks", text);
}

static int
conclude(const Rehearsal *self, bool json)
{
    const FrostLedgerData *data = self->ledger.data;
    uint32_t count = atomic_load(&data->hook_count);
    bool failed = self->failed;

    for (uint32_t i = 0; i < count; i++)
        failed = failed || frost_hook_side_has_failed(&data->hooks[i].sides[FROST_HOOK_FREEZE]) ||
                 frost_hook_side_has_failed(&data->hooks[i].sides[FROST_HOOK_THAW]);
    if (failed)
        return FROST_CLI_ERROR;
    if (count == 0 && !json)
        puts("There is no hook to run.");
    return count == 0 ? FROST_CLI_NOTHING : FROST_CLI_OK;
}

static bool
play(Rehearsal *self, const FrostConfig *config, bool thaw_only, GError **error)
{
    FrostHooksConfig hooks = frost_cli_hooks_of_config(config);
    const FrostChildSetting setting = frost_cli_children_of_config(config, 0);

    hooks.setting = &setting;
    hooks.log_path = NULL;
    hooks.heard = on_heard;
    hooks.heard_user = self;
    if (!open_ledger(self, config, error) || (thaw_only && !owe_all(self, &hooks, error)))
        return false;
    self->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->leavings = frost_hook_leavings_new(&self->sys, self->ledger.data);
    if (hooks.source.source && !frost_hook_is_folder(hooks.source.source))
        self->own_log = frost_hook_own_log_new(hooks.source.source);
    self->hooks = frost_hooks_new(&hooks, &self->sys, NULL);
    if (thaw_only)
        go_down(self);
    else
        self->hooks->up(self->hooks, &self->ledger, on_up, self);
    g_main_loop_run(self->loop);
    self->hooks->free(self->hooks);
    frost_hook_leavings_free(self->leavings);
    frost_hook_own_log_free(self->own_log);
    g_hash_table_unref(self->told);
    return true;
}

int
frost_hook_rehearse(const FrostConfig *config, bool thaw_only, unsigned hold_s, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostLog) log = frost_log_new(NULL, config->verbose, "frost-ga", &error);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(QgaValue) calls = json ? qga_value_new_array() : NULL;
    Rehearsal self = {
        .sys = frost_cli_sys_of_config(config), .loop = loop, .hold_s = hold_s, .calls = calls};

    signal(SIGPIPE, SIG_IGN);
    g_unix_signal_add(SIGINT, on_signal, &self);
    g_unix_signal_add(SIGTERM, on_signal, &self);
    if (!log || !play(&self, config, thaw_only, &error)) {
        frost_output_complain("hooks", "%s", error->message);
        return FROST_CLI_ERROR;
    }
    bool printed = !json || print_json(&self);
    g_free(self.error);
    return printed ? conclude(&self, json) : FROST_CLI_ERROR;
}
