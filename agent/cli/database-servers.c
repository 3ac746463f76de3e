/* SPDX-License-Identifier: MIT */
#include "database-servers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DELETED " (deleted)"
#define UID_MIN_USUAL 1000
/* The last uid that useradd(8) gives to a person. Higher ones belong to containers and to systemd.
 */
#define UID_MAX_USUAL 60000

typedef struct {
    FrostSys *sys;
    uid_t uid_min; /* the first uid that useradd(8) gives to a person */
    pid_t pid;
    char *status;
} Look;

static char *
read_of(FrostSys *sys, pid_t pid, const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, name);
    char *text = NULL;

    return sys->read_file(sys, path, &text, NULL) < 0 ? NULL : text;
}

static uid_t
find_uid_min(FrostSys *sys)
{
    g_autofree char *text = NULL;

    if (sys->read_file(sys, "/etc/login.defs", &text, NULL) < 0)
        return UID_MIN_USUAL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "UID_MIN") && g_ascii_isspace((*line)[7]))
            return (uid_t)strtoul(*line + 7, NULL, 10);
    }
    return UID_MIN_USUAL;
}

/* Reads the numbers of a line "Name:\t1 2 3" in a status file, and returns how many there are. */
static unsigned
numbers_of(const char *status, const char *name, unsigned long *out, unsigned max)
{
    g_autofree char *key = g_strdup_printf("\n%s:", name);
    const char *at = status ? strstr(status, key) : NULL;
    unsigned count = 0;

    for (at = at ? at + strlen(key) : NULL; at && count < max; count++) {
        char *end;

        while (*at == ' ' || *at == '\t')
            at++;
        if (!g_ascii_isdigit(*at))
            break;
        out[count] = strtoul(at, &end, 10);
        at = end;
    }
    return count;
}

/* True if the link @name in /proc (a namespace, the root) is different for the process and for us.
 */
static bool
differs(const Look *self, const char *name)
{
    g_autofree char *its_path = g_strdup_printf("/proc/%d/%s", (int)self->pid, name);
    g_autofree char *our_path = g_strdup_printf("/proc/self/%s", name);
    FrostStat its, ours;

    return self->sys->stat_path(self->sys, its_path, &its) == 0 &&
           self->sys->stat_path(self->sys, our_path, &ours) == 0 &&
           (its.dev != ours.dev || its.ino != ours.ino);
}

static bool
is_container(const Look *self)
{
    unsigned long depths[2];

    return differs(self, "root") && differs(self, "ns/pid") &&
           numbers_of(self->status, "NSpid", depths, 2) == 2;
}

/* The uid of a local account, or of a number as text; -1: unknown. */
static long
uid_of(const Look *self, const char *name)
{
    g_autofree char *text = NULL;
    g_autofree char *start = g_strconcat(name, ":", NULL);

    if (self->sys->read_file(self->sys, "/etc/passwd", &text, NULL) < 0)
        return -1;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ":", 4);

        if (g_str_has_prefix(*line, start) && g_strv_length(fields) == 4)
            return g_ascii_strtoll(fields[2], NULL, 10);
    }
    return g_ascii_isdigit(*name) ? g_ascii_strtoll(name, NULL, 10) : -1;
}

/* True if a line "name:first:count" of /etc/subuid lends @uid to a person, or to an unknown name.
 */
static bool
is_lent(const Look *self, const char *line, unsigned long uid)
{
    g_auto(GStrv) parts = g_strsplit(line, ":", 3);

    if (g_strv_length(parts) != 3)
        return false;
    unsigned long first = strtoul(parts[1], NULL, 10), count = strtoul(parts[2], NULL, 10);
    long whose = uid_of(self, parts[0]);
    return uid >= first && uid - first < count && (whose < 0 || (uid_t)whose >= self->uid_min);
}

static bool
is_persons(const Look *self, unsigned long uid)
{
    g_autofree char *text = NULL;

    if (uid >= self->uid_min && uid <= UID_MAX_USUAL)
        return true;
    if (self->sys->read_file(self->sys, "/etc/subuid", &text, NULL) < 0)
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (is_lent(self, *line, uid))
            return true;
    }
    return false;
}

/* Reads the mapping of the process's user namespace. @out_inner: what @uid is inside, -1: it is not
 * mapped. @out_root: the uid outside that is 0 inside. False: a person may have made the namespace.
 */
static bool
read_ids(const Look *self, unsigned long uid, long *out_inner, long *out_root)
{
    g_autofree char *text = read_of(self->sys, self->pid, "uid_map");
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    bool by_root = false;

    *out_inner = *out_root = -1;
    for (char **line = lines; *line; line++) {
        unsigned long inside, outside, count;

        if (sscanf(*line, "%lu %lu %lu", &inside, &outside, &count) != 3)
            continue;
        if (inside == 0)
            *out_root = (long)outside;
        if (uid >= outside && uid - outside < count)
            *out_inner = (long)(inside + uid - outside);
        by_root = by_root || !is_persons(self, outside);
    }
    return by_root;
}

/* True if @uid also runs the first process of the container. */
static bool
is_first_account(const Look *self, unsigned long uid)
{
    g_autofree char *first = read_of(self->sys, self->pid, "root/proc/1/status");
    unsigned long its;

    return numbers_of(first, "Uid", &its, 1) == 1 && its == uid;
}

/* True if the account of a service runs the process. @out_root: the uid outside that is 0 where it
 * runs. */
static bool
is_service(const Look *self, bool is_apart, long *out_root)
{
    unsigned long uids[2];
    long inner;

    *out_root = 0;
    if (numbers_of(self->status, "Uid", uids, 2) != 2)
        return false;
    if (!is_apart)
        return uids[0] < self->uid_min && uids[1] < self->uid_min;
    return read_ids(self, uids[0], &inner, out_root) &&
           ((inner >= 0 && (uid_t)inner < self->uid_min) || is_first_account(self, uids[0]));
}

/* True if the program's file belongs to root, and only root may write to it. Reads /proc/PID/exe,
 * the file that runs, so no path is looked up. */
static bool
is_packages_own(const Look *self, long root)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/exe", (int)self->pid);
    struct stat st;

    return stat(path, &st) == 0 && (st.st_uid == 0 || (long)st.st_uid == root) &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* (nullable): the kind of server whose program the process runs. */
static const FrostDatabaseKind *
kind_of(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/exe", (int)pid);
    g_autofree char *exe = g_file_read_link(path, NULL);

    if (!exe)
        return NULL;
    if (g_str_has_suffix(exe, DELETED))
        exe[strlen(exe) - strlen(DELETED)] = '\0';
    g_autofree char *program = g_path_get_basename(exe);
    return frost_database_kind_of_program(program);
}

static void
add_server(GArray *out, Look *self)
{
    FrostDatabaseServer server = {.kind = kind_of(self->pid), .pid = self->pid};
    g_autofree char *status = server.kind ? read_of(self->sys, self->pid, "status") : NULL;
    unsigned long parent;
    long root;

    self->status = status;
    /* The child processes of a server are not counted. */
    if (numbers_of(status, "PPid", &parent, 1) != 1 || kind_of((pid_t)parent) == server.kind)
        return;
    server.is_apart = is_container(self);
    if (is_service(self, server.is_apart, &root) && is_packages_own(self, root))
        g_array_append_val(out, server);
}

static gint
compare_pids(gconstpointer a, gconstpointer b)
{
    return ((const FrostDatabaseServer *)a)->pid - ((const FrostDatabaseServer *)b)->pid;
}

GArray *
frost_database_servers(FrostSys *sys)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(FrostDatabaseServer));
    g_auto(GStrv) names = NULL;

    if (sys->list_dir(sys, "/proc", &names) < 0)
        return out;
    uid_t uid_min = find_uid_min(sys);
    for (char **name = names; *name; name++) {
        Look look = {.sys = sys, .uid_min = uid_min, .pid = atoi(*name)};

        if (g_ascii_isdigit(**name))
            add_server(out, &look);
    }
    g_array_sort(out, compare_pids);
    return out;
}
