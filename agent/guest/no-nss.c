/* SPDX-License-Identifier: MIT */
/*
 * no-nss.c - functions that find no user, for GLib in a program that is linked statically
 *
 * The C library's functions would load name service libraries at run time. These have to fit the
 * version that the program was linked with, and may be missing. The agent itself looks users up in
 * files (accounts-files.c). GLib would only ask for the home and the name of the user who runs the
 * program, which the agent never needs. This file is linked into the program itself, so that its
 * functions are found before those of the C library.
 */
#include <pwd.h>
#include <stddef.h>

struct passwd *
getpwuid(uid_t uid)
{
    (void)uid;
    return NULL;
}

int
getpwuid_r(uid_t uid, struct passwd *entry, char *text, size_t room, struct passwd **out)
{
    (void)uid;
    (void)entry;
    (void)text;
    (void)room;
    *out = NULL;
    return 0;
}

int
getpwnam_r(const char *name, struct passwd *entry, char *text, size_t room, struct passwd **out)
{
    (void)name;
    (void)entry;
    (void)text;
    (void)room;
    *out = NULL;
    return 0;
}
