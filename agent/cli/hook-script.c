/* SPDX-License-Identifier: MIT */
#include "hook-script.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX (64 * 1024)
/* The folder with the settings of all ready-made hooks. */
#define OUR_SETTINGS "/etc/frost-ga"
#define OUR_SHARED "servers.sh"

/* The PATH of services. */
static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
                                      "/sbin",           "/bin",           NULL};

static bool
matches(const char *text, const char *pattern)
{
    return g_regex_match_simple(pattern, text, G_REGEX_MULTILINE | G_REGEX_CASELESS, 0);
}

/* Returns valid UTF-8; "": it is not a regular file, or not text. */
static char *
read_text(const char *path)
{
    g_autofree char *text = g_malloc0(TEXT_MAX + 1);
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = -1;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        length = read(fd, text, TEXT_MAX);
    if (fd >= 0)
        close(fd);
    bool is_text = length > 0 && strlen(text) == (size_t)length;
    return is_text ? g_utf8_make_valid(text, -1) : g_strdup("");
}

static char *
drop_comments(const char *text)
{
    g_autoptr(GRegex) joins = g_regex_new("\\\\\n", 0, 0, NULL);
    g_autoptr(GRegex) comments = g_regex_new("(^|[ \t])#.*$", G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *joined = g_regex_replace_literal(joins, text, -1, 0, " ", 0, NULL);

    return g_regex_replace_literal(comments, joined, -1, 0, "", 0, NULL);
}

FrostHookScript *
frost_hook_script_read(const char *path)
{
    FrostHookScript *self = g_new0(FrostHookScript, 1);
    g_autofree char *text = read_text(path);

    self->path = g_strdup(path);
    self->code = drop_comments(text);
    self->is_ours = strstr(text, OUR_SETTINGS) || strstr(self->code, OUR_SHARED);
    return self;
}

void
frost_hook_script_free(FrostHookScript *self)
{
    g_free(self->path);
    g_free(self->code);
    g_free(self);
}

bool
frost_hook_script_is_for(const FrostHookScript *self, const FrostDatabaseKind *kind)
{
    g_autofree char *name = g_path_get_basename(self->path);

    return frost_database_kind_is_named(kind, name) ||
           frost_database_kind_is_named(kind, self->code);
}

static bool
is_here(const char *program)
{
    for (const char *const *folder = folders; *folder; folder++) {
        g_autofree char *path = g_build_filename(*folder, program, NULL);

        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static bool
calls(const FrostHookScript *self, const char *program)
{
    g_autofree char *pattern = g_strdup_printf("(?<![-\\w.])%s(?![-\\w.])", program);

    return matches(self->code, pattern);
}

static bool
looks_elsewhere(const FrostHookScript *self)
{
    return matches(self->code, "\\bPATH=|\\b(docker|podman|nerdctl|lxc|incus|kubectl|crictl|"
                               "nsenter|chroot|machinectl|ssh)\\b");
}

bool
frost_hook_script_lacks_client(const FrostHookScript *self, const FrostDatabaseKind *kind)
{
    bool calls_one = false;

    for (const char *const *client = kind->clients; *client; client++) {
        if (is_here(*client))
            return false;
        calls_one = calls_one || calls(self, *client);
    }
    return calls_one && !looks_elsewhere(self);
}

/* A line that ends with one "&", and calls a client, by its name or by a variable of that name. */
#define BEHIND "^.*\\b\\w*(mysql|mariadb)\\w*\\b[^\n]*[^&>\n]&[ \t]*\\)?[ \t]*$"
/* Its output goes to a file, a pipe or a variable that can be read; not to /dev/null or a log. */
#define READ_BACK "(?<![<>&\\d])1?>(?![>&])[ \t]*(?!/dev/null|\\S*log\\b)|\\|"

bool
frost_hook_script_locks_blindly(const FrostHookScript *self)
{
    g_autoptr(GRegex) behind = g_regex_new(BEHIND, G_REGEX_MULTILINE | G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    if (self->is_ours ||
        !matches(self->code, "\\bFLUSH\\s+[\\w\\s]*TABLES?\\b|\\bLOCK\\s+INSTANCE\\b|"
                             "\\bBACKUP\\s+STAGE\\b|\\bLOCK\\s+TABLES?\\b") ||
        !g_regex_match(behind, self->code, 0, &match))
        return false;
    g_autofree char *line = g_match_info_fetch(match, 0);
    return !matches(line, READ_BACK);
}

bool
frost_hook_script_is_psql_of_root(const FrostHookScript *self)
{
    return !self->is_ours && calls(self, "psql") &&
           !matches(self->code, "\\b(su|sudo|runuser|setpriv|doas|chpst|setuidgid|gosu|pgpass|"
                                "PGPASSFILE|PGPASSWORD|PGSERVICE|PGHOST)\\b|\\bpsql\\b.*(\\s-h|"
                                "--host|-U\\s*root|://|host=)");
}

bool
frost_hook_script_tells_failures(const FrostHookScript *self)
{
    return matches(self->code, "\\b(exit|return)\\s+[\"']?\\$|\\bset\\s+-[a-z]*e|"
                               "\\|\\|\\s*\\{?\\s*(exit|return|\\w+=)|\\bexec\\s|"
                               "\\b(sys\\.exit|raise|check_call|check=True)\\b");
}
