/* SPDX-License-Identifier: MIT */
#include "pg-hba.h"

#include <glib.h>
#include <string.h>

/* pg_hba.conf is in the folder of -c config_file=, as Debian starts the server, or in the data
 * folder, which is the working directory. Both are paths inside the server's mount namespace. */
static char *
find_hba(FrostSys *sys, pid_t pid)
{
    static const char option[] = "config_file=";
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int)pid);
    g_autofree char *text = NULL;
    size_t length = 0;

    if (sys->read_file(sys, path, &text, &length) < 0)
        length = 0;
    for (size_t at = 0; at < length; at += strlen(text + at) + 1) {
        const char *word = strstr(text + at, option);

        if (word) {
            g_autofree char *folder = g_path_get_dirname(word + strlen(option));

            return g_strdup_printf("/proc/%d/root%s/pg_hba.conf", (int)pid, folder);
        }
    }
    return g_strdup_printf("/proc/%d/cwd/pg_hba.conf", (int)pid);
}

/* True for a line "local DATABASE USER METHOD [OPTION]..." that is for all users or for postgres.
 */
static bool
is_meant(char **words)
{
    return g_strv_length(words) >= 4 && g_str_equal(words[0], "local") &&
           (g_str_equal(words[2], "all") || g_str_equal(words[2], "postgres"));
}

bool
frost_pg_hba_wants_peer(FrostSys *sys, pid_t pid)
{
    g_autofree char *path = find_hba(sys, pid);
    g_autofree char *text = NULL;

    if (sys->read_file(sys, path, &text, NULL) < 0)
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) parts = g_strsplit_set(*line, " \t", -1);

        for (char **part = parts; *part; part++) {
            if (**part)
                g_ptr_array_add(words, g_strdup(*part));
        }
        g_ptr_array_add(words, NULL);
        if (is_meant((char **)words->pdata)) /* the first such line counts */
            return g_str_equal(words->pdata[3], "peer") && !strstr(*line, "map=");
    }
    return false;
}
