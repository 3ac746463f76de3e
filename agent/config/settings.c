/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <string.h>

#define KIB ((guint64)1024)
#define MIB (KIB * 1024)

/* More than a day is taken for a typing error. */
#define TIMEOUT_MAX_S 86400

/* The lower bound leaves room for ordinary requests. With more than the upper one, a host could
 * make the agent take much of the memory of a small guest. */
#define MAX_REQUEST_MIN (4 * KIB)
#define MAX_REQUEST_MAX (64 * MIB)

/* The kernel's own bound on a pid (PID_MAX_LIMIT). */
#define PID_MAX (4 * 1024 * 1024)

/* How long the path may be in the ledger. */
#define HOOK_LOG_MAX 1023

static bool
set_seconds(unsigned *out, const char *text, guint64 least)
{
    guint64 seconds;

    if (!g_ascii_string_to_unsigned(text, 10, least, TIMEOUT_MAX_S, &seconds, NULL))
        return false;
    *out = (unsigned)seconds;
    return true;
}

#define SECONDS_SETTING(member, least)                              \
    static bool set_##member(FrostConfig *config, const char *text) \
    {                                                               \
        return set_seconds(&config->member, text, least);           \
    }                                                               \
    static char *print_##member(const FrostConfig *config)          \
    {                                                               \
        return g_strdup_printf("%u", config->member);               \
    }

SECONDS_SETTING(freeze_timeout_s, 1)
SECONDS_SETTING(hold_timeout_s, 0)
SECONDS_SETTING(sync_timeout_s, 1)
SECONDS_SETTING(freeze_budget_s, 0)
SECONDS_SETTING(host_timeout_s, 0)
SECONDS_SETTING(hook_timeout_s, 1)
SECONDS_SETTING(thaw_reply_timeout_s, 0)
SECONDS_SETTING(stall_target_ms, 0) /* milliseconds, in the same range */

/* The place of @text in @words, which end with NULL; -1: it is none of them. */
static int
find_word(const char *const *words, const char *text)
{
    for (int i = 0; words[i]; i++) {
        if (g_str_equal(text, words[i]))
            return i;
    }
    return -1;
}

static const char *const MODES[] = {
    [FROST_MODE_FREEZE] = "freeze",
    [FROST_MODE_SYNC] = "sync",
    [FROST_MODE_OFF] = "off",
    NULL,
};

static bool
set_mode(FrostConfig *config, const char *text)
{
    int found = find_word(MODES, text);

    if (found >= 0)
        config->mode = (FrostMode)found;
    return found >= 0;
}

static char *
print_mode(const FrostConfig *config)
{
    return g_strdup(MODES[config->mode]);
}

static const char *const SANDBOXES[] = {
    [FROST_SANDBOX_AUTO] = "auto",
    [FROST_SANDBOX_REQUIRE] = "require",
    [FROST_SANDBOX_OFF] = "off",
    NULL,
};

static bool
set_sandbox(FrostConfig *config, const char *text)
{
    int found = find_word(SANDBOXES, text);

    if (found >= 0)
        config->sandbox = (FrostSandbox)found;
    return found >= 0;
}

static char *
print_sandbox(const FrostConfig *config)
{
    return config->sandbox == FROST_SANDBOX_AUTO ? NULL : g_strdup(SANDBOXES[config->sandbox]);
}

/* Sets a bool from one of four words: two for true, two for false. */
static bool
set_choice(bool *out, const char *text, const char *const yes[2], const char *const no[2])
{
    bool is_yes = g_str_equal(text, yes[0]) || g_str_equal(text, yes[1]);

    if (!is_yes && !g_str_equal(text, no[0]) && !g_str_equal(text, no[1]))
        return false;
    *out = is_yes;
    return true;
}

static bool
set_namespaces(FrostConfig *config, const char *text)
{
    static const char *const yes[] = {"all", "all"};
    static const char *const no[] = {"own", "own"};

    return set_choice(&config->all_namespaces, text, yes, no);
}

static char *
print_namespaces(const FrostConfig *config)
{
    return g_strdup(config->all_namespaces ? "all" : "own");
}

static bool
set_mounts_of(FrostConfig *config, const char *text)
{
    guint64 pid;

    if (!g_ascii_string_to_unsigned(text, 10, 0, PID_MAX, &pid, NULL))
        return false;
    config->mounts_of = (unsigned)pid;
    return true;
}

static char *
print_mounts_of(const FrostConfig *config)
{
    return g_strdup_printf("%u", config->mounts_of);
}

static bool
set_restored(FrostConfig *config, const char *text)
{
    static const char *const yes[] = {"thaw", "thaw"};
    static const char *const no[] = {"hold", "hold"};

    return set_choice(&config->thaws_restored, text, yes, no);
}

static char *
print_restored(const FrostConfig *config)
{
    return g_strdup(config->thaws_restored ? "thaw" : "hold");
}

static bool
set_expedite(FrostConfig *config, const char *text)
{
    static const char *const yes[] = {"true", "1"};
    static const char *const no[] = {"false", "0"};

    return set_choice(&config->expedite, text, yes, no);
}

static bool
set_pace(FrostConfig *config, const char *text)
{
    static const char *const yes[] = {"auto", "auto"};
    static const char *const no[] = {"off", "off"};

    return set_choice(&config->is_paced, text, yes, no);
}

static char *
print_pace(const FrostConfig *config)
{
    return g_strdup(config->is_paced ? "auto" : "off");
}

static bool
set_hook_trust(FrostConfig *config, const char *text)
{
    static const char *const yes[] = {"on", "true"};
    static const char *const no[] = {"off", "false"};

    return set_choice(&config->hook_trust, text, yes, no);
}

static char *
print_hook_trust(const FrostConfig *config)
{
    return g_strdup(config->hook_trust ? "on" : "off");
}

static bool
set_hook_failure(FrostConfig *config, const char *text)
{
    static const char *const yes[] = {"abort", "abort"};
    static const char *const no[] = {"continue", "continue"};

    return set_choice(&config->hook_failure_aborts, text, yes, no);
}

static char *
print_hook_failure(const FrostConfig *config)
{
    return g_strdup(config->hook_failure_aborts ? "abort" : "continue");
}

/* Has to be absolute, as a daemon or a recovery, which write to it, have another working directory.
 */
static bool
set_hook_log(FrostConfig *config, const char *text)
{
    bool is_off = g_str_equal(text, "off");

    if (!is_off && (*text != '/' || strlen(text) > HOOK_LOG_MAX))
        return false;
    g_free(config->hook_log);
    config->hook_log = is_off ? NULL : g_strdup(text);
    return true;
}

static char *
print_hook_log(const FrostConfig *config)
{
    return g_strdup(config->hook_log ? config->hook_log : "off");
}

static bool
set_child_umask(FrostConfig *config, const char *text)
{
    guint64 bits;

    if (!g_ascii_string_to_unsigned(text, 8, 0, 0777, &bits, NULL))
        return false;
    config->child_umask = (unsigned)bits;
    return true;
}

static char *
print_child_umask(const FrostConfig *config)
{
    return g_strdup_printf("%03o", config->child_umask);
}

static bool
set_child_oom_score_adj(FrostConfig *config, const char *text)
{
    gint64 score;

    if (!g_ascii_string_to_signed(text, 10, -1000, 1000, &score, NULL))
        return false;
    config->child_oom_score_adj = (int)score;
    config->has_child_oom_score = true;
    return true;
}

static char *
print_child_oom_score_adj(const FrostConfig *config)
{
    return config->has_child_oom_score ? g_strdup_printf("%d", config->child_oom_score_adj) : NULL;
}

static char *
print_expedite(const FrostConfig *config)
{
    return g_strdup(config->expedite ? "true" : "false");
}

static bool
set_max_request(FrostConfig *config, const char *text)
{
    g_autofree char *digits = g_strdup(text);
    size_t length = strlen(digits);
    char suffix = length > 0 ? g_ascii_toupper(digits[length - 1]) : '\0';
    guint64 unit = suffix == 'K' ? KIB : suffix == 'M' ? MIB : 1;
    guint64 count;

    if (unit > 1)
        digits[length - 1] = '\0';
    if (!g_ascii_string_to_unsigned(digits, 10, 1, MAX_REQUEST_MAX, &count, NULL))
        return false;
    /* Both factors are bounded, so the product fits into 64 bits. */
    if (count * unit < MAX_REQUEST_MIN || count * unit > MAX_REQUEST_MAX)
        return false;
    config->max_request_bytes = (size_t)(count * unit);
    return true;
}

static char *
print_max_request(const FrostConfig *config)
{
    guint64 bytes = config->max_request_bytes;

    if (bytes % MIB == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT "M", bytes / MIB);
    if (bytes % KIB == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT "K", bytes / KIB);
    return g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
}

static bool
append_text(char ***list, const char *text)
{
    size_t length = *list ? g_strv_length(*list) : 0;

    if (*text == '\0')
        return false;
    *list = g_renew(char *, *list, length + 2);
    (*list)[length] = g_strdup(text);
    (*list)[length + 1] = NULL;
    return true;
}

static bool
set_include(FrostConfig *config, const char *text)
{
    return append_text(&config->include, text);
}

/* The name of a file in the folder of the hooks; not a path. */
static bool
set_required_hooks(FrostConfig *config, const char *text)
{
    return !strchr(text, '/') && append_text(&config->required_hooks, text);
}

static bool
set_exclude(FrostConfig *config, const char *text)
{
    return append_text(&config->exclude, text);
}

/* GKeyFile does the quoting, so that a `;` inside an item is read back as it was. */
static char *
print_texts(char **texts)
{
    if (!texts)
        return NULL;

    g_autoptr(GKeyFile) file = g_key_file_new();
    g_key_file_set_string_list(file, "g", "k", (const char *const *)texts, g_strv_length(texts));
    return g_key_file_get_value(file, "g", "k", NULL);
}

static char *
print_include(const FrostConfig *config)
{
    return print_texts(config->include);
}

static char *
print_exclude(const FrostConfig *config)
{
    return print_texts(config->exclude);
}

static char *
print_required_hooks(const FrostConfig *config)
{
    return print_texts(config->required_hooks);
}

const FrostSetting *
frost_settings(void)
{
    static const FrostSetting settings[] = {
        {"mode", false, "freeze, sync or off", set_mode, print_mode},
        {"mounts-of", false, "the pid of a process, or 0 (this one)", set_mounts_of,
         print_mounts_of},
        {"namespaces", false, "all or own", set_namespaces, print_namespaces},
        {"freeze-timeout", false, "whole seconds from 1 to 86400", set_freeze_timeout_s,
         print_freeze_timeout_s},
        {"hold-timeout", false, "whole seconds from 0 (never) to 86400", set_hold_timeout_s,
         print_hold_timeout_s},
        {"sync-timeout", false, "whole seconds from 1 to 86400", set_sync_timeout_s,
         print_sync_timeout_s},
        {"freeze-budget", false, "whole seconds from 0 (the single limits) to 86400",
         set_freeze_budget_s, print_freeze_budget_s},
        {"host-timeout", false, "whole seconds from 0 (never) to 86400", set_host_timeout_s,
         print_host_timeout_s},
        {"expedite", false, "true or false", set_expedite, print_expedite},
        {"pace", false, "auto or off", set_pace, print_pace},
        {"stall-target", false, "whole milliseconds from 0 to 86400", set_stall_target_ms,
         print_stall_target_ms},
        {"sandbox", false, "auto, require or off", set_sandbox, print_sandbox},
        {"restored", false, "thaw or hold", set_restored, print_restored},
        {"hook-failure", false, "continue or abort", set_hook_failure, print_hook_failure},
        {"hook-trust", false, "on or off", set_hook_trust, print_hook_trust},
        {"hook-log", false, "an absolute path, or off", set_hook_log, print_hook_log},
        {"thaw-reply-timeout", false, "whole seconds from 0 (wait for the hooks) to 86400",
         set_thaw_reply_timeout_s, print_thaw_reply_timeout_s},
        {"child-umask", false, "an octal number from 0 to 777", set_child_umask, print_child_umask},
        {"child-oom-score-adj", false, "a whole number from -1000 to 1000", set_child_oom_score_adj,
         print_child_oom_score_adj},
        {"hook-timeout", false, "whole seconds from 1 to 86400", set_hook_timeout_s,
         print_hook_timeout_s},
        {"max-request", false, "bytes from 4K to 64M, with K or M or without", set_max_request,
         print_max_request},
        {"required-hooks", true, "the name of a hook, without its folder", set_required_hooks,
         print_required_hooks},
        {"include", true, "a glob on mount point, type or device", set_include, print_include},
        {"exclude", true, "a glob on mount point, type or device", set_exclude, print_exclude},
        {NULL},
    };

    return settings;
}

bool
frost_setting_apply(const FrostSetting *setting, FrostConfig *config, const char *text,
                    const char *place, GError **error)
{
    if (setting->set(config, text))
        return true;

    g_set_error(error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_VALUE, "%s%s=%s: expected %s", place,
                setting->name, text, setting->expected);
    return false;
}
