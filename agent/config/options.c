/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "frost-build.h"
#include "settings.h"
#include "usage.h"

typedef enum {
    KIND_PASSED_OVER,
    KIND_STRING,
    KIND_FLAG,
    KIND_LIST,
    KIND_OLD_LIST,
    KIND_HOOK,
    KIND_DUMP,
    KIND_VERSION,
    KIND_HELP,
} Kind;

typedef struct {
    int code;         /* the short option, or a number above all characters */
    const char *name; /* the long option */
    int has_arg;
    Kind kind;
    size_t offset; /* of the field that it sets in FrostConfig */
} Option;

#define FIELD(name) offsetof(FrostConfig, name)
#define CODE_BLACKLIST 256
#define CODE_SETTINGS 512 /* the first setting; the others follow, in the order of their table */

/* --c, --h, --m, --pa, --r, --st and --sta are unique abbreviations in qemu-ga. With our own
 * options they would be ambiguous, so they are options of their own. */
static const Option options[] = {
    {'a', "allow-rpcs", required_argument, KIND_LIST, FIELD(allow_rpcs)},
    {'b', "block-rpcs", required_argument, KIND_LIST, FIELD(block_rpcs)},
    {CODE_BLACKLIST, "blacklist", required_argument, KIND_OLD_LIST, FIELD(block_rpcs)},
    {'c', "config", required_argument, KIND_PASSED_OVER, 0},
    {'c', "c", required_argument, KIND_PASSED_OVER, 0},
    {'d', "daemonize", no_argument, KIND_FLAG, FIELD(daemon)},
    {'D', "dump-conf", no_argument, KIND_DUMP, 0},
    {'f', "pidfile", required_argument, KIND_STRING, FIELD(pidfile)},
    {'F', "fsfreeze-hook", optional_argument, KIND_HOOK, FIELD(fsfreeze_hook)},
    {'h', "help", no_argument, KIND_HELP, 0},
    {'h', "h", no_argument, KIND_HELP, 0},
    {'l', "logfile", required_argument, KIND_STRING, FIELD(logfile)},
    {'m', "method", required_argument, KIND_STRING, FIELD(method)},
    {'m', "m", required_argument, KIND_STRING, FIELD(method)},
    {'p', "path", required_argument, KIND_STRING, FIELD(path)},
    {'p', "pa", required_argument, KIND_STRING, FIELD(path)},
    {'r', "retry-path", no_argument, KIND_FLAG, FIELD(retry_path)},
    {'r', "r", no_argument, KIND_FLAG, FIELD(retry_path)},
    {'s', NULL, required_argument, KIND_PASSED_OVER, 0},
    {'t', "statedir", required_argument, KIND_STRING, FIELD(statedir)},
    {'t', "st", required_argument, KIND_STRING, FIELD(statedir)},
    {'t', "sta", required_argument, KIND_STRING, FIELD(statedir)},
    {'v', "verbose", no_argument, KIND_FLAG, FIELD(verbose)},
    {'V', "version", no_argument, KIND_VERSION, 0},
};

/* One walk over the command line. getopt keeps its position in global variables, which are set
 * before each walk and restored after it. */
typedef struct {
    int argc;
    char **argv; /* a copy, as getopt reorders it */
    GString *shorts;
    GArray *longs; /* of struct option */
    int saved_opterr;
} Walk;

static void
walk_init(Walk *walk, int argc, char **argv, bool say_errors)
{
    *walk = (Walk){argc, g_new0(char *, (size_t)argc + 1), g_string_new(NULL),
                   g_array_new(TRUE, TRUE, sizeof(struct option)), opterr};
    memcpy(walk->argv, argv, (size_t)argc * sizeof(char *));

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        const Option *option = &options[i];
        struct option entry = {option->name, option->has_arg, NULL, option->code};

        if (option->name)
            g_array_append_val(walk->longs, entry);
        if (option->code < CODE_BLACKLIST) {
            g_string_append_c(walk->shorts, (char)option->code);
            for (int colons = option->has_arg; colons > 0; colons--)
                g_string_append_c(walk->shorts, ':');
        }
    }
    for (int i = 0; frost_settings()[i].name; i++) {
        struct option entry = {frost_settings()[i].name, required_argument, NULL,
                               CODE_SETTINGS + i};
        g_array_append_val(walk->longs, entry);
    }
    /* 0 makes glibc and musl start from scratch, even if the last walk stopped inside `-abc`. */
    optind = 0;
    opterr = say_errors;
}

static void
walk_clear(Walk *walk)
{
    opterr = walk->saved_opterr;
    g_free(walk->argv);
    g_string_free(walk->shorts, TRUE);
    g_array_unref(walk->longs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

static int
walk_next(Walk *walk)
{
    return getopt_long(walk->argc, walk->argv, walk->shorts->str,
                       (const struct option *)(void *)walk->longs->data, NULL);
}

static const Option *
find_option(int code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        if (options[i].code == code)
            return &options[i];
    }
    return NULL;
}

char *
frost_config_find_file(int argc, char **argv)
{
    g_auto(Walk) walk;
    const char *found = NULL;
    int code;

    walk_init(&walk, argc, argv, false);
    while ((code = walk_next(&walk)) != -1) {
        if (code == 'c')
            found = optarg;
    }
    return g_strdup(found);
}

char **
frost_config_operands(int argc, char **argv)
{
    g_auto(Walk) walk;

    walk_init(&walk, argc, argv, false);
    while (walk_next(&walk) != -1)
        ; /* getopt moves the operands to the end */
    return g_strdupv(walk.argv + optind);
}

static void
replace_string(char **target, const char *value)
{
    g_free(*target);
    *target = g_strdup(value);
}

/* Returns what is to be done after this option: FROST_ACTION_RUN goes on with the next one. */
static FrostAction
apply_list(GPtrArray *list, const char *text, const char *const *commands)
{
    if (!g_str_equal(text, "help") && !g_str_equal(text, "?")) {
        frost_config_add_list(list, text);
        return FROST_ACTION_RUN;
    }

    for (size_t i = 0; commands[i]; i++)
        printf("%s\n", commands[i]);
    return FROST_ACTION_EXIT;
}

static FrostAction
apply_option(const Option *option, FrostConfig *config, const char *program,
             const char *const *commands)
{
    void *field = (char *)config + option->offset;

    switch (option->kind) {
    case KIND_PASSED_OVER:
        return FROST_ACTION_RUN;
    case KIND_STRING:
        replace_string(field, optarg);
        return FROST_ACTION_RUN;
    case KIND_FLAG:
        *(bool *)field = true;
        return FROST_ACTION_RUN;
    case KIND_HOOK:
        replace_string(field, optarg ? optarg : FROST_CONFDIR "/fsfreeze-hook");
        return FROST_ACTION_RUN;
    case KIND_OLD_LIST:
        g_warning("option --blacklist is deprecated, use --block-rpcs instead");
        return apply_list(*(GPtrArray **)field, optarg, commands);
    case KIND_LIST:
        return apply_list(*(GPtrArray **)field, optarg, commands);
    case KIND_DUMP:
        return FROST_ACTION_DUMP;
    case KIND_VERSION:
        printf("QEMU Guest Agent " FROST_PROTOCOL_VERSION "\nfrost-ga " FROST_VERSION "\n");
        return FROST_ACTION_EXIT;
    case KIND_HELP: {
        g_autofree char *usage = frost_config_usage(program);
        fputs(usage, stdout);
        return FROST_ACTION_EXIT;
    }
    }
    g_assert_not_reached();
}

static bool
refuse(const char *program, GError **error)
{
    printf("Unknown option, try '%s --help' for more information.\n", program);
    g_set_error_literal(error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_USAGE,
                        "the command line is wrong");
    return false;
}

bool
frost_config_read_options(FrostConfig *self, int argc, char **argv, const char *const *commands,
                          FrostAction *out_action, GError **error)
{
    g_auto(Walk) walk;
    const char *program = argc > 0 ? argv[0] : "frost-ga";
    FrostAction action = FROST_ACTION_RUN;
    int code;

    walk_init(&walk, argc, argv, true);
    while ((code = walk_next(&walk)) != -1) {
        if (code >= CODE_SETTINGS) {
            const FrostSetting *setting = &frost_settings()[code - CODE_SETTINGS];

            if (!frost_setting_apply(setting, self, optarg, "--", error))
                return false;
            continue;
        }

        const Option *option = find_option(code);
        if (!option)
            return refuse(program, error);
        /* Options after -h or -V are ignored. */
        FrostAction next = apply_option(option, self, program, commands);
        if (next == FROST_ACTION_DUMP)
            action = next;
        if (next == FROST_ACTION_EXIT) {
            *out_action = next;
            return true;
        }
    }
    *out_action = action;
    return true;
}
