/* SPDX-License-Identifier: MIT */
#include "program-result.h"

#include <sys/wait.h>

static void G_GNUC_PRINTF(2, 3) say(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autoptr(GError) said = g_error_new_valist(G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, format, args);
    va_end(args);
    g_propagate_error(error, g_steal_pointer(&said));
}

bool
frost_program_succeeded(const FrostProcessResult *result, const char *purpose, GError **error)
{
    const char *output = result->output;

    if (result->exec_errno != 0)
        say(error, "child process has failed to %s: %s", purpose, g_strerror(result->exec_errno));
    else if (result->timed_out || result->cancelled)
        say(error, "child process has failed to %s: not finished within its time limit", purpose);
    else if (!WIFEXITED(result->wait_status))
        say(error, "child process has terminated abnormally%s%s", *output ? ": " : "", output);
    else if (WEXITSTATUS(result->wait_status) == 0)
        return true;
    else if (*output)
        say(error, "child process has failed to %s: %s", purpose, output);
    else
        say(error, "child process has failed to %s: exit status %d", purpose,
            WEXITSTATUS(result->wait_status));
    return false;
}
