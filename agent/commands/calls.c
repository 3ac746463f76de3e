/* SPDX-License-Identifier: MIT */
#include "calls.h"

static void
answer_call(void *user, gpointer result, const GError *error)
{
    QgaCall *call = user;

    if (error)
        qga_call_fail(call, g_error_copy(error));
    else
        qga_call_return(call, result);
}

void
frost_call_by_job(const FrostCommandContext *context, QgaCall *call, const char *what,
                  unsigned limit_s, FrostBlockingWork work, gpointer input,
                  GDestroyNotify input_free)
{
    const FrostBlockingJob job = {.what = what,
                                  .work = work,
                                  .input = input,
                                  .input_free = input_free,
                                  .result_free = (GDestroyNotify)qga_value_unref,
                                  .limit_s = limit_s,
                                  .done = answer_call,
                                  .user = call};

    frost_blocking_jobs_run(context->jobs, &job);
}

bool
frost_call_takes_nothing(QgaCall *call)
{
    GError *error = NULL;

    if (qga_args_end(qga_call_args(call), &error))
        return true;
    qga_call_fail(call, error);
    return false;
}

void
frost_call_answer(void *user, const GError *error)
{
    QgaCall *call = user;

    if (error)
        qga_call_fail(call, g_error_copy(error));
    else
        qga_call_return(call, NULL);
}
