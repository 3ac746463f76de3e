/* SPDX-License-Identifier: MIT */
#include "check-scripts.h"

#include "database-servers.h"
#include "hook-config.h"
#include "hook-directory.h"
#include "pg-hba.h"

#define TOPIC "hooks"
/* The ready-made hook 10-pause has the names of what it stops in this file, not in its text. */
#define PAUSE_SETTINGS "/etc/frost-ga/pause.conf"

typedef struct {
    const FrostCheck *check;
    const GArray *servers;
    GPtrArray *good; /* of FrostHookScript */
} Scripts;

static void
script_free(void *data)
{
    frost_hook_script_free(data);
}

static bool
runs(const GArray *servers, const FrostDatabaseKind *kind)
{
    for (guint i = 0; i < servers->len; i++) {
        if (g_array_index(servers, FrostDatabaseServer, i).kind == kind)
            return true;
    }
    return false;
}

/* A ready-made hook counts as having its client: it reports a missing one itself. */
static bool
has_client(const Scripts *self, const FrostHookScript *script)
{
    const FrostDatabaseKind *kind;

    for (unsigned i = 0; (kind = frost_database_kind_at(i)); i++) {
        if (!frost_hook_script_lacks_client(script, kind) ||
            (script->is_ours && !runs(self->servers, kind)))
            continue;
        frost_check_add(self->check, FROST_GRADE_WARNING, TOPIC,
                        "Install the server's client program, or remove the hook.",
                        "%s calls %s, which is not installed: it can protect nothing", script->path,
                        kind->clients[0]);
        return false;
    }
    return true;
}

static bool
is_refused_as_root(const Scripts *self, const FrostHookScript *script)
{
    for (guint i = 0; i < self->servers->len; i++) {
        const FrostDatabaseServer *server = &g_array_index(self->servers, FrostDatabaseServer, i);

        if (g_str_equal(server->kind->name, "PostgreSQL") &&
            frost_pg_hba_wants_peer(self->check->sys, server->pid))
            return frost_hook_script_is_psql_of_root(script);
    }
    return false;
}

static bool
is_good(const Scripts *self, const FrostHookScript *script)
{
    if (frost_hook_script_locks_blindly(script)) {
        frost_check_add(self->check, FROST_GRADE_WARNING, TOPIC,
                        "60-mariadb.hold reports READY only when it has the lock; see GUIDE.md.",
                        "%s leaves its lock to a client in the background, and does not check "
                        "whether that has it: during a long write it protects nothing",
                        script->path);
        return false;
    }
    if (is_refused_as_root(self, script)) {
        frost_check_add(self->check, FROST_GRADE_WARNING, TOPIC,
                        "Let it run psql as the server's account (runuser -u postgres -- psql), "
                        "or use 30-postgresql.",
                        "%s runs psql as root, which pg_hba.conf refuses (peer)", script->path);
        return false;
    }
    return has_client(self, script);
}

static void
take(Scripts *self, const char *path)
{
    FrostHookScript *script = frost_hook_script_read(path);

    if (is_good(self, script))
        g_ptr_array_add(self->good, script);
    else
        frost_hook_script_free(script);
}

static void
take_folder(Scripts *self, const GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(items, i);

        if (item->verdict != FROST_HOOK_RUNS)
            continue;
        take(self, item->path);
        if (g_str_has_suffix(item->name, "-pause") &&
            g_file_test(PAUSE_SETTINGS, G_FILE_TEST_EXISTS))
            take(self, PAUSE_SETTINGS);
    }
}

/* Adds the hooks that a dispatcher would run. Not hold hooks: there, they have no input that stays
 * open, and fail. */
static void
add_holders(const Scripts *self, const GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(items, i);

        if (item->verdict == FROST_HOOK_RUNS && item->is_hold)
            frost_check_add(self->check, FROST_GRADE_WARNING, TOPIC,
                            "Let -F (fsfreeze-hook=) name the folder instead of the script.",
                            "%s cannot work: a script calls it, not the agent", item->path);
    }
}

static void
take_dispatcher(Scripts *self, const char *path, const char *folder)
{
    const FrostHookSource source = {.source = folder};
    g_autoptr(GPtrArray) items = frost_hook_list(&source, NULL);
    FrostHookScript *script = frost_hook_script_read(path);

    if (items && items->len > 0 && *script->code && !frost_hook_script_tells_failures(script))
        frost_check_add(
            self->check, FROST_GRADE_WARNING, TOPIC,
            "Let -F (fsfreeze-hook=) name the folder instead of the script: each hook then "
            "has its own result and time limit.",
            "%s exits with success whatever the hooks in %s do: their failures are not reported",
            path, folder);
    if (items) {
        add_holders(self, items);
        take_folder(self, items);
    }
    frost_hook_script_free(script);
}

static void
take_source(Scripts *self, const FrostHookSource *source)
{
    g_autoptr(GPtrArray) items = frost_cli_hook_list(source, NULL);
    g_autofree char *folder = g_strconcat(source->source, ".d", NULL);

    if (!items)
        return;
    take_folder(self, items);
    if (!frost_hook_is_folder(source->source) && frost_hook_is_folder(folder))
        take_dispatcher(self, source->source, folder);
}

GPtrArray *
frost_check_scripts(const FrostCheck *self, const GArray *servers)
{
    const FrostHooksConfig hooks = frost_cli_hooks_of_config(self->config);
    Scripts scripts = {
        .check = self, .servers = servers, .good = g_ptr_array_new_with_free_func(script_free)};

    if (hooks.source.source)
        take_source(&scripts, &hooks.source);
    return scripts.good;
}

const FrostHookScript *
frost_check_find_holder(const GPtrArray *scripts, const FrostDatabaseKind *kind)
{
    for (guint i = 0; i < scripts->len; i++) {
        const FrostHookScript *script = g_ptr_array_index(scripts, i);

        if (frost_hook_script_is_for(script, kind))
            return script;
    }
    return NULL;
}
