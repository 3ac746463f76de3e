/* SPDX-License-Identifier: MIT */
#include "hooks-command.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "hook-config.h"
#include "hook-listing.h"
#include "hook-rehearsal.h"

/* A quarter of an hour: longer than any host lets a freeze last. */
#define HOLD_MAX_S 900

static const char help[] =
    "Usage: frost-ga hooks list [-j] [AGENT OPTION]...\n"
    "       frost-ga hooks run freeze [-j] [--hold=S] [AGENT OPTION]...\n"
    "       frost-ga hooks run thaw [-j] [AGENT OPTION]...\n"
    "\n"
    "list: which hooks a freeze would run, in their order, and why not the others.\n"
    "run freeze: calls them as a freeze does, waits S seconds (0), and calls them as\n"
    "the thaw does, in reverse; nothing is frozen. run thaw: the thaw sides only, to\n"
    "undo by hand. Hooks and limits are those of the agent's configuration and of the\n"
    "agent's options given here (-c FILE, -F PATH, --hook-timeout=S...).\n"
    "\n"
    "  -j, --json    print it all at the end, as one line of JSON\n"
    "  --hold=S      seconds between freeze and thaw\n"
    "  -h, --help    print this and exit\n"
    "\n"
    "Exit status: 0 all is well, 1 a hook is refused or has failed, or something\n"
    "cannot be read, 2 there is no hook.\n";

typedef struct {
    bool list;
    bool thaw_only;
    bool json;
    bool help;
    unsigned hold_s;
    GPtrArray *rest; /* of char *: for the agent's own options; borrowed */
} Options;

static bool
is_one_of(const char *word, const char *one, const char *other)
{
    return g_str_equal(word, one) || g_str_equal(word, other);
}

static bool
take_hold(Options *self, const char *text)
{
    guint64 seconds;

    if (!g_ascii_string_to_unsigned(text, 10, 0, HOLD_MAX_S, &seconds, NULL)) {
        fprintf(stderr, "hooks: --hold=%s: expected whole seconds up to %d\n", text, HOLD_MAX_S);
        return false;
    }
    self->hold_s = (unsigned)seconds;
    return true;
}

static bool
take(Options *self, char *word)
{
    if (is_one_of(word, "-h", "--help"))
        self->help = true;
    else if (is_one_of(word, "-j", "--json"))
        self->json = true;
    else if (!self->list && g_str_has_prefix(word, "--hold="))
        return take_hold(self, strchr(word, '=') + 1);
    else
        g_ptr_array_add(self->rest, word);
    return true;
}

/* What is to be done, from the first words; how many they are, or 0. */
static int
take_verb(Options *self, int argc, char **argv)
{
    if (argc > 1 && is_one_of(argv[1], "-h", "--help")) {
        self->help = true;
        return 2;
    }
    self->list = argc > 1 && g_str_equal(argv[1], "list");
    if (self->list)
        return 2;
    if (argc < 3 || !g_str_equal(argv[1], "run"))
        return 0;
    self->thaw_only = g_str_equal(argv[2], "thaw");
    return self->thaw_only || g_str_equal(argv[2], "freeze") ? 3 : 0;
}

static bool
parse(Options *self, int argc, char **argv)
{
    int verb = take_verb(self, argc, argv);

    if (verb == 0) {
        fputs("hooks: list, run freeze or run thaw is expected\n", stderr);
        return false;
    }
    for (int i = verb; i < argc; i++) {
        if (!take(self, argv[i]))
            return false;
    }
    return true;
}

static FrostConfig *
load(const Options *self)
{
    g_autoptr(FrostConfig) config = frost_config_new();
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    const char *const no_commands[] = {NULL};
    g_autoptr(GError) error = NULL;
    FrostAction action;

    g_ptr_array_add(words, (char *)"frost-ga");
    for (guint i = 0; i < self->rest->len; i++)
        g_ptr_array_add(words, g_ptr_array_index(self->rest, i));
    g_ptr_array_add(words, NULL);
    if (frost_config_load(config, (int)words->len - 1, (char **)words->pdata, no_commands, &action,
                          &error))
        return g_steal_pointer(&config);
    fprintf(stderr, "hooks: %s\n", error->message);
    return NULL;
}

static int
list(const FrostConfig *config, bool json)
{
    const FrostHooksConfig hooks = frost_cli_hooks_of_config(config);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = frost_hook_list(&hooks.source, &error);

    if (!items) {
        fprintf(stderr, "hooks: %s\n", error->message);
        return FROST_CLI_ERROR;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    if (json) {
        g_autoptr(QgaValue) value = frost_hook_listing_to_value(&hooks.source, items);

        qga_value_print(value, text);
        g_string_append_c(text, '\n');
    } else {
        g_autofree char *drawn = frost_hook_listing_draw(&hooks.source, items);

        g_string_append(text, drawn);
    }
    if (fputs(text->str, stdout) < 0 || fflush(stdout) != 0 ||
        frost_hook_listing_count(items, FROST_HOOK_REFUSED) > 0)
        return FROST_CLI_ERROR;
    return frost_hook_listing_count(items, FROST_HOOK_RUNS) > 0 ? FROST_CLI_OK : FROST_CLI_NOTHING;
}

int
frost_hooks_run(int argc, char **argv)
{
    g_autoptr(GPtrArray) rest = g_ptr_array_new();
    Options options = {.rest = rest};

    if (!parse(&options, argc, argv)) {
        fputs("Try 'frost-ga hooks --help'.\n", stderr);
        return FROST_CLI_ERROR;
    }
    if (options.help)
        return fputs(help, stdout) < 0 || fflush(stdout) != 0 ? FROST_CLI_ERROR : FROST_CLI_OK;
    g_autoptr(FrostConfig) config = load(&options);
    if (!config)
        return FROST_CLI_ERROR;
    if (options.list)
        return list(config, options.json);
    return frost_hook_rehearse(config, options.thaw_only, options.hold_s, options.json);
}
