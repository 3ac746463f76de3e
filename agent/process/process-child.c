/* SPDX-License-Identifier: MIT */
#include "process-child.h"

#include <errno.h>

#include "child-start.h"

pid_t
frost_process_fork(const FrostProcessSpec *spec, FrostProcessEnds *out_ends, GError **error)
{
    FrostChildPipe input = FROST_CHILD_PIPE, output = FROST_CHILD_PIPE;
    bool has_pipes = frost_child_pipe_open(&output, false) &&
                     (!spec->ready_line || frost_child_pipe_open(&input, true));
    const FrostChildStart start = {.path = spec->argv[0],
                                   .argv = spec->argv,
                                   .env = spec->envp,
                                   .setting = spec->setting,
                                   .deaf = spec->deaf,
                                   .in = input.theirs,
                                   .out = output.theirs,
                                   .err = output.theirs,
                                   .waits = true};
    pid_t pid = has_pipes ? frost_child_start(&start, &out_ends->gate) : -1;

    if (pid < 0) {
        int why = errno;

        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(why), "%s: %s",
                    has_pipes ? "failed to create child process" : "cannot create pipe FDs",
                    g_strerror(why));
    } else {
        out_ends->output = output.ours;
        out_ends->input = input.ours;
        output.ours = input.ours = -1;
    }
    frost_child_pipe_close(&output);
    frost_child_pipe_close(&input);
    return pid;
}
