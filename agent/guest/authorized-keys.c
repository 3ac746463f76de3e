/* SPDX-License-Identifier: MIT */
#include "authorized-keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key-lines.h"
#include "whole-file.h"

#define FOLDER ".ssh"
#define FILE_NAME "authorized_keys"

G_DEFINE_QUARK(frost_keys_error, frost_keys_error)

static bool
fail(GError **error, const char *what, const FrostAccount *account, const char *name, int why)
{
    g_set_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_FILE, "failed to %s '%s/%s': %s", what,
                account->home, name, g_strerror(why));
    return false;
}

bool
frost_keys_check(const char *const *keys, GError **error)
{
    for (size_t i = 0; keys[i]; i++) {
        if (frost_key_is_line(keys[i]))
            continue;
        g_set_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_KEY,
                    "invalid OpenSSH public key: '%s'", keys[i]);
        return false;
    }
    return true;
}

/* Opens ~/.ssh. @make: creates it if it is missing. -1, with errno set, on failure. */
static int
open_folder(const FrostAccount *account, bool make)
{
    int home = open(account->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int folder = -1;

    if (home < 0)
        return -1;
    if (make && mkdirat(home, FOLDER, 0700) < 0 && errno != EEXIST)
        make = false;
    else
        folder = openat(home, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int why = errno;
    close(home);
    errno = why;
    return folder;
}

/* Reads only a regular file of a limited size, as the user may have put anything there. */
static int
read_file(int fd, GString *text)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return errno;
    return S_ISREG(st.st_mode) ? -frost_read_whole(fd, FROST_KEYS_FILE_MAX, text) : EINVAL;
}

/* The text of the file; "" if there is none. */
static char *
read_text(const FrostAccount *account, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int folder = open_folder(account, false);
    int fd = -1;
    int why = errno;

    if (folder >= 0) {
        fd = openat(folder, FILE_NAME, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        why = errno;
        close(folder);
    }
    if (fd >= 0) {
        why = read_file(fd, text);
        close(fd);
    } else if (why == ENOENT) {
        why = 0;
    }
    if (why == 0 && strlen(text->str) != text->len)
        why = EILSEQ;
    if (why != 0) {
        fail(error, "read", account, FOLDER "/" FILE_NAME, why);
        return NULL;
    }
    return g_strdup(text->str);
}

static bool
write_text(const FrostAccount *account, const char *text, GError **error)
{
    if (strlen(text) > FROST_KEYS_FILE_MAX) {
        g_set_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_TOO_BIG,
                    "more than %d bytes of keys for user '%s'", FROST_KEYS_FILE_MAX, account->name);
        return false;
    }
    int folder = open_folder(account, true);
    if (folder < 0)
        return fail(error, "create directory", account, FOLDER, errno);
    int r = frost_replace_file(folder, FILE_NAME, text, strlen(text), 0600, true);
    close(folder);
    return r == 0 || fail(error, "write", account, FOLDER "/" FILE_NAME, -r);
}

char **
frost_keys_read(const FrostAccount *account, GError **error)
{
    g_autofree char *text = frost_account_become(account, error) ? read_text(account, error) : NULL;

    return text ? frost_key_lines_list(text) : NULL;
}

bool
frost_keys_add(const FrostAccount *account, const char *const *keys, bool reset, GError **error)
{
    g_autofree char *before = NULL;

    if (!frost_keys_check(keys, error) || !frost_account_become(account, error))
        return false;
    before = reset ? g_strdup("") : read_text(account, error);
    if (!before)
        return false;
    g_autofree char *after = frost_key_lines_add(before, keys);
    return (!reset && strcmp(before, after) == 0) || write_text(account, after, error);
}

bool
frost_keys_remove(const FrostAccount *account, const char *const *keys, GError **error)
{
    g_autofree char *before = NULL;

    if (!frost_keys_check(keys, error) || !frost_account_become(account, error))
        return false;
    before = read_text(account, error);
    if (!before)
        return false;
    g_autofree char *after = frost_key_lines_remove(before, keys);
    return strcmp(before, after) == 0 || write_text(account, after, error);
}
