/* SPDX-License-Identifier: MIT */
#include "running.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command-name.h"

/* /proc/PID/exe ends with this if the file was replaced, as by an update. */
#define DELETED " (deleted)"

static void
running_free(void *data)
{
    FrostRunning *self = data;

    g_free(self->program);
    g_strfreev(self->argv);
    g_free(self->conf);
    g_free(self->folder);
    g_free(self);
}

static char *
link_of(pid_t pid, const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, name);

    return g_file_read_link(path, NULL);
}

static char *
program_of(pid_t pid)
{
    g_autofree char *exe = link_of(pid, "exe");

    if (!exe)
        return NULL;
    if (g_str_has_suffix(exe, DELETED))
        exe[strlen(exe) - strlen(DELETED)] = '\0';
    return g_path_get_basename(exe);
}

/* True if the link @name in /proc (a namespace, the root) is the same for the process and for us.
 */
static bool
is_shared(FrostSys *sys, pid_t pid, const char *name)
{
    g_autofree char *its_path = g_strdup_printf("/proc/%d/%s", (int)pid, name);
    g_autofree char *our_path = g_strdup_printf("/proc/self/%s", name);
    FrostStat its, ours;

    return sys->stat_path(sys, its_path, &its) == 0 && sys->stat_path(sys, our_path, &ours) == 0 &&
           its.dev == ours.dev && its.ino == ours.ino;
}

/* The words of a file in /proc/PID; each word ends with a NUL. */
static char **
words_of(FrostSys *sys, pid_t pid, const char *file)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
    g_autofree char *text = NULL;
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    size_t length = 0;

    if (sys->read_file(sys, path, &text, &length) < 0)
        length = 0;
    for (size_t at = 0; at < length; at += strlen(text + at) + 1)
        g_ptr_array_add(words, g_strdup(text + at));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

static char *
conf_of(FrostSys *sys, pid_t pid)
{
    g_auto(GStrv) environment = words_of(sys, pid, "environ");

    return g_strdup(g_environ_getenv(environment, "QGA_CONF"));
}

static bool
is_called(FrostSys *sys, pid_t pid, const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)pid);
    g_autofree char *its = NULL;

    return sys->read_file(sys, path, &its, NULL) >= 0 && g_str_equal(g_strchomp(its), name);
}

/* Its command line does not tell: a parser may be a copy of its agent. */
static bool
is_parser(FrostSys *sys, pid_t pid)
{
    return is_called(sys, pid, "frost-ga-parser");
}

/* A copy of the freezer. */
static bool
is_heir(FrostSys *sys, pid_t pid)
{
    return is_called(sys, pid, "frost-ga-heir");
}

static bool
is_freezer(FrostSys *sys, pid_t pid)
{
    g_auto(GStrv) argv = words_of(sys, pid, "cmdline");

    return argv[0] && argv[1] && g_str_has_prefix(argv[1], "--freezer") && !is_heir(sys, pid);
}

/* True for a freezer, a parser, a recovery, or a command. */
static bool
is_helper(FrostSys *sys, pid_t pid, char **argv)
{
    int argc = (int)g_strv_length(argv);

    return argc == 0 || is_parser(sys, pid) || frost_cli_find_command(argc, argv) >= 0 ||
           (argc > 1 &&
            (g_str_has_prefix(argv[1], "--freezer") || g_str_has_prefix(argv[1], "--recover")));
}

/* (nullable): the agent that the process is. */
static FrostRunning *
recognize(FrostSys *sys, pid_t pid)
{
    g_autofree char *program = program_of(pid);
    if (!program || pid == getpid())
        return NULL;

    bool is_ours = is_shared(sys, pid, "exe") || g_str_equal(program, "frost-ga");
    if (!is_ours && !g_str_equal(program, "qemu-ga"))
        return NULL;

    g_auto(GStrv) argv = words_of(sys, pid, "cmdline");
    if (is_helper(sys, pid, argv))
        return NULL;
    FrostRunning *self = g_new0(FrostRunning, 1);
    self->pid = pid;
    self->program = g_steal_pointer(&program);
    self->argv = g_steal_pointer(&argv);
    self->conf = conf_of(sys, pid);
    self->folder = link_of(pid, "cwd");
    self->is_ours = is_ours;
    return self;
}

static int
compare_pids(gconstpointer a, gconstpointer b)
{
    const FrostRunning *x = *(const FrostRunning *const *)a, *y = *(const FrostRunning *const *)b;

    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

GPtrArray *
frost_running_agents(FrostSys *sys)
{
    GPtrArray *agents = g_ptr_array_new_with_free_func(running_free);
    g_auto(GStrv) names = NULL;

    if (sys->list_dir(sys, "/proc", &names) < 0)
        return agents;
    for (char **name = names; *name; name++) {
        FrostRunning *agent = g_ascii_isdigit(**name) ? recognize(sys, atoi(*name)) : NULL;

        if (agent)
            g_ptr_array_add(agents, agent);
    }
    g_ptr_array_sort(agents, compare_pids);
    return agents;
}

const FrostRunning *
frost_running_ours(const GPtrArray *agents)
{
    for (guint i = 0; i < agents->len; i++) {
        const FrostRunning *agent = g_ptr_array_index(agents, i);

        if (agent->is_ours)
            return agent;
    }
    return NULL;
}

const FrostRunning *
frost_running_beside(FrostSys *sys, const GPtrArray *agents)
{
    for (guint i = 0; i < agents->len; i++) {
        const FrostRunning *agent = g_ptr_array_index(agents, i);

        if (agent->is_ours && is_shared(sys, agent->pid, "ns/mnt"))
            return agent;
    }
    return NULL;
}

static bool
is_child_of(FrostSys *sys, pid_t pid, pid_t parent)
{
    static const char name[] = "\nPPid:\t";
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *status = NULL;

    if (sys->read_file(sys, path, &status, NULL) < 0)
        return false;
    const char *line = strstr(status, name);
    return line && atoi(line + strlen(name)) == parent;
}

/* 0: there is none. */
static pid_t
find_child(FrostSys *sys, pid_t parent, bool (*is)(FrostSys *sys, pid_t pid))
{
    g_auto(GStrv) names = NULL;

    if (parent == 0 || sys->list_dir(sys, "/proc", &names) < 0)
        return 0;
    for (char **name = names; *name; name++) {
        pid_t pid = g_ascii_isdigit(**name) ? atoi(*name) : 0;

        if (pid > 0 && is(sys, pid) && is_child_of(sys, pid, parent))
            return pid;
    }
    return 0;
}

FrostHelpers
frost_running_helpers_of(FrostSys *sys, pid_t agent)
{
    FrostHelpers helpers = {.parser = find_child(sys, agent, is_parser),
                            .freezer = find_child(sys, agent, is_freezer)};

    helpers.heir = find_child(sys, helpers.freezer, is_heir);
    return helpers;
}

/* Only reads the links: looking up their targets may hang. */
static bool
has_open(FrostSys *sys, pid_t pid, const char *node)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d/fd", (int)pid);
    g_auto(GStrv) names = NULL;

    if (sys->list_dir(sys, folder, &names) < 0)
        return false;
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_build_filename(folder, *name, NULL);
        g_autofree char *target = g_file_read_link(path, NULL);

        if (target && g_str_equal(target, node))
            return true;
    }
    return false;
}

char *
frost_running_holder_of(FrostSys *sys, const char *node, pid_t except)
{
    g_auto(GStrv) names = NULL;

    if (sys->list_dir(sys, "/proc", &names) < 0)
        return NULL;
    for (char **name = names; *name; name++) {
        pid_t pid = g_ascii_isdigit(**name) ? atoi(*name) : 0;

        if (pid > 0 && pid != except && has_open(sys, pid, node)) {
            g_autofree char *program = program_of(pid);

            return g_strdup_printf("%s (pid %d)", program ? program : "a process", (int)pid);
        }
    }
    return NULL;
}
