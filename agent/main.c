/* SPDX-License-Identifier: MIT */

/*
 * main.c - reads the configuration, connects the parts of the agent, and runs it
 *
 * This is the only file that is in no library. The same program is also the freezer, the recovery
 * and the parser (freezer-main.h, recovery.h, parser-life.h).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "activation.h"
#include "blocking-jobs.h"
#include "cli.h"
#include "command-rights.h"
#include "commands.h"
#include "config.h"
#include "daemonize.h"
#include "dump.h"
#include "freezer-main.h"
#include "freezer-protocol.h"
#include "history.h"
#include "hook-config.h"
#include "hooks.h"
#include "ledger.h"
#include "load.h"
#include "log.h"
#include "machine.h"
#include "parser-life.h"
#include "pidfile.h"
#include "plan-config.h"
#include "policy.h"
#include "readiness.h"
#include "receipt.h"
#include "record-journal.h"
#include "recovery.h"
#include "request-log.h"
#include "restore-watch.h"
#include "rights.h"
#include "session.h"
#include "supervisor.h"
#include "surroundings.h"
#include "transaction.h"

/* How long the agent waits at its end until the last answers are written. */
#define DRAIN_MS 1000

/* For files that the host opens, and pipes of programs that it starts (files.h, executions.h). */
#define HOST_DESCRIPTORS 768u

/* With fewer an agent may start, and never answer: it has some ten, a client one, and a freeze as
 * many as the filesystems, and some. */
#define LEAST_DESCRIPTORS 32u

typedef struct {
    FrostConfig *config;
    FrostLog *log;
    GMainLoop *loop;
    FrostSys sys;
    FrostHooks *hooks;
    FrostPlanner *planner;
    FrostSupervisor *freezer;
    FrostTransaction *transaction;
    QgaDispatch *dispatch;
    FrostCommandContext context;
    FrostChildSetting children; /* for all programs that the agent starts */
    FrostCommands *commands;
    FrostBlockingJobs *jobs;
    FrostMachine *machine;
    FrostReceipts *receipts;
    FrostRestoreWatch *restore_watch; /* (nullable) */
    FrostSession *session;
    FrostPidfile *pidfile;
    char *systemd; /* (nullable): the socket at which it listens */
    bool leaving;
} Agent;

static void
agent_clear(Agent *self)
{
    g_clear_pointer(&self->session, frost_session_free);
    g_clear_pointer(&self->restore_watch, frost_restore_watch_free);
    g_clear_pointer(&self->transaction, frost_transaction_free);
    if (self->hooks)
        self->hooks->free(self->hooks);
    if (self->freezer)
        self->freezer->free(self->freezer);
    if (self->planner)
        self->planner->free(self->planner);
    g_clear_pointer(&self->jobs, frost_blocking_jobs_free);
    g_clear_pointer(&self->commands, frost_commands_free);
    g_clear_pointer(&self->machine, frost_machine_free);
    g_clear_pointer(&self->receipts, frost_receipts_free);
    g_clear_pointer(&self->dispatch, qga_dispatch_free);
    g_clear_pointer(&self->pidfile, frost_pidfile_free);
    g_clear_pointer(&self->loop, g_main_loop_unref);
    g_clear_pointer(&self->systemd, g_free);
    g_clear_pointer(&self->log, frost_log_free);
    g_clear_pointer(&self->config, frost_config_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Agent, agent_clear)

/* Adds a record to the history. If that fails, only a warning is logged. */
static void
remember(const char *statedir, const FrostRecord *record)
{
    g_autoptr(GError) error = NULL;

    frost_record_journal(record);
    if (!frost_history_add(statedir, record, &error))
        g_warning("%s", error->message);
}

static gboolean
give_memory_back(void *user)
{
    (void)user;
    frost_give_memory_back();
    return G_SOURCE_REMOVE;
}

static void
on_finished(void *user, const FrostRecord *record)
{
    const Agent *self = user;

    g_autofree char *sentence = frost_record_sentence(record);

    frost_receipts_add(self->receipts, record);
    frost_readiness_tell(self->systemd, sentence);
    remember(self->config->statedir, record);
    g_idle_add(give_memory_back, NULL); /* once the plan and the record are freed, too */
}

/* The host that has frozen this machine has another one to thaw. */
static void
on_restored(void *user, const char *why)
{
    const Agent *self = user;

    g_warning("%s", why);
    frost_transaction_release(self->transaction, FROST_RELEASE_RESTORED, why, NULL, NULL);
}

/* While filesystems are frozen, the agent must not dump core: that would hang. */
static void
on_frozen_changed(void *user, bool frozen)
{
    Agent *self = user;

    frost_readiness_tell(self->systemd,
                         frozen ? "Filesystems are frozen, or about to be" : "Nothing is frozen");
    prctl(PR_SET_DUMPABLE, frozen ? 0 : 1);
    qga_dispatch_set_frozen(self->dispatch, frozen);
    frost_log_set_held(self->log, frozen);
    g_clear_pointer(&self->restore_watch, frost_restore_watch_free);
    if (frozen && self->config->thaws_restored)
        self->restore_watch = frost_restore_watch_new(on_restored, self);
}

/* The end -------------------------------------------------------------------------------------- */

static void
on_released(void *user, unsigned count, const GError *error)
{
    Agent *self = user;

    if (error)
        g_critical("%s", error->message);
    frost_session_drain(self->session, DRAIN_MS);
    g_main_loop_quit(self->loop);
}

/* Ends the process. A freeze is thawed first, and its hooks undone, whatever its state. */
static void
leave(Agent *self, FrostRelease cause, const char *reason)
{
    if (self->leaving)
        return;
    self->leaving = true;
    g_debug("%s, quitting", reason);
    frost_session_stop(self->session);
    frost_transaction_release(self->transaction, cause, reason, on_released, self);
}

static void
on_signal(void *user, unsigned number)
{
    g_autofree char *reason = g_strdup_printf("received signal num %u", number);

    leave(user, FROST_RELEASE_SIGNAL, reason);
}

static void
on_port_lost(void *user, const GError *error)
{
    g_warning("%s", error->message);
    leave(user, FROST_RELEASE_PORT_LOST, "the port has gone");
}

/* May be called before there is a transaction, as the session is made first. */
static void
on_host_absent(void *user)
{
    const Agent *self = user;

    if (self->transaction)
        frost_transaction_miss_host(self->transaction);
}

/* The start ------------------------------------------------------------------------------------ */

/* A missing state directory is a mistake of the administrator, and an error. A read-only one only
 * makes recovery impossible if agent and freezer both die; the ledger warns of that. */
static bool
check_statedir(const Agent *self, GError **error)
{
    if (access(self->config->statedir, X_OK) == 0)
        return true;
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                "cannot use state directory '%s': %s", self->config->statedir, g_strerror(errno));
    return false;
}

/* The commands that a list names. An item that matches none is reported. */
static char **
expand_list(const char *option, GPtrArray *list)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_auto(GStrv) unmatched = NULL;

    for (guint i = 0; i < list->len; i++)
        g_ptr_array_add(items, g_ptr_array_index(list, i));
    g_ptr_array_add(items, NULL);

    char **names = frost_policy_expand((const char *const *)items->pdata, &unmatched);
    for (guint i = 0; unmatched[i]; i++)
        g_critical("%s: '%s' is not a command and matches none", option, unmatched[i]);
    return names;
}

static void
restrict_commands(Agent *self)
{
    g_auto(GStrv) allow = expand_list("allow-rpcs", self->config->allow_rpcs);
    g_auto(GStrv) block = expand_list("block-rpcs", self->config->block_rpcs);

    qga_dispatch_restrict(self->dispatch, (const char *const *)allow, (const char *const *)block);
}

/* What may need any right; NULL: nothing. An earlier freeze may have been of another configuration.
 */
static const char *
find_unlimited(const FrostConfig *config, const FrostCommandRights *commands)
{
    g_autoptr(FrostLedger) earlier = frost_ledger_open_beside(config->statedir);

    if (config->fsfreeze_hook)
        return "hooks";
    if (earlier && atomic_load(&earlier->data->active) != FROST_LEDGER_HISTORY)
        return "an earlier freeze";
    return commands->unlimited;
}

/* Before there are threads, which inherit it. */
static bool
limit_rights(const Agent *self, GError **error)
{
    const FrostConfig *config = self->config;
    const FrostCommandRights commands = frost_command_rights(self->dispatch);
    const FrostRightsNeeds needs = {.commands = commands.capabilities,
                                    .unlimited = find_unlimited(config, &commands),
                                    .starts_programs = commands.starts_programs,
                                    .sees_namespaces =
                                        config->all_namespaces || config->mounts_of > 0,
                                    .reads_kernel_log = config->thaws_restored,
                                    .statedir = config->statedir,
                                    .pidfile = config->daemon ? config->pidfile : NULL};
    g_autoptr(GError) lack = NULL;

    if (config->sandbox == FROST_SANDBOX_OFF)
        return true;
    uint64_t kept = frost_rights_needed(&needs);
    g_autofree char *told = frost_rights_describe(kept);
    g_debug("rights of root that are kept: %s%s%s", told, needs.unlimited ? ", for " : "",
            needs.unlimited ? needs.unlimited : "");
    if (frost_rights_limit(&needs, kept, &lack))
        return true;
    if (config->sandbox == FROST_SANDBOX_AUTO) {
        frost_notice("%s", lack->message);
        return true;
    }
    g_propagate_prefixed_error(error, g_steal_pointer(&lack), "sandbox=require, but ");
    return false;
}

static bool
open_session(Agent *self, int listen_fd, GError **error)
{
    const FrostSessionConfig session = {.method = self->config->method,
                                        .path = self->config->path,
                                        .listen_fd = listen_fd,
                                        .retry = self->config->retry_path,
                                        .max_request_bytes = self->config->max_request_bytes,
                                        .absence_s = self->config->host_timeout_s};

    const FrostSessionEvents events = {.lost = on_port_lost, .absent = on_host_absent};

    self->session = frost_session_new(&session, self->dispatch, NULL, &events, self, error);
    return self->session != NULL;
}

static void
wire_freeze(Agent *self, uint64_t open_files)
{
    FrostConfig *config = self->config;

    self->sys = frost_cli_sys_of_config(config);
    self->children = frost_cli_children_of_config(config, open_files);
    FrostHooksConfig hooks = frost_cli_hooks_of_config(config);
    hooks.setting = &self->children;
    self->hooks = frost_hooks_new(&hooks, &self->sys, NULL);
    self->planner = frost_planner_new(&self->sys, NULL);
    self->freezer = frost_supervisor_new(&self->sys, NULL);

    const FrostTransactionParts parts = {.sys = &self->sys,
                                         .planner = self->planner,
                                         .supervisor = self->freezer,
                                         .hooks = self->hooks,
                                         .statedir = config->statedir,
                                         .include = (const char *const *)config->include,
                                         .exclude = (const char *const *)config->exclude,
                                         .mode = frost_cli_mode_of_config(config),
                                         .all_namespaces = config->all_namespaces,
                                         .limits = {.stall_ms = config->stall_target_ms,
                                                    .sync_s = config->sync_timeout_s,
                                                    .freeze_s = config->freeze_timeout_s,
                                                    .hold_s = config->hold_timeout_s},
                                         .expedite = config->expedite,
                                         .is_paced = config->is_paced,
                                         .seals = config->sandbox != FROST_SANDBOX_OFF,
                                         .needs_seal = config->sandbox == FROST_SANDBOX_REQUIRE,
                                         .budget_s = config->freeze_budget_s,
                                         .thaw_reply_s = config->thaw_reply_timeout_s,
                                         .finished = on_finished,
                                         .frozen_changed = on_frozen_changed,
                                         .user = self};
    self->receipts = frost_receipts_new(config->statedir);
    self->context.receipts = self->receipts;
    self->transaction = frost_transaction_new(&parts);
    self->jobs = frost_blocking_jobs_new(NULL);
    self->context.transaction = self->transaction;
    self->context.sys = &self->sys;
    self->machine = frost_machine_linux_new(&self->children, NULL);
    self->context.children = &self->children;
    self->context.jobs = self->jobs;
    self->context.machine = self->machine;
}

static bool
become_daemon(Agent *self, FrostDaemonize *daemon, GError **error)
{
    if (!self->config->daemon)
        return true;
    if (!frost_daemonize_begin(daemon, error))
        return false;
    self->pidfile = frost_pidfile_take(self->config->pidfile, error);
    return self->pidfile != NULL;
}

static FrostParserMode
parser_mode(const FrostConfig *config)
{
    switch (config->sandbox) {
    case FROST_SANDBOX_OFF:
        return FROST_PARSER_OPEN;
    case FROST_SANDBOX_REQUIRE:
        return FROST_PARSER_STRICT;
    case FROST_SANDBOX_AUTO:
        break;
    }
    return FROST_PARSER_SEALED;
}

/* The channel is opened before the fork, so that the launcher can report its failure. What starts
 * threads or processes comes after the fork. */
static bool
run(Agent *self, const char *ident, GError **error)
{
    g_auto(FrostDaemonize) daemon = FROST_DAEMONIZE_NONE;
    int listen_fd;

    uint64_t open_files = frost_allow_descriptors(FROST_LEDGER_DESCRIPTORS + HOST_DESCRIPTORS);
    if (!frost_has_descriptors(LEAST_DESCRIPTORS, error) ||
        !frost_activation_take(&listen_fd, error))
        return false;
    self->log = frost_log_new_held(self->config->logfile, self->config->verbose, ident, error);
    if (!self->log || !check_statedir(self, error))
        return false;
    if (self->config->daemon && !frost_pidfile_probe(self->config->pidfile, error))
        return false;
    self->systemd = frost_readiness_take();
    restrict_commands(self);
    if (self->config->verbose)
        frost_request_log_follow(self->dispatch);
    self->loop = g_main_loop_new(NULL, FALSE);
    if (!frost_watch_signals(on_signal, self, error) || !open_session(self, listen_fd, error) ||
        !become_daemon(self, &daemon, error))
        return false;
    frost_give_memory_back(); /* the parser is a copy */
    frost_session_start_parser(self->session, parser_mode(self->config));
    if (!limit_rights(self, error))
        return false;
    wire_freeze(self, open_files);
    if (!frost_transaction_is_frozen(self->transaction))
        frost_log_set_held(self->log, false);
    frost_daemonize_ready(&daemon);
    frost_readiness_ready(self->systemd, frost_transaction_is_frozen(self->transaction)
                                             ? "Filesystems of an earlier freeze are frozen"
                                             : "Nothing is frozen");
    frost_give_memory_back();
    g_main_loop_run(self->loop);
    return true;
}

static void
collect_name(const QgaCommand *command, bool enabled, void *user)
{
    g_ptr_array_add(user, (char *)command->name);
}

static bool
configure(Agent *self, int argc, char **argv, FrostAction *out_action, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    self->dispatch = qga_dispatch_new();
    self->commands = frost_commands_new(self->dispatch, &self->context);
    qga_dispatch_foreach(self->dispatch, collect_name, names);
    g_ptr_array_add(names, NULL);
    self->config = frost_config_new();
    return frost_config_load(self->config, argc, argv, (const char *const *)names->pdata,
                             out_action, error);
}

static int
serve(int argc, char **argv)
{
    g_auto(Agent) self = {0};
    g_autofree char *ident = g_path_get_basename(argc > 0 ? argv[0] : "frost-ga");
    g_autoptr(GError) error = NULL;
    FrostAction action;

    if (!configure(&self, argc, argv, &action, &error)) {
        if (!g_error_matches(error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_USAGE))
            g_critical("%s", error->message);
        return EXIT_FAILURE;
    }
    if (action == FROST_ACTION_EXIT)
        return EXIT_SUCCESS;
    if (action == FROST_ACTION_DUMP) {
        g_autofree char *dump = frost_config_dump(self.config);

        return fputs(dump, stdout) < 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    if (!run(&self, ident, &error)) {
        g_critical("%s", error->message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    FrostFreezerTerms terms;
    FrostParserTerms parser;

    if (frost_freezer_terms_parse(&terms, argc, argv))
        return frost_freezer_main(frost_kernel_linux(), &terms);

    if (frost_parser_terms_parse(&parser, argc, argv))
        frost_parser_live(&parser);

    frost_stdio_fill();
    if (argc == 4 && strcmp(argv[1], FROST_RECOVERY_OPTION) == 0) {
        FrostSys sys = frost_sys_linux();

        return frost_recovery_process(&sys, atoi(argv[2]), atoi(argv[3]), remember);
    }
    if (frost_cli_is_command(argc, argv))
        return frost_cli_run(argc, argv);
    return serve(argc, argv);
}
