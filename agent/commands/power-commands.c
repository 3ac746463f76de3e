/* SPDX-License-Identifier: MIT */

/*
 * guest-shutdown
 */
#include <string.h>

#include "families.h"
#include "log.h"
#include "power.h"

typedef struct {
    FrostCommandContext *context;
    FrostPower *power; /* made by the first guest-shutdown */
} Power;

static gpointer
keep(FrostCommandContext *context)
{
    Power *self = g_new0(Power, 1);

    self->context = context;
    return self;
}

static void
forget(gpointer kept)
{
    Power *self = kept;

    frost_power_free(self->power);
    g_free(self);
}

/* The error lacks its closing bracket, as qemu-ga's always did. */
static bool
find_mode(const char *word, FrostPowerMode *out, GError **error)
{
    static const char *const words[] = {[FROST_POWER_HALT] = "halt",
                                        [FROST_POWER_OFF] = "powerdown",
                                        [FROST_POWER_REBOOT] = "reboot"};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i], word) == 0) {
            *out = (FrostPowerMode)i;
            return true;
        }
    }
    g_set_error_literal(error, QGA_ERROR, QGA_ERROR_GENERIC,
                        "mode is invalid (valid values are: halt|powerdown|reboot");
    return false;
}

static void
power_down(QgaCall *call, void *user)
{
    Power *self = user;
    const QgaArgs *args = qga_call_args(call);
    const char *word = "powerdown";
    FrostPowerMode mode;
    GError *error = NULL;

    if (!qga_args_string_optional(args, "mode", &word, &error) || !qga_args_end(args, &error) ||
        !find_mode(word, &mode, &error)) {
        qga_call_fail(call, error);
        return;
    }
    frost_slog("guest-shutdown called, mode: %s", word);
    if (!self->power)
        self->power = frost_power_new(self->context->machine, self->context->jobs);
    frost_power_end(self->power, mode, frost_call_answer, call);
}

static const QgaCommand commands[] = {
    {"guest-shutdown", QGA_COMMAND_NO_REPLY, power_down},
};

const FrostFamily frost_power_family = {
    .commands = commands, .count = G_N_ELEMENTS(commands), .keep = keep, .forget = forget};
