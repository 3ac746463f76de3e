/* SPDX-License-Identifier: MIT */
#include "agent-parser.h"

#include <stdbool.h>
#include <string.h>

#include "agent-rights.h"
#include "running.h"

/* The number after @name in the text of a file /proc/PID/status; -1: there is none. */
static gint64
number_of(const char *status, const char *name)
{
    const char *line = strstr(status, name);

    return line ? g_ascii_strtoll(line + strlen(name), NULL, 10) : -1;
}

static char *
status_of(FrostSys *sys, pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
    char *status = NULL;

    return sys->read_file(sys, path, &status, NULL) < 0 ? NULL : status;
}

/* No file in /proc tells of Landlock: what the kernel has, the parser uses. */
static bool
has_landlock(FrostSys *sys)
{
    g_autofree char *modules = NULL;

    return sys->read_file(sys, "/sys/kernel/security/lsm", &modules, NULL) < 0 ||
           strstr(modules, "landlock");
}

/* Joined by commas; "": it lacks nothing. NULL: not known. */
static char *
lacks_of(FrostSys *sys, pid_t parser, pid_t agent)
{
    static const char user[] = "\nUid:\t";
    static const char filter[] = "\nSeccomp:\t";
    g_autofree char *its = status_of(sys, parser);
    g_autofree char *agents = status_of(sys, agent);
    g_autoptr(GPtrArray) lacks = g_ptr_array_new();
    guint64 rights = 0;

    if (!its || !agents)
        return NULL;
    if (number_of(its, user) == number_of(agents, user))
        g_ptr_array_add(lacks, (char *)"keeps the agent's user");
    if (frost_cli_find_rights(its, &rights) && rights != 0)
        g_ptr_array_add(lacks, (char *)"keeps rights of root");
    if (!has_landlock(sys))
        g_ptr_array_add(lacks, (char *)"can open files");
    if (number_of(its, filter) != 2)
        g_ptr_array_add(lacks, (char *)"can make any system call");
    g_ptr_array_add(lacks, NULL);
    return g_strjoinv(", ", (char **)lacks->pdata);
}

char *
frost_cli_parser_describe(FrostSys *sys, pid_t agent)
{
    pid_t parser = frost_running_parser_of(sys, agent);
    g_autofree char *lacks = parser > 0 ? lacks_of(sys, parser, agent) : NULL;

    if (parser == 0)
        return g_strdup("none now");
    if (!lacks)
        return g_strdup_printf("process %d", (int)parser);
    return g_strdup_printf("process %d, %s", (int)parser, *lacks ? lacks : "without rights");
}

char *
frost_cli_parser_lack(FrostSys *sys, pid_t agent)
{
    pid_t parser = frost_running_parser_of(sys, agent);
    g_autofree char *lacks = parser > 0 ? lacks_of(sys, parser, agent) : NULL;

    return lacks && *lacks ? g_strconcat("the parser ", lacks, NULL) : NULL;
}
