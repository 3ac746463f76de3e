/* SPDX-License-Identifier: MIT */
#include "hooks-command.h"

#include <string.h>

#include "cli.h"
#include "hook-config.h"
#include "hook-listing.h"
#include "hook-rehearsal.h"
#include "output.h"
#include "running.h"
#include "words.h"

#define NAME "hooks"

/* A quarter of an hour; no host lets a freeze last longer. */
#define HOLD_MAX_S 900

static const char help[] =
    "Usage: frost-ga hooks list [-j] [AGENT OPTION]...\n"
    "       frost-ga hooks run freeze [-j] [--hold=S] [AGENT OPTION]...\n"
    "       frost-ga hooks run thaw [-j] [AGENT OPTION]...\n"
    "\n"
    "list: prints the hooks that a freeze would run, and why not the others.\n"
    "run freeze: calls them as a freeze does, waits S seconds (0), and calls them as\n"
    "the thaw does, in reverse order; nothing is frozen. run thaw: calls them with\n"
    "thaw only, to undo by hand. Hooks and limits are those of the running agent, or\n"
    "of the agent's options given here (-c FILE, -F PATH, --hook-timeout=S...).\n"
    "\n"
    "  -j, --json    print everything at the end, as one line of JSON\n"
    "  --hold=S      seconds between freeze and thaw\n"
    "  -h, --help    print this and exit\n"
    "\n"
    "Exit status: 0 everything is well, 1 a hook is refused or has failed, or\n"
    "something cannot be read, 2 there is no hook.\n";

typedef struct {
    bool list;
    bool thaw_only;
    unsigned hold_s;
    FrostWords *words;
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
        frost_output_complain(NAME, "--hold=%s: expected whole seconds up to %d", text, HOLD_MAX_S);
        return false;
    }
    self->hold_s = (unsigned)seconds;
    return true;
}

static bool
take(Options *self, char *word)
{
    if (!self->list && g_str_has_prefix(word, "--hold="))
        return take_hold(self, strchr(word, '=') + 1);
    frost_words_take(self->words, word);
    return true;
}

/* Reads what to do from the first words. Returns how many words these are; 0: they are wrong. */
static int
take_verb(Options *self, int argc, char **argv)
{
    if (argc > 1 && is_one_of(argv[1], "-h", "--help")) {
        self->words->help = true;
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
        frost_output_complain(NAME, "list, run freeze or run thaw is expected");
        return false;
    }
    for (int i = verb; i < argc; i++) {
        if (!take(self, argv[i]))
            return false;
    }
    return true;
}

static char *
render(const FrostHookSource *source, const GPtrArray *items, bool json)
{
    if (!json)
        return frost_hook_listing_draw(source, items);
    g_autoptr(QgaValue) value = frost_hook_listing_to_value(source, items);
    return frost_output_json(value);
}

static int
list(const FrostConfig *config, bool json)
{
    const FrostHooksConfig hooks = frost_cli_hooks_of_config(config);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = frost_cli_hook_list(&hooks.source, &error);

    if (!items) {
        frost_output_complain(NAME, "%s", error->message);
        return FROST_CLI_ERROR;
    }
    g_autofree char *text = render(&hooks.source, items, json);
    if (!frost_output_print(NAME, text) || frost_hook_listing_count(items, FROST_HOOK_REFUSED) > 0)
        return FROST_CLI_ERROR;
    return frost_hook_listing_count(items, FROST_HOOK_RUNS) > 0 ? FROST_CLI_OK : FROST_CLI_NOTHING;
}

int
frost_hooks_run(int argc, char **argv)
{
    g_auto(FrostWords) words = frost_words(NAME);
    Options options = {.words = &words};

    if (!parse(&options, argc, argv))
        return frost_output_hint(NAME);
    if (options.words->help)
        return frost_output_help(NAME, help);
    FrostSys sys = frost_sys_linux();
    g_autoptr(GPtrArray) agents = frost_running_agents(&sys);
    g_autoptr(FrostConfig) config = frost_words_config(options.words, frost_running_ours(agents));
    if (!config || frost_words_has_operand(options.words))
        return frost_output_hint(NAME);
    if (options.list)
        return list(config, options.words->json);
    return frost_hook_rehearse(config, options.thaw_only, options.hold_s, options.words->json);
}
