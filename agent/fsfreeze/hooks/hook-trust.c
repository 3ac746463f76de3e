/* SPDX-License-Identifier: MIT */
#include "hook-trust.h"

#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path-walk.h"

/* How many bytes the kernel reads to find the interpreter (BINPRM_BUF_SIZE, Linux 5.1). */
#define INTERPRETER_MAX 256

/* The mode of a link has no meaning. An ACL that lets others write shows in the group's rights. */
static bool
is_open_to_others(const struct stat *st)
{
    return !S_ISLNK(st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH));
}

/* (nullable): why the file or folder where the walk stands is not trusted. */
static char *
distrust_here(const FrostPathWalk *walk, const struct stat *st)
{
    const char *here = frost_path_walk_here(walk);
    /* In a sticky folder only the owner of a file can replace or remove it, and the walk checks
     * that owner next. Others can still add files, so a folder of hooks must not be sticky and
     * open. */
    bool is_sticky_on_the_way =
        S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && frost_path_walk_goes_on(walk);

    if (st->st_uid != 0 && st->st_uid != geteuid())
        return g_strdup_printf("%s belongs to user %u, not to root", here, (unsigned)st->st_uid);
    if (is_open_to_others(st) && !is_sticky_on_the_way)
        return g_strdup_printf("%s can be changed by others than root (mode %04o)", here,
                               (unsigned)st->st_mode & 07777);
    return NULL;
}

/* The file is missing. It is trusted if only root can create it. */
static char *
distrust_missing(const FrostPathWalk *walk)
{
    g_autofree char *folder = g_path_get_dirname(frost_path_walk_here(walk));
    struct stat st;

    if (lstat(folder, &st) < 0 || !is_open_to_others(&st))
        return NULL;
    return g_strdup_printf("%s can be changed by others than root (mode %04o), and %s is missing "
                           "there",
                           folder, (unsigned)st.st_mode & 07777, frost_path_walk_here(walk));
}

static char *
distrust_path(const char *path)
{
    g_autoptr(FrostPathWalk) walk = frost_path_walk_new(path);
    struct stat st;
    char *reason = lstat("/", &st) < 0 ? distrust_missing(walk) : distrust_here(walk, &st);
    char *name;

    while (!reason && (name = frost_path_walk_next(walk))) {
        bool is_there = frost_path_walk_enter(walk, name, &st) == 0;

        g_free(name);
        if (!is_there)
            return distrust_missing(walk);
        reason = distrust_here(walk, &st);
        if (!reason && S_ISLNK(st.st_mode) && !frost_path_walk_follow(walk))
            return NULL; /* the link is broken, so the start will fail */
    }
    return reason;
}

/* (nullable): the program that the kernel runs for a file that begins with "#!". */
static char *
interpreter_of(const char *path)
{
    char head[INTERPRETER_MAX + 1] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = fd < 0 ? -1 : read(fd, head, INTERPRETER_MAX);

    if (fd >= 0)
        close(fd);
    if (length < 2 || head[0] != '#' || head[1] != '!')
        return NULL;
    char *word = head + 2 + strspn(head + 2, " \t");
    return g_strndup(word, strcspn(word, " \t\n"));
}

char *
frost_hook_distrust(const char *path)
{
    g_autofree char *interpreter = NULL;
    g_autofree char *reason = distrust_path(path);

    if (reason)
        return g_steal_pointer(&reason);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) /* opening another kind may block, or act */
        interpreter = interpreter_of(path);
    if (interpreter && g_path_is_absolute(interpreter))
        reason = distrust_path(interpreter);
    return reason ? g_strdup_printf("it is run by %s: %s", interpreter, reason) : NULL;
}
