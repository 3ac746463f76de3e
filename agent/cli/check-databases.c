/* SPDX-License-Identifier: MIT */

#include "check-scripts.h"
#include "database-servers.h"

#define TOPIC "databases"

/* True if a PostgreSQL server keeps shared memory in files. Its working directory is its data
 * folder. */
static bool
shares_memory_by_files(const FrostCheck *self, pid_t pid)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d/cwd/pg_dynshmem", (int)pid);
    g_auto(GStrv) names = NULL;

    if (self->sys->list_dir(self->sys, folder, &names) < 0)
        return false;
    for (char **name = names; *name; name++) {
        if (g_str_has_prefix(*name, "mmap."))
            return true;
    }
    return false;
}

static void
add_postgres(const FrostCheck *self, const FrostDatabaseServer *server)
{
    if (g_str_equal(server->kind->name, "PostgreSQL") && shares_memory_by_files(self, server->pid))
        frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                        "dynamic_shared_memory_type=posix keeps that memory off the disk.",
                        "PostgreSQL (pid %d) hangs as a whole while its disk is frozen, "
                        "reads included: its shared memory is in files",
                        (int)server->pid);
}

static void
add_server(const FrostCheck *self, const FrostDatabaseServer *server, const GPtrArray *scripts)
{
    const FrostHookScript *holder = frost_check_find_holder(scripts, server->kind);
    const char *where = server->is_apart ? ", in a container" : "";

    add_postgres(self, server);
    if (holder)
        frost_check_add(self, FROST_GRADE_OK, TOPIC, NULL, "%s (pid %d%s): %s is for it",
                        server->kind->name, (int)server->pid, where, holder->path);
    else
        frost_check_add(self, server->kind->is_whole ? FROST_GRADE_OK : FROST_GRADE_WARNING, TOPIC,
                        server->kind->advice, "%s runs (pid %d%s), and there is no hook for it",
                        server->kind->name, (int)server->pid, where);
}

void
frost_check_databases(const FrostCheck *self)
{
    g_autoptr(GArray) servers = frost_database_servers(self->sys);
    g_autoptr(GPtrArray) scripts = frost_check_scripts(self, servers);

    for (guint i = 0; i < servers->len; i++)
        add_server(self, &g_array_index(servers, FrostDatabaseServer, i), scripts);
}
