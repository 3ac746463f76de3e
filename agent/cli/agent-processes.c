/* SPDX-License-Identifier: MIT */
#include "agent-processes.h"

#include <linux/capability.h>
#include <string.h>

#include "agent-rights.h"
#include "capabilities.h"
#include "rights.h"
#include "running.h"

static const char *const role_names[] = {
    [FROST_ROLE_AGENT] = "agent",
    [FROST_ROLE_PARSER] = "parser",
    [FROST_ROLE_FREEZER] = "freezer",
    [FROST_ROLE_HEIR] = "heir",
};

/* What may stay of root's rights in a process that seals itself. */
static const guint64 sealed_rights[] = {
    [FROST_ROLE_PARSER] = 0,
    [FROST_ROLE_FREEZER] = FROST_CAPABILITY(CAP_SYS_ADMIN),
};

static void
rights_free(void *data)
{
    FrostProcessRights *self = data;

    g_free((void *)self->lacks);
    g_free(self);
}

/* The number after @name in the text of a file /proc/PID/status; -1: there is none. */
static gint64
number_of(const char *status, const char *name)
{
    const char *line = strstr(status, name);

    return line ? g_ascii_strtoll(line + strlen(name), NULL, 10) : -1;
}

/* No file in /proc tells of Landlock: what the kernel has, they use. */
static bool
has_landlock(FrostSys *sys)
{
    g_autofree char *modules = NULL;

    return sys->read_file(sys, "/sys/kernel/security/lsm", &modules, NULL) < 0 ||
           strstr(modules, "landlock");
}

static const char **
find_lacks(FrostSys *sys, const FrostProcessRights *self, gint64 agents_user)
{
    g_autoptr(GPtrArray) lacks = g_ptr_array_new();
    bool is_sealed = self->role == FROST_ROLE_PARSER || self->role == FROST_ROLE_FREEZER;

    if (self->role == FROST_ROLE_PARSER && self->user == agents_user)
        g_ptr_array_add(lacks, (char *)"keeps the agent's user");
    if (is_sealed && (self->rights & ~sealed_rights[self->role]) != 0)
        g_ptr_array_add(lacks, (char *)"keeps rights of root");
    if (is_sealed && !has_landlock(sys))
        g_ptr_array_add(lacks, (char *)"can open files");
    if (is_sealed && !self->is_filtered)
        g_ptr_array_add(lacks, (char *)"can make any system call");
    g_ptr_array_add(lacks, NULL);
    return (const char **)g_ptr_array_free(g_steal_pointer(&lacks), FALSE);
}

/* Adds the process, unless there is none or it cannot be read. */
static void
add(GPtrArray *out, FrostSys *sys, FrostRole role, pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *status = NULL;
    const FrostProcessRights *agent = frost_process_rights_find(out, FROST_ROLE_AGENT);

    if (pid == 0 || sys->read_file(sys, path, &status, NULL) < 0)
        return;
    FrostProcessRights *self = g_new0(FrostProcessRights, 1);
    self->role = role;
    self->pid = pid;
    self->user = number_of(status, "\nUid:\t");
    frost_cli_find_rights(status, &self->rights);
    self->gains_none = number_of(status, "\nNoNewPrivs:\t") == 1;
    self->is_filtered = number_of(status, "\nSeccomp:\t") == 2;
    self->lacks = find_lacks(sys, self, agent ? agent->user : -1);
    g_ptr_array_add(out, self);
}

GPtrArray *
frost_cli_processes_of(FrostSys *sys, pid_t agent)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(rights_free);
    const FrostHelpers helpers = frost_running_helpers_of(sys, agent);

    add(out, sys, FROST_ROLE_AGENT, agent);
    add(out, sys, FROST_ROLE_PARSER, helpers.parser);
    add(out, sys, FROST_ROLE_FREEZER, helpers.freezer);
    add(out, sys, FROST_ROLE_HEIR, helpers.heir);
    return out;
}

const FrostProcessRights *
frost_process_rights_find(const GPtrArray *processes, FrostRole role)
{
    for (guint i = 0; i < processes->len; i++) {
        const FrostProcessRights *process = g_ptr_array_index(processes, i);

        if (process->role == role)
            return process;
    }
    return NULL;
}

/* Printing ------------------------------------------------------------------------------------- */

char *
frost_process_rights_lack(const FrostProcessRights *self)
{
    return *self->lacks ? g_strjoinv(", ", (char **)self->lacks) : NULL;
}

char *
frost_process_rights_describe(const FrostProcessRights *self)
{
    g_autofree char *rights = frost_rights_describe(self->rights);
    g_autofree char *lack = frost_process_rights_lack(self);
    GString *text = g_string_new(NULL);

    g_string_printf(text, "%s: process %d, ", role_names[self->role], (int)self->pid);
    text->str[0] = g_ascii_toupper(text->str[0]);
    if (*rights)
        g_string_append_printf(text, "rights of root: %s", rights);
    else if (!lack)
        g_string_append(text, "without rights");
    if (lack)
        g_string_append_printf(text, "%s%s", *rights ? "; it " : "", lack);
    return g_string_free(text, FALSE);
}

static QgaValue *
strings_to_value(char *const *strings)
{
    QgaValue *array = qga_value_new_array();

    for (; *strings; strings++)
        qga_value_append(array, qga_value_new_string(*strings));
    return array;
}

static QgaValue *
to_value(const FrostProcessRights *self)
{
    QgaValue *value = qga_value_new_object();
    g_autofree char *rights = frost_rights_describe(self->rights);
    g_auto(GStrv) names = g_strsplit(rights, ", ", -1);

    qga_value_set_string(value, "role", role_names[self->role]);
    qga_value_set_int(value, "pid", self->pid);
    qga_value_set_natural(value, "user", self->user);
    qga_value_set(value, "rights", strings_to_value(names));
    qga_value_set_bool(value, "no_new_privs", self->gains_none);
    qga_value_set_bool(value, "filtered", self->is_filtered);
    qga_value_set(value, "lacks", strings_to_value((char *const *)self->lacks));
    return value;
}

QgaValue *
frost_process_rights_to_value(const GPtrArray *processes)
{
    QgaValue *array = qga_value_new_array();

    for (guint i = 0; i < processes->len; i++)
        qga_value_append(array, to_value(g_ptr_array_index(processes, i)));
    return array;
}
