/* SPDX-License-Identifier: MIT */
#include "hook-report.h"

#include "text.h"

/* A script that gives up before it starts a client takes less than this, even on a busy machine. */
#define AT_ONCE_US (1000 * 1000)

/* The line that a hold hook prints for the agent. */
#define HOLDS "READY"

static bool
is_thaw(const char *call)
{
    return g_str_has_suffix(call, " thaw");
}

int64_t
frost_hook_report_time(const FrostLedgerData *ledger, const char *call)
{
    uint32_t count = atomic_load(&ledger->hook_count);

    for (uint32_t i = 0; i < count; i++) {
        const FrostLedgerHook *hook = &ledger->hooks[i];
        const FrostHookSide *side =
            &hook->sides[is_thaw(call) ? FROST_HOOK_THAW : FROST_HOOK_FREEZE];
        g_autofree char *start = g_strconcat(hook->name, " ", NULL);
        int64_t begun_us = atomic_load(&side->begun_us), ended_us = atomic_load(&side->ended_us);

        if (!hook->name[0] || g_str_has_prefix(call, start))
            return begun_us > 0 && ended_us >= begun_us ? ended_us - begun_us : -1;
    }
    return -1;
}

/* True if a call with freeze succeeded at once, printed nothing, and left no process running. A
 * script that finds its client missing, and exits, looks the same: whether this one has prepared
 * anything is a guess. A call with thaw often has nothing to print. */
static bool
is_guess(const FrostHookReport *self)
{
    return !is_thaw(self->call) && g_str_equal(self->result, "ok") && !*self->output &&
           !self->processes && !self->log && self->took_us >= 0 && self->took_us < AT_ONCE_US;
}

static void
add_lines(GString *out, const char *raw, const char *indent)
{
    g_auto(GStrv) lines = g_strsplit(raw, "\n", -1);

    for (char **line = lines; *line; line++) {
        g_autofree char *clean = frost_text_clean(*line);

        if ((line[1] || **line) && !g_str_equal(*line, HOLDS))
            g_string_append_printf(out, "%s%s\n", indent, clean);
    }
}

static void
add_head(GString *out, const FrostHookReport *self)
{
    g_autofree char *took = frost_text_duration(self->took_us);
    g_autofree char *time = self->took_us < 0 ? g_strdup("") : g_strdup_printf(" (%s)", took);
    const char *result = is_guess(self)
                             ? "ended at once without output: that it did anything is a guess"
                             : self->result;
    g_autofree char *raw = g_strdup_printf("%s%s: %s", self->call, time, result);
    g_autofree char *clean = frost_text_clean(raw);

    g_string_append_printf(out, "%s\n", clean);
}

char *
frost_hook_report_draw(const FrostHookReport *self)
{
    GString *out = g_string_new(NULL);

    add_head(out, self);
    add_lines(out, self->output, "  ");
    if (self->processes) {
        g_autofree char *clean = frost_text_clean(self->processes);

        g_string_append_printf(out, "  %s: %s\n",
                               g_str_equal(self->result, "ready") ? "holds" : "left running",
                               clean);
    }
    if (self->log) {
        g_string_append(out, "  added to its own log:\n");
        add_lines(out, self->log, "    ");
    }
    return g_string_free(out, FALSE);
}

QgaValue *
frost_hook_report_to_value(const FrostHookReport *self)
{
    QgaValue *value = qga_value_new_object();

    qga_value_set_text(value, "call", self->call);
    qga_value_set_text(value, "result", self->result);
    qga_value_set_text(value, "output", self->output);
    qga_value_set_natural(value, "took_us", self->took_us);
    qga_value_set_bool(value, "guess", is_guess(self));
    qga_value_set_text(value, "processes", self->processes);
    qga_value_set_text(value, "log", self->log);
    return value;
}
