/* SPDX-License-Identifier: MIT */
#include "login-session.h"

#include <string.h>

/* Longer than any name that useradd accepts. */
#define NAME_MAX_BYTES 256
#define ID_MAX_BYTES 64

/* The values in one file; NULL: not given. */
typedef struct {
    char *user;
    char *class;
    char *tty;
    char *state;
    char *remote;
    char *realtime;
} Words;

static void
words_clear(Words *self)
{
    g_free(self->user);
    g_free(self->class);
    g_free(self->tty);
    g_free(self->state);
    g_free(self->remote);
    g_free(self->realtime);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

static char **
word_of(Words *self, const char *key)
{
    const struct {
        const char *key;
        char **word;
    } known[] = {{"USER", &self->user},         {"CLASS", &self->class}, {"TTY", &self->tty},
                 {"REALTIME", &self->realtime}, {"STATE", &self->state}, {"REMOTE", &self->remote}};

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(key, known[i].key) == 0)
            return known[i].word;
    }
    return NULL;
}

static void
take_line(Words *self, char *line)
{
    char *equals = strchr(line, '=');

    if (!equals)
        return;
    *equals = '\0';
    char **word = word_of(self, line);
    if (word && !*word)
        *word = g_strdup(equals + 1);
}

/* The classes "user-early" (of root, since systemd 256) and "user-light" are users, too. Somebody
 * with "user-incomplete" has only been asked for a password. */
static bool
is_of_a_user(const char *class)
{
    return class && (strcmp(class, "user") == 0 ||
                     (g_str_has_prefix(class, "user-") && strcmp(class, "user-incomplete") != 0));
}

static bool
is_given(const char *word)
{
    return word && *word;
}

static bool
is_in_use(const Words *words)
{
    bool is_remote = g_strcmp0(words->remote, "1") == 0;

    return is_of_a_user(words->class) && g_strcmp0(words->state, "closing") != 0 &&
           (is_given(words->tty) || is_remote);
}

/* The name goes to the host, which may print it on a terminal or store it. */
static bool
is_user_name(const char *name)
{
    if (!is_given(name) || strlen(name) > NAME_MAX_BYTES || !g_utf8_validate(name, -1, NULL))
        return false;
    for (; *name; name++) {
        if (g_ascii_iscntrl(*name))
            return false;
    }
    return true;
}

bool
frost_login_session_parse(const char *text, FrostLoginSession *out)
{
    g_auto(Words) words = {NULL};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint64 realtime_us;

    for (char **line = lines; *line; line++)
        take_line(&words, *line);
    if (!is_in_use(&words) || !is_user_name(words.user) || !words.realtime ||
        !g_ascii_string_to_unsigned(words.realtime, 10, 0, G_MAXINT64, &realtime_us, NULL))
        return false;
    *out = (FrostLoginSession){.user = g_steal_pointer(&words.user),
                               .login_time_s = (double)realtime_us / G_USEC_PER_SEC};
    return true;
}

void
frost_login_session_clear(FrostLoginSession *self)
{
    g_free(self->user);
}

bool
frost_login_session_is_name(const char *name)
{
    size_t length = 0;

    while (length <= ID_MAX_BYTES && g_ascii_isalnum(name[length]))
        length++;
    return length > 0 && length <= ID_MAX_BYTES && name[length] == '\0';
}
