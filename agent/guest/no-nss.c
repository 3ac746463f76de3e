/* SPDX-License-Identifier: MIT */
/*
 * no-nss.c - the static program's answer to GLib's questions for users: nobody is known
 *
 * The C library's own would load the libraries of the one that it was linked with, which need not
 * be there or fit. The agent's questions go to the files (accounts-files.c); GLib's it never
 * provokes: they are for the home and the name of whoever runs it. Linked into the program itself,
 * so that these are there before the C library is looked into.
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
