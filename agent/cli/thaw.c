/* SPDX-License-Identifier: MIT */
#include "thaw.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "holder.h"
#include "ledger.h"
#include "output.h"
#include "statedir.h"
#include "takeover.h"
#include "text.h"
#include "thaw-json.h"

#define NAME "thaw"
#define EXIT_USAGE 2

/* How long to wait for a living process. */
#define WAIT_S 60

static const char help[] =
    "Usage: frost-ga thaw [OPTION]...\n"
    "\n"
    "Ends a freeze of frost-ga: thaws the filesystems and undoes the hooks. Asks the\n"
    "process that holds them, or takes over what dead processes have left. Does not\n"
    "touch what another program froze. The host's next thaw gets an error that says\n"
    "that its freeze did not last.\n"
    "\n"
    "  -j, --json          print at the end what was done, as one line of JSON\n"
    "  -t, --statedir=DIR  the state directory (of the running agent)\n"
    "  -h, --help          print this and exit\n"
    "\n"
    "Exit status: 0 nothing is frozen now, 1 something could not be undone, or is not\n"
    "known, 2 a usage error.\n";

typedef struct {
    const char *statedir;
    bool json;
    GString *text; /* not printed yet */
    bool wait;     /* print only when nothing is frozen: the output is a file, or JSON */
} Thaw;

static void
thaw_clear(Thaw *self)
{
    if (self->text)
        g_string_free(self->text, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Thaw, thaw_clear)

/* Output ----------------------------------------------------------------------------------------
 */

static void
print_now(Thaw *self)
{
    fputs(self->text->str, stdout);
    fflush(stdout);
    g_string_truncate(self->text, 0);
}

static void say(Thaw *self, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
say(Thaw *self, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *raw = g_strdup_vprintf(format, args);
    va_end(args);
    char *line = frost_text_clean(raw); /* it quotes names */
    g_string_append(self->text, line);
    g_string_append_c(self->text, '\n');
    g_free(line);
    g_free(raw);
    if (!self->wait)
        print_now(self);
}

/* A file may be on a frozen filesystem, where a write would hang. */
static bool
is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static char *
list(const GPtrArray *mount_points)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < mount_points->len; i++) {
        g_string_append(text, i == 0 ? "" : ", ");
        g_string_append(text, g_ptr_array_index(mount_points, i));
    }
    return g_string_free(text, FALSE);
}

static void
say_what_is(Thaw *self, const FrostSnapshot *snapshot)
{
    g_autofree char *points = list(snapshot->mount_points);

    if (snapshot->state == FROST_SNAPSHOT_FROZEN)
        say(self, "Frozen: %s.", points);
    else
        say(self, "Nothing is frozen, but a freeze was begun and is not undone.");
}

/* Undoing ---------------------------------------------------------------------------------------
 */

/* Asks the living freezer, and waits for it. True: all is undone, or it has ended. */
static bool
ask_holder(Thaw *self, const FrostSnapshot *snapshot)
{
    switch (frost_holder_ask(snapshot)) {
    case FROST_HOLDER_ASKED:
        say(self, "Asking process %d, which holds the freeze, to thaw.",
            (int)snapshot->freezer_pid);
        break;
    case FROST_HOLDER_GONE:
        say(self, "There is no freezer to ask; waiting for the agent.");
        break;
    case FROST_HOLDER_REFUSED:
        say(self, "Process %d, which holds the freeze, cannot be asked to thaw: %s.",
            (int)snapshot->freezer_pid, g_strerror(errno));
        return false;
    }
    bool has_let_go = frost_holder_wait(self->statedir, snapshot, WAIT_S);
    if (!has_let_go)
        say(self,
            "It has not ended within %d seconds. If it is stopped, or sleeps in a frozen control "
            "group, let it go on; or end it and the agent with SIGKILL, and run this again.",
            WAIT_S);
    return has_let_go;
}

static void
take_over(Thaw *self, const FrostSnapshot *snapshot)
{
    g_autoptr(GError) error = NULL;

    say(self, "The processes that froze are gone; taking over from them.");
    if (!frost_takeover_run(self->statedir, snapshot->mounts_of, &error))
        say(self, "It went wrong: %s.", error->message);
}

/* A process that has the ledger's lock is alive, and is asked; if the lock is free, all are dead,
 * and we take over. True: there may be more to undo. */
static bool
undo(Thaw *self, const FrostSnapshot *snapshot)
{
    g_autoptr(GError) error = NULL;
    FrostLedger *ledger = frost_ledger_open(self->statedir, &error);

    if (g_error_matches(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD))
        return ask_holder(self, snapshot);
    if (!ledger) {
        say(self, "It went wrong: %s.", error->message);
        return false;
    }
    bool is_active = frost_ledger_is_active(ledger);
    frost_ledger_free(ledger);
    if (is_active)
        take_over(self, snapshot);
    return false;
}

static int
conclude(Thaw *self, const FrostSnapshot *before, const FrostSnapshot *after)
{
    g_autofree char *thawed = list(before->mount_points);
    g_autofree char *held = list(after->mount_points);

    switch (after->state) {
    case FROST_SNAPSHOT_IDLE:
        break;
    case FROST_SNAPSHOT_UNDER_WAY:
        say(self, "Nothing is frozen, but %s is not undone.",
            after->hook_owed ? "the hook" : "the freeze");
        return FROST_CLI_ERROR;
    case FROST_SNAPSHOT_FROZEN:
        say(self, "Still frozen: %s.", held);
        return FROST_CLI_ERROR;
    case FROST_SNAPSHOT_UNKNOWN:
        say(self, "What is frozen is not known: %s.", after->reason);
        return FROST_CLI_ERROR;
    }
    if (before->mount_points->len > 0)
        say(self, "Thawed: %s.", thawed);
    if (after->hook_failed)
        say(self, "The hook was called with thaw and failed: see frost-ga status.");
    else if (before->hook_owed)
        say(self, "The hook is undone.");
    return after->hook_failed ? FROST_CLI_ERROR : FROST_CLI_OK;
}

/* Replaces the lines by a JSON document with the same content. */
static void
use_document(Thaw *self, const FrostSnapshot *before, const FrostSnapshot *after)
{
    if (!self->json)
        return;
    g_autofree char *document = frost_thaw_json(self->text->str, before, after);

    g_string_truncate(self->text, 0);
    g_string_append(self->text, document);
}

static bool
is_begun(const FrostSnapshot *snapshot)
{
    return snapshot->state == FROST_SNAPSHOT_FROZEN || snapshot->state == FROST_SNAPSHOT_UNDER_WAY;
}

static void
undo_the_rest(Thaw *self)
{
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(self->statedir);

    if (is_begun(snapshot))
        undo(self, snapshot);
}

static int
thaw(Thaw *self)
{
    g_autoptr(FrostSnapshot) before = frost_ledger_snapshot(self->statedir);
    g_autoptr(FrostSnapshot) after = NULL;

    if (before->state == FROST_SNAPSHOT_UNKNOWN) {
        say(self, "What is frozen is not known: %s.%s", before->reason,
            geteuid() == 0 ? "" : " This needs root.");
        use_document(self, before, before);
        return FROST_CLI_ERROR;
    }
    if (!is_begun(before)) {
        say(self, "Nothing is frozen by frost-ga, and nothing is left to undo.");
        use_document(self, before, before);
        return FROST_CLI_OK;
    }
    say_what_is(self, before);
    /* If the freezer has died meanwhile, we take over what it has left. */
    if (undo(self, before))
        undo_the_rest(self);
    after = frost_ledger_snapshot(self->statedir);
    int status = conclude(self, before, after);
    use_document(self, before, after);
    return status;
}

/* Options ---------------------------------------------------------------------------------------
 */

static bool
is_usable(const char *statedir)
{
    if (access(statedir, X_OK) == 0)
        return true;
    frost_output_complain(NAME, "%s: %s", statedir, g_strerror(errno));
    return false;
}

int
frost_thaw_run(int argc, char **argv)
{
    g_auto(FrostStatedirOptions) options = {0};
    g_auto(Thaw) self = {.text = g_string_new(NULL)};

    if (!frost_statedir_options_parse(&options, NAME, argc, argv)) {
        frost_output_hint(NAME);
        return EXIT_USAGE;
    }
    if (options.help)
        return frost_output_help(NAME, help);
    self.json = options.json;
    self.wait = options.json || is_file(STDOUT_FILENO);
    if (!frost_statedir_options_complete(&options, NAME) || !is_usable(options.statedir))
        return FROST_CLI_ERROR;
    self.statedir = options.statedir;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_DUMPABLE, 0); /* a core dump onto a frozen filesystem would hang */
    int status = thaw(&self);
    print_now(&self);
    return status;
}
