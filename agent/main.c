/* SPDX-License-Identifier: MIT */

/*
 * main.c - options -> config -> wire things up -> run
 *
 * The one file outside a library. Two internal modes share the program image: the freezer and the
 * recovery it may become (freezer-process.h, recovery.h).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "activation.h"
#include "aside.h"
#include "cli.h"
#include "commands.h"
#include "config.h"
#include "daemonize.h"
#include "freezer-process.h"
#include "freezer-wire.h"
#include "freezer.h"
#include "history.h"
#include "hook-config.h"
#include "hooks.h"
#include "log.h"
#include "machine.h"
#include "pidfile.h"
#include "plan-config.h"
#include "policy.h"
#include "recovery.h"
#include "session.h"
#include "surroundings.h"
#include "transaction.h"

/* How long an answer given at the very end may take to leave. */
#define DRAIN_MS 1000

/* For the files that the host opens and the pipes of what it starts (files.h, executions.h). */
#define HOST_DESCRIPTORS 768u

typedef struct {
    FrostConfig *config;
    FrostLog *log;
    GMainLoop *loop;
    FrostSys sys;
    FrostHooks *hooks;
    FrostFreezer *freezer;
    FrostTransaction *transaction;
    QgaDispatch *dispatch;
    FrostCommandContext context;
    FrostCommands *commands;
    FrostAside *aside;
    FrostMachine *machine;
    FrostSession *session;
    FrostPidfile *pidfile;
    bool leaving;
} Agent;

static void
agent_clear(Agent *self)
{
    g_clear_pointer(&self->session, frost_session_free);
    g_clear_pointer(&self->transaction, frost_transaction_free);
    if (self->hooks)
        self->hooks->free(self->hooks);
    if (self->freezer)
        self->freezer->free(self->freezer);
    g_clear_pointer(&self->aside, frost_aside_free);
    g_clear_pointer(&self->commands, frost_commands_free);
    g_clear_pointer(&self->machine, frost_machine_free);
    g_clear_pointer(&self->dispatch, qga_dispatch_free);
    g_clear_pointer(&self->pidfile, frost_pidfile_free);
    g_clear_pointer(&self->loop, g_main_loop_unref);
    g_clear_pointer(&self->log, frost_log_free);
    g_clear_pointer(&self->config, frost_config_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Agent, agent_clear)

/* A history that cannot be written is no reason to fail anything. */
static void
remember(const char *statedir, const FrostRecord *record)
{
    g_autoptr(GError) error = NULL;

    if (!frost_history_add(statedir, record, &error))
        g_warning("%s", error->message);
}

static void
on_finished(void *user, const FrostRecord *record)
{
    const Agent *self = user;

    remember(self->config->statedir, record);
}

/* A core dump onto a frozen filesystem would never end (design 5). */
static void
on_frozen_changed(void *user, bool frozen)
{
    Agent *self = user;

    prctl(PR_SET_DUMPABLE, frozen ? 0 : 1);
    qga_dispatch_set_frozen(self->dispatch, frozen);
    frost_log_set_held(self->log, frozen);
}

/* The way out ---------------------------------------------------------------------------------- */

static void
on_released(void *user, unsigned count, const GError *error)
{
    Agent *self = user;

    if (error)
        g_critical("%s", error->message);
    frost_session_drain(self->session, DRAIN_MS);
    g_main_loop_quit(self->loop);
}

/* Thaws and undoes the hooks first, wherever a freeze is (design 2, promise 3). */
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

/* The way in ----------------------------------------------------------------------------------- */

/* A state directory that is missing is a mistake in the set-up; one that is only read-only costs
 * the recovery after both deaths, and the ledger warns of it. */
static bool
check_statedir(const Agent *self, GError **error)
{
    if (access(self->config->statedir, X_OK) == 0)
        return true;
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                "cannot use state directory '%s': %s", self->config->statedir, g_strerror(errno));
    return false;
}

/* What a list of commands means; of what means nothing its owner hears. */
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
        g_critical("%s: '%s' is no command and matches none", option, unmatched[i]);
    return names;
}

static void
restrict_commands(Agent *self)
{
    g_auto(GStrv) allow = expand_list("allow-rpcs", self->config->allow_rpcs);
    g_auto(GStrv) block = expand_list("block-rpcs", self->config->block_rpcs);

    qga_dispatch_restrict(self->dispatch, (const char *const *)allow, (const char *const *)block);
}

static bool
open_session(Agent *self, int listen_fd, GError **error)
{
    const FrostSessionConfig session = {.method = self->config->method,
                                        .path = self->config->path,
                                        .listen_fd = listen_fd,
                                        .retry = self->config->retry_path,
                                        .max_request_bytes = self->config->max_request_bytes};

    self->session = frost_session_new(&session, self->dispatch, NULL, on_port_lost, self, error);
    return self->session != NULL;
}

static void
wire_freeze(Agent *self)
{
    FrostConfig *config = self->config;

    self->sys = frost_cli_sys_of_config(config);
    const FrostHooksConfig hooks = frost_cli_hooks_of_config(config);
    self->hooks = frost_hooks_new(&hooks, &self->sys, NULL);
    self->freezer = frost_freezer_new(&self->sys, NULL);

    const FrostTransactionParts parts = {.sys = &self->sys,
                                         .freezer = self->freezer,
                                         .hooks = self->hooks,
                                         .statedir = config->statedir,
                                         .include = (const char *const *)config->include,
                                         .exclude = (const char *const *)config->exclude,
                                         .mode = frost_cli_mode_of_config(config),
                                         .limits = {.sync_s = config->sync_timeout_s,
                                                    .freeze_s = config->freeze_timeout_s,
                                                    .hold_s = config->hold_timeout_s},
                                         .expedite = config->expedite,
                                         .thaw_reply_s = config->thaw_reply_timeout_s,
                                         .finished = on_finished,
                                         .frozen_changed = on_frozen_changed,
                                         .user = self};
    self->transaction = frost_transaction_new(&parts);
    self->aside = frost_aside_new(NULL);
    self->context.transaction = self->transaction;
    self->context.sys = &self->sys;
    self->machine = frost_machine_linux_new(NULL);
    self->context.aside = self->aside;
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

/* The channel is opened before the fork, so that the launcher can tell of its failure; whatever
 * starts threads or processes comes after it (protocol 3.7). */
static bool
run(Agent *self, const char *ident, GError **error)
{
    g_auto(FrostDaemonize) daemon = FROST_DAEMONIZE_NONE;
    int listen_fd;

    if (!frost_activation_take(&listen_fd, error))
        return false;
    self->log = frost_log_new_held(self->config->logfile, self->config->verbose, ident, error);
    if (!self->log || !check_statedir(self, error))
        return false;
    if (self->config->daemon && !frost_pidfile_probe(self->config->pidfile, error))
        return false;
    restrict_commands(self);
    self->loop = g_main_loop_new(NULL, FALSE);
    if (!frost_watch_signals(on_signal, self, error) || !open_session(self, listen_fd, error) ||
        !become_daemon(self, &daemon, error))
        return false;
    frost_allow_descriptors(FROST_LEDGER_DESCRIPTORS + HOST_DESCRIPTORS);
    wire_freeze(self);
    if (!frost_transaction_is_frozen(self->transaction))
        frost_log_release(self->log);
    frost_daemonize_ready(&daemon);
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
    if (argc == 4 && strcmp(argv[1], FROST_FREEZER_OPTION) == 0)
        return frost_freezer_process(frost_sys_linux(), atoi(argv[2]), atoi(argv[3]));

    frost_stdio_fill();
    if (argc == 3 && strcmp(argv[1], FROST_RECOVERY_OPTION) == 0) {
        FrostSys sys = frost_sys_linux();

        return frost_recovery_process(&sys, atoi(argv[2]), remember);
    }
    if (frost_cli_is_command(argc, argv))
        return frost_cli_run(argc, argv);
    return serve(argc, argv);
}
