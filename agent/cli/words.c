/* SPDX-License-Identifier: MIT */
#include "words.h"

#include "agent-config.h"
#include "output.h"

FrostWords
frost_words(const char *command)
{
    return (FrostWords){.command = command, .rest = g_ptr_array_new()};
}

void
frost_words_clear(FrostWords *self)
{
    g_ptr_array_unref(self->rest);
    g_strfreev(self->operands);
}

void
frost_words_take(FrostWords *self, char *word)
{
    if (g_str_equal(word, "-h") || g_str_equal(word, "--help"))
        self->help = true;
    else if (g_str_equal(word, "-j") || g_str_equal(word, "--json"))
        self->json = true;
    else
        g_ptr_array_add(self->rest, word);
}

FrostConfig *
frost_words_config(FrostWords *self, const FrostRunning *agent)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    FrostConfig *config;

    for (guint i = 0; i < self->rest->len; i++)
        g_ptr_array_add(words, g_ptr_array_index(self->rest, i));
    g_ptr_array_add(words, NULL);
    g_strfreev(self->operands);
    self->operands = frost_cli_operands_of((const char *const *)words->pdata);
    if (agent && g_strv_length(self->operands) == self->rest->len)
        config = frost_cli_config_of_running(agent, &error);
    else
        config = frost_cli_config_of((const char *const *)words->pdata, &error);
    if (!config)
        frost_output_complain(self->command, "%s", error->message);
    return config;
}

bool
frost_words_has_operand(const FrostWords *self)
{
    if (!self->operands[0])
        return false;
    frost_output_complain(self->command, FROST_OUTPUT_UNEXPECTED, self->operands[0]);
    return true;
}
