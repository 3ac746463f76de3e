/* SPDX-License-Identifier: MIT */
#include "freezer-deadline.h"

#include "deadline.h"

int64_t
frost_freezer_deadline(const FrostLedgerData *data, int64_t now_us, int64_t own_us)
{
    int64_t begun_us = atomic_load(&data->freeze_begun_us);

    return frost_deadline_earlier(
        own_us, frost_deadline_after(begun_us ? begun_us : now_us, data->window_limit_us));
}
